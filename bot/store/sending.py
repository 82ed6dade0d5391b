"""What the engine does with delivery rows: claim a chunk, book its places, write what became of it.

A chunk is claimed and committed before the network is touched. A row whose lease ran out in `sending` becomes
`unknown` and is shown to a person, never sent again blindly.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Boolean, bindparam, exists, func, literal, not_, update
from sqlmodel import col, select

from bot.messages import Address, Outcome, Receipt, Trouble, from_json
from bot.store import groups, prompts
from bot.store.core.columns import Moment, Word, insert, table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.delivery import Delivery, OutgoingMessage, Phase, State
from bot.store.people import Account

MAX_ATTEMPTS = 8
_delivery = table_of(Delivery)
_outgoing = table_of(OutgoingMessage)


class Claimed(Struct, frozen=True):
    """A delivery that this worker may send until its lease runs out."""

    id: int
    outgoing_id: int
    member_id: int
    address: Address
    attempt: int


class OpenJob(Struct, frozen=True):
    """Rows of one batch that can be sent now on one channel."""

    outgoing_id: int
    batch: int
    channel: str
    rows: int


_OPEN_JOBS = Hot(
    select(_delivery.c.batch, _delivery.c.channel, func.count())
    .where(
        _delivery.c.outgoing_id == bindparam("outgoing_id"),
        _delivery.c.state == literal(State.QUEUED, Word(State)),
        (_delivery.c.next_at.is_(None)) | (_delivery.c.next_at <= bindparam("now", type_=Moment())),
    )
    .group_by(_delivery.c.batch, _delivery.c.channel)
    .order_by(_delivery.c.batch, _delivery.c.channel)
)


def open_jobs(session: StoreSession, outgoing_id: int, now: datetime) -> list[OpenJob]:
    """Batches and channels of a message that have rows to send now."""
    found = session.rows(_OPEN_JOBS, outgoing_id=outgoing_id, now=now)
    return [OpenJob(outgoing_id, batch, channel, rows) for batch, channel, rows in found]


_CANDIDATES = (
    select(_delivery.c.id)
    .where(
        _delivery.c.outgoing_id == bindparam("outgoing_id"),
        _delivery.c.batch == bindparam("batch"),
        _delivery.c.state == literal(State.QUEUED, Word(State)),
        _delivery.c.channel == bindparam("on_channel"),
        (_delivery.c.next_at.is_(None)) | (_delivery.c.next_at <= bindparam("now", type_=Moment())),
    )
    .where(
        exists().where(
            _outgoing.c.id == bindparam("outgoing_id"),
            _outgoing.c.phase == literal(Phase.SENDING, Word(Phase)),
        )
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
    session: StoreSession, job: OpenJob, most: int, now: datetime, lease: timedelta
) -> tuple[str, list[Claimed]]:
    """Up to `most` rows of a job, none when its message was paused or cancelled; and their fencing token."""
    token = secrets.token_hex(8)
    rows = session.rows(
        _CLAIM,
        outgoing_id=job.outgoing_id,
        batch=job.batch,
        on_channel=job.channel,
        now=now,
        most=most,
        new_token=token,
        lease=now + lease,
    )
    return token, [
        Claimed(row[0], row[1], row[2], _address(session, row[3], row[4], bool(row[5])), row[6])
        for row in sorted(rows)
    ]


def _address(session: StoreSession, channel: str, chat: str, group: bool) -> Address:
    """A group is written to in that part of it in which it was bound."""
    address = Address(channel, chat, group)
    return replace(address, topic=groups.topic_of(session, address)) if group else address


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


_SENT = Hot(
    update(_delivery)
    .where(_delivery.c.id == bindparam("row_id"), _delivery.c.token == bindparam("held"))
    .values(
        state=literal(State.SENT, Word(State)), outcome=literal(str(Outcome.SENT)), reason=literal(""),
        message_id=bindparam("message_id"), unopened=bindparam("unopened", type_=Boolean()),
        finished_at=bindparam("now", type_=Moment()), next_at=None, lease_until=None, token=literal(""),
    )
)  # fmt: skip


def finish(session: StoreSession, token: str, results: list[tuple[Claimed, Receipt]], now: datetime) -> int:
    """Write the outcomes of claimed rows; those whose token has changed are left alone. Returns rows written.

    A member who cannot be reached here is tried on their next account.
    """
    sent = [
        {
            "row_id": row.id, "held": token, "message_id": receipt.message_id, "unopened": receipt.unopened, "now": now,
        }
        for row, receipt in results
        if receipt.outcome is Outcome.SENT
    ]
    done = session.run_each(_SENT, sent)
    for claimed, receipt in results:
        if receipt.outcome is Outcome.SENT:
            if claimed.address.group:
                groups.reached(session, claimed.address)
            continue
        outcome = _outcome(token, claimed, receipt, now)
        written = session.run(_FINISH, **outcome)
        done += written
        if written and outcome["state"] is State.FAILED and claimed.member_id:
            _fall_back(session, claimed, now)
        if written and claimed.address.group:
            _note_group(session, claimed, receipt, outcome["state"], now)
    return done


def _note_group(session: StoreSession, claimed: Claimed, receipt: Receipt, state: State, now: datetime) -> None:
    """What a message that did not arrive says about its group: it has another number, or takes none."""
    if receipt.moved_to:
        groups.move(session, claimed.address, receipt.moved_to, now)
    elif state is State.FAILED:
        trouble = receipt.trouble or Trouble.OTHER
        groups.not_reached(session, claimed.address, trouble, claimed.id, now)


def _outcome(token: str, claimed: Claimed, receipt: Receipt, now: datetime) -> dict[str, Any]:
    """The values of `_FINISH` for a row that was not sent."""
    state, next_at = _after(receipt, claimed.attempt, now)
    return {
        "row_id": claimed.id,
        "held": token,
        "state": state,
        "outcome": str(receipt.outcome),
        "reason": receipt.reason[:200],
        "message_id": receipt.message_id,
        "next_at": next_at,
        "finished_at": None if state is State.QUEUED else now,
        "refund": 1 if receipt.outcome is Outcome.RATE_LIMITED else 0,
    }


def _after(receipt: Receipt, attempt: int, now: datetime) -> tuple[State, datetime | None]:
    if receipt.outcome is Outcome.UNKNOWN:
        return State.UNKNOWN, None
    if receipt.moved_to and attempt < MAX_ATTEMPTS:
        return State.QUEUED, None
    if receipt.outcome is Outcome.RATE_LIMITED:
        return State.QUEUED, now + timedelta(seconds=max(receipt.retry_after, 1.0))
    if receipt.outcome is Outcome.RETRY and attempt < MAX_ATTEMPTS:
        return State.QUEUED, now + timedelta(seconds=min(2**attempt, 300))
    return State.FAILED, None


def _fall_back(session: StoreSession, claimed: Claimed, now: datetime) -> None:
    """Queue the member's next account where this one refused; the questions stand open there too."""
    tried = select(Delivery.channel).where(
        col(Delivery.outgoing_id) == claimed.outgoing_id, col(Delivery.member_id) == claimed.member_id
    )
    account = session.exec(
        select(Account)
        .where(
            col(Account.member_id) == claimed.member_id, col(Account.rank) >= 0, not_(col(Account.channel).in_(tried))
        )
        .order_by(col(Account.rank))
        .limit(1)
    ).first()
    row, outgoing = session.get(Delivery, claimed.id), session.get(OutgoingMessage, claimed.outgoing_id)
    if account is None or row is None or outgoing is None:
        return
    values = {
        "outgoing_id": claimed.outgoing_id,
        "member_id": claimed.member_id,
        "channel": account.channel,
        "chat": account.chat,
        "batch": row.batch,
    }
    session.execute(insert(Delivery).values(values).on_conflict_do_nothing())
    for prompt in from_json(outgoing.message).prompts:
        prompts.show(session, Address(account.channel, account.chat), claimed.member_id, prompt, now)


