"""Leave from an event: a category, when it was asked, and what the approver decided (AT-3, AT-4)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint, update
from sqlmodel import Field, col, select

from bot.rules.people import Post as PostKind
from bot.store.core.columns import Moment, Row, Word, insert
from bot.store.core.statements import StoreSession
from bot.store.meetings import Meeting
from bot.store.posts import SECRETARIES, holders, holds_post, upwards


class Category(StrEnum):
    """Why; nothing more is stored (PI-3)."""

    DUTY_TRAVEL = "duty_travel"
    TRAINING = "training"
    ILLNESS = "illness"
    ON_SHIFT = "on_shift"
    FAMILY = "family"
    OTHER = "other"


class LeaveState(StrEnum):
    """pending -> approved | refused; withdrawn by the member."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Leave(Row, table=True):
    """A member's leave from an event (the first of A/B sessions). Kept 3 years (PI-10)."""

    __table_args__ = (UniqueConstraint("event_id", "member_id"),)

    id: int | None = Field(default=None, primary_key=True)
    event_id: int = Field(foreign_key="meeting.id", index=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    category: Category = Field(sa_type=Word(Category))
    asked_at: datetime = Field(sa_type=Moment)
    state: LeaveState = Field(default=LeaveState.PENDING, sa_type=Word(LeaveState))
    decided_by: int | None = Field(default=None, foreign_key="member.id")
    decided_at: datetime | None = Field(default=None, sa_type=Moment)


def of_event(session: StoreSession, event_id: int) -> dict[int, Leave]:
    """The event's leaves by member; withdrawn ones left out."""
    query = select(Leave).where(col(Leave.event_id) == event_id, col(Leave.state) != LeaveState.WITHDRAWN)
    return {leave.member_id: leave for leave in session.exec(query)}


def request(
    session: StoreSession, event_id: int, member_id: int, category: Category, now: datetime
) -> int | None:
    """Ask for leave, once; the id, or None when it was asked before. A withdrawn or refused one may be asked again."""
    values = {"category": category, "asked_at": now, "state": LeaveState.PENDING, "decided_by": None,
              "decided_at": None}  # fmt: skip
    statement = (
        insert(Leave)
        .values(event_id=event_id, member_id=member_id, **values)
        .on_conflict_do_update(
            index_elements=["event_id", "member_id"],
            set_=values,
            where=col(Leave.state).in_([LeaveState.WITHDRAWN, LeaveState.REFUSED]),
        )
        .returning(col(Leave.id))
    )
    found = session.execute(statement).scalar()
    return None if found is None else int(found)


def decide(session: StoreSession, leave_id: int, approve: bool, by: int, now: datetime) -> bool:
    """Approve or refuse a pending leave; False when it is not pending any more."""
    state = LeaveState.APPROVED if approve else LeaveState.REFUSED
    return _move(session, leave_id, state, by, now)


def withdraw(session: StoreSession, leave_id: int, by: int, now: datetime) -> bool:
    """Take a pending leave back; False when it was decided."""
    return _move(session, leave_id, LeaveState.WITHDRAWN, by, now)


def approvers(session: StoreSession, unit_id: int, member_id: int) -> list[int]:
    """Who can be asked: the secretaries of the unit or of the next unit above with any; for the secretary
    those above the unit; at last the Party office (AT-3). Members with an account only, never the member."""
    skipped = unit_id if holds_post(session, unit_id, member_id, PostKind.SECRETARY) else 0
    for above in upwards(session, unit_id):
        found = holders(session, above, *SECRETARIES, but=member_id)
        if found and above != skipped:
            return found
    return holders(session, None, PostKind.PARTY_OFFICE, but=member_id)


def of_member(session: StoreSession, member_id: int) -> Leave | None:
    """The member's latest leave that is not decided."""
    query = select(Leave).where(col(Leave.member_id) == member_id, col(Leave.state) == LeaveState.PENDING)
    return session.exec(query.order_by(col(Leave.asked_at).desc())).first()


def pending(session: StoreSession, since: datetime) -> list[tuple[Leave, Meeting]]:
    """Undecided leaves of meetings that started after `since`, earliest meeting first."""
    query = (
        select(Leave, Meeting)
        .join(Meeting, col(Meeting.id) == col(Leave.event_id))
        .where(col(Leave.state) == LeaveState.PENDING, col(Meeting.starts_at) > since)
    )
    return list(session.exec(query.order_by(col(Meeting.starts_at), col(Leave.id))))


def _move(session: StoreSession, leave_id: int, state: LeaveState, by: int, now: datetime) -> bool:
    done = session.changed(
        update(Leave)
        .where(col(Leave.id) == leave_id, col(Leave.state) == LeaveState.PENDING)
        .values(state=state, decided_by=by, decided_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return done == 1
