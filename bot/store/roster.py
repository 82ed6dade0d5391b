"""Writing a roster into the store: units, members and posts. All or nothing; importing again updates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace
from sqlmodel import col, delete, select

from bot.rules.people import COMMITTEE_POSTS, Stage
from bot.rules.people import Post as PostKind
from bot.store import mine
from bot.store.hot import StoreSession
from bot.store.people import Member, Post, Unit, UnitKind
from bot.store.roster_match import Named, match


class Row(Named, Protocol):
    """A row of a roster file (bot/roster)."""

    @property
    def general_branch(self) -> str | None: ...
    @property
    def branch(self) -> str: ...
    @property
    def group(self) -> str | None: ...
    @property
    def stage(self) -> str: ...
    @property
    def posts(self) -> tuple[str, ...]: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def voting_rights(self) -> bool: ...
    @property
    def attendance_exempt(self) -> bool: ...


class Move(Struct, frozen=True):
    """A member who was transferred, with the names of the old and the new branch."""

    name: str
    before: str
    after: str


class Applied(Struct, frozen=True):
    """What an import did or, in a dry run, would do; who moved counts as neither updated nor unchanged. `missing`
    are members of the file's branches whom the file does not name: a person decides about them, they are not
    touched. `unsure` are names that fit several members: they are added as new people."""

    added: int
    updated: int
    unchanged: int
    units: int
    missing: tuple[str, ...]
    moved: tuple[Move, ...] = ()
    unsure: tuple[str, ...] = ()


def apply(session: StoreSession, committee: str, rows: Iterable[Row], *, left_on: date | None = None) -> Applied:
    """Create or update everything in the rows under the committee of this name; who was transferred keeps account
    and records. With `left_on`, members of the file's branches whom it does not name left on that day: their
    accounts are deleted (PI-10), records stay."""
    units = _Units(session, committee)
    known = list(session.exec(select(Member)))
    placed = [(row, units.place(row)) for row in rows]
    matched = match([(row, place.branch) for row, place in placed], known)
    listed: list[tuple[Row, Member, _Place]] = []
    changed: set[int] = set()
    moved: dict[int, Move] = {}
    for number, (row, place) in enumerate(placed):
        member = matched.members.get(number)
        if member is None:
            member = Member(name=row.name, branch_id=place.branch, stage=Stage(row.stage))
        elif member.branch_id != place.branch:
            moved[id(member)] = Move(row.name, units.name(member.branch_id), units.name(place.branch))
        elif _differs(member, row, place.group):
            changed.add(id(member))
        _enter(member, row, place)
        session.add(member)
        listed.append((row, member, place))
    session.flush()
    held = _posts(session)
    for row, member, place in listed:
        wanted = _wanted_posts(row.posts, place, units.top)
        if _set_posts(session, member.id or 0, held.get(member.id or 0, set()), wanted):
            changed.add(id(member))
    missing = _missing(known, listed)
    if left_on is not None:
        for member in missing:
            member.left_on = left_on
            session.add(member)
            session.execute(delete(Post).where(col(Post.member_id) == member.id))
            mine.leave(session, member.id or 0)
    _mark_committees(session)
    applied = _applied(known, listed, changed - set(moved), units.created, missing)
    unchanged = applied.unchanged - len(moved)
    return replace(applied, unchanged=unchanged, moved=tuple(moved.values()), unsure=matched.unsure)


def _enter(member: Member, row: Row, place: _Place) -> None:
    """Make the member what the row says. In one branch the longer name is the one with a number: it stays."""
    same = member.branch_id == place.branch
    member.name = max(member.name, row.name, key=len) if same else row.name
    member.branch_id, member.group_id = place.branch, place.group
    member.stage, member.phone = Stage(row.stage), row.phone
    member.voting_rights, member.attendance_exempt = row.voting_rights, row.attendance_exempt
    member.left_on = None


def _mark_committees(session: StoreSession) -> None:
    """A branch has a committee when somebody in it is a commissioner or a plain committee member (BS-5)."""
    kinds = COMMITTEE_POSTS - {PostKind.SECRETARY, PostKind.DEPUTY_SECRETARY}
    with_committee = set(session.exec(select(Post.unit_id).where(col(Post.kind).in_(kinds))))
    for unit in session.exec(select(Unit).where(Unit.kind == UnitKind.BRANCH)):
        unit.has_committee = unit.id in with_committee
        session.add(unit)


def _missing(known: list[Member], listed: list[tuple[Row, Member, _Place]]) -> list[Member]:
    """Members of the file's branches whom it does not name."""
    named = {id(member) for _, member, _ in listed}
    branches = {place.branch for _, _, place in listed}
    return [
        member
        for member in known
        if member.branch_id in branches and id(member) not in named and member.left_on is None
    ]


