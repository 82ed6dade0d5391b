"""Sends of which nobody knows whether they arrived, and those that a group did not take: listed for a person, who says
what became of each.

Nothing here is sent again by itself. A person's decision either books the copy as received or replaces it by a new
message with one fresh delivery row.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy
from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, false, func, or_
from sqlmodel import SQLModel, col, select, update

from bot.messages import Address, Outcome, from_json
from bot.store import prompts
from bot.store.core.statements import StoreSession
from bot.store.delivery import AGAIN, QUEUED, Delivery, OutgoingMessage, Phase, State
from bot.store.expansion import expand
from bot.store.meetings import Meeting
from bot.store.notices import Notice
from bot.store.people import Account, GroupChat, Member, Unit
from bot.store.poll import Poll
from bot.store.prompts import Prompt
from bot.store.quiz import Quiz

ROUTE = "unknown.decide"
CHECKED = "checked"
_MATTERS: dict[str, type[SQLModel]] = {
    "notice": Notice,
    "theme_day": Meeting,
    "attendance": Meeting,
    "poll": Poll,
    "quiz": Quiz,
}


_OPEN = or_(
    col(Delivery.state) == State.UNKNOWN, and_(col(Delivery.is_group), col(Delivery.state) == State.FAILED)
)
"""What a person is asked about. A member's copy that failed stands with the notice; nobody else knows of a group."""


class Unknown(Struct, frozen=True):
    """One copy: the delivery key and the title of its matter ("" where it has none), whom it was for (no name: a
    group chat), their unit, since when nobody knows, whether its time is over, and whether it surely did not arrive."""

    id: int
    key: str
    title: str
    name: str
    unit: str
    unit_id: int
    at: datetime
    expired: bool
    failed: bool


def doubt_restored(session: StoreSession, now: datetime) -> int:
    """After a restore: what was to go out by now may have gone out after the backup was made, so a person decides
    about each copy. How many there are. What is paused stays paused, what has expired is left to the engine."""
    waiting = select(OutgoingMessage.id).where(
        col(OutgoingMessage.phase).in_([Phase.WAITING, Phase.SENDING]),
        col(OutgoingMessage.due_at) <= now,
        col(OutgoingMessage.expires_at).is_(None) | (col(OutgoingMessage.expires_at) > now),
    )
    doubtful = 0
    for outgoing_id in session.exec(waiting).all():
        while not expand(session, outgoing_id or 0, now):
            pass
        copies = update(Delivery).where(
            col(Delivery.outgoing_id) == outgoing_id, col(Delivery.state).in_([State.QUEUED, State.SENDING])
        )
        doubt = {"state": State.UNKNOWN, "outcome": str(Outcome.UNKNOWN), "reason": "restored", "finished_at": now}
        doubtful += session.changed(copies.values(**doubt, token="", lease_until=None))
    return doubtful


def listed(session: StoreSession, units: list[int], now: datetime, most: int) -> list[Unknown]:
    """What is unknown for members and group chats of these units or below them, or failed for a group, newest first."""
    return _find(session, now, most, _within(units))


def count(session: StoreSession, units: list[int]) -> int:
    """How many `listed` could find."""
    found = _query(_within(units)).subquery()
    return int(session.execute(sqlalchemy.select(func.count()).select_from(found)).scalar_one())


def find(session: StoreSession, delivery_id: int, now: datetime) -> Unknown | None:
    """The copy with this id, if nobody has settled it."""
    return next(iter(_find(session, now, 1, col(Delivery.id) == delivery_id)), None)


def received(session: StoreSession, delivery_id: int) -> bool:
    """Book a copy as arrived: somebody has asked. False when it was settled before."""
    return _settle(session, delivery_id, State.SENT)


