"""Writing a roster into the store: units, members and posts. All or nothing; importing again updates."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Protocol

from msgspec import Struct
from sqlmodel import col, delete, func, select

from bot.rules.people import COMMITTEE_POSTS, Stage
from bot.rules.people import Post as PostKind
from bot.store import mine
from bot.store.core import turns
from bot.store.core.statements import StoreSession
from bot.store.people import Member, Post, Unit, UnitKind
from bot.store.roster_match import Named, match
from bot.store.roster_units import Answers, Doubt, Place, Placed, Reform, Units, UnitsUnclear

NO_ANSWERS = Answers()


class Row(Named, Placed, Protocol):
    """A row of a roster file (bot/roster)."""

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


class Loss(Struct, frozen=True):
    """Something that a member had and will no longer have. `what` is post, group, phone, attendance_exempt,
    voting_rights, voting_bar or stage; `before` is a post's or a stage's name; `unit` the unit of a post or a group."""

    name: str
    branch: str
    what: str
    before: str = ""
    unit: str = ""


class Applied(Struct, frozen=True):
    """What an import did or, in a dry run, would do; who moved counts as neither updated nor unchanged. `missing`
    are members of the file's branches whom the file does not name: a person decides about them, they are not
    touched. `unsure` are names that fit several members: they are added as new people. `returned` are people who had
    left. `administrators` is how many people then hold the post of the Party office."""

    added: int
    updated: int
    unchanged: int
    units: tuple[str, ...]
    missing: tuple[str, ...]
    moved: tuple[Move, ...] = ()
    unsure: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    returned: tuple[str, ...] = ()
    reformed: tuple[Reform, ...] = ()
    administrators: int = 0


FIELDS = frozenset({"group", "posts", "phone", "voting_rights", "attendance_exempt"})


def apply(
    session: StoreSession,
    committee: str,
    rows: Iterable[Row],
    *,
    left_on: date | None = None,
    given: Collection[str] = FIELDS,
    answers: Answers = NO_ANSWERS,
) -> Applied:
    """Create or update everything in the rows under the committee of this name; who was transferred keeps account
    and records. What the file does not answer (`given` are the fields that it does) stays as it is. With `left_on`,
    members of the file's branches whom it does not name left on that day: their accounts are deleted (PI-10),
    records stay. Raises UnitsUnclear, with nothing changed, for units that neither the store nor `answers` know."""
    turns.take(session)
    listed_rows = list(rows)
    units = Units(session, committee, listed_rows, answers)
    known = list(session.exec(select(Member)))
    placed = [(row, units.place(row)) for row in listed_rows]
    matched = match([(row, place.branch) for row, place in placed], known)
    changes = _Changes(session, units, frozenset(given))
    changes.enter([(matched.members.get(number), row, place) for number, (row, place) in enumerate(placed)])
    missing = _missing(known, changes)
    if left_on is not None:
        held = _posts(session)
        for member in missing:
            changes.note_leaving(member, held.get(member.id or 0, set()))
            member.left_on = left_on
            session.add(member)
            session.execute(delete(Post).where(col(Post.member_id) == member.id))
            mine.leave(session, member.id or 0)
    _mark_committees(session)
    return changes.applied(missing, matched.unsure)


def administrators(session: StoreSession) -> int:
    """How many people who have not left hold the post of the Party office: they alone run the whole."""
    query = select(func.count(func.distinct(Post.member_id))).join(Member, col(Member.id) == col(Post.member_id))
    return session.exec(query.where(col(Post.kind) == PostKind.PARTY_OFFICE, col(Member.left_on).is_(None))).one()


class _Changes:
    """Enters rows and keeps what they change."""

    def __init__(self, session: StoreSession, units: Units, given: frozenset[str]) -> None:
        self._session, self._units, self._given = session, units, given
        self.named: set[int] = set()
        self.branches: set[int] = set()
        self._added = self._updated = self._unchanged = 0
        self._moved: list[Move] = []
        self._losses: list[Loss] = []
        self._returned: list[str] = []

    def enter(self, rows: Iterable[tuple[Member | None, Row, Place]]) -> None:
        """Make each member, or a new one, what the row says."""
        entered = []
        for known, row, place in rows:
            member = known or Member(name=row.name, branch_id=place.branch, stage=Stage(row.stage))
            before = None if known is None else _facts(member)
            self._fill(member, row, place, new=known is None)
            self._session.add(member)
            entered.append((member, before, row, place))
        self._session.flush()
        held = _posts(self._session)
        for member, before, row, place in entered:
            number = member.id or 0
            self.named.add(number)
            self.branches.add(place.branch)
            old_branch = before.branch if before else place.branch
            wanted = self._wanted(member, row, place, held.get(number, set()), old_branch)
            posts_changed = _set_posts(self._session, number, held.get(number, set()), wanted)
            if before is None:
                self._added += 1
            else:
                self._note(member, row.name, before, held.get(number, set()) - wanted, posts_changed)

    def _note(
        self, member: Member, name: str, before: _Facts, posts: set[tuple[int, PostKind]], posts_changed: bool
    ) -> None:
        after = _facts(member)
        self._note_losses(after, name, before, posts)
        if before.has_left:
            self._returned.append(name)
        if before.branch != after.branch:
            self._moved.append(Move(name, self._units.name(before.branch), self._units.name(after.branch)))
        elif posts_changed or before != after:
            self._updated += 1
        else:
            self._unchanged += 1

    def _fill(self, member: Member, row: Row, place: Place, *, new: bool) -> None:
        """What the file answers replaces what is stored. In one branch the longer name is the one with a number: it
        stays. A group belongs to a branch: who moves leaves it. A stage that changes decides about the vote anew."""
        same, stage, given = member.branch_id == place.branch, Stage(row.stage), self._given
        member.name = max(member.name, row.name, key=len) if same else row.name
        if "group" in given or not same or new:
            member.group_id = place.group
        if "phone" in given or new:
            member.phone = row.phone
        if "attendance_exempt" in given or new:
            member.attendance_exempt = row.attendance_exempt
        if "voting_rights" in given or new or member.stage is not stage:
            member.voting_rights = row.voting_rights
        member.branch_id, member.stage, member.left_on = place.branch, stage, None

    def _wanted(
        self, member: Member, row: Row, place: Place, held: set[tuple[int, PostKind]], old_branch: int
    ) -> set[tuple[int, PostKind]]:
        """The posts that the row names; without a sure column also those held, but for those of a branch left."""
        if place.general_branch is None and set(row.posts) & _GENERAL_POSTS.keys():
            raise UnitsUnclear([Doubt("no_general_branch", row.branch)])
        wanted = _wanted_posts(row.posts, place, member.group_id, self._units.top.id or 0)
        if "posts" in self._given:
            return wanted
        gone = f"/{old_branch}/" if old_branch != place.branch else None
        return wanted | {
            (unit, kind) for unit, kind in held if gone is None or gone not in self._units.by_id(unit).path
        }

    def _note_losses(self, after: _Facts, name: str, before: _Facts, posts: set[tuple[int, PostKind]]) -> None:
        losses = [("post", str(kind), self._units.name(unit)) for unit, kind in sorted(posts)]
        if before.group is not None and after.group != before.group:
            losses.append(("group", "", self._units.name(before.group)))
        if before.phone is not None and after.phone is None:
            losses.append(("phone", "", ""))
        if before.attendance_exempt and not after.attendance_exempt:
            losses.append(("attendance_exempt", "", ""))
        if before.stage is not after.stage:
            losses.append(("stage", str(before.stage), ""))
        elif before.voting_rights is not after.voting_rights:
            losses.append(("voting_rights" if before.voting_rights else "voting_bar", "", ""))
        self._losses += [Loss(name, self._units.name(after.branch), *one) for one in losses]

    def note_leaving(self, member: Member, posts: set[tuple[int, PostKind]]) -> None:
        """Somebody leaves, and these posts are nobody's."""
        self._note_losses(_facts(member), member.name, _facts(member), posts)

    def applied(self, missing: list[Member], unsure: tuple[str, ...]) -> Applied:
        """All that was changed."""
        return Applied(
            added=self._added, updated=self._updated, unchanged=self._unchanged, units=tuple(self._units.created),
            missing=tuple(sorted(one.name for one in missing)), moved=tuple(self._moved), unsure=unsure,
            losses=tuple(self._losses), returned=tuple(self._returned), reformed=tuple(self._units.reformed),
            administrators=administrators(self._session),
        )  # fmt: skip


