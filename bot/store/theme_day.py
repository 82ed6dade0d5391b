"""The branch's theme day: its policy, its plan of each month, and what goes with a planned day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from msgspec import Struct
from msgspec.structs import asdict
from sqlmodel import Field, col, func, select

from bot.clock import SHANGHAI
from bot.rules.meeting import Duty
from bot.rules.theme_day import AgendaItem, DayPolicy, Planned, same_content
from bot.store import due, meetings
from bot.store.core.columns import Moment, Row
from bot.store.core.statements import StoreSession
from bot.store.meetings import Meeting, MeetingState
from bot.store.people import Fact, Unit, UnitKind

MONTH_JOB = "theme_day.month"
_MONTH_TIME = time(8, 30)


class BranchPolicy(Row, table=True):
    """Which day a branch chose (TD-7), as rules.theme_day.DayPolicy writes it. Kept until it is changed;
    the name of who set it goes with the member."""

    __tablename__ = "branch_policy"

    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    day: str
    set_by: int | None = Field(default=None, foreign_key="member.id")
    set_at: datetime = Field(sa_type=Moment)


class ThemeDay(Row, table=True):
    """What a theme day has beyond its meeting: what to bring, why its content repeats another's (TD-5), who
    announced it, when the members were told, and a move that waits for its confirmation. Kept as long as
    the meeting."""

    __tablename__ = "theme_day"

    meeting_id: int = Field(primary_key=True, foreign_key="meeting.id")
    bring: str = ""
    same_reason: str = ""
    announced_by: int | None = Field(default=None, foreign_key="member.id")
    announced_at: datetime | None = Field(default=None, sa_type=Moment)
    told_at: datetime | None = Field(default=None, sa_type=Moment)
    wanted_at: datetime | None = Field(default=None, sa_type=Moment)
    wanted_reason: str = ""


class Same(Struct, frozen=True):
    """Content shared with another theme day (TD-5): "topic" or "materials"; no `branch` means last month."""

    what: str
    branch: str = ""


def policy(session: StoreSession, unit_id: int, default: str) -> DayPolicy:
    """The branch's policy, or the configured default."""
    row = session.get(BranchPolicy, unit_id)
    return DayPolicy.parse(row.day if row else default)


def set_policy(session: StoreSession, unit_id: int, chosen: DayPolicy, member_id: int, now: datetime) -> None:
    """Remember the branch's choice."""
    row = session.get(BranchPolicy, unit_id) or BranchPolicy(unit_id=unit_id, day="", set_at=now)
    row.day, row.set_by, row.set_at = chosen.format(), member_id, now
    session.add(row)


def of_month(session: StoreSession, unit_id: int, year: int, month: int) -> Meeting | None:
    """The branch's theme day of a month (its first session)."""
    listed = meetings.of_month(session, unit_id, year, month)
    return next((one for one in listed if Duty.THEME_DAY in one.duties and one.second_of is None), None)


def ahead(session: StoreSession, unit_id: int, now: datetime) -> list[Meeting]:
    """The branch's theme days that have not ended yet, in order, second sessions left out."""
    query = select(Meeting).where(
        col(Meeting.unit_id) == unit_id,
        col(Meeting.second_of).is_(None),
        col(Meeting.state) != MeetingState.CANCELLED,
        col(Meeting.starts_at) > now - timedelta(days=32),
    )
    found = [
        one for one in session.exec(query.order_by(col(Meeting.starts_at))) if Duty.THEME_DAY in one.duties
    ]
    return [one for one in found if last_session(session, one).ends_at > now]


def second(session: StoreSession, meeting_id: int) -> Meeting | None:
    """The second session of a theme day (CA-8)."""
    query = select(Meeting).where(
        col(Meeting.second_of) == meeting_id, col(Meeting.state) != MeetingState.CANCELLED
    )
    return session.exec(query).first()


def last_session(session: StoreSession, meeting: Meeting) -> Meeting:
    """Whichever session of the theme day is later."""
    other = second(session, meeting.id or 0)
    return other if other is not None and other.starts_at > meeting.starts_at else meeting


def details(session: StoreSession, meeting_id: int) -> ThemeDay:
    """What goes with the theme day; the row is made when it is first needed."""
    row = session.get(ThemeDay, meeting_id)
    if row is None:
        row = ThemeDay(meeting_id=meeting_id)
        session.add(row)
        session.flush()
    return row


def told(session: StoreSession, meeting_id: int) -> bool:
    """True once the members have been told of this theme day."""
    row = session.get(ThemeDay, meeting_id)
    return row is not None and row.told_at is not None