def resend(session: StoreSession, delivery_id: int, due_at: datetime, now: datetime) -> bool:
    """Replace a copy by a new message to the same chat, or to the account where the member's messages go now.

    False when nobody is there any more; raises LookupError when it was settled before.
    """
    row = session.get(Delivery, delivery_id)
    outgoing = session.get(OutgoingMessage, row.outgoing_id) if row else None
    if row is None or outgoing is None:
        raise LookupError(f"delivery {delivery_id}")
    address = _address(session, row)
    if address is None:
        return False
    values = outgoing.model_dump(exclude={"id"})
    member, batch = row.member_id, row.batch
    moved = (address.channel, address.chat) != (row.channel, row.chat)
    if not _settle(session, delivery_id, State.REPLACED):
        raise LookupError(f"delivery {delivery_id}")
    values |= {"key": f"{outgoing.key}{AGAIN}{delivery_id}", "phase": Phase.WAITING, "due_at": due_at}
    values |= {"batches": batch + 1, "expanded": True}
    fresh = OutgoingMessage(**values)
    session.add(fresh)
    session.flush()
    session.add(
        Delivery(
            outgoing_id=fresh.id or 0, member_id=member, channel=address.channel, chat=address.chat,
            is_group=address.group, batch=batch,
        )
    )  # fmt: skip
    for prompt in from_json(fresh.message).prompts if moved else ():
        prompts.show(session, address, member, prompt, now)
    session.info[QUEUED] = True
    return True


def forget_old(session: StoreSession) -> None:
    """Nightly: drop the questions about copies that are settled or forgotten."""
    open_ones = select(Delivery.id).where(_OPEN)
    prompts.forget(session, col(Prompt.route) == ROUTE, col(Prompt.subject).not_in(open_ones))


def _settle(session: StoreSession, delivery_id: int, state: State) -> bool:
    done = session.changed(
        update(Delivery)
        .where(col(Delivery.id) == delivery_id, _OPEN)
        .values(state=state, outcome=CHECKED)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    prompts.close(session, ROUTE, delivery_id)
    return done == 1


def _address(session: StoreSession, row: Delivery) -> Address | None:
    if not row.member_id:
        return Address(row.channel, row.chat, True)
    account = session.exec(
        select(Account).where(col(Account.member_id) == row.member_id, col(Account.rank) == 0)
    ).first()
    return Address(account.channel, account.chat) if account else None


def _within(units: list[int]) -> ColumnElement[bool]:
    return or_(*(col(Unit.path).contains(f"/{unit}/") for unit in units)) if units else false()


def _query(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    home = func.coalesce(col(Member.branch_id), col(GroupChat.unit_id))
    group = (
        col(Delivery.is_group)
        & (col(GroupChat.channel) == col(Delivery.channel))
        & (col(GroupChat.chat) == col(Delivery.chat))
    )
    columns = (
        col(Delivery.id), col(OutgoingMessage.key), col(Member.name), col(Unit.name), col(Unit.id),
        col(Delivery.finished_at), col(OutgoingMessage.expires_at), col(Delivery.state),
    )  # fmt: skip
    return (
        sqlalchemy.select(*columns)
        .select_from(Delivery)
        .join(OutgoingMessage, col(OutgoingMessage.id) == col(Delivery.outgoing_id))
        .outerjoin(Member, col(Member.id) == col(Delivery.member_id))
        .outerjoin(GroupChat, group)
        .join(Unit, col(Unit.id) == home)
        .where(_OPEN, condition)
    )


def _find(session: StoreSession, now: datetime, most: int, condition: ColumnElement[bool]) -> list[Unknown]:
    rows = session.execute(_query(condition).order_by(col(Delivery.id).desc()).limit(most))
    return [
        Unknown(
            ident, key, title_of(session, key), name or "", unit, unit_id, at,
            expires_at is not None and expires_at <= now, state is State.FAILED,
        )
        for ident, key, name, unit, unit_id, at, expires_at, state in rows.all()
    ]  # fmt: skip


def title_of(session: StoreSession, key: str) -> str:
    matter, _, rest = key.partition(":")
    number = rest.partition(":")[0]
    model = _MATTERS.get(matter)
    found = session.get(model, int(number)) if model and number.isdigit() else None
    return str(getattr(found, "title", ""))
