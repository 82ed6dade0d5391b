"""Reading a list of people, XLSX or CSV, with titles above, any order of columns and notes below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

from msgspec import Struct

from bot.roster.header import SCANNED_ROWS, counts_names
from bot.roster.rows import MAX_NAME, holds_number, person_key
from bot.roster.sheets import RawRow, Sheet, SheetError, cell_text, sheets_of
from bot.roster.unread import Beside, first_text, is_short_name, looks_like_name, may_name, starts_as_note
from bot.roster.words import RosterWords, header_key, squeeze
from bot.texts import Texts

MAX_LINES = 2_000
MAX_UNPACKED_BYTES = 30_000_000
MAX_CELLS = 300_000
_FIELDS = ("name", "unit", "group", "note")
_DITTO_FIELDS = ("unit", "group")


class ListWords(Struct, frozen=True):
    """What the columns may be called and what stands for "as above"; mapping keys as `header_key` gives them."""

    fields: Mapping[str, str]
    roster: RosterWords

    @classmethod
    def of(cls, texts: Texts, roster: RosterWords) -> ListWords:
        """The words of `content/texts/rating_console.toml`, `[list_headers]`."""
        fields = {
            header_key(word): name for name in _FIELDS for word in texts(f"rating_console.list_headers.{name}").split()
        }
        return cls(fields, roster)


class Line(Struct, frozen=True):
    """One person of a list. `row` counts from 1 as the spreadsheet shows it; `group` is the class as written, and
    `grouped` says that the list has a column for it."""

    row: int
    name: str
    unit: str = ""
    group: str = ""
    note: str = ""
    sheet: str = ""
    grouped: bool = False

    @classmethod
    def typed(cls, row: int, text: str) -> Line:
        """A name and, behind a space, a unit, as somebody types it."""
        name, _, unit = " ".join(text.split()).partition(" ")
        return cls(row, name, unit)


class Finding(Struct, frozen=True):
    """Something that a person must look at: row 0 is the whole file. `key` is a text key under `rating_console.list`;
    only an `error` keeps the list from being taken over."""

    row: int
    key: str
    value: str = ""
    sheet: str = ""
    error: bool = True


class PeopleList(Struct, frozen=True):
    """The lines that could be read, in order, and what was found."""

    lines: tuple[Line, ...]
    findings: tuple[Finding, ...]


def read_list(data: bytes, name: str, words: ListWords) -> PeopleList:
    """Read a file's content. Never raises for what it holds: what cannot be read is a finding."""
    try:
        with sheets_of(data, name, MAX_UNPACKED_BYTES, MAX_CELLS) as sheets:
            return _read(sheets, words)
    except SheetError as error:
        return PeopleList((), (Finding(0, "file", words.roster.reasons[error.reason_key]),))


def _read(sheets: Iterable[Sheet], words: ListWords) -> PeopleList:
    lines: list[Line] = []
    findings: list[Finding] = []
    headed = 0
    for sheet in sheets:
        first = list(islice(sheet.rows, SCANNED_ROWS + 1))
        header = next(((number, _titles(row), found) for number, row in first if (found := _header(row, words))), None)
        if header is None or sheet.hidden:
            row = first_text(chain(first, sheet.rows))
            findings += [] if row is None else [Finding(row, "unread_sheet", sheet.name, sheet.name, False)]
            continue
        headed += 1
        number, titles, columns = header
        body = (pair for pair in chain(first, sheet.rows) if pair[0] > number)
        beside = Beside(sheet.name, titles, _blocks(titles, columns, words), words.roster)
        findings += [_left_out(at, "unread_row", sheet) for at, row in first if at < number and _placed(row, words)]
        left_out: list[Finding] = []
        rows = _body(_watched(body, beside, words), sheet, columns, words, left_out)
        for cells in islice(rows, MAX_LINES + 1):
            wrong = _wrong(cells, words)
            shown = "" if wrong == "forbidden" else cells.name[:MAX_NAME]
            findings += [Finding(cells.row, wrong, shown, sheet.name)] if wrong else []
            lines += [] if wrong else [cells]
        findings += left_out
        findings += [Finding(one.row, one.reason_key, one.value_hint, sheet.name, False) for one in beside.findings()]
    if not headed:
        return PeopleList((), (Finding(0, "no_header"),))
    if not lines and not any(one.error for one in findings):
        findings.append(Finding(0, "nobody"))
    if len(lines) > MAX_LINES:
        return PeopleList((), (Finding(0, "too_many", str(MAX_LINES)),))
    return PeopleList(tuple(lines), tuple(findings))


