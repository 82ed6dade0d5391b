"""The attendance list of an event: for the committee, the records, and each member about themselves."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from msgspec import Struct
from sqlalchemy import delete, update
from sqlmodel import col, select

from bot.rules import attendance as rules
from bot.rules.attendance import Entry, Status, Tally
from bot.store import leave as leaves
from bot.store import make_up
from bot.store.core.columns import insert
from bot.store.core.statements import StoreSession
from bot.store.leave import Leave, LeaveState
from bot.store.make_up import MakeUp
from bot.store.meetings import Meeting
from bot.store.people import Fact, Member
from bot.store.sign_in import Attendance, SignIn, event_of, expected, sessions_of


class Line(Struct, frozen=True):
    """One person of the list. `leave_category` is a `store.leave.Category` or empty (text
    `leave.category_<it>`); `member_id` is None for a guest of whom only the name is known."""

    member_id: int | None
    name: str
    status: Status
    made_up_on: date | None = None
    leave_category: str = ""
    observer: bool = False
    on_behalf: bool = False
    leave_pending: bool = False
    signed_in_at: datetime | None = None

    @property
    def made_up(self) -> bool:
        """Whether the person missed the event and caught up on it (AT-5)."""
        return self.made_up_on is not None


def held(session: StoreSession, meeting_id: int) -> bool:
    """Whether a sign-in was ever opened for the event; without one the list says nothing."""
    return bool(_sign_ins(session, _sessions(session, meeting_id)))


def register(session: StoreSession, meeting_id: int, grace: timedelta = timedelta(minutes=10)) -> list[Line]:
    """The list of the meeting's event: A/B sessions count as one, signing in at either counts (AT-1). Until
    it is settled it follows the roster; afterwards it is what was written down. Members in the order of the
    roster, guests last. `grace` is [attendance] late_after_minutes."""
    sessions = _sessions(session, meeting_id)
    if not sessions:
        return []
    event = event_of(sessions[0])
    signs = _sign_ins(session, sessions)
    ids = [meeting.id for meeting in sessions]
    rows = list(
        session.exec(select(Attendance).where(col(Attendance.meeting_id).in_(ids)).order_by(col(Attendance.id)))
    )
    listed = {row.member_id: row.exempt for row in rows if row.member_id and not row.observer}
    if not any(sign.settled for sign in signs.values()):
        listed |= {member.id or 0: member.attendance_exempt for member in expected(session, sessions[0])}
    known = [one for one in {row.member_id for row in rows} | set(listed) if one]
    names = {one.id: one.name for one in session.exec(select(Member).where(col(Member.id).in_(known)))}
    asked, caught_up = leaves.of_event(session, event), make_up.confirmed(session, event)
    starts = {one.id: _late_from(one, signs) for one in sessions}
    lines = [
        _line(
            member_id, names[member_id], exempt, rows, starts, asked.get(member_id), grace,
            caught_up.get(member_id),
        )
        for member_id, exempt in sorted(listed.items())
    ]  # fmt: skip
    guests = {row.member_id or row.name: row for row in rows if row.observer}
    for row in guests.values():
        name = row.name or names.get(row.member_id, "")
        lines.append(Line(row.member_id, name, Status.PRESENT, observer=True, signed_in_at=row.signed_in_at))
    return lines


def tally(session: StoreSession, meeting_id: int, grace: timedelta = timedelta(minutes=10)) -> Tally:
    """The numbers of the event (AT-6)."""
    return count(register(session, meeting_id, grace))


def count(lines: list[Line]) -> Tally:
    """The numbers of a list."""
    return rules.tally(Entry(line.status, line.made_up, line.observer) for line in lines)


def settle(session: StoreSession, meeting_id: int) -> bool:
    """Write down who was expected, so that the list no longer follows the roster; False when it was done
    before or when a session of the event is still to come."""
    sessions = _sessions(session, meeting_id)
    signs = _sign_ins(session, sessions)
    if not signs or any(sign.settled or sign.closed_at is None for sign in signs.values()):
        return False
    last = next(one for one in reversed(sessions) if one.id in signs)
    for member in expected(session, last):
        if not any(_has_row(session, one.id or 0, member.id or 0) for one in sessions):
            values = {"meeting_id": last.id, "member_id": member.id, "exempt": member.attendance_exempt,
                      "name": "", "observer": False}  # fmt: skip
            session.execute(insert(Attendance).values(values).on_conflict_do_nothing())
    session.execute(update(SignIn).where(col(SignIn.meeting_id).in_(list(signs))).values(settled=True))
    session.expire_all()
    return True


def missed_twice(session: StoreSession, meeting_id: int, grace: timedelta) -> dict[int, str]:
    """Who has now missed two settled events of the unit in a row without leave: names by member (AT-8)."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None:
        return {}
    query = (
        select(Meeting)
        .join(SignIn, col(SignIn.meeting_id) == col(Meeting.id))
        .where(col(Meeting.unit_id) == meeting.unit_id, col(SignIn.settled))
        .where(col(Meeting.starts_at) <= meeting.starts_at)
        .order_by(col(Meeting.starts_at).desc())
        .limit(12)
    )
    events = list(dict.fromkeys(event_of(one) for one in session.exec(query)))[:6]
    history: dict[int, list[Status]] = {}
    names: dict[int, str] = {}
    for event in reversed(events):
        for line in register(session, event, grace):
            if line.member_id and not line.observer:
                history.setdefault(line.member_id, []).append(line.status)
                names[line.member_id] = line.name
    return {one: names[one] for one, found in sorted(history.items()) if rules.missed_in_a_row(found) == 2}


