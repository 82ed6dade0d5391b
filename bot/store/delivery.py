"""Delivery rows: the truth of what goes out, to whom, and what became of it.

`OutgoingMessage` is one message for an audience, `Delivery` one copy of it. store/expansion.py writes the
copies, store/sending.py is what the engine does with them, store/rates.py how fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy
from msgspec import Struct
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Index,
    UniqueConstraint,
    bindparam,
    delete,
    exists,
    func,
    not_,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import Field, col, select

from bot.messages import Message, from_json, to_json
from bot.rules.lateness import message_too_late
from bot.signing import without_tokens
from bot.store.core.columns import Moment, Row, Word, flag, insert, table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.people import Audience

AGAIN = ":again:"
"""Stands between the key of a message and the copy that a person had sent again."""
QUEUED = "queued"
"""Set in `session.info` when something was queued, so that the caller can wake the engine."""


class State(StrEnum):
    """queued -> sending -> sent | failed | unknown; cancelled when it is no longer wanted. What became of an unknown
    one a person says: sent, or replaced by a new message (store/unknown.py)."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


class Phase(StrEnum):
    """An outgoing message: waiting for its time, being expanded and sent, stopped, or all done."""

    WAITING = "waiting"
    SENDING = "sending"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"


class OutgoingMessage(Row, table=True):
    """One message to an audience. `key` names matter and stage, so each goes out once (FM-6). Kept 1 year."""

    __tablename__ = "outgoing"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    audience: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    message: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False, info={"saved": without_tokens}))
    phase: Phase = Field(default=Phase.WAITING, sa_type=Word(Phase), index=True)
    due_at: datetime = Field(sa_type=Moment)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)
    immediate: bool = False
    cursor: int = 0
    batches: int = 0
    expanded: bool = False


class Delivery(Row, table=True):
    """One copy for one recipient on one channel (member 0: a group chat). `unopened`: it was sent to a chat that shows
    it when somebody looks, and nobody has looked yet. Kept 1 year with its message."""

    __table_args__ = (
        UniqueConstraint("outgoing_id", "member_id", "channel", "chat"),
        Index("ix_delivery_chat", "channel", "chat", "finished_at"),
        Index("ix_delivery_open", "outgoing_id", "batch", "state"),
        Index("ix_delivery_lease", "lease_until"),
    )

    id: int | None = Field(default=None, primary_key=True)
    outgoing_id: int = Field(foreign_key="outgoing.id")
    member_id: int = Field(default=0, index=True)
    channel: str
    chat: str
    is_group: bool = False
    batch: int
    state: State = Field(default=State.QUEUED, sa_type=Word(State))
    token: str = ""
    lease_until: datetime | None = Field(default=None, sa_type=Moment)
    attempt: int = 0
    next_at: datetime | None = Field(default=None, sa_type=Moment)
    outcome: str = ""
    reason: str = ""
    message_id: str = ""
    unopened: bool = Field(default=False, sa_column=flag())
    finished_at: datetime | None = Field(default=None, sa_type=Moment)


class Due(Struct, frozen=True):
    """A message to work on. `opens`: it has to begin, or still has audience to be written out; `late`: its last
    sensible moment is over (bot/rules/lateness.py), `expired`: over for what is left of one that began in time."""

    id: int
    immediate: bool
    expired: bool
    opens: bool
    late: bool


class Counts(Struct, frozen=True):
    """How far an outgoing message has come, in recipients."""

    queued: int = 0
    sending: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0
    replaced: int = 0


