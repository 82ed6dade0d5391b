"""How large the sheets of a workbook are, told from their bytes before any library makes rows and cells of them.

A few bytes can name row 1,000,000,000,000 or put 600,000 cells into one row; whoever reads such a sheet fills the gap.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import IO
from xml.parsers import expat

MAX_ENTRIES = 5_000
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
"""What a spreadsheet program can show."""
_ROW = re.compile(r"([1-9][0-9]{0,6})(?:\.0+)?")
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?[0-9]{1,7}")
_PART = 1 << 16
_AREA = 40
"""Rows and cells that a reader may have to fill in, for each cell that may be there."""


class OutOfBounds(Exception):
    """The sheet is larger than may be read."""


class Broken(Exception):
    """What it says of its rows and cells cannot be."""


def check_bounds(archive: zipfile.ZipFile, cells: int) -> None:
    """Look at every part, for any may be a sheet. Raises OutOfBounds for more than `cells` cells in all, for rows and
    columns that no spreadsheet program has, and for gaps that take more than 40 times as many cells to fill; Broken."""
    if len(archive.infolist()) > MAX_ENTRIES:
        raise OutOfBounds
    scan = _Scan(cells)
    for entry in archive.infolist():
        try:
            with archive.open(entry) as part:
                scan.part(part)
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError) as error:
            raise Broken from error


class _Scan:
    def __init__(self, cells: int) -> None:
        self._cells, self._elements, self._area = cells, 4 * cells + 200_000, _AREA * cells
        self._row = self._column = self._widest = 0

    def part(self, part: IO[bytes]) -> None:
        """One part of the package; what is not XML is no sheet, and what is damaged ends where its reader ends."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._begins
        parser.StartDoctypeDeclHandler = self._declares
        self._row = self._column = self._widest = 0
        try:
            while data := part.read(_PART):
                parser.Parse(data)
        except expat.ExpatError:
            return
        self._fill()

    def _begins(self, name: str, attributes: dict[str, str]) -> None:
        self._elements -= 1
        if self._elements < 0:
            raise OutOfBounds
        kind = name.rpartition(":")[2]
        if kind == "row":
            self._fill()
            row = _row(attributes["r"]) if "r" in attributes else self._row + 1
            self._in_order(row, self._row)
            self._area -= max(row - self._row, 0)
            self._row, self._column, self._widest = row, 0, 0
            if row > LAST_ROW or self._area < 0:
                raise OutOfBounds
        elif kind == "c":
            self._cells -= 1
            column = _column(attributes["r"]) if attributes.get("r") else self._column + 1
            if self._row:
                self._in_order(column, self._column)
            self._column = column
            self._widest = max(self._widest, self._column)
            if self._cells < 0 or self._column > LAST_COLUMN:
                raise OutOfBounds

    @staticmethod
    def _in_order(place: int, before: int) -> None:
        """The reader drops what comes twice, or after what stands behind it, without a word."""
        if place <= before:
            raise Broken

    def _fill(self) -> None:
        self._area -= self._widest
        if self._area < 0:
            raise OutOfBounds

    def _declares(self, *_: object) -> None:
        """No spreadsheet program writes a document type; what one declares can grow without end."""
        raise Broken


def _row(text: str) -> int:
    if re.fullmatch(r"[1-9][0-9]*(?:\.0+)?", text) and not _ROW.fullmatch(text):
        raise OutOfBounds
    if not (found := _ROW.fullmatch(text)):
        raise Broken
    return int(found[1])


def _column(text: str) -> int:
    if not (found := _CELL.fullmatch(text)):
        raise Broken
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column
