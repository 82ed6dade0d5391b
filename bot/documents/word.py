"""Word files: A4, Chinese fonts, bordered tables."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.text.font import CT_RPr
from docx.shared import Cm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from bot.documents.ballot_size import TEXT_WIDTH_CM
from bot.documents.labels import ZONE, Wording, safe_text

WITH_SIGNATURES = 2
"""So many rows of a table that is signed stand on the page of its signatures."""

# GB/T 9704-2012: 22 lines of 28 characters in 156 by 225 mm, 37 mm below the top, 28 mm from the left.
_LINE = Pt(28.95)
_GRID = {"w:type": "linesAndChars", "w:linePitch": "579", "w:charSpace": "-849"}


class WordWriter:
    """Writes one document from the top down.

    ``landscape`` turns the page for wide tables; an ``official`` paper has the page of GB/T 9704. Sizes
    follow the usual official sheet: title 22 points, headings and body 16, tables 11.
    """

    def __init__(
        self, say: Wording, *, title: str, made_at: datetime, landscape: bool = False, official: bool = False
    ) -> None:
        self.say = say
        self.official = official
        self._looks: dict[tuple[str, float, bool], CT_RPr] = {}
        self.document: WordDocument = Document()
        properties = self.document.core_properties
        properties.author = properties.last_modified_by = properties.comments = ""
        properties.title = safe_text(title)[:255]
        properties.created = properties.modified = made_at.astimezone(ZONE).replace(tzinfo=None)
        self._page(landscape)
        self._style("Normal", "font.body", 16)
        self.width_cm = 24.5 if landscape else TEXT_WIDTH_CM
        self.paragraph(title, font="font.title", size=22, align=WD_ALIGN_PARAGRAPH.CENTER, space=12)

    def _page(self, landscape: bool) -> None:
        section = self.document.sections[0]
        width, height = (Cm(29.7), Cm(21.0)) if landscape else (Cm(21.0), Cm(29.7))
        if landscape:
            from docx.enum.section import WD_ORIENT

            section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = width, height
        section.top_margin, section.bottom_margin = Cm(3.0), Cm(2.5)
        section.left_margin = section.right_margin = Cm(2.6 if landscape else 2.7)
        if self.official:
            self._official_page()
            return
        footer = section.footer.paragraphs[0]
        footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._numbers(footer, "format.page", 10)

    def _official_page(self) -> None:
        """GB/T 9704-2012, 5.2 and 7.5: margins, lines and characters; the number stands on the right of odd pages, on
        the left of even ones, a character in from the edge, its dashes 7 mm below the text."""
        section = self.document.sections[0]
        section.top_margin, section.bottom_margin = Cm(3.7), Cm(3.5)
        section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)
        section.footer_distance = Cm(2.5)
        for old in section._sectPr.findall(qn("w:docGrid")):
            section._sectPr.remove(old)
        grid = OxmlElement("w:docGrid")
        for name, value in _GRID.items():
            grid.set(qn(name), value)
        section._sectPr.append(grid)
        self.document.settings.odd_and_even_pages_header_footer = True
        odd, even = section.footer.paragraphs[0], section.even_page_footer.paragraphs[0]
        odd.alignment, even.alignment = WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.LEFT
        odd.paragraph_format.right_indent = even.paragraph_format.left_indent = Pt(14)
        for footer in (odd, even):
            self._numbers(footer, "format.page_official", 14)

    def _numbers(self, footer: Paragraph, key: str, size: float) -> None:
        """The number of the page and, where the sentence asks for it, of all pages."""
        marks = {"\0": "PAGE", "\1": "NUMPAGES"}
        footer.paragraph_format.space_after = Pt(0)
        for part in re.split("([\0\1])", self.say(key, page="\0", pages="\1")):
            if part in marks:
                self._field(self._run(footer, "", "font.table", size), marks[part])
            elif part:
                self._run(footer, part, "font.table", size)

    def _style(self, name: str, font: str, size: float) -> None:
        style = self.document.styles[name]
        style.font.name = self.say(font)
        style.font.size = Pt(size)
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), self.say(font))

    def _field(self, run: Run, code: str) -> None:
        for kind in ("begin", "end"):
            if kind == "end":
                instruction = OxmlElement("w:instrText")
                instruction.text = code
                run._r.append(instruction)
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)

    def _run(self, paragraph: Paragraph, text: str, font: str, size: float, *, bold: bool = False) -> Run:
        run = paragraph.add_run(safe_text(text))
        known = self._looks.get((font, size, bold))
        if known is not None:
            run._r.insert(0, deepcopy(known))
            return run
        run.font.name = self.say(font)
        run.font.size = Pt(size)
        run.bold = bold
        properties = run._r.get_or_add_rPr()
        # Word takes the face of Chinese characters from this attribute, not from the font name.
        properties.get_or_add_rFonts().set(qn("w:eastAsia"), self.say(font))
        self._looks[font, size, bold] = properties
        return run

    def paragraph(
        self,
        text: str,
        *,
        font: str = "font.body",
        size: float = 16,
        align: WD_ALIGN_PARAGRAPH | None = None,
        indent: bool = False,
        space: float = 0,
        keep: bool = False,
    ) -> Paragraph:
        """One paragraph; ``indent`` moves its first line in by two characters, ``keep`` puts it on the page of what
        follows. The lines of an official paper are all equally high."""
        paragraph = self.document.add_paragraph()
        if align is not None:
            paragraph.alignment = align
        paragraph.paragraph_format.space_after = Pt(0 if self.official else space)
        if self.official:
            paragraph.paragraph_format.line_spacing = _LINE
        if keep:
            paragraph.paragraph_format.keep_with_next = True
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt(size * 2)
        self._run(paragraph, text, font, size)
        return paragraph

    def heading(self, text: str) -> None:
        """A section heading that stays with what follows."""
        paragraph = self.paragraph(text, font="font.heading", space=4, keep=True)
        paragraph.paragraph_format.space_before = Pt(0 if self.official else 10)

    def signatures(self, lines: Sequence[str], *, size: float = 16, after: str = "") -> None:
        """Lines to sign on, all on one page. What they belong to is written before with ``keep``."""
        for number, line in enumerate(lines, start=1):
            last = number == len(lines) and not after
            self.paragraph(line, size=size, align=WD_ALIGN_PARAGRAPH.RIGHT, space=10, keep=not last)
        if after:
            self.paragraph(after, size=12)

    def facts(self, pairs: Sequence[tuple[str, str]], *, label_cm: float = 4.0) -> None:
        """A two-column table of labels and values."""
        table = self._table(len(pairs), (label_cm, self.width_cm - label_cm))
        for cells, (label, value) in zip(_cells(table, 2), pairs, strict=True):
            self._cell(cells[0], label, bold=True)
            self._cell(cells[1], value)

    def grid(
        self,
        headings: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        *,
        size: float = 11,
        centred: bool = False,
        keep_end: bool = False,
    ) -> None:
        """A table whose header row repeats on every page, and is not cut from the first row; ``widths`` are parts of
        the text width. With ``keep_end`` its last rows stay with what follows."""
        total = sum(widths)
        table = self._table(len(rows) + 1, [self.width_cm * width / total for width in widths])
        table.rows[0]._tr.get_or_add_trPr().append(_on("w:tblHeader"))
        for index, (cells, row) in enumerate(zip(_cells(table, len(widths)), [headings, *rows], strict=True)):
            for cell, text in zip(cells, row, strict=True):
                self._cell(cell, text, bold=index == 0, size=size, centred=centred)
        for index, line in enumerate(table._tbl.tr_lst):
            line.get_or_add_trPr().append(_on("w:cantSplit"))
            if index == 0 or (keep_end and index > len(rows) - WITH_SIGNATURES):
                for paragraph in line.iter(qn("w:p")):
                    paragraph.get_or_add_pPr().keepNext_val = True

    def _table(self, rows: int, widths_cm: Sequence[float]) -> Table:
        table: Table = self.document.add_table(rows=rows, cols=len(widths_cm), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        for column, width in zip(table.columns, widths_cm, strict=True):
            column.width = Cm(width)
        for cells in _cells(table, len(widths_cm)):
            for cell, width in zip(cells, widths_cm, strict=True):
                cell.width = Cm(width)
        return table

    def _cell(self, cell: _Cell, text: str, *, bold: bool = False, size: float = 11, centred: bool = False) -> None:
        paragraph = cell.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if bold or centred else None
        if self.official:
            _loosen(paragraph)
        self._run(paragraph, text, "font.table", size, bold=bold)

    def cell_paragraphs(self) -> list[Paragraph]:
        """The paragraphs of all cells."""
        return [one for table in self.document.tables for cell in table._cells for one in cell.paragraphs]

    def page_break(self) -> None:
        """Start a new page."""
        self.document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def save(self) -> bytes:
        """The finished file."""
        buffer = io.BytesIO()
        self.document.save(buffer)
        return buffer.getvalue()


def _loosen(paragraph: Paragraph) -> None:
    """Let a cell's smaller characters lie closer than the lines of the page."""
    mark = OxmlElement("w:snapToGrid")
    mark.set(qn("w:val"), "0")
    paragraph._p.get_or_add_pPr().insert_element_before(mark, "w:spacing", "w:ind", "w:jc", "w:rPr")


def _on(tag: str) -> Any:
    """A switch that is on."""
    mark = OxmlElement(tag)
    mark.set(qn("w:val"), "true")
    return mark


def _cells(table: Table, columns: int) -> list[list[_Cell]]:
    # Asking a table for single cells walks the whole table each time.
    cells = table._cells
    return [cells[start : start + columns] for start in range(0, len(cells), columns)]