_EXPIRE = Hot(
    update(_delivery)
    .where(
        _delivery.c.lease_until <= bindparam("now", type_=Moment()),
        _delivery.c.state == literal(State.SENDING, Word(State)),
    )
    .values(
        state=literal(State.UNKNOWN, Word(State)), outcome=literal(str(Outcome.UNKNOWN)), reason=literal("lease"),
        token=literal(""), lease_until=None, finished_at=bindparam("now", type_=Moment()),
    )
)  # fmt: skip


def expire_leases(session: StoreSession, now: datetime) -> int:
    """Rows whose worker vanished in the middle of a send become `unknown`; how many."""
    return session.run(_EXPIRE, now=now)


_EXPANDED = Hot(
    select(_outgoing.c.id)
    .where(
        _outgoing.c.id == bindparam("outgoing_id"),
        _outgoing.c.expanded,
        _outgoing.c.phase == literal(Phase.SENDING, Word(Phase)),
    )
    .with_for_update()
)
_STILL_OPEN = Hot(
    select(_delivery.c.id)
    .where(
        _delivery.c.outgoing_id == bindparam("outgoing_id"),
        _delivery.c.state.in_([literal(state, Word(State)) for state in (State.QUEUED, State.SENDING)]),
    )
    .limit(1)
)
_DONE = Hot(
    update(_outgoing)
    .where(_outgoing.c.id == bindparam("outgoing_id"))
    .values(phase=literal(Phase.DONE, Word(Phase)))
)  # fmt: skip


def close_finished(session: StoreSession, outgoing_id: int) -> bool:
    """Mark an expanded message done when nothing of it is open; True when it is."""
    if session.one(_EXPANDED, outgoing_id=outgoing_id) is None:
        return False
    if session.one(_STILL_OPEN, outgoing_id=outgoing_id) is not None:
        return False
    return session.run(_DONE, outgoing_id=outgoing_id) == 1