def notify(
    session: StoreSession,
    audience: Audience,
    message: Message,
    key: str,
    due_at: datetime,
    *,
    expires_at: datetime | None = None,
    immediate: bool = False,
) -> int | None:
    """Queue a message; its id, or None when this key was used before (FM-6: it is not sent again)."""
    statement = (
        insert(OutgoingMessage)
        .values(
            key=key,
            audience=audience.to_json(),
            message=to_json(message),
            phase=Phase.WAITING,
            due_at=due_at,
            expires_at=expires_at,
            immediate=immediate,
            cursor=0,
            batches=0,
            expanded=False,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(col(OutgoingMessage.id))
    )
    found = session.execute(statement).scalar()
    if found is None:
        return None
    session.info[QUEUED] = True
    return int(found)


_outgoing = table_of(OutgoingMessage)
_DUE = Hot(
    sqlalchemy.select(
        *(_outgoing.c[name] for name in ("id", "immediate", "expires_at", "phase", "expanded", "due_at", "batches"))
    )
    .where(
        _outgoing.c.phase.in_([sqlalchemy.literal(phase, Word(Phase)) for phase in (Phase.WAITING, Phase.SENDING)]),
        _outgoing.c.due_at <= bindparam("now", type_=Moment()),
        _outgoing.c.id > bindparam("after"),
    )
    .order_by(_outgoing.c.id)
    .limit(bindparam("most"))
)


def due(session: StoreSession, now: datetime, after: int, most: int = 50) -> list[Due]:
    """Messages whose time has come and that are not finished, from the id `after` on."""
    found = []
    for ident, immediate, expires_at, phase, expanded, due_at, batches in session.rows(
        _DUE, now=now, after=after, most=most
    ):
        late, begun = message_too_late(due_at, expires_at, now), expanded or batches > 0
        expired = late and begun and expires_at is not None
        found.append(Due(ident, immediate, expired, phase is Phase.WAITING or not expanded, late and not expired))
    return found


_MESSAGE = Hot(sqlalchemy.select(_outgoing.c.message).where(_outgoing.c.id == bindparam("outgoing_id")))


def message_of(session: StoreSession, outgoing_id: int) -> Message | None:
    """What an outgoing message says."""
    row = session.one(_MESSAGE, outgoing_id=outgoing_id)
    return None if row is None else from_json(row[0])


def postpone(session: StoreSession, outgoing_id: int, due_at: datetime) -> None:
    """Quiet hours: what is not sent yet waits until `due_at`; a paused message stays paused."""
    outgoing = session.get(OutgoingMessage, outgoing_id, with_for_update=True)
    if outgoing is not None and outgoing.phase in (Phase.WAITING, Phase.SENDING):
        outgoing.phase, outgoing.due_at = Phase.WAITING, due_at
        session.add(outgoing)


def set_phase(session: StoreSession, outgoing_id: int, phase: Phase, due_at: datetime | None = None) -> bool:
    """Pause, resume (WAITING), cancel or move a message; False when it was done or cancelled before.

    A cancelled one takes its queued rows with it. Sends that are in flight are not called back.
    """
    outgoing = session.get(OutgoingMessage, outgoing_id, with_for_update=True)
    if outgoing is None or outgoing.phase in (Phase.CANCELLED, Phase.DONE):
        return False
    outgoing.phase = phase
    outgoing.due_at = due_at or outgoing.due_at
    session.add(outgoing)
    if phase is Phase.CANCELLED:
        session.execute(
            update(Delivery)
            .where(col(Delivery.outgoing_id) == outgoing_id, col(Delivery.state) == State.QUEUED)
            .values(state=State.CANCELLED)
        )
    session.info[QUEUED] = True
    return True


def counts(session: StoreSession, outgoing_id: int) -> Counts:
    """Recipients by state: a member whose first account refused counts once, where the last copy stands."""
    later = aliased(Delivery)
    replaced = exists().where(
        col(later.outgoing_id) == outgoing_id,
        col(later.member_id) == col(Delivery.member_id),
        col(later.id) > col(Delivery.id),
    )
    rows = session.execute(
        select(Delivery.state, func.count())
        .where(col(Delivery.outgoing_id) == outgoing_id, (col(Delivery.member_id) == 0) | not_(replaced))
        .group_by(col(Delivery.state))
    )
    return Counts(**{str(state): number for state, number in rows})


def with_resends(session: StoreSession, outgoing_id: int | None) -> list[int]:
    """The ids of a message and of those by which a person had copies of it sent again."""
    outgoing = session.get(OutgoingMessage, outgoing_id) if outgoing_id else None
    if outgoing is None:
        return []
    again = col(OutgoingMessage.key).startswith(outgoing.key + AGAIN, autoescape=True)
    return [outgoing_id or 0, *(ident or 0 for ident in session.exec(select(OutgoingMessage.id).where(again)))]


def forget_old(session: StoreSession, before: datetime) -> None:
    """Nightly: drop messages that were due before this moment and are finished, or stopped ever since, with their
    rows."""
    _forget(session, col(OutgoingMessage.due_at) < before, Phase.PAUSED)


def forget(session: StoreSession, keys: Sequence[str]) -> None:
    """Drop these messages with their rows, if they are finished: to whom they went is nobody's business any more."""
    _forget(session, col(OutgoingMessage.key).in_(keys))


def _forget(session: StoreSession, which: ColumnElement[bool], *more: Phase) -> None:
    phases = [Phase.DONE, Phase.CANCELLED, *more]
    old = select(OutgoingMessage.id).where(which, col(OutgoingMessage.phase).in_(phases))
    session.execute(delete(Delivery).where(col(Delivery.outgoing_id).in_(old)))
    session.execute(delete(OutgoingMessage).where(col(OutgoingMessage.id).in_(old)))
