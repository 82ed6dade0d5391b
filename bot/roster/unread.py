"""What a sheet holds beside the rows and columns that were read: it is named, never dropped in silence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.roster.sheets import RawRow, cell_text
from bot.roster.values import Level, RowError
from bot.roster.words import RosterWords, squeeze

_LONGEST_NAME = 20


def first_text(rows: Iterable[tuple[int, RawRow]]) -> int | None:
    """The number of the first row with text in it; None for an empty sheet."""
    return next((number for number, row in rows if any(cell_text(value) for value in row)), None)


def starts_as_note(row: RawRow, words: RosterWords) -> bool:
    """True when the first text of the row is how notes, sums and signature lines begin."""
    first = next((text for value in row if (text := cell_text(value))), "")
    return squeeze(first).startswith(words.note_starts)


def looks_like_name(text: str, words: RosterWords) -> bool:
    """True for what may be somebody's name; a label ("made by: ...") and a number are none."""
    plain = squeeze(text)
    letters = (
        bool(plain)
        and len(plain) <= _LONGEST_NAME
        and all(char.isalpha() or char in "\u00b7.\u2022()" for char in plain)
    )
    return letters and any(map(str.isalpha, plain)) and not plain.startswith(words.note_starts)


class Beside:
    """The texts of one sheet that stand under no title, or in a second block of people beside the first."""

    def __init__(self, sheet: str, titles: Mapping[int, str], blocks: Iterable[int]) -> None:
        self._sheet, self._titles, self._blocks = sheet, titles, frozenset(blocks)
        self._rows: dict[tuple[str, str], list[int]] = {}

    def look(self, number: int, row: RawRow) -> None:
        """Note what this row holds beside the people."""
        for index, value in enumerate(row):
            if index in self._blocks:
                key = ("unread_block", self._titles[index])
            elif index not in self._titles:
                key = ("unread_cells", "")
            else:
                continue
            if cell_text(value):
                rows = self._rows.setdefault(key, [])
                if not rows or rows[-1] != number:
                    rows.append(number)

    def findings(self) -> list[RowError]:
        """One finding for each kind, at its first row, with the number of rows."""
        return [
            RowError(rows[0], title, reason, str(len(rows)), Level.WARNING, self._sheet)
            for (reason, title), rows in self._rows.items()
        ]
