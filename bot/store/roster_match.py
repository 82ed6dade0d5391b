"""Which stored member a row of a roster names: in the same branch, or moved from another one. Never a guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from bot.store.people import Member


class Named(Protocol):
    """A row as far as it says who somebody is; `also` is a second name that an earlier file may have used."""

    @property
    def name(self) -> str: ...
    @property
    def also(self) -> str | None: ...


class Match(Struct, frozen=True):
    """The member of each row that has one, by the row's place, and the names that fit more than one person:
    those rows have no member."""

    members: Mapping[int, Member]
    unsure: tuple[str, ...]


def match(rows: Sequence[tuple[Named, int]], known: Sequence[Member]) -> Match:
    """Match rows, each with the id of its branch, to members.

    First by branch and name or number. Then a person of the branch known by the row's other name. Then somebody
    whom the file no longer names in another branch: a transfer, if that branch is in the file or nobody else in
    the bureau has the name. A row and a member that fit several others stay apart.
    """
    own = {(member.branch_id, member.name): member for member in known}
    found = {place: member for place, (row, branch) in enumerate(rows) if (member := _own(row, branch, own))}
    by_name: dict[str, list[Member]] = {}
    for member in known:
        if member.left_on is None:
            by_name.setdefault(member.name, []).append(member)
    listed = {branch for _, branch in rows}
    unsure: dict[int, str] = {}
    for same_branch in (True, False):
        claims = {
            place: options
            for place, (row, branch) in enumerate(rows)
            if place not in found and (options := _options(row, branch, by_name, found, same_branch))
        }
        wanted = Counter(id(option) for options in claims.values() for option in options)
        for place, options in claims.items():
            only = options[0]
            known_by = len(by_name[only.name])
            if len(options) == wanted[id(only)] == 1 and (only.branch_id in listed or known_by == 1):
                found[place] = only
                unsure.pop(place, None)
            else:
                unsure[place] = rows[place][0].name
    return Match(found, tuple(sorted(unsure.values())))


def _own(row: Named, branch: int, own: Mapping[tuple[int, str], Member]) -> Member | None:
    """The member of the branch by the longer name, the one with a number, else by name, though they had left."""
    names = sorted({row.name, row.also or row.name}, key=len, reverse=True)
    numbered = names[: names.index(row.name) + 1]
    held = [member for name in numbered if (member := own.get((branch, name)))]
    return next((member for member in held if member.left_on is None), own.get((branch, row.name)))


def _options(
    row: Named, branch: int, by_name: Mapping[str, list[Member]], found: Mapping[int, Member], same_branch: bool
) -> list[Member]:
    names = [name for name in (row.name, row.also) if name]
    options = [member for name in names for member in by_name.get(name, ())]
    options = [member for member in options if (member.branch_id == branch) == same_branch]
    if not options:
        return []
    taken = {id(member) for member in found.values()}
    return [member for member in options if id(member) not in taken]
