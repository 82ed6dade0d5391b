"""The units that a roster names: those that exist, those that were renamed, and those that somebody says are new."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from msgspec import Struct
from sqlmodel import col, select

from bot.store.core.statements import StoreSession
from bot.store.people import Member, Unit, UnitKind
from bot.store.study import Material

_KINDS = (UnitKind.COMMITTEE, UnitKind.GENERAL_BRANCH, UnitKind.BRANCH)


class Placed(Protocol):
    """A row of a roster as far as it says where somebody belongs."""

    @property
    def name(self) -> str: ...
    @property
    def general_branch(self) -> str | None: ...
    @property
    def branch(self) -> str: ...
    @property
    def group(self) -> str | None: ...


class Answers(Struct, frozen=True):
    """What somebody says about units that the roster names and the store does not have: old names by new one, and
    the names of new units."""

    renamed: Mapping[str, str] = {}
    new: Collection[str] = ()


class Doubt(Struct, frozen=True):
    """A unit that is not what the store has. `problem`: unknown (with the units that it may have been), several
    (units of that name), not_there (an old name), taken (a new name that exists), unused (an answer to nothing)."""

    problem: str
    name: str
    like: tuple[str, ...] = ()


class UnitsUnclear(Exception):
    """The roster names units that nobody has explained; nothing was changed."""

    def __init__(self, doubts: Iterable[Doubt]) -> None:
        super().__init__()
        self.doubts = tuple(doubts)


class Place(Struct, frozen=True):
    """The branch of a row, with the general branch and the group, if it has them."""

    general_branch: int | None
    branch: int
    group: int | None


class Reform(Struct, frozen=True):
    """A branch that now belongs to another general branch (names)."""

    name: str
    before: str
    after: str


class Units:
    """Finds the units of a roster's rows. Made with all rows, it raises UnitsUnclear before anything is changed.

    The first roster of a bureau makes all units. Later ones find a branch by its name, wherever it stands: a file
    that does not say to which general branch it belongs leaves the tree as it is.
    """

    def __init__(self, session: StoreSession, committee: str, rows: Iterable[Placed], answers: Answers) -> None:
        self._session = session
        self._units = list(session.exec(select(Unit)))
        self._first = not any(unit.kind is UnitKind.BRANCH for unit in self._units)
        self._rename(answers.renamed)
        named = list(rows)
        self._check(committee, named, answers)
        self.created: list[str] = []
        self.reformed: list[Reform] = []
        self.top = self._top(committee)
        self._places: dict[tuple[str | None, str, str | None], Place] = {}

    def place(self, row: Placed) -> Place:
        """Find or create where a row belongs."""
        key = (row.general_branch, row.branch, row.group)
        if key not in self._places:
            self._places[key] = self._place(row)
        return self._places[key]

    def _place(self, row: Placed) -> Place:
        above = self._get(UnitKind.GENERAL_BRANCH, row.general_branch, self.top) if row.general_branch else None
        branch = self._branch(row, above)
        group = self._child(UnitKind.GROUP, row.group, branch) if row.group else None
        general = above or self.by_id(branch.parent_id or 0)
        general_id = general.id if general.kind is UnitKind.GENERAL_BRANCH else None
        return Place(general_id, branch.id or 0, group.id if group else None)

    def by_id(self, unit_id: int) -> Unit:
        """The unit with this id."""
        return next(unit for unit in self._units if unit.id == unit_id)

    def name(self, unit_id: int) -> str:
        """The name of a unit."""
        return self.by_id(unit_id).name

    def _rename(self, renamed: Mapping[str, str]) -> None:
        doubts = []
        for old, new in renamed.items():
            found = [unit for unit in self._units if unit.name == old]
            taken = [unit for unit in self._units if unit.name == new and unit.kind in _KINDS]
            if len(found) != 1:
                doubts.append(Doubt("several" if found else "not_there", old))
            elif taken:
                doubts.append(Doubt("taken", new))
            else:
                found[0].name = new
                self._session.add(found[0])
                _retarget(self._session, old, new)
        if doubts:
            raise UnitsUnclear(doubts)

    def _check(self, committee: str, rows: list[Placed], answers: Answers) -> None:
        wanted: dict[tuple[UnitKind, str], None] = {(UnitKind.COMMITTEE, committee): None}
        for row in rows:
            if row.general_branch:
                wanted.setdefault((UnitKind.GENERAL_BRANCH, row.general_branch))
            wanted.setdefault((UnitKind.BRANCH, row.branch))
        doubts = []
        for kind, name in wanted:
            found = self._all(kind, name)
            if not found and not self._first and name not in answers.new:
                doubts.append(Doubt("unknown", name, self._like(kind, name, rows)))
            elif len(found) > 1 and not self._told_apart(name, rows):
                doubts.append(Doubt("several", name))
        names = {name for kind, name in wanted}
        groups = {row.group for row in rows if row.group}
        doubts += [Doubt("unused", new) for new in answers.renamed.values() if new not in names | groups]
        doubts += [
            Doubt("unused", name)
            for name in answers.new
            if name not in names or any(self._all(kind, name) for kind in _KINDS)
        ]
        if doubts:
            raise UnitsUnclear(doubts)

    def _all(self, kind: UnitKind, name: str) -> list[Unit]:
        return [unit for unit in self._units if unit.kind is kind and unit.name == name]

    def _told_apart(self, branch: str, rows: list[Placed]) -> bool:
        """True when the file says under which general branch the one of several units of a name stands."""
        above = {row.general_branch for row in rows if row.branch == branch}
        parents = [self.by_id(unit.parent_id or 0).name for unit in self._all(UnitKind.BRANCH, branch)]
        return len(above) == 1 and parents.count(next(iter(above)) or "") == 1

    def _like(self, kind: UnitKind, name: str, rows: list[Placed]) -> tuple[str, ...]:
        """What a unit that is not known may have been: for a branch, those that the file does not name and whose
        people it has in the new one; else all of the kind that the file does not name."""
        if kind is UnitKind.COMMITTEE:
            return tuple(unit.name for unit in self._units if unit.kind is kind)
        named = {row.branch for row in rows} | {row.general_branch for row in rows}
        others = [unit for unit in self._units if unit.kind is kind and unit.name not in named]
        if kind is UnitKind.GENERAL_BRANCH:
            return tuple(unit.name for unit in others)
        people = {row.name for row in rows if row.branch == name}
        query = select(Member.branch_id, Member.name).where(col(Member.left_on).is_(None))
        known: dict[int, set[str]] = {}
        for branch_id, person in self._session.exec(query):
            known.setdefault(branch_id, set()).add(person)
        return tuple(unit.name for unit in others if 2 * len(known.get(unit.id or 0, set()) & people) > len(people))

    def _top(self, committee: str) -> Unit:
        found = self._all(UnitKind.COMMITTEE, committee)
        return found[0] if found else self._create(UnitKind.COMMITTEE, committee, None)

    def _get(self, kind: UnitKind, name: str, parent: Unit) -> Unit:
        found = self._all(kind, name)
        return found[0] if found else self._create(kind, name, parent)

    def _branch(self, row: Placed, above: Unit | None) -> Unit:
        found = self._all(UnitKind.BRANCH, row.branch)
        if not found:
            return self._create(UnitKind.BRANCH, row.branch, above or self.top)
        if above is None:
            return found[0]
        branch = next((unit for unit in found if unit.parent_id == above.id), found[0])
        if branch.parent_id != above.id:
            self.reformed.append(Reform(branch.name, self.name(branch.parent_id or 0), above.name))
            self._hang(branch, above)
        return branch

    def _hang(self, branch: Unit, above: Unit) -> None:
        """Put a branch, with its groups, under another unit."""
        before = branch.path
        branch.parent_id = above.id
        for unit in self._units:
            if unit.path.startswith(before):
                unit.path = f"{above.path}{branch.id}/{unit.path.removeprefix(before)}"
                self._session.add(unit)

    def _child(self, kind: UnitKind, name: str, parent: Unit) -> Unit:
        found = [unit for unit in self._all(kind, name) if unit.parent_id == parent.id]
        return found[0] if found else self._create(kind, name, parent)

    def _create(self, kind: UnitKind, name: str, parent: Unit | None) -> Unit:
        unit = Unit(kind=kind, name=name, parent_id=parent.id if parent else None)
        self._session.add(unit)
        self._session.flush()
        unit.path = f"{parent.path if parent else '/'}{unit.id}/"
        self._session.add(unit)
        self._units.append(unit)
        self.created.append(name)
        return unit


def _retarget(session: StoreSession, old: str, new: str) -> None:
    """Study materials name the units that they are for."""
    for material in session.exec(select(Material)):
        if old in material.targets:
            material.targets = [new if name == old else name for name in material.targets]
            session.add(material)
