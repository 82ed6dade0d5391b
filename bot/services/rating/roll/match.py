"""Whom the lines of a list mean: members of the roster by name and branch, classes by their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from bot.roster.words import RosterWords, squeeze
from bot.services.rating.roll.read import Finding, Line, PeopleList


class Known(Struct, frozen=True):
    """Somebody on the roster. A namesake's name carries a number in brackets."""

    id: int
    name: str
    branch: str


class Placed(Struct, frozen=True):
    """A line and the member whom it means (None: nobody of the roster), in a class (from 0)."""

    line: Line
    member: Known | None
    class_index: int = 0


class Matched(Struct, frozen=True):
    """What a list would bring, in its order; with errors it brings nothing."""

    placed: tuple[Placed, ...]
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """True when a finding is an error."""
        return any(one.error for one in self.findings)


def match_voters(given: PeopleList, known: Iterable[Known], classes: Sequence[str], words: RosterWords) -> Matched:
    """Who may rate, each in a class: a column says it, else the sheet's name; with one class nobody needs to."""
    return _Matcher(known, classes, words).run(given, voters=True)


def match_targets(given: PeopleList, known: Iterable[Known], words: RosterWords) -> Matched:
    """Who is rated, in the order of the list; somebody who is not on the roster is rated by name."""
    return _Matcher(known, (), words).run(given, voters=False)


class _Matcher:
    def __init__(self, known: Iterable[Known], classes: Sequence[str], words: RosterWords) -> None:
        self._words = words
        self._classes = [squeeze(one) for one in classes]
        self._by_name: dict[str, list[Known]] = {}
        bracket = squeeze(words.namesake.partition("{name}")[2].partition("{number}")[0])
        for one in known:
            written = squeeze(one.name)
            for name in dict.fromkeys((written, written.partition(bracket)[0])):
                self._by_name.setdefault(name, []).append(one)
        self._findings: list[Finding] = []

    def run(self, given: PeopleList, *, voters: bool) -> Matched:
        placed: list[Placed] = []
        rows: dict[tuple[int | None, str, str], int] = {}
        for line in given.lines:
            several = len(self._by_name.get(squeeze(line.name), ()))
            member = self._member(line)
            if member is None and several:
                self._say(line, "namesakes", line.name)
                continue
            place = self._class(line) if voters else 0
            key = (member.id, "", "") if member else (None, line.name, squeeze(line.unit))
            if first := rows.get(key):
                self._say(line, "twice", f"{line.name} ({first})")
            elif place is not None:
                rows[key] = line.row
                placed.append(Placed(line, member, place))
                self._doubts(line, member, voters)
        return Matched(tuple(placed), (*given.findings, *self._findings))

    def _say(self, line: Line, key: str, value: str, *, error: bool = True) -> None:
        self._findings.append(Finding(line.row, key, value, line.sheet, error))

    def _member(self, line: Line) -> Known | None:
        """The only one of that name, or the only one of that name in the branch."""
        found = self._by_name.get(squeeze(line.name), [])
        if len(found) > 1:
            found = [one for one in found if self._stem(one.branch) == self._stem(line.unit)]
        return found[0] if len(found) == 1 else None

    def _doubts(self, line: Line, member: Known | None, voters: bool) -> None:
        """A person looks at what is taken over all the same: another branch than the list says, or no member."""
        if member is None:
            self._say(line, "by_label" if voters else "by_name", line.name, error=False)
        elif line.unit and self._stem(member.branch) != self._stem(line.unit):
            self._say(line, "other_branch", f"{line.name} ({member.branch})", error=False)

    def _class(self, line: Line) -> int | None:
        if len(self._classes) == 1:
            return 0
        said = squeeze(line.group if line.grouped else line.sheet)
        fitting = [at for at, name in enumerate(self._classes) if name == said] or [
            at for at, name in enumerate(self._classes) if said and (said in name or name in said)
        ]
        if len(fitting) == 1:
            return fitting[0]
        self._say(line, "unknown_class" if line.group else "no_class", line.group or line.name)
        return None

    def _stem(self, unit: str) -> str:
        stem = squeeze(unit)
        for prefix in self._words.unit_prefixes:
            stem = stem.removeprefix(prefix)
        for suffix in self._words.unit_suffixes:
            if stem.endswith(suffix):
                return stem.removesuffix(suffix)
        return stem
