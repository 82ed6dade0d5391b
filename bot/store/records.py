"""Minutes of meetings: written, signed, then only corrected (RC-1..RC-3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import JSON, Column
from sqlmodel import Field, col, func, or_, select

from bot.clock import SHANGHAI
from bot.rules.attendance import MISSED, Status, Tally
from bot.rules.people import Post as PostKind
from bot.rules.people import Stage, is_member
from bot.store import attendance, meetings, voting
from bot.store.attendance import Line
from bot.store.core.columns import Moment, Row
from bot.store.core.statements import StoreSession
from bot.store.meetings import Meeting, MeetingState
from bot.store.notices import Notice
from bot.store.people import Fact, Member, Post, Unit, UnitKind


class MinutesRow(Row, table=True):
    """What was written about a meeting. `decisions` are {text, due, present, yes, no, abstain}: counts only
    (RC-3). `sealed` is what the signature froze: names, agenda, place and time. It names those who were
    there, as the archive requires; kept until the archive office takes it over (RC-4)."""

    __tablename__ = "minutes"

    meeting_id: int = Field(primary_key=True, foreign_key="meeting.id")
    chair: str = ""
    recorder: str = ""
    content: str = ""
    decisions: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    attachments: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    sealed: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    signed_at: datetime | None = Field(default=None, sa_type=Moment)
    signed_by: int | None = Field(default=None, foreign_key="member.id")
    signed_name: str = ""


class MinutesCorrection(Row, table=True):
    """A dated correction of signed minutes; never changed or deleted (RC-2). Kept as long as the minutes."""

    __tablename__ = "minutes_correction"

    id: int | None = Field(default=None, primary_key=True)
    meeting_id: int = Field(foreign_key="meeting.id", index=True)
    at: datetime = Field(sa_type=Moment)
    author_id: int = Field(foreign_key="member.id")
    author: str
    field: str
    text: str
    reason: str


class Attended(Struct, frozen=True):
    """Who was at a meeting: every page, record and file takes names and numbers from here (AT-1..AT-6). `taken` is
    false when no sign-in was kept, so that nothing is known but who was due."""

    taken: bool
    lines: tuple[Line, ...]

    @property
    def tally(self) -> Tally:
        """The numbers; only `expected` and `exempt` mean something where no sign-in was kept."""
        return attendance.count(list(self.lines))

    def names(self, group: str) -> tuple[str, ...]:
        """The names of one of `GROUPS`; nobody where it is not known."""
        if group == "observers":
            return tuple(line.name for line in self.lines if line.observer)
        members = [line for line in self.lines if not line.observer]
        if group == "due":
            return tuple(line.name for line in members if line.status is not Status.EXEMPT)
        if not self.taken and group != "exempt":
            return ()
        return tuple(line.name for line in members if line.status in GROUPS[group])


GROUPS: dict[str, tuple[Status, ...]] = {
    "due": (),
    "present": (Status.PRESENT, Status.LATE),
    "late": (Status.LATE,),
    "leave": (Status.LEAVE_APPROVED,),
    "absent": (Status.ABSENT,),
    "exempt": (Status.EXEMPT,),
    "observers": (),
}
"""The groups of RC-1; `present` holds the late ones too."""


def find(session: StoreSession, meeting_id: int) -> MinutesRow | None:
    """The minutes of a meeting, if anything was written."""
    return session.get(MinutesRow, meeting_id)


def is_signed(session: StoreSession, meeting_id: int) -> bool:
    """Whether they are signed, and so locked."""
    row = find(session, meeting_id)
    return row is not None and row.signed_at is not None


def begin(session: StoreSession, meeting: Meeting, recorder: str) -> MinutesRow:
    """The minutes, prefilled with who usually chairs and who writes them."""
    row = find(session, meeting.id or 0)
    if row is None:
        held = holders(session, meeting.unit_id, PostKind.RECORDER)
        row = MinutesRow(
            meeting_id=meeting.id or 0,
            chair=next(iter(holders(session, meeting.unit_id, PostKind.SECRETARY)), ""),
            recorder=recorder if recorder in held or not held else held[0],
        )
        session.add(row)
        session.flush()
    return row


def holders(session: StoreSession, unit_id: int, kind: PostKind) -> list[str]:
    """The names of those who hold a post in the unit."""
    query = select(Member.name).join(Post, col(Post.member_id) == col(Member.id))
    query = query.where(col(Post.unit_id) == unit_id, col(Post.kind) == kind, col(Member.left_on).is_(None))
    return list(session.exec(query.order_by(col(Member.id))))


def current(session: StoreSession, unit_id: int, now: datetime, *, signed: bool = False) -> Meeting | None:
    """The meeting to write about: the latest that has begun and is not signed (or is, with `signed`), else
    the latest."""
    query = (
        select(Meeting)
        .where(col(Meeting.unit_id) == unit_id, col(Meeting.state) != MeetingState.CANCELLED)
        .where(col(Meeting.second_of).is_(None), col(Meeting.starts_at) <= now)
        .where(col(Meeting.starts_at) > now - timedelta(days=92))
        .order_by(col(Meeting.starts_at).desc())
    )
    listed = list(session.exec(query))
    wanted = (one for one in listed if is_signed(session, one.id or 0) is signed)
    return next(wanted, listed[0] if listed else None)


def held_in(session: StoreSession, unit_id: int, year: int, month: int, now: datetime) -> list[Meeting]:
    """The unit's meetings of a month that have begun; a second session belongs to its first (CA-8)."""
    listed = meetings.of_month(session, unit_id, year, month)
    return [one for one in listed if one.second_of is None and one.starts_at <= now]


