"""Delivery rows: the truth of what goes out, to whom, and what became of it.

`Outgoing` is one message for an audience; it is expanded into `Delivery` rows in slices, so a broadcast never
loads its audience. A chunk is claimed and committed before the network is touched; a row whose lease ran out
in `sending` becomes `unknown` and is shown to a person, never sent again blindly.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Index,
    UniqueConstraint,
    bindparam,
    exists,
    func,
    literal,
    not_,
    update,
)
from sqlmodel import Field, SQLModel, col, select

from bot.messages import Address, Message, Outcome, Receipt, from_json, to_json
from bot.store import people, prompts
from bot.store.columns import Moment, Word, insert
from bot.store.hot import Hot, StoreSession
from bot.store.people import Account, Audience, Member

SLICE = 500
LEASE = timedelta(seconds=90)
MAX_ATTEMPTS = 8
QUEUED = "queued"
"""Set in `session.info` when something was queued, so that the caller can wake the engine."""


class State(StrEnum):
    """queued -> sending -> sent | failed | unknown; cancelled when it is no longer wanted."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """An outgoing message: waiting for its time, being expanded and sent, stopped, or all done."""

    WAITING = "waiting"
    SENDING = "sending"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"


class OutgoingMessage(SQLModel, table=True):
    """One message to an audience. `key` names matter and stage, so each goes out once (FM-6). Kept 1 year."""

    __tablename__ = "outgoing"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    audience: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    message: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    phase: Phase = Field(default=Phase.WAITING, sa_type=Word(Phase), index=True)
    due_at: datetime = Field(sa_type=Moment)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)
    immediate: bool = False
    cursor: int = 0
    batches: int = 0
    expanded: bool = False


class Delivery(SQLModel, table=True):
    """One copy for one recipient on one channel (member 0: a group chat). Kept 1 year with its message."""

    __table_args__ = (
        UniqueConstraint("outgoing_id", "member_id", "channel", "chat"),
        Index("ix_delivery_chat", "channel", "chat", "finished_at"),
        Index("ix_delivery_open", "outgoing_id", "batch", "state"),
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
    finished_at: datetime | None = Field(default=None, sa_type=Moment)


class SendRate(SQLModel, table=True):
    """A GCRA limiter: the theoretical arrival time of the next send, in seconds of the epoch. One row a rule."""

    __tablename__ = "send_rate"

    key: str = Field(primary_key=True)
    free_at: float


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker may send until its lease runs out."""

    id: int
    outgoing_id: int
    member_id: int
    address: Address
    attempt: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How far an outgoing message has come, in recipients."""

    queued: int = 0
    sending: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0


_delivery = Delivery.__table__  # type: ignore[attr-defined]


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


def due_outgoing(session: StoreSession, now: datetime) -> list[OutgoingMessage]:
    """Messages whose time has come and that are not finished."""
    query = select(OutgoingMessage).where(
        col(OutgoingMessage.phase).in_([Phase.WAITING, Phase.SENDING]), col(OutgoingMessage.due_at) <= now
    )
    return list(session.exec(query.order_by(col(OutgoingMessage.id)).limit(50)))


def expand(session: StoreSession, outgoing_id: int, now: datetime) -> int | None:
    """Write the delivery rows of the next slice of the audience; its batch number, or None when all is written."""
    outgoing = session.get(OutgoingMessage, outgoing_id)
    if outgoing is None or outgoing.expanded or outgoing.phase not in (Phase.WAITING, Phase.SENDING):
        return None
    audience = Audience.from_json(outgoing.audience)
    message = from_json(outgoing.message)
    batch = outgoing.batches
    if audience.chats:
        _expand_chats(session, outgoing_id, audience, message, now)
        outgoing.expanded = True
    else:
        last = _expand_members(session, outgoing_id, audience, message, batch, outgoing.cursor, now)
        outgoing.expanded = last is None
        outgoing.cursor = outgoing.cursor if last is None else last
    outgoing.phase = Phase.SENDING
    outgoing.batches = batch + 1
    session.add(outgoing)
    return batch


def _expand_chats(
    session: StoreSession, outgoing_id: int, audience: Audience, message: Message, now: datetime
) -> None:
    for address in people.chats_of(session, audience.units):
        session.execute(
            insert(Delivery)
            .values(outgoing_id=outgoing_id, member_id=0, channel=address.channel, chat=address.chat, is_group=True, batch=0)
            .on_conflict_do_nothing()
        )
        for prompt in message.prompts:
            prompts.show(session, address, prompts.EVERYBODY, prompt, now)


def _expand_members(
    session: StoreSession,
    outgoing_id: int,
    audience: Audience,
    message: Message,
    batch: int,
    cursor: int,
    now: datetime,
) -> int | None:
    within = (people.in_audience(audience), col(Member.id) > cursor)
    window = select(Member.id).where(*within).order_by(col(Member.id)).limit(SLICE).subquery()
    last = session.execute(select(func.max(window.c.id))).scalar()
    if last is None:
        return None
    reached = (*within, col(Member.id) <= last, col(Account.rank) == 0)
    rows = (
        select(
            literal(outgoing_id), col(Member.id), col(Account.channel), col(Account.chat), literal(False),
            literal(batch), literal(str(State.QUEUED)), literal(""), literal(0), literal(""), literal(""), literal(""),
        )
        .join(Account, col(Account.member_id) == col(Member.id))
        .where(*reached)
    )  # fmt: skip
    names = ["outgoing_id", "member_id", "channel", "chat", "is_group", "batch", "state", "token", "attempt",
             "outcome", "reason", "message_id"]  # fmt: skip
    session.execute(insert(Delivery).from_select(names, rows).on_conflict_do_nothing())
    for prompt in message.prompts:
        shown = (
            select(
                col(Account.channel) + ":" + col(Account.chat), col(Member.id), literal(prompt),
                literal(now, Moment()), literal(False), literal(0),
            )
            .join(Account, col(Account.member_id) == col(Member.id))
            .where(*reached)
        )  # fmt: skip
        fields = ["chat", "member_id", "prompt_id", "opened_at", "answered", "marks"]
        session.execute(insert(prompts.OpenPrompt).from_select(fields, shown).on_conflict_do_nothing())
    return int(last)


def open_batches(session: StoreSession, outgoing_id: int, now: datetime) -> list[int]:
    """Batches that still have a row to send now."""
    query = (
        select(Delivery.batch)
        .where(
            col(Delivery.outgoing_id) == outgoing_id,
            col(Delivery.state) == State.QUEUED,
            (col(Delivery.next_at).is_(None)) | (col(Delivery.next_at) <= now),
        )
        .distinct()
        .order_by(col(Delivery.batch))
    )
    return list(session.exec(query))


def channels_in(session: StoreSession, outgoing_id: int, batch: int) -> list[str]:
    """The channels that a batch still has rows for."""
    query = select(Delivery.channel).where(
        col(Delivery.outgoing_id) == outgoing_id, col(Delivery.batch) == batch, col(Delivery.state) == State.QUEUED
    )
    return sorted(session.exec(query.distinct()))


_CANDIDATES = (
    select(_delivery.c.id)
    .where(
        _delivery.c.outgoing_id == bindparam("outgoing_id"),
        _delivery.c.batch == bindparam("batch"),
        _delivery.c.state == literal(State.QUEUED, Word(State)),
        _delivery.c.channel == bindparam("on_channel"),
        (_delivery.c.next_at.is_(None)) | (_delivery.c.next_at <= bindparam("now", type_=Moment())),
    )
    .order_by(_delivery.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CLAIM = Hot(
    update(_delivery)
    .where(_delivery.c.id.in_(_CANDIDATES))
    .values(
        state=literal(State.SENDING, Word(State)),
        token=bindparam("new_token"),
        lease_until=bindparam("lease", type_=Moment()),
        attempt=_delivery.c.attempt + 1,
    )
    .returning(
        _delivery.c.id, _delivery.c.outgoing_id, _delivery.c.member_id, _delivery.c.channel, _delivery.c.chat,
        _delivery.c.is_group, _delivery.c.attempt,
    )
)  # fmt: skip


def claim(
    session: StoreSession, outgoing_id: int, batch: int, channel: str, most: int, now: datetime, lease: timedelta
) -> tuple[str, list[Claimed]]:
    """Take up to `most` rows of a batch for one channel: a fencing token and the rows."""
    token = secrets.token_hex(8)
    rows = session.rows(
        _CLAIM,
        outgoing_id=outgoing_id,
        batch=batch,
        on_channel=channel,
        now=now,
        most=most,
        new_token=token,
        lease=now + lease,
    )
    return token, [Claimed(row[0], row[1], row[2], Address(row[3], row[4], bool(row[5])), row[6]) for row in sorted(rows)]


_FINISH = Hot(
    update(_delivery)
    .where(_delivery.c.id == bindparam("row_id"), _delivery.c.token == bindparam("held"))
    .values(
        state=bindparam("state", type_=Word(State)),
        outcome=bindparam("outcome"),
        reason=bindparam("reason"),
        message_id=bindparam("message_id"),
        next_at=bindparam("next_at", type_=Moment()),
        finished_at=bindparam("finished_at", type_=Moment()),
        attempt=_delivery.c.attempt - bindparam("refund"),
        lease_until=None,
        token="",
    )
)


def finish(session: StoreSession, token: str, results: list[tuple[Claimed, Receipt]], now: datetime) -> int:
    """Write the outcomes of a claimed chunk; rows whose token has changed are left alone. Returns rows written."""
    done = 0
    for claimed, receipt in results:
        state, next_at = _after(receipt, claimed.attempt, now)
        waits = state is State.QUEUED
        done += session.run(
            _FINISH,
            row_id=claimed.id,
            held=token,
            state=state,
            outcome=str(receipt.outcome),
            reason=receipt.reason[:200],
            message_id=receipt.message_id,
            next_at=next_at,
            finished_at=None if waits else now,
            refund=1 if receipt.outcome is Outcome.RATE_LIMITED else 0,
        )
        if receipt.outcome in (Outcome.REJECTED, Outcome.WINDOW_CLOSED) and claimed.member_id:
            _fall_back(session, claimed)
    return done


def _after(receipt: Receipt, attempt: int, now: datetime) -> tuple[State, datetime | None]:
    if receipt.outcome is Outcome.SENT:
        return State.SENT, None
    if receipt.outcome is Outcome.UNKNOWN:
        return State.UNKNOWN, None
    if receipt.outcome is Outcome.RATE_LIMITED:
        return State.QUEUED, now + timedelta(seconds=max(receipt.retry_after, 1.0))
    if receipt.outcome is Outcome.RETRY and attempt < MAX_ATTEMPTS:
        return State.QUEUED, now + timedelta(seconds=min(2**attempt, 300))
    return State.FAILED, None


def _fall_back(session: StoreSession, claimed: Claimed) -> None:
    """Queue the member's next account where this one refused."""
    tried = select(Delivery.channel).where(
        col(Delivery.outgoing_id) == claimed.outgoing_id, col(Delivery.member_id) == claimed.member_id
    )
    account = session.exec(
        select(Account)
        .where(col(Account.member_id) == claimed.member_id, not_(col(Account.channel).in_(tried)))
        .order_by(col(Account.rank))
        .limit(1)
    ).first()
    row = session.get(Delivery, claimed.id)
    if account is None or row is None:
        return
    session.execute(
        insert(Delivery)
        .values(
            outgoing_id=claimed.outgoing_id,
            member_id=claimed.member_id,
            channel=account.channel,
            chat=account.chat,
            batch=row.batch,
        )
        .on_conflict_do_nothing()
    )