def create(
    session: StoreSession, unit_id: int, planned: Planned, start: time, minutes: int, title: str,
    fixed: tuple[AgendaItem, ...],
) -> Meeting:  # fmt: skip
    """Plan a theme day with the fixed items on its agenda (TD-3, TD-9)."""
    meeting = Meeting(
        unit_id=unit_id,
        title=title,
        starts_at=datetime.combine(planned.date, start, SHANGHAI),
        minutes=minutes,
        duties=[str(Duty.THEME_DAY)],
        agenda=[asdict(item) for item in fixed],
        nominal_on=planned.nominal,
    )
    session.add(meeting)
    session.flush()
    return meeting


def create_second(session: StoreSession, first: Meeting, starts_at: datetime, title: str) -> Meeting:
    """Add the second session, or move it; topic, place and agenda are those of the first (CA-8)."""
    other = second(session, first.id or 0) or Meeting(
        unit_id=first.unit_id, title=title, starts_at=starts_at, second_of=first.id, duties=list(first.duties)
    )
    other.starts_at = starts_at
    session.add(other)
    follow(session, first)
    session.flush()
    return other


def follow(session: StoreSession, first: Meeting) -> None:
    """Give the second session what the first one has."""
    session.add(first)
    session.flush()
    other = second(session, first.id or 0)
    if other is not None:
        other.topic, other.place, other.minutes, other.state = (
            first.topic,
            first.place,
            first.minutes,
            first.state,
        )
        other.agenda, other.materials = list(first.agenda), list(first.materials)
        session.add(other)


def same_elsewhere(session: StoreSession, meeting: Meeting) -> list[Same]:
    """Where topic or materials are those of last month or of another branch's same month (TD-5)."""
    day = meeting.starts_at.date()
    found: list[Same] = []
    before = of_month(session, meeting.unit_id, day.year - (day.month == 1), (day.month - 2) % 12 + 1)
    if before is not None:
        found += [Same(what) for what in _shared(meeting, before)]
    first = datetime.combine(day.replace(day=1), time(), SHANGHAI)
    after = datetime(day.year + day.month // 12, day.month % 12 + 1, 1, tzinfo=SHANGHAI)
    others = (
        select(Meeting, Unit.name)
        .join(Unit, col(Unit.id) == col(Meeting.unit_id))
        .where(col(Meeting.unit_id) != meeting.unit_id, col(Meeting.second_of).is_(None))
        .where(col(Meeting.state) != MeetingState.CANCELLED)
        .where(col(Meeting.starts_at) >= first, col(Meeting.starts_at) < after)
    )
    for other, name in session.exec(others):
        if Duty.THEME_DAY in other.duties:
            found += [Same(what, name) for what in _shared(meeting, other)]
    return found


def _shared(one: Meeting, other: Meeting) -> tuple[str, ...]:
    return same_content(one.topic, map(str, one.materials), other.topic, map(str, other.materials))


def split_branch(session: StoreSession, text: str) -> tuple[Unit | None, str]:
    """A branch's name at the beginning of a text, and what follows it."""
    word, _, rest = text.strip().partition(" ")
    query = select(Unit).where(col(Unit.kind) == UnitKind.BRANCH, col(Unit.name) == word)
    found = session.exec(query).first() if word else None
    return (found, rest.strip()) if found else (None, text.strip())


def plan_month(session: StoreSession, unit_id: int, now: datetime) -> None:
    """Have the plan of the coming month made on its eve, the 1st at 08:30; asking again changes nothing."""
    first = date(now.year + now.month // 12, now.month % 12 + 1, 1)
    at = datetime.combine(first, _MONTH_TIME, SHANGHAI)
    due.plan(session, f"{MONTH_JOB}:{unit_id}:{first:%Y-%m}", at, MONTH_JOB, unit_id)


def plan_months(session: StoreSession, now: datetime) -> None:
    """Nightly: see to it that every branch's coming month will be planned."""
    for unit_id in session.exec(select(Unit.id).where(col(Unit.kind) == UnitKind.BRANCH)):
        plan_month(session, unit_id or 0, now)


def about_member(session: StoreSession, member_id: int) -> list[Fact]:
    """How many theme days the member moved or announced."""
    moved = select(func.count()).select_from(Meeting).where(col(Meeting.changed_by) == member_id)
    announced = select(func.count()).select_from(ThemeDay).where(col(ThemeDay.announced_by) == member_id)
    counts = {"moved": session.exec(moved).one(), "announced": session.exec(announced).one()}
    return [Fact("theme_day.fact", {**counts})] if any(counts.values()) else []