def attended(session: StoreSession, meeting: Meeting, grace: timedelta) -> Attended:
    """Who was there: as it was signed (RC-2), else as it stands now. Make-ups go on after the signature."""
    now = attendance.register(session, meeting.id or 0, grace)
    order: dict[int | None, int] = {line.member_id: place for place, line in enumerate(now)}
    row = find(session, meeting.id or 0)
    if row is None or not row.sealed:
        return Attended(attendance.held(session, meeting.id or 0), tuple(now))
    known = {group: list(row.sealed[group]) for group in GROUPS}
    known["present"] = _without(known["present"], known["late"])
    taken = any(known[group] for group in ("present", "late", "leave", "absent"))
    of_group = {
        "present": Status.PRESENT, "late": Status.LATE, "leave": Status.LEAVE_APPROVED, "absent": Status.ABSENT,
        "exempt": Status.EXEMPT, "observers": Status.PRESENT,
    }  # fmt: skip
    lines = [
        _as_signed(now, name, status, group == "observers")
        for group, status in of_group.items()
        for name in known[group]
    ]
    return Attended(taken, tuple(sorted(lines, key=lambda one: (one.observer, order.get(one.member_id, len(order))))))


def voters(session: StoreSession, meeting: Meeting) -> tuple[int, int | None]:
    """How many with a vote were due and came (MD-1); None where no sign-in was kept."""
    found = voting.base(session, meeting.unit_id, meeting.id)
    return len(found.due), None if found.present is None else len(found.present)


def corrections(session: StoreSession, meeting_id: int) -> list[MinutesCorrection]:
    """The corrections, oldest first."""
    query = select(MinutesCorrection).where(col(MinutesCorrection.meeting_id) == meeting_id)
    return list(session.exec(query.order_by(col(MinutesCorrection.id))))


def groups(session: StoreSession, unit_id: int) -> dict[int, str]:
    """The Party groups of a branch by id."""
    query = select(Unit).where(col(Unit.parent_id) == unit_id, col(Unit.kind) == UnitKind.GROUP)
    return {one.id or 0: one.name for one in session.exec(query)}


def member_groups(session: StoreSession, unit_id: int) -> dict[int, int | None]:
    """Each member's group."""
    return {one.id or 0: one.group_id for one in session.exec(select(Member).where(col(Member.branch_id) == unit_id))}


def members(session: StoreSession, unit_id: int) -> int:
    """How many members the branch has, probationary ones included."""
    wanted = [stage for stage in Stage if is_member(stage)]
    query = select(func.count()).select_from(Member).where(col(Member.branch_id) == unit_id)
    return int(session.exec(query.where(col(Member.stage).in_(wanted), col(Member.left_on).is_(None))).one())


def branches_below(session: StoreSession, unit_ids: list[int]) -> list[Unit]:
    """The branches that are these units or lie below them, by id."""
    if not unit_ids:
        return []
    within = or_(*(col(Unit.path).contains(f"/{one}/") for one in unit_ids))
    return list(session.exec(select(Unit).where(col(Unit.kind) == UnitKind.BRANCH, within).order_by(col(Unit.id))))


def notices_of_month(session: StoreSession, unit_id: int, year: int, month: int) -> list[Notice]:
    """The notices that the unit sent in a month (Shanghai time), in order."""
    first = datetime(year, month, 1, tzinfo=SHANGHAI)
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=SHANGHAI)
    query = select(Notice).where(col(Notice.unit_id) == unit_id)
    query = query.where(col(Notice.sent_at) >= first, col(Notice.sent_at) < after)
    return list(session.exec(query.order_by(col(Notice.sent_at))))


def about_member(session: StoreSession, member_id: int) -> list[Fact]:
    """How many minutes the member signed or corrected."""
    by_signer = select(func.count()).select_from(MinutesRow).where(col(MinutesRow.signed_by) == member_id)
    by_author = select(func.count()).select_from(MinutesCorrection)
    count = session.exec(by_signer).one()
    corrected = session.exec(by_author.where(col(MinutesCorrection.author_id) == member_id)).one()
    return [Fact("records.fact", {"signed": count, "corrected": corrected})] if count or corrected else []


def _without(names: list[str], taken: list[str]) -> list[str]:
    """Names without as many of each as `taken` has: two people may have one name."""
    left = list(names)
    for name in taken:
        if name in left:
            left.remove(name)
    return left


def _as_signed(now: list[Line], name: str, status: Status, observer: bool) -> Line:
    """The line of a person as signed, taken out of the list of `now`: of two with one name, the one whose status is the
    signed one."""
    same = [line for line in now if line.name == name and line.observer == observer]
    if not same:
        return Line(None, name, status, observer=observer)
    found = next((line for line in same if line.status is status), same[0])
    now.remove(found)
    return replace(found, status=status, made_up_on=found.made_up_on if status in MISSED else None)