class _Facts(Struct, frozen=True):
    """What a roster may change about a member."""

    branch: int
    group: int | None
    stage: Stage
    phone: str | None
    voting_rights: bool
    attendance_exempt: bool
    has_left: bool


def _facts(member: Member) -> _Facts:
    return _Facts(
        member.branch_id, member.group_id, member.stage, member.phone, member.voting_rights,
        member.attendance_exempt, member.left_on is not None,
    )  # fmt: skip


def _mark_committees(session: StoreSession) -> None:
    """A branch has a committee when somebody in it is a commissioner or a plain committee member (BS-5)."""
    kinds = COMMITTEE_POSTS - {PostKind.SECRETARY, PostKind.DEPUTY_SECRETARY}
    with_committee = set(session.exec(select(Post.unit_id).where(col(Post.kind).in_(kinds))))
    for unit in session.exec(select(Unit).where(Unit.kind == UnitKind.BRANCH)):
        unit.has_committee = unit.id in with_committee
        session.add(unit)


def _missing(known: list[Member], changes: _Changes) -> list[Member]:
    """Members of the file's branches whom it does not name."""
    here, named = changes.branches, changes.named
    return [one for one in known if one.branch_id in here and one.id not in named and one.left_on is None]


def _posts(session: StoreSession) -> dict[int, set[tuple[int, PostKind]]]:
    """Everybody's posts by member."""
    held: dict[int, set[tuple[int, PostKind]]] = {}
    for post in session.exec(select(Post)):
        held.setdefault(post.member_id, set()).add((post.unit_id, post.kind))
    return held


_GENERAL_POSTS = {
    "general_branch_secretary": PostKind.SECRETARY,
    "general_branch_deputy_secretary": PostKind.DEPUTY_SECRETARY,
    "general_branch_committee_member": PostKind.COMMITTEE_MEMBER,
}


def _wanted_posts(names: tuple[str, ...], place: Place, group: int | None, top: int) -> set[tuple[int, PostKind]]:
    """The office belongs to the committee, a group leader to the group, a post of the general branch to it, every
    other post to the branch."""
    homes = {
        **{name: (place.general_branch or 0, kind) for name, kind in _GENERAL_POSTS.items()},
        PostKind.PARTY_OFFICE: (top, PostKind.PARTY_OFFICE),
        PostKind.GROUP_LEADER: (group or place.branch, PostKind.GROUP_LEADER),
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
