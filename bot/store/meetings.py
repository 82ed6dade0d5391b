"""Meetings of a unit: theme days and the routine meetings. One meeting may satisfy several duties (MT-12)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, FromClause, func
from sqlmodel import Field, col, select

from bot.clock import SHANGHAI
from bot.store.core.columns import Moment, Row, Word
from bot.store.core.statements import StoreSession


class MeetingState(StrEnum):
    """planned -> announced -> held; or cancelled."""

    PLANNED = "planned"
    ANNOUNCED = "announced"
    HELD = "held"
    CANCELLED = "cancelled"


class Meeting(Row, table=True):
    """A meeting. `duties` are names of rules.meeting.Duty; `agenda` is a list of {kind, title, minutes, required}
    (TD-4); `nominal_on` is the day that the policy gave before it was moved (TD-9). Names no person but who
    changed the date; kept as long as its minutes."""

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    title: str
    topic: str = ""
    place: str = ""
    starts_at: datetime = Field(sa_type=Moment, index=True)
    minutes: int = 120
    duties: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    agenda: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    materials: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    nominal_on: date | None = None
    change_reason: str = ""
    changed_by: int | None = Field(default=None, foreign_key="member.id")
    second_of: int | None = Field(default=None, foreign_key="meeting.id")
    state: MeetingState = Field(default=MeetingState.PLANNED, sa_type=Word(MeetingState))

    @property
    def ends_at(self) -> datetime:
        """When it ends as planned."""
        return self.starts_at + timedelta(minutes=self.minutes)


def same_event(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """True where two meetings are the same one, or the two sessions of one event (CA-8)."""
    return func.coalesce(one.c.second_of, one.c.id) == func.coalesce(other.c.second_of, other.c.id)


def find(session: StoreSession, meeting_id: int) -> Meeting | None:
    """The meeting with this id."""
    return session.get(Meeting, meeting_id)


def of_month(session: StoreSession, unit_id: int, year: int, month: int) -> list[Meeting]:
    """The unit's meetings of a month (Shanghai time), in order, cancelled ones left out."""
    first = datetime.combine(date(year, month, 1), time(), SHANGHAI)
    after = datetime.combine(date(year + month // 12, month % 12 + 1, 1), time(), SHANGHAI)
    return _between(session, unit_id, first, after)


def of_day(session: StoreSession, unit_id: int, day: date) -> list[Meeting]:
    """The unit's meetings of a day, in order."""
    first = datetime.combine(day, time(), SHANGHAI)
    return _between(session, unit_id, first, first + timedelta(days=1))


def current(session: StoreSession, unit_id: int, now: datetime) -> Meeting | None:
    """The meeting of today that runs, or starts next, or ended last."""
    today = of_day(session, unit_id, now.date())
    running = [one for one in today if one.starts_at - timedelta(hours=1) <= now < one.ends_at]
    ahead = [one for one in today if one.starts_at > now]
    return (running or ahead or today[-1:] or [None])[0]  # type: ignore[list-item]


def upcoming(session: StoreSession, unit_id: int, now: datetime) -> Meeting | None:
    """The next meeting that has not ended."""
    query = (
        select(Meeting)
        .where(col(Meeting.unit_id) == unit_id, col(Meeting.state) != MeetingState.CANCELLED)
        .where(col(Meeting.starts_at) > now - timedelta(hours=12))
        .order_by(col(Meeting.starts_at))
    )
    return next((one for one in session.exec(query) if one.ends_at > now), None)


def _between(session: StoreSession, unit_id: int, first: datetime, after: datetime) -> list[Meeting]:
    query = (
        select(Meeting)
        .where(col(Meeting.unit_id) == unit_id, col(Meeting.state) != MeetingState.CANCELLED)
        .where(col(Meeting.starts_at) >= first, col(Meeting.starts_at) < after)
    )
    return list(session.exec(query.order_by(col(Meeting.starts_at))))
