"""Finding the header of a roster among title rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from bot.roster.sheets import RawRow, cell_text
from bot.roster.values import IgnoredColumn
from bot.roster.words import REQUIRED_FIELDS, RosterWords, header_key

SCANNED_ROWS = 20


class Column(Struct, frozen=True):
    """One column that is read: where it stands and what the sheet calls it."""

    index: int
    title: str
    unsure: bool


class Header(Struct, frozen=True):
    """The columns by field, the row number of the (last) header row, and what is not read. `titles` are all
    titles by index; `blocks` the further columns of names: a second block of people beside the first."""

    row: int
    columns: Mapping[str, Column]
    ignored: tuple[IgnoredColumn, ...]
    titles: Mapping[int, str]
    blocks: tuple[int, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The required fields that no column holds."""
        return tuple(field for field in REQUIRED_FIELDS if field not in self.columns)


def find_header(rows: Sequence[tuple[int, RawRow]], words: RosterWords) -> Header | None:
    """The first row with a name column and another known column.

    A header of two rows (a wide cell over narrower ones) is read as one. None when there is no
    such row.
    """
    for position, (number, row) in enumerate(rows):
        titles = _titles(row)
        lower = _titles(rows[position + 1][1]) if position + 1 < len(rows) else {}
        if "name" not in _fields(titles, words):
            continue
        below = {i: t for i, t in lower.items()
                 if header_key(t) in words.headers and header_key(titles.get(i, "")) not in words.headers}  # fmt: skip
        merged = (lower if below else {}) | titles | below
        if len(_fields(merged, words)) > 1:
            return _build(number + (1 if below else 0), merged, words)
    return None


def is_header(row: RawRow, words: RosterWords) -> bool:
    """True for a row with a name title and another known title."""
    fields = fields_of(row, words)
    return "name" in fields and len(fields) > 1


def fields_of(row: RawRow, words: RosterWords) -> set[str]:
    """The fields whose titles stand in this row."""
    return _fields(_titles(row), words)


def counts_names(key: str, words: RosterWords) -> bool:
    """True for a title of names with a number behind it: the second of two blocks side by side."""
    bare = key
    while bare and (bare[-1].isnumeric() or bare[-1] in "-_."):
        bare = bare[:-1]
    return bare != key and words.headers.get(bare, ("",))[0] == "name"


def _titles(row: RawRow) -> dict[int, str]:
    return {i: text for i, value in enumerate(row) if (text := cell_text(value))}


def _fields(titles: Mapping[int, str], words: RosterWords) -> set[str]:
    return {words.headers[key][0] for text in titles.values() if (key := header_key(text)) in words.headers}


def _build(row: int, titles: Mapping[int, str], words: RosterWords) -> Header:
    columns: dict[str, Column] = {}
    ignored: list[IgnoredColumn] = []
    blocks: list[int] = []
    repeated: list[int] = []
    known = sorted((words.headers[key][1], i) for i, text in titles.items()
                   if (key := header_key(text)) in words.headers)  # fmt: skip
    for _, index in known:
        key = header_key(titles[index])
        field = words.headers[key][0]
        if field in columns:
            ignored.append(IgnoredColumn(titles[index], "repeated"))
            again = field in REQUIRED_FIELDS and header_key(columns[field].title) == key
            blocks += [index] if field == "name" else []
            repeated += [index] if again else []
        else:
            columns[field] = Column(index, titles[index], key in words.unsure_headers)
    for index, text in titles.items():
        if (key := header_key(text)) not in words.headers:
            blocks += [index] if counts_names(key, words) else []
            kind = next((kind for word, kind in words.forbidden if word in key), "not_needed")
            ignored.append(IgnoredColumn(text, kind))
    return Header(row, columns, tuple(ignored), titles, tuple(blocks or repeated[:1]))
