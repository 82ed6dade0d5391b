"""Spreadsheet files as rows of plain text: XLSX, and CSV in UTF-8, UTF-16 or GB18030."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from bot.roster.bounds import Broken, OutOfBounds, check_bounds
from bot.roster.words import plain

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_CELLS = 4_000_000
MAX_COLUMNS = 128
MAX_MERGED = 1_200_000

_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})"')
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FLOAT_INTEGER = re.compile(r"\d+\.0+")

RawRow = tuple[object, ...]


class SheetError(Exception):
    """The file cannot be read as a spreadsheet; ``reason_key`` says why."""

    def __init__(self, reason_key: str) -> None:
        super().__init__(reason_key)
        self.reason_key = reason_key


class Sheet(Struct, frozen=True):
    """One sheet: (row number, cells) from row 1 on, to be consumed once.

    ``merged`` maps (row, column index) below the top of a merged cell to the row of its top.
    ``hidden``: the office does not see it, so nobody is read from it.
    """

    name: str
    rows: Iterator[tuple[int, RawRow]]
    merged: Mapping[tuple[int, int], int]
    hidden: bool = False


def cell_text(value: object) -> str:
    """A cell as normalised text; 13.0 is "13", None is ""."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = plain(str(value))
    return text.split(".")[0] if _FLOAT_INTEGER.fullmatch(text) else text


@contextmanager
def open_sheets(path: Path) -> Iterator[Iterable[Sheet]]:
    """The sheets of a file. Raises SheetError."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise SheetError("too_large")
        data = path.read_bytes()
    except OSError as error:
        raise SheetError("file_missing") from error
    with sheets_of(data, path.name) as sheets:
        yield sheets


@contextmanager
def sheets_of(
    data: bytes, name: str, unpacked: int = MAX_UNPACKED_BYTES, cells: int = MAX_CELLS
) -> Iterator[Iterable[Sheet]]:
    """The sheets of a file's content, whose kind is told by that content and not by its name. Raises
    SheetError, also when it would take more than `unpacked` bytes or has more than so many cells."""
    if not data.strip():
        raise SheetError("empty")
    if data.startswith(_OLE_MAGIC):
        raise SheetError("password_protected" if _ENCRYPTED in data else "old_format")
    if data.startswith(b"PK"):
        with _open_xlsx(data, unpacked, cells) as sheets:
            yield sheets
    else:
        yield [Sheet(name, _csv_rows(_decode(data), cells), {})]


@contextmanager
def _open_xlsx(data: bytes, most: int, cells: int) -> Iterator[Iterable[Sheet]]:
    from openpyxl import load_workbook

    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        unpacked = sum(info.file_size for info in archive.infolist())
        encrypted = any(info.flag_bits & 1 for info in archive.infolist())
        office = "[Content_Types].xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise SheetError("not_a_spreadsheet") from error
    if unpacked > most:
        raise SheetError("too_large")
    if encrypted:
        raise SheetError("password_protected")
    try:
        check_bounds(archive, cells)
    except OutOfBounds:
        raise SheetError("too_large") from None
    except Broken:
        raise SheetError("broken_file" if office else "not_a_spreadsheet") from None
    try:
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    # A damaged package makes the reader fail in many ways (KeyError, XML, zlib, type errors).
    except Exception as error:
        raise SheetError("broken_file" if office else "not_a_spreadsheet") from error
    try:
        yield (
            Sheet(sheet.title, _xlsx_rows(sheet), _merged(archive, sheet), sheet.sheet_state != "visible")
            for sheet in workbook.worksheets
        )
    finally:
        workbook.close()
        archive.close()


def _xlsx_rows(sheet: object) -> Iterator[tuple[int, RawRow]]:
    try:
        # The stored dimension is wrong in files of some exporters and would cut rows off.
        sheet.reset_dimensions()  # type: ignore[attr-defined]
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):  # type: ignore[attr-defined]
            yield number, tuple(map(_unescaped, _narrow(row)))
    except SheetError:
        raise
    # As above: the parser reads the sheet only now, so the damage shows only now.
    except Exception as error:
        raise SheetError("broken_file") from error


def _narrow(row: Sequence[object]) -> RawRow:
    """The row without empty cells behind the last column that is looked at. Raises SheetError for text there."""
    if any(cell_text(value) for value in row[MAX_COLUMNS:]):
        raise SheetError("too_wide")
    return tuple(row[:MAX_COLUMNS])


def _unescaped(value: object) -> object:
    """A text without Excel's escapes: `_x000D_` is a carriage return, `_x005F_` the underscore of a text that only
    looks like an escape (ECMA-376 part 1, 22.9.2.19)."""
    if not isinstance(value, str) or "_x" not in value:
        return value
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _merged(archive: zipfile.ZipFile, sheet: object) -> dict[tuple[int, int], int]:
    """Cells hidden by vertical merges; the read-only reader leaves them empty and does not say so."""
    from openpyxl.utils import column_index_from_string

    try:
        source = archive.read(sheet._worksheet_path)  # type: ignore[attr-defined]
    except (KeyError, zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError) as error:
        raise SheetError("broken_file") from error
    tops: dict[tuple[int, int], int] = {}
    for left, top, bottom in _MERGE.findall(source):
        column = column_index_from_string(left.decode())
        if column > MAX_COLUMNS or int(bottom) == int(top):
            continue
        if len(tops) + int(bottom) - int(top) > MAX_MERGED:
            raise SheetError("too_large")
        tops.update({(row, column - 1): int(top) for row in range(int(top) + 1, int(bottom) + 1)})
    return tops


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\0" in data:
        raise SheetError("not_a_spreadsheet")
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.lstrip().startswith("<") or text.startswith("%PDF"):
            raise SheetError("not_a_spreadsheet")
        return text
    raise SheetError("bad_encoding")


def _csv_rows(text: str, cells: int) -> Iterator[tuple[int, RawRow]]:
    head = text[:4000]
    delimiter = max(",\t;", key=head.count)
    try:
        # Strict: a quote that nothing closes would swallow all people below it.
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for number, row in enumerate(rows, start=1):
            cells -= len(row)
            if cells < 0:
                raise SheetError("too_large")
            # Such escapes also come by programs that write what they read of a workbook as text.
            yield number, tuple(map(_unescaped, _narrow(row)))
    except csv.Error as error:
        raise SheetError("not_a_spreadsheet") from error
