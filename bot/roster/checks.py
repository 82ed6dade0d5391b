"""Checks across rows: namesakes, numbers, posts and the names of units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from bot.roster.header import Header
from bot.roster.values import Level, RosterRow, RowError
from bot.roster.words import GENERAL_BRANCH_POSTS, RosterWords, squeeze


def check_together(
    rows: Iterable[RosterRow], header: Header, words: RosterWords
) -> tuple[list[RosterRow], list[RowError]]:
    """The rows that may stand side by side, and the findings about the others.

    Of two clashing rows the first stays. A row without a general branch takes the only one that
    its branch has elsewhere.
    """
    return _Checker(header, words).run(list(rows))


class _Checker:
    def __init__(self, header: Header, words: RosterWords) -> None:
        self.header = header
        self.words = words
        self.errors: list[RowError] = []

    def run(self, rows: list[RosterRow]) -> tuple[list[RosterRow], list[RowError]]:
        rows = self._units(rows)
        rows = self._persons(rows)
        self._secretaries(rows)
        return rows, self.errors

    def _add(self, row: RosterRow, field: str, reason: str, value: str, level: Level = Level.ERROR) -> None:
        column = self.header.columns.get(field)
        title = column.title if column else self.words.field_titles.get(field, "")
        self.errors.append(RowError(row.row_number, title, reason, value, level))

    def _units(self, rows: list[RosterRow]) -> list[RosterRow]:
        above = {row.branch: row.general_branch for row in reversed(rows) if row.general_branch}
        general = set(above.values())
        spelling: dict[str, str] = {}
        warned: set[str] = set()
        kept: list[RosterRow] = []
        for row in rows:
            expected = above.get(row.branch)
            if row.branch in general or row.general_branch not in (None, expected):
                self._add(row, "branch", "unit_conflict", row.branch)
                continue
            # Without that column the store may know the general branch (bot/store/roster.py).
            needed = expected is None and "general_branch" in self.header.columns
            if needed and set(GENERAL_BRANCH_POSTS) & set(row.posts):
                self._add(row, "general_branch", "no_general_branch", row.branch)
                continue
            first = spelling.setdefault(self._stem(row.branch), row.branch)
            if first != row.branch and row.branch not in warned:
                warned.add(row.branch)
                self._add(row, "branch", "similar_unit", row.branch, Level.WARNING)
            kept.append(replace(row, general_branch=expected))
        return kept

    def _stem(self, branch: str) -> str:
        stem = squeeze(branch)
        for prefix in self.words.unit_prefixes:
            stem = stem.removeprefix(prefix)
        for suffix in self.words.unit_suffixes:
            if stem.endswith(suffix):
                return stem.removesuffix(suffix)
        return stem

    def _persons(self, rows: list[RosterRow]) -> list[RosterRow]:
        numbers: set[str] = set()
        same_name: dict[tuple[str, str], list[RosterRow]] = {}
        kept: list[RosterRow] = []
        for row in rows:
            others = same_name.setdefault((row.branch, row.name), [])
            twin = next((o for o in others if row.number is None or o.number is None), None)
            if row.number is not None and row.number in numbers:
                self._add(row, "number", "duplicate_number", row.number)
            elif twin is not None:
                self._add(row, "name", "duplicate", f"{twin.name} ({twin.row_number})")
            else:
                others.append(row)
                if row.number is not None:
                    numbers.add(row.number)
                kept.append(row)
        return [self._named(row, len(same_name[row.branch, row.name]) > 1) for row in kept]

    def _named(self, row: RosterRow, has_namesake: bool) -> RosterRow:
        """The row under the name that only this person of the branch has (PI-3: the number itself is not kept)."""
        if row.number is None:
            return row
        numbered = self.words.namesake.replace("{name}", row.name).replace("{number}", row.number)
        return replace(row, name=numbered, also=row.name) if has_namesake else replace(row, also=numbered)

    def _secretaries(self, rows: list[RosterRow]) -> None:
        holders: dict[str, int] = {}
        for row in rows:
            units = {"secretary": row.branch, "general_branch_secretary": row.general_branch or ""}
            for post, unit in units.items():
                if post in row.posts and holders.setdefault(unit, row.row_number) != row.row_number:
                    self._add(row, "posts", "two_secretaries", unit, Level.WARNING)


def sorted_by_row(errors: Iterable[RowError], order: Mapping[str, int]) -> tuple[RowError, ...]:
    """Findings in row order, then in the order of the sheet's columns."""
    return tuple(sorted(errors, key=lambda error: (error.row, order.get(error.column, -1))))
