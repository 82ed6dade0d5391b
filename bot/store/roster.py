"""Writing a roster into the store: units, members and posts. All or nothing; importing again updates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sqlmodel import col, delete, select

from bot.rules.people import Post as PostKind
from bot.rules.people import Stage
from bot.store.hot import StoreSession
from bot.store.people import Member, Post, Unit, UnitKind


class Row(Protocol):
    """A row of a roster file (bot/roster)."""

    @property
    def name(self) -> str: ...
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


@dataclass(frozen=True, slots=True)
class Applied:
    """What an import did or, in a dry run, would do. `missing` are members of the file's branches whom the file
    does not name: a person decides about them, they are not touched."""

    added: int
    updated: int
    unchanged: int
    units: int
    missing: tuple[str, ...]


def apply(session: StoreSession, committee: str, rows: Iterable[Row]) -> Applied:
    """Create or update everything in the rows under the committee of this name."""
    units = _Units(session, committee)
    found: dict[tuple[int, str], Member] = {
        (member.branch_id, member.name): member for member in session.exec(select(Member))
    }
    added = updated = unchanged = 0
    named: set[int] = set()
    branches: set[int] = set()
    for row in rows:
        branch, group = units.place(row)
        branches.add(branch)
        member = found.get((branch, row.name))
        if member is None:
            member = Member(name=row.name, branch_id=branch, stage=Stage(row.stage))
            added += 1
            changed = False
        else:
            changed = _differs(member, row, group)
        member.group_id, member.stage, member.phone = group, Stage(row.stage), row.phone
        member.voting_rights, member.attendance_exempt, member.left_on = (
            row.voting_rights,
            row.attendance_exempt,
            None,
        )
        session.add(member)
        session.flush()
        ident = member.id or 0
        changed = _set_posts(session, ident, branch, group, units.top, row.posts) or changed
        if (branch, row.name) in found:
            updated, unchanged = updated + changed, unchanged + (not changed)
        named.add(ident)
    missing = tuple(
        sorted(
            member.name
            for member in found.values()
            if member.branch_id in branches and member.id not in named and member.left_on is None
        )
    )
    return Applied(added, updated, unchanged, units.created, missing)


def _differs(member: Member, row: Row, group: int | None) -> bool:
    return (member.group_id, member.stage, member.phone, member.voting_rights, member.attendance_exempt) != (
        group, Stage(row.stage), row.phone, row.voting_rights, row.attendance_exempt,
    )  # fmt: skip


def _set_posts(
    session: StoreSession, member_id: int, branch: int, group: int | None, top: int, posts: tuple[str, ...]
) -> bool:
    """Replace the member's posts; the office belongs to the committee, a group leader to the group."""
    wanted = set()
    for name in posts:
        kind = PostKind(name)
        unit = (
            top
            if kind is PostKind.PARTY_OFFICE
            else group
            if kind is PostKind.GROUP_LEADER and group
            else branch
        )
        wanted.add((unit, kind))
    held = {
        (post.unit_id, post.kind)
        for post in session.exec(select(Post).where(col(Post.member_id) == member_id))
    }
    if held == wanted:
        return False
    session.execute(delete(Post).where(col(Post.member_id) == member_id))
    session.add_all(Post(member_id=member_id, unit_id=unit, kind=kind) for unit, kind in wanted)
    return True


class _Units:
    """Finds or creates the units that rows name."""

    def __init__(self, session: StoreSession, committee: str) -> None:
        self._session = session
        self._known = {(unit.parent_id, unit.name): unit for unit in session.exec(select(Unit))}
        self.created = 0
        self.top = self._get(UnitKind.COMMITTEE, committee, None).id or 0

    def place(self, row: Row) -> tuple[int, int | None]:
        """The branch and the group of a row."""
        above = self._known[None, self._top_name]
        if row.general_branch:
            above = self._get(UnitKind.GENERAL_BRANCH, row.general_branch, above)
        branch = self._get(UnitKind.BRANCH, row.branch, above)
        group = self._get(UnitKind.GROUP, row.group, branch).id if row.group else None
        return branch.id or 0, group

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
            self.created += 1
        return self._known[key]
