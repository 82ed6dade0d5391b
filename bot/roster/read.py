"""Reading a member roster as offices keep it: titles above, any column order, notes below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path

from bot.roster.checks import check_together, sorted_by_row
from bot.roster.header import SCANNED_ROWS, Header, find_header
from bot.roster.rows import RowReader
from bot.roster.sheets import RawRow, Sheet, SheetError, cell_text, open_sheets
from bot.roster.values import Level, Roster, RosterRow, RowError
from bot.roster.words import RosterWords, header_key, squeeze

MAX_PEOPLE = 20_000
DITTO_FIELDS = ("general_branch", "branch", "group", "stage")


def read_roster(path: Path, words: RosterWords) -> Roster:
    """Read an XLSX or CSV roster (PI-3: only the columns that RosterRow has).

    Never raises for what the file holds: a file that cannot be read gives one finding with row 0,
    a bad row gives findings with its row number.
    """
    try:
        with open_sheets(path) as sheets:
            return _read_sheets(sheets, words)
    except SheetError as error:
        return _whole_file(error.reason_key)


def _whole_file(reason_key: str, *values: str, header: Header | None = None) -> Roster:
    errors = tuple(RowError(0, "", reason_key, value) for value in values or ("",))
    return Roster((), errors, header.ignored if header else ())


def _read_sheets(sheets: Iterable[Sheet], words: RosterWords) -> Roster:
    roster: Roster | None = None
    partial: Header | None = None
    others: list[str] = []
    anything = False
    for sheet in sheets:
        first = list(islice(sheet.rows, SCANNED_ROWS + 1))
        anything = anything or any(cell_text(value) for _, row in first for value in row)
        header = find_header(first, words)
        if header is None:
            continue
        if header.missing:
            partial = partial or header
        elif roster is None:
            body = (pair for pair in chain(first, sheet.rows) if pair[0] > header.row)
            roster = _read_body(body, sheet.merged, header, words)
        else:
            others.append(sheet.name)
    if roster is None:
        if partial is not None:
            return _whole_file(
                "missing_column", *(words.field_titles[f] for f in partial.missing), header=partial
            )
        return _whole_file("no_header" if anything else "empty")
    if others:
        note = RowError(0, "", "other_sheets", " / ".join(others), Level.WARNING)
        return Roster(roster.rows, (note, *roster.errors), roster.ignored_columns)
    return roster


def _read_body(
    body: Iterable[tuple[int, RawRow]],
    merged: Mapping[tuple[int, int], int],
    header: Header,
    words: RosterWords,
) -> Roster:
    reader = RowReader(header, words)
    people: list[RosterRow] = []
    seen = 0
    for number, cells in _people(body, merged, header, words):
        seen += 1
        if seen > MAX_PEOPLE:
            return _whole_file("too_large", header=header)
        row = reader.read(number, cells)
        if row is not None:
            people.append(row)
    if not seen:
        return _whole_file("no_rows", header=header)
    rows, errors = check_together(people, header, words)
    order = {column.title: column.index for column in header.columns.values()}
    return Roster(tuple(rows), sorted_by_row([*reader.errors, *errors], order), header.ignored)


def _people(
    body: Iterable[tuple[int, RawRow]],
    merged: Mapping[tuple[int, int], int],
    header: Header,
    words: RosterWords,
) -> Iterator[tuple[int, dict[str, str]]]:
    """The cells of the columns that are read, row by row, without blank lines, notes and repeats."""
    tops: dict[tuple[int, int], str] = {}
    wanted_tops = {(top, index) for (_, index), top in merged.items()}
    above: dict[str, str] = {}
    for number, row in body:
        cells: dict[str, str] = {}
        for field, column in header.columns.items():
            text = cell_text(row[column.index]) if column.index < len(row) else ""
            if (number, column.index) in wanted_tops:
                tops[(number, column.index)] = text
            cells[field] = text
        # Some forms come with numbered but empty lines.
        if not any(text for field, text in cells.items() if field != "number") or _is_note(row, words):
            continue
        if words.headers.get(header_key(cells["name"]), ("",))[0] == "name":
            continue
        for field, column in header.columns.items():
            if not cells[field] and (top := merged.get((number, column.index))) is not None:
                cells[field] = tops.get((top, column.index), "")
            if field in DITTO_FIELDS and squeeze(cells[field]) in words.ditto:
                cells[field] = above.get(field, "")
        above = cells
        yield number, cells


def _is_note(row: RawRow, words: RosterWords) -> bool:
    first = next((text for value in row if (text := cell_text(value))), "")
    return squeeze(first).startswith(words.note_starts)