def _applied(
    known: list[Member],
    listed: list[tuple[Row, Member, _Place]],
    changed: set[int],
    units: int,
    missing: list[Member],
) -> Applied:
    before = {id(member) for member in known}
    named = {id(member) for _, member, _ in listed}
    updated = len(changed & before)
    names = tuple(sorted(one.name for one in missing))
    return Applied(len(named - before), updated, len(named & before) - updated, units, names)


def _differs(member: Member, row: Row, group: int | None) -> bool:
    return (member.group_id, member.stage, member.phone, member.voting_rights, member.attendance_exempt) != (
        group, Stage(row.stage), row.phone, row.voting_rights, row.attendance_exempt,
    )  # fmt: skip


def _posts(session: StoreSession) -> dict[int, set[tuple[int, PostKind]]]:
    """Everybody's posts by member."""
    held: dict[int, set[tuple[int, PostKind]]] = {}
    for post in session.exec(select(Post)):
        held.setdefault(post.member_id, set()).add((post.unit_id, post.kind))
    return held


def _wanted_posts(names: tuple[str, ...], place: _Place, top: int) -> set[tuple[int, PostKind]]:
    """The office belongs to the committee, a group leader to the group, a post of the general branch to it, every
    other post to the branch."""
    above = place.general_branch or place.branch
    homes: dict[str, tuple[int, PostKind]] = {
        "general_branch_secretary": (above, PostKind.SECRETARY),
        "general_branch_deputy_secretary": (above, PostKind.DEPUTY_SECRETARY),
        "general_branch_committee_member": (above, PostKind.COMMITTEE_MEMBER),
        PostKind.PARTY_OFFICE: (top, PostKind.PARTY_OFFICE),
        PostKind.GROUP_LEADER: (place.group or place.branch, PostKind.GROUP_LEADER),
    }
    return {homes.get(name) or (place.branch, PostKind(name)) for name in names}


def _set_posts(
    session: StoreSession, member_id: int, held: set[tuple[int, PostKind]], wanted: set[tuple[int, PostKind]]
) -> bool:
    """Replace the member's posts; False when nothing changes."""
    if held == wanted:
        return False
    session.execute(delete(Post).where(col(Post.member_id) == member_id))
    session.add_all(Post(member_id=member_id, unit_id=unit, kind=kind) for unit, kind in wanted)
    return True


class _Place(Struct, frozen=True):
    """The branch of a row, with the general branch and the group, if it names them."""

    general_branch: int | None
    branch: int
    group: int | None


class _Units:
    """Finds or creates the units that rows name."""

    def __init__(self, session: StoreSession, committee: str) -> None:
        self._session = session
        self._known = {(unit.parent_id, unit.name): unit for unit in session.exec(select(Unit))}
        self._names = {unit.id: unit.name for unit in self._known.values()}
        self.created = 0
        self.top = self._get(UnitKind.COMMITTEE, committee, None).id or 0

    def place(self, row: Row) -> _Place:
        """Find or create where a row belongs."""
        top = self._known[None, self._top_name]
        above = self._get(UnitKind.GENERAL_BRANCH, row.general_branch, top) if row.general_branch else None
        branch = self._get(UnitKind.BRANCH, row.branch, above or top)
        group = self._get(UnitKind.GROUP, row.group, branch).id if row.group else None
        return _Place(above.id if above else None, branch.id or 0, group)

    def name(self, unit_id: int) -> str:
        """The name of a unit."""
        return self._names[unit_id]

    def _get(self, kind: UnitKind, name: str, parent: Unit | None) -> Unit:
        key = (parent.id if parent else None, name)
        if parent is None:
            self._top_name = name
        if key not in self._known:
            unit = Unit(kind=kind, name=name, parent_id=key[0])
            self._session.add(unit)
            self._session.flush()
            unit.path = f"{parent.path if parent else '/'}{unit.id}/"
            self._session.add(unit)
            self._known[key] = unit
            self._names[unit.id] = name
            self.created += 1
        return self._known[key]
