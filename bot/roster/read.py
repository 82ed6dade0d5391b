"""Reading a member roster as offices keep it: titles above, any column order, notes below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path

from msgspec.structs import replace

from bot.roster.checks import check_together, sorted_by_row
from bot.roster.header import SCANNED_ROWS, Header, fields_of, find_header, is_header
from bot.roster.rows import RowReader
from bot.roster.sheets import RawRow, Sheet, SheetError, cell_text, open_sheets
from bot.roster.unread import Beside, first_text, holds_person, looks_like_name, may_name, note_names, starts_as_note
from bot.roster.values import Level, Roster, RosterRow, RowError
from bot.roster.words import REQUIRED_FIELDS, RosterWords, header_key, squeeze

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
    unread: list[RowError] = []
    for sheet in sheets:
        first = list(islice(sheet.rows, SCANNED_ROWS + 1))
        header = None if roster is not None or sheet.hidden else find_header(first, words)
        if header is None or header.missing:
            partial = partial or header
            row = first_text(chain(first, sheet.rows))
            if row is not None:
                unread.append(RowError(row, "", "unread_sheet", sheet.name, Level.WARNING, sheet.name))
            continue
        body = (pair for pair in chain(first, sheet.rows) if pair[0] > header.row)
        unread += _above(first, header, sheet, words)
        roster = _Body(sheet, header, words).read(body)
    if roster is not None:
        return replace(roster, errors=(*roster.errors, *unread))
    if partial is not None:
        return _whole_file("missing_column", *(words.field_titles[f] for f in partial.missing), header=partial)
    return _whole_file("no_header" if unread else "empty")


def _above(rows: Iterable[tuple[int, RawRow]], header: Header, sheet: Sheet, words: RosterWords) -> Iterator[RowError]:
    """People above the header: they are not read."""
    for number, row in rows:
        if number < header.row and "name" not in fields_of(row, words) and holds_person(map(cell_text, row), words):
            yield RowError(number, "", "unread_row", "", Level.WARNING, sheet.name)


class _Body:
    """The rows of one sheet below its header."""

    def __init__(self, sheet: Sheet, header: Header, words: RosterWords) -> None:
        self._sheet, self._header, self._words = sheet, header, words
        self._beside = Beside(sheet.name, header.titles, header.blocks, words)
        self._unread: list[RowError] = []
        self._answered: set[str] = set()
        self._unsure: set[str] = set()

    def read(self, rows: Iterable[tuple[int, RawRow]]) -> Roster:
        """The people, the findings about them, and what was not read."""
        header, words = self._header, self._words
        reader = RowReader(header, words)
        people: list[RosterRow] = []
        seen = 0
        for number, cells in self._people(rows):
            seen += 1
            if seen > MAX_PEOPLE:
                return _whole_file("too_large", header=header)
            row = reader.read(number, cells)
            if row is not None:
                people.append(row)
        if not seen:
            return _whole_file("no_rows", header=header)
        if not self._doubtful(reader.errors):
            self._answered |= self._unsure
        checked, errors = check_together(people, header, words)
        order = {column.title: column.index for column in header.columns.values()}
        found = sorted_by_row(dict.fromkeys([*reader.errors, *errors, *self._unread, *self._beside.findings()]), order)
        return Roster(tuple(checked), found, header.ignored, frozenset(self._answered))

    def _people(self, rows: Iterable[tuple[int, RawRow]]) -> Iterator[tuple[int, dict[str, str]]]:
        """The cells of the columns that are read, row by row, without blank lines, notes and repeats."""
        header, words, merged = self._header, self._words, self._sheet.merged
        tops: dict[tuple[int, int], str] = {}
        wanted_tops = {(top, index) for (_, index), top in merged.items()}
        above: dict[str, str] = {}
        for number, row in rows:
            cells: dict[str, str] = {}
            for field, column in header.columns.items():
                text = cell_text(row[column.index]) if column.index < len(row) else ""
                if (number, column.index) in wanted_tops:
                    tops[(number, column.index)] = text
                cells[field] = text
            kind = self._kind(row, cells)
            if kind == "below":
                self._leave_out(number, "unread_below")
                return
            if kind == "note":
                if starts_as_note(row, words):
                    self._beside.look_at_blocks(number, row)
                continue
            self._beside.look(number, row, blank=kind == "blank")
            if kind == "unread":
                self._leave_out(number, "unread_row")
            if kind != "person":
                continue
            for field, column in header.columns.items():
                if not cells[field] and (top := merged.get((number, column.index))) is not None:
                    cells[field] = tops.get((top, column.index), "")
                if field in DITTO_FIELDS and squeeze(cells[field]) in words.ditto:
                    cells[field] = above.get(field, "")
                if cells[field]:
                    (self._unsure if column.unsure else self._answered).add(field)
            above = cells
            yield number, cells

    def _kind(self, row: RawRow, cells: Mapping[str, str]) -> str:
        """What a row is: person, blank, note (a sum, a signature line, a repeated header), unread, or below: the
        header of another table."""
        words = self._words
        known_stage = squeeze(cells["stage"]) in words.stages
        titles = {field: words.headers.get(header_key(cells[field]), ("",))[0] for field in REQUIRED_FIELDS}
        if not known_stage and is_header(row, words):
            return "note" if all(field == title for field, title in titles.items()) else "below"
        if titles["name"] == "name":
            return "note"
        if starts_as_note(row, words):
            if not looks_like_name(cells["name"], words):
                somebody = known_stage or may_name(cells["name"], words) or note_names(row, words)
                return "unread" if somebody or holds_person(map(cell_text, row), words) else "note"
            branch = squeeze(cells["branch"])
            return "person" if known_stage or branch.endswith(words.unit_suffixes) else "unread"
        # Some forms come with numbered but empty lines.
        return "person" if any(text for field, text in cells.items() if field != "number") else "blank"

    @staticmethod
    def _doubtful(errors: Iterable[RowError]) -> bool:
        """A column that may hold office titles answers for Party posts only where it holds no office title."""
        return any(error.reason_key == "office_title" for error in errors)

    def _leave_out(self, number: int, reason: str) -> None:
        self._unread.append(RowError(number, "", reason, "", Level.WARNING, self._sheet.name))
