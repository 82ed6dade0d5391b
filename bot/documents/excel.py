"""Excel sheets: A4 landscape, Chinese fonts, bordered tables."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from bot.documents.grid import Cell, Table
from bot.documents.labels import ZONE, Wording, safe_text

MAX_CELL = 32_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t")
DATE_FORMAT = "yyyy-mm-dd"
SHARE_FORMAT = "0.0%"
EXACT_FORMAT = "0.00"
LINE_HEIGHT = 18
PRINTED_WIDTH = 120
"""Excel's characters in a line of landscape A4 within the usual margins, with some to spare."""

_LINE = Side(style="thin", color="FF808080")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD_FILL = PatternFill("solid", fgColor="FFF2E3E3")


def new_workbook(author: str, made_at: datetime) -> Workbook:
    """An empty workbook with one sheet."""
    workbook = Workbook()
    workbook.properties.creator = safe_text(author)
    workbook.properties.created = made_at.astimezone(ZONE).replace(tzinfo=None)
    return workbook


def saved(workbook: Workbook) -> bytes:
    """The finished file."""
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def add_sheets(workbook: Workbook, title: str, tables: Iterable[Table], say: Wording) -> None:
    """A sheet of its own for each table, its header kept in view and repeated on every printed page."""
    for table in tables:
        writer = SheetWriter(workbook.create_sheet(table.title), say)
        writer.title(f"{title} {table.title}", len(table.columns))
        header = writer.table(table)
        writer.sheet.print_title_rows = f"{header}:{header}"
        writer.sheet.freeze_panes = f"A{header + 1}"


def put(cell: SheetCell, value: Cell) -> None:
    """Write a value; text stays text even where Excel would see a formula."""
    if isinstance(value, str):
        text = safe_text(value)[:MAX_CELL]
        cell.value = text
        if text.startswith(FORMULA_STARTS):
            cell.data_type = "s"
            cell.quotePrefix = True
    else:
        cell.value = float(value) if isinstance(value, Fraction) else value
    if isinstance(value, date) and not isinstance(value, datetime):
        cell.number_format = DATE_FORMAT
    elif isinstance(value, Decimal):
        cell.number_format = EXACT_FORMAT


class SheetWriter:
    """Writes one sheet from the top down, set up for landscape A4."""

    def __init__(self, sheet: Worksheet, say: Wording) -> None:
        self.sheet = sheet
        self.say = say
        self.row = 0
        sheet.page_setup.paperSize = 9  # A4 in the numbering of the file format
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToWidth = 1
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.print_options.horizontalCentered = True
        sheet.oddFooter = HeaderFooterItem(center=_HeaderFooterPart(say("format.page", page="&P", pages="&N")))

    def _put(self, column: int, value: Cell, *, bold: bool = False, border: bool = True) -> SheetCell:
        cell = self.sheet.cell(self.row, column)
        assert isinstance(cell, SheetCell)
        put(cell, value)
        cell.font = Font(name=self.say("font.table"), size=11, bold=bold)
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        if border:
            cell.border = _BORDER
        return cell

    def title(self, text: str, columns: int) -> None:
        self.row += 1
        cell = self._put(1, text, border=False)
        cell.font = Font(name=self.say("font.heading"), size=16)
        cell.alignment = Alignment(horizontal="center", vertical="center")
        self.sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=columns)
        self.sheet.row_dimensions[1].height = 30

    def fact(self, label: str, value: str) -> None:
        self.row += 1
        self._put(1, label, bold=True)
        for column in (2, 3):
            self._put(column, value if column == 2 else None)
        self.sheet.merge_cells(start_row=self.row, end_row=self.row, start_column=2, end_column=3)

    def heading(self, text: str) -> None:
        self.row += 2
        self._put(1, text, border=False).font = Font(name=self.say("font.heading"), size=13)

    def gap(self) -> None:
        """Leave a row empty."""
        self.row += 1

    def line(self, text: str, columns: int) -> None:
        """A line of text over `columns` columns, as many rows high as it needs."""
        self.row += 1
        self._put(1, text, border=False).alignment = Alignment(vertical="center", wrap_text=True)
        self.sheet.merge_cells(start_row=self.row, end_row=self.row, start_column=1, end_column=columns)
        width = sum(self.sheet.column_dimensions[get_column_letter(one)].width for one in range(1, columns + 1))
        # A Chinese character is two of Excel's characters wide; merged cells do not grow by themselves.
        self.sheet.row_dimensions[self.row].height = LINE_HEIGHT * (1 + int(2 * len(text) / width))

    def begin_page(self, row: int, table: Table) -> None:
        """Print from this row on another page. Excel heeds that only where the scale is given, not fitted: so give the
        one at which the columns of the table fit."""
        self.sheet.page_setup.fitToWidth = None
        self.sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=False)
        self.sheet.page_setup.scale = min(100, int(100 * PRINTED_WIDTH / sum(table.widths)))
        self.sheet.row_breaks.append(Break(id=row - 1))

    def table(self, table: Table) -> int:
        """Write a table and return the row number of its header."""
        self.row += 1
        header = self.row
        for index, column in enumerate(table.columns, start=1):
            cell = self._put(index, column.heading, bold=True)
            cell.fill = _HEAD_FILL
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
            self.sheet.column_dimensions[get_column_letter(index)].width = column.width
        for row in table.rows:
            self.row += 1
            for index, (column, value) in enumerate(zip(table.columns, row, strict=True), start=1):
                shown = self.say("format.unknown") if column.share and value is None else value
                cell = self._put(index, shown)
                if column.share:
                    cell.number_format = SHARE_FORMAT
        for note in (self.say("month.nothing") if not table.rows else "", table.note):
            if note:
                self.row += 1
                self._put(1, note, border=False).alignment = Alignment(vertical="center")
        return header