def expire_leases(session: StoreSession, now: datetime) -> int:
    """Rows whose worker vanished in the middle of a send become `unknown`; how many."""
    done = session.execute(
        update(Delivery)
        .where(col(Delivery.state) == State.SENDING, col(Delivery.lease_until) <= now)
        .values(state=State.UNKNOWN, outcome=str(Outcome.UNKNOWN), reason="lease", token="", finished_at=now)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def close_finished(session: StoreSession, outgoing_id: int) -> bool:
    """Mark an expanded message done when nothing of it is open; True when it is."""
    outgoing = session.get(OutgoingMessage, outgoing_id)
    if outgoing is None or not outgoing.expanded or outgoing.phase is not Phase.SENDING:
        return False
    still = exists().where(
        col(Delivery.outgoing_id) == outgoing_id, col(Delivery.state).in_([State.QUEUED, State.SENDING])
    )
    if session.execute(select(still)).scalar():
        return False
    outgoing.phase = Phase.DONE
    session.add(outgoing)
    return True


def set_phase(session: StoreSession, outgoing_id: int, phase: Phase, due_at: datetime | None = None) -> None:
    """Pause, resume, cancel or move a message; a cancelled one takes its queued rows with it."""
    outgoing = session.get(OutgoingMessage, outgoing_id)
    if outgoing is None:
        return
    outgoing.phase = phase
    outgoing.due_at = due_at or outgoing.due_at
    session.add(outgoing)
    if phase is Phase.CANCELLED:
        session.execute(
            update(Delivery)
            .where(col(Delivery.outgoing_id) == outgoing_id, col(Delivery.state) == State.QUEUED)
            .values(state=State.CANCELLED)
        )


def stop_for(session: StoreSession, outgoing_id: int, member_id: int) -> None:
    """The member has answered: what is still queued for them is not sent."""
    session.execute(
        update(Delivery)
        .where(
            col(Delivery.outgoing_id) == outgoing_id,
            col(Delivery.member_id) == member_id,
            col(Delivery.state) == State.QUEUED,
        )
        .values(state=State.CANCELLED)
    )


def counts(session: StoreSession, outgoing_id: int) -> Counts:
    """Recipients by state."""
    rows = session.execute(
        select(Delivery.state, func.count()).where(col(Delivery.outgoing_id) == outgoing_id).group_by(col(Delivery.state))
    )
    return Counts(**{str(state): number for state, number in rows})


def reserve(session: StoreSession, key: str, sends: int, per_second: float, now: float) -> float:
    """GCRA: book `sends` places under a rule; seconds from `now` until the first of them (the rest follow
    at 1/per_second). Shared by every worker through its row."""
    rate = session.get(SendRate, key, with_for_update=True)
    if rate is None:
        rate = SendRate(key=key, free_at=now)
    start = max(rate.free_at, now)
    rate.free_at = start + sends / per_second
    session.add(rate)
    return start - now
