"""What a sheet holds beside the rows and columns that were read: it is named, never dropped in silence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bot.roster.sheets import RawRow, cell_text
from bot.roster.values import Level, RowError
from bot.roster.words import RosterWords, squeeze

_LONGEST_NAME, _SHORT_NAME = 20, 4
_BETWEEN = re.compile(r"[\s,;:|/()\u3001\u3002]+")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_COUNTED = re.compile(r"\d\s*[^\W\d_]")


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


def may_name(text: str, words: RosterWords) -> bool:
    """True for what stands in a column of names and is neither a label nor a count: several names, one with a mark."""
    plain = squeeze(text)
    return bool(_LETTERS.search(plain)) and not _COUNTED.search(plain) and not plain.startswith(words.note_starts)


def holds_person(texts: Iterable[str], words: RosterWords, *, placed: bool = False) -> bool:
    """True where a stage and what may be a name stand among the words of these texts; with `placed`, a unit too."""
    parts = {part for text in texts for part in map(squeeze, _BETWEEN.split(text)) if part}
    stages = {part for part in parts if part in words.stages}
    if not stages or (placed and not any(part.endswith(words.unit_suffixes) for part in parts)):
        return False
    return any(is_short_name(part, words) for part in parts - stages)


def is_short_name(text: str, words: RosterWords) -> bool:
    """True for what is most probably somebody's name, wherever it stands."""
    known = text in words.headers or text in words.posts or text in words.no_post or text in words.yes_no
    short = 2 <= len(text) <= _SHORT_NAME or ("\u00b7" in text and len(text) <= _LONGEST_NAME)
    return short and not known and not text.endswith(words.unit_suffixes) and looks_like_name(text, words)


def note_names(row: RawRow, words: RosterWords) -> bool:
    """True for a note with what may be a name in a cell of its own behind its first words."""
    texts = [text for value in row if (text := cell_text(value))]
    return any(_names_somebody(text, words) for text in texts[1:])


def _names_somebody(text: str, words: RosterWords) -> bool:
    if squeeze(text).startswith(words.note_starts):
        return False
    return any(is_short_name(squeeze(part).rstrip("0123456789*"), words) for part in _BETWEEN.split(text))


class Beside:
    """The texts of one sheet that stand under no title, in a second block of people beside the first, or where a column
    that is not read holds somebody."""

    def __init__(self, sheet: str, titles: Mapping[int, str], blocks: Iterable[int], words: RosterWords) -> None:
        self._sheet, self._titles, self._blocks, self._words = sheet, titles, frozenset(blocks), words
        self._rows: dict[tuple[str, str], list[int]] = {}
        self._hidden: list[int] = []

    def look(self, number: int, row: RawRow, *, blank: bool = False) -> None:
        """Note what this row holds beside the people; a blank one has nothing in the columns that are read."""
        if self._holds(row, blank):
            self._hidden.append(number)
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

    def look_at_blocks(self, number: int, row: RawRow) -> None:
        """The same for a row that is a note as far as the first block goes."""
        self.look(number, tuple(value if at in self._blocks else None for at, value in enumerate(row)))

    def _holds(self, row: RawRow, blank: bool) -> bool:
        for at, value in enumerate(row):
            if at not in self._titles or at in self._blocks or value is None or not isinstance(value, str):
                continue
            text = cell_text(value)
            if (blank and _names_somebody(text, self._words)) or holds_person([text], self._words, placed=not blank):
                return True
        return False

    def findings(self) -> list[RowError]:
        """One finding for each kind, at its first row, with the number of rows; and one for each row that holds
        somebody where nobody is read."""
        found = [
            RowError(rows[0], title, reason, str(len(rows)), Level.WARNING, self._sheet)
            for (reason, title), rows in self._rows.items()
        ]
        return found + [RowError(row, "", "unread_row", "", Level.WARNING, self._sheet) for row in self._hidden]
