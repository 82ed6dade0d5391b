"""Messages whose last sensible moment passed before they were sent: held back until a person has decided."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import exists
from sqlmodel import col, delete, select, update

from bot.messages import from_json, to_json
from bot.rules.lateness import message_too_late
from bot.store import due
from bot.store.core.statements import StoreSession
from bot.store.delivery import QUEUED, Delivery, OutgoingMessage, Phase, State
from bot.store.due import Due
from bot.store.prompts import Prompt

JOB = "late.message"
"""The job that asks about a message."""
ABOUT_JOB, ABOUT_MESSAGE = ("late.decide", "late.when"), ("late.decide_message", "late.when_message")
"""The questions: what shall become of it, and when."""


def hold(session: StoreSession, outgoing_id: int, now: datetime) -> bool:
    """Stop a message that is too late and has something left to be sent, and have a person asked about it."""
    outgoing = session.get(OutgoingMessage, outgoing_id, with_for_update=True)
    if outgoing is None or outgoing.phase not in (Phase.WAITING, Phase.SENDING):
        return False
    if not message_too_late(outgoing.due_at, outgoing.expires_at, now):
        return False
    left = exists().where(col(Delivery.outgoing_id) == outgoing_id, col(Delivery.state) == State.QUEUED)
    if outgoing.expanded and not session.execute(select(left)).scalar():
        return False
    outgoing.phase = Phase.PAUSED
    session.add(outgoing)
    due.plan(session, f"late:{outgoing_id}:{int(outgoing.due_at.timestamp())}", now, JOB, outgoing_id)
    return True


def waiting(session: StoreSession, outgoing_id: int) -> OutgoingMessage | None:
    """The message, while it is held."""
    found = session.get(OutgoingMessage, outgoing_id)
    return found if found is not None and found.phase is Phase.PAUSED else None


def release(session: StoreSession, outgoing_id: int, at: datetime) -> bool:
    """Send a held message at this moment after all; False when it is not held any more."""
    values = {"phase": Phase.WAITING, "due_at": at, "expires_at": None}
    held = (col(OutgoingMessage.id) == outgoing_id, col(OutgoingMessage.phase) == Phase.PAUSED)
    done = session.changed(
        update(OutgoingMessage).where(*held).values(**values).execution_options(synchronize_session=False)
    )
    session.expire_all()
    session.info[QUEUED] = True
    return done == 1


def say(session: StoreSession, outgoing: OutgoingMessage, note: str) -> None:
    """Begin a message with a note."""
    message = from_json(outgoing.message)
    outgoing.message = to_json(replace(message, text=f"{note}\n{message.text}"))
    session.add(outgoing)


def forget_old(session: StoreSession) -> None:
    """Nightly: drop the questions about what is decided or forgotten."""
    held = select(OutgoingMessage.id).where(col(OutgoingMessage.phase) == Phase.PAUSED)
    for routes, open_ones in ((ABOUT_JOB, select(Due.id).where(col(Due.asked))), (ABOUT_MESSAGE, held)):
        session.execute(delete(Prompt).where(col(Prompt.route).in_(routes), col(Prompt.subject).not_in(open_ones)))
