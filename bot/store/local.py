"""What the local web chat shows when a pane opens: the person's chats, and what was sent to them before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from bot.store import people
from bot.store.delivery import Delivery, OutgoingMessage, State
from bot.store.hot import StoreSession
from bot.store.people import Unit, UnitKind

CHANNEL = "local"
_HISTORY = 40


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A delivery that was sent: its chat, its key and the stored message (JSON form)."""

    chat: str
    key: str
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PaneView:
    """A name (empty for an unbound account), chats as (chat, title), and past messages, oldest first."""

    name: str
    chats: tuple[tuple[str, str], ...]
    history: tuple[PastMessage, ...]


def pane(session: StoreSession, account: str) -> PaneView:
    """The pane of a local account."""
    person = people.identify(session, CHANNEL, account)
    if person is None:
        return PaneView("", ((account, ""),), ())
    branch = people.unit(session, person.branch_id)
    ids = [int(part) for part in branch.path.split("/") if part]
    units = session.exec(select(Unit).where(col(Unit.id).in_(ids), col(Unit.kind) == UnitKind.BRANCH))
    chats = ((account, ""), *((group_chat(unit.id or 0), unit.name) for unit in units))
    return PaneView(person.name, chats, _history(session, tuple(chat for chat, _ in chats)))


def group_chat(unit_id: int) -> str:
    """The name of a unit's group on the local channel."""
    return f"g:{unit_id}"


def _history(session: StoreSession, chats: tuple[str, ...]) -> tuple[PastMessage, ...]:
    query = (
        select(Delivery, OutgoingMessage)
        .join(OutgoingMessage, col(OutgoingMessage.id) == col(Delivery.outgoing_id))
        .where(col(Delivery.channel) == CHANNEL, col(Delivery.chat).in_(chats), col(Delivery.state) == State.SENT)
        .order_by(col(Delivery.finished_at).desc(), col(Delivery.id).desc())
        .limit(_HISTORY)
    )
    rows = list(session.exec(query))
    return tuple(PastMessage(row.chat, row.message_id, outgoing.message) for row, outgoing in reversed(rows))