def _watched(rows: Iterable[tuple[int, RawRow]], beside: Beside, words: ListWords) -> Iterator[tuple[int, RawRow]]:
    """The rows, after a look at what they hold beside the columns that are read."""
    for number, row in rows:
        if starts_as_note(row, words.roster):
            beside.look_at_blocks(number, row)
        else:
            beside.look(number, row)
        yield number, row


def _titles(row: RawRow) -> dict[int, str]:
    return {at: text for at, value in enumerate(row) if (text := cell_text(value))}


def _field(title: str, words: ListWords) -> str | None:
    return words.fields.get(header_key(title))


def _blocks(titles: Mapping[int, str], columns: Mapping[str, int], words: ListWords) -> list[int]:
    """Where a second block of people stands beside the first: by its names, else by what is titled twice alike."""
    others = {at: text for at, text in titles.items() if at not in columns.values()}
    taken = {header_key(titles[at]) for field, at in columns.items() if field in _DITTO_FIELDS}
    named = [at for at, text in others.items()
             if _field(text, words) == "name" or counts_names(header_key(text), words.roster)]  # fmt: skip
    return named or [at for at, text in others.items() if header_key(text) in taken][:1]


def _placed(row: RawRow, words: ListWords) -> bool:
    """True for a row that looks like somebody of a unit."""
    texts = [squeeze(cell_text(value)) for value in row]
    return any(text.endswith(words.roster.unit_suffixes) for text in texts) and any(
        is_short_name(text, words.roster) and text not in words.fields for text in texts
    )


def _left_out(row: int, key: str, sheet: Sheet) -> Finding:
    return Finding(row, key, "", sheet.name, False)


def _header(row: RawRow, words: ListWords) -> dict[str, int] | None:
    """Columns by field, the first of each; None for a row without a name column."""
    columns: dict[str, int] = {}
    for index, value in enumerate(row):
        field = words.fields.get(header_key(cell_text(value)))
        if field is not None:
            columns.setdefault(field, index)
    return columns if "name" in columns else None


def _body(
    rows: Iterable[tuple[int, RawRow]],
    sheet: Sheet,
    columns: Mapping[str, int],
    words: ListWords,
    left_out: list[Finding],
) -> Iterator[Line]:
    """The lines below the header, without blank lines, notes and repeated headers; "as above" and merged cells
    are filled in. What may hold people and is not read is noted in `left_out`."""
    above = dict.fromkeys(_FIELDS, "")
    for number, row in rows:
        cells = {field: cell_text(row[at]) if at < len(row) else "" for field, at in columns.items()}
        again = _header(row, words) or {}
        if len(again) > 1 and again["name"] != columns["name"]:
            left_out.append(_left_out(number, "unread_below", sheet))
            return
        if not any(cells.values()) or words.fields.get(header_key(cells["name"])) == "name":
            continue
        if starts_as_note(row, words.roster) and not looks_like_name(cells["name"], words.roster):
            if may_name(cells["name"], words.roster):
                left_out.append(_left_out(number, "unread_row", sheet))
            continue
        for field in _DITTO_FIELDS:
            given = cells.get(field, "")
            merged = not given and (number, columns.get(field, -1)) in sheet.merged
            cells[field] = above[field] if merged or squeeze(given) in words.roster.ditto else given
        above = cells
        yield Line(
            number, person_key(cells["name"], words.roster), cells["unit"],
            cells["group"], cells.get("note", ""), sheet.name, "group" in columns,
        )  # fmt: skip


def _wrong(line: Line, words: ListWords) -> str:
    if not line.name:
        return "no_name"
    if any(holds_number(text, words.roster) for text in (line.name, line.unit, line.group, line.note)):
        return "forbidden"
    return "bad_name" if len(line.name) > MAX_NAME or any(char.isdigit() for char in line.name[:1]) else ""
