"""Catching up on a missed event; confirmed by a person only (AT-5)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import update
from sqlmodel import Field, col, select

from bot.store.core import turns
from bot.store.core.columns import Moment, Row, Word
from bot.store.core.statements import StoreSession
from bot.store.meetings import Meeting


class Way(StrEnum):
    """How it was caught up."""

    NOTES = "notes"
    TALK = "talk"
    OTHER_GROUP = "other_group"


class MakeUpState(StrEnum):
    """draft -> sent -> confirmed | returned; after a return the member sends a new one."""

    DRAFT = "draft"
    SENT = "sent"
    CONFIRMED = "confirmed"
    RETURNED = "returned"


class MakeUp(Row, table=True):
    """What a member sent in to catch up on an event (the first of A/B sessions), and who confirmed it. Kept 3
    years (PI-10)."""

    __tablename__ = "make_up"

    id: int | None = Field(default=None, primary_key=True)
    event_id: int = Field(foreign_key="meeting.id", index=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    way: Way = Field(sa_type=Word(Way))
    note: str = ""
    state: MakeUpState = Field(default=MakeUpState.DRAFT, sa_type=Word(MakeUpState))
    sent_at: datetime | None = Field(default=None, sa_type=Moment)
    decided_by: int | None = Field(default=None, foreign_key="member.id")
    decided_at: datetime | None = Field(default=None, sa_type=Moment)


def of_member(session: StoreSession, event_id: int, member_id: int) -> list[MakeUp]:
    """What the member sent in for an event, oldest first."""
    query = select(MakeUp).where(col(MakeUp.event_id) == event_id, col(MakeUp.member_id) == member_id)
    return list(session.exec(query.order_by(col(MakeUp.id))))


def confirmed(session: StoreSession, event_id: int) -> dict[int, date]:
    """The members who caught up on the event, and on which day: when they handed it in, not when that was confirmed."""
    query = select(MakeUp).where(col(MakeUp.event_id) == event_id, col(MakeUp.state) == MakeUpState.CONFIRMED)
    days: dict[int, date] = {}
    for one in session.exec(query.order_by(col(MakeUp.id))):
        if handed_in := one.sent_at or one.decided_at:
            days.setdefault(one.member_id, handed_in.date())
    return days


def waiting_since(session: StoreSession, since: datetime) -> list[tuple[MakeUp, Meeting]]:
    """What waits for a person to confirm it, of meetings that started after `since`."""
    query = (
        select(MakeUp, Meeting)
        .join(Meeting, col(Meeting.id) == col(MakeUp.event_id))
        .where(col(MakeUp.state) == MakeUpState.SENT, col(Meeting.starts_at) > since)
    )
    return list(session.exec(query.order_by(col(MakeUp.id))))


def add_confirmed(session: StoreSession, event_id: int, member_id: int, by: int, now: datetime) -> None:
    """A person confirms for a member without a phone that they have talked it over."""
    session.add(
        MakeUp(
            event_id=event_id,
            member_id=member_id,
            way=Way.TALK,
            state=MakeUpState.CONFIRMED,
            decided_by=by,
            sent_at=now,
            decided_at=now,
        )
    )
    session.flush()


def draft(session: StoreSession, event_id: int, member_id: int, way: Way) -> int:
    """Begin, or begin again with another way; the id."""
    turns.of_member(session, member_id)
    drafts = [one for one in of_member(session, event_id, member_id) if one.state is MakeUpState.DRAFT]
    found = drafts[0] if drafts else MakeUp(event_id=event_id, member_id=member_id, way=way)
    found.way = way
    session.add(found)
    session.flush()
    return found.id or 0


def send(session: StoreSession, make_up_id: int, note: str, now: datetime) -> bool:
    """Hand a draft in; False when that was done before."""
    done = session.changed(
        update(MakeUp)
        .where(col(MakeUp.id) == make_up_id, col(MakeUp.state) == MakeUpState.DRAFT)
        .values(state=MakeUpState.SENT, note=note, sent_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return done == 1


def decide(session: StoreSession, make_up_id: int, accept: bool, by: int, now: datetime) -> bool:
    """Confirm or return what was sent in; False when it was decided before."""
    done = session.changed(
        update(MakeUp)
        .where(col(MakeUp.id) == make_up_id, col(MakeUp.state) == MakeUpState.SENT)
        .values(state=MakeUpState.CONFIRMED if accept else MakeUpState.RETURNED, decided_by=by, decided_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return done == 1
