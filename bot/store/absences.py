"""Who of a branch has not attended anything for months (AT-9). Worked out from the lists, kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from msgspec import Struct
from sqlalchemy import func
from sqlmodel import col, select

from bot.rules.attendance import Status, months_since
from bot.rules.people import is_member
from bot.store import attendance, due
from bot.store.attendance import Line
from bot.store.core.statements import StoreSession
from bot.store.meetings import Meeting
from bot.store.people import Member
from bot.store.sign_in import Attendance, SignIn, event_of

JOB = "attendance.absences"
_FEWEST = 2
_MOST_EVENTS = 60


class Absence(Struct, frozen=True):
    """Somebody who came to none of the `missed` last events of the branch, the first of them on `since`, without
    leave, and who caught up on none."""

    member_id: int
    name: str
    since: date
    missed: int


@dataclass(slots=True)
class _Run:
    """What a walk back through the events has found of one person so far."""

    days: list[date] = field(default_factory=list)
    over: bool = False


def plan(session: StoreSession, now: datetime) -> None:
    """Nightly: have every unit with lists of the last months looked at."""
    query = select(Meeting.unit_id).join(SignIn, col(SignIn.meeting_id) == col(Meeting.id)).distinct()
    for unit_id in session.exec(query.where(col(SignIn.settled))):
        due.plan(session, f"{JOB}:{unit_id}:{now:%Y-%m-%d}", now, JOB, unit_id)


def long_absent(session: StoreSession, unit_id: int, now: datetime, months: int, grace: timedelta) -> list[Absence]:
    """Members who have missed all events of the unit for at least `months` months, and at least two. Leave, a make-up
    and signing in anywhere end a run; events from which they were exempt are passed over (AT-2)."""
    runs = _runs(session, unit_id, now, months, grace)
    members = select(Member).where(col(Member.id).in_(list(runs)), col(Member.left_on).is_(None))
    found = []
    for member in session.exec(members.order_by(col(Member.id))):
        ident = member.id or 0
        seen = _last_seen(session, ident)
        days = [day for day in runs[ident].days if seen is None or day > seen]
        if len(days) < _FEWEST or member.attendance_exempt or not is_member(member.stage):
            continue
        if months_since(min(days), now.date()) >= months:
            found.append(Absence(ident, member.name, min(days), len(days)))
    return found


def _runs(session: StoreSession, unit_id: int, now: datetime, months: int, grace: timedelta) -> dict[int, _Run]:
    """Back through the events: to the end of every run, and at least as far as a run has to reach."""
    runs: dict[int, _Run] = {}
    for day, lines in _lists(session, unit_id, grace):
        going = any(run.days and not run.over for run in runs.values())
        if not going and months_since(day, now.date()) >= months:
            break
        for line in lines:
            run = runs.setdefault(line.member_id or 0, _Run())
            if run.over or line.status is Status.EXEMPT:
                continue
            if line.status is Status.ABSENT and not line.made_up:
                run.days.append(day)
            else:
                run.over = True
    return {member_id: run for member_id, run in runs.items() if run.days}


def _lists(session: StoreSession, unit_id: int, grace: timedelta) -> Iterator[tuple[date, list[Line]]]:
    query = (
        select(Meeting)
        .join(SignIn, col(SignIn.meeting_id) == col(Meeting.id))
        .where(col(Meeting.unit_id) == unit_id, col(SignIn.settled))
        .order_by(col(Meeting.starts_at).desc())
        .limit(_MOST_EVENTS)
    )
    known: set[int] = set()
    for meeting in session.exec(query).all():
        event = event_of(meeting)
        if event not in known:
            known.add(event)
            lines = attendance.register(session, event, grace)
            yield meeting.starts_at.date(), [one for one in lines if one.member_id and not one.observer]


def _last_seen(session: StoreSession, member_id: int) -> date | None:
    """The day of the last meeting of any unit at which the member signed in."""
    query = (
        select(func.max(Meeting.starts_at))
        .join(Attendance, col(Attendance.meeting_id) == col(Meeting.id))
        .where(col(Attendance.member_id) == member_id, col(Attendance.signed_in_at).is_not(None))
    )
    found = session.exec(query).one()
    return found.date() if found else None