def last_missed(session: StoreSession, member_id: int, since: datetime, grace: timedelta) -> Meeting | None:
    """The latest settled event since then that this member missed, on leave or not, and has not made up."""
    query = (
        select(Meeting)
        .join(SignIn, col(SignIn.meeting_id) == col(Meeting.id))
        .join(Attendance, col(Attendance.meeting_id) == col(Meeting.id))
        .where(col(Attendance.member_id) == member_id, ~col(Attendance.observer), col(SignIn.settled))
        .where(col(Meeting.starts_at) >= since)
        .order_by(col(Meeting.starts_at).desc())
    )
    for meeting in session.exec(query):
        for line in register(session, meeting.id or 0, grace):
            missed = line.status in rules.MISSED and not line.made_up
            if line.member_id == member_id and missed:
                return meeting
    return None


def about_member(session: StoreSession, member_id: int) -> list[Fact]:
    """What is stored about a member's sign-ins, leaves and make-ups (PI-4)."""
    facts = []
    signed = select(Attendance, Meeting).join(Meeting, col(Meeting.id) == col(Attendance.meeting_id))
    for row, meeting in session.exec(signed.where(col(Attendance.member_id) == member_id)):
        values = {"title": meeting.title, "day": meeting.starts_at.date()}
        if row.signed_in_at:
            facts.append(Fact("attendance.fact", {**values, "at": row.signed_in_at.strftime("%H:%M")}))
        else:
            facts.append(Fact(f"attendance.fact_{'guest' if row.observer else 'not_there'}", values))
    asked = select(Leave, Meeting).join(Meeting, col(Meeting.id) == col(Leave.event_id))
    for leave, meeting in session.exec(asked.where(col(Leave.member_id) == member_id)):
        values = {"title": meeting.title, "day": meeting.starts_at.date()}
        facts.append(Fact(f"leave.fact_{leave.category}", values))
    made = select(MakeUp, Meeting).join(Meeting, col(Meeting.id) == col(MakeUp.event_id))
    for caught, meeting in session.exec(made.where(col(MakeUp.member_id) == member_id)):
        values = {"title": meeting.title, "day": meeting.starts_at.date(), "note": caught.note}
        facts.append(Fact(f"make_up.fact_{caught.way}", values))
    return facts


def forget_old(session: StoreSession, before: datetime) -> None:
    """Nightly: drop rows of meetings that started before this moment (PI-10)."""
    old = select(Meeting.id).where(col(Meeting.starts_at) < before)
    session.execute(delete(Attendance).where(col(Attendance.meeting_id).in_(old)))
    session.execute(delete(Leave).where(col(Leave.event_id).in_(old)))
    session.execute(delete(MakeUp).where(col(MakeUp.event_id).in_(old)))


def _sessions(session: StoreSession, meeting_id: int) -> list[Meeting]:
    meeting = session.get(Meeting, meeting_id)
    return sessions_of(session, event_of(meeting)) if meeting else []


def _sign_ins(session: StoreSession, sessions: list[Meeting]) -> dict[int, SignIn]:
    ids = [meeting.id for meeting in sessions]
    return {one.meeting_id: one for one in session.exec(select(SignIn).where(col(SignIn.meeting_id).in_(ids)))}


def _late_from(meeting: Meeting, signs: dict[int, SignIn]) -> datetime:
    sign = signs.get(meeting.id or 0)
    return max(meeting.starts_at, sign.opened_at) if sign else meeting.starts_at


def _has_row(session: StoreSession, meeting_id: int, member_id: int) -> bool:
    query = select(Attendance.id).where(
        col(Attendance.meeting_id) == meeting_id, col(Attendance.member_id) == member_id
    )
    return session.exec(query).first() is not None


def _line(
    member_id: int, name: str, exempt: bool, rows: list[Attendance], starts: dict[int | None, datetime],
    asked: Leave | None, grace: timedelta, caught_up: date | None,
) -> Line:  # fmt: skip
    mine = [row for row in rows if row.member_id == member_id and row.signed_in_at is not None]
    leave = rules.Leave(asked.asked_at, asked.state is LeaveState.APPROVED) if asked else None
    found = [rules.status(starts[row.meeting_id], row.signed_in_at, leave, exempt, grace) for row in mine]
    status = min(found, key=list(Status).index, default=None) or rules.status(
        min(starts.values()), None, leave, exempt, grace
    )
    return Line(
        member_id,
        name,
        status,
        made_up_on=caught_up if status in rules.MISSED else None,
        leave_category=str(asked.category) if asked else "",
        on_behalf=any(row.on_behalf_by for row in mine),
        leave_pending=asked is not None and asked.state is LeaveState.PENDING,
        signed_in_at=min((row.signed_in_at for row in mine if row.signed_in_at), default=None),
    )
