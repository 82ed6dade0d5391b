"""Word files: A4, Chinese fonts, bordered tables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime

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

from bot.documents.labels import ZONE, Wording, safe_text

TEXT_WIDTH_CM = 15.6


class WordWriter:
    """Writes one document from the top down.

    ``landscape`` turns the page for wide tables. Sizes follow the usual official sheet: title 22
    points, headings and body 16, tables 11.
    """

    def __init__(self, say: Wording, *, title: str, made_at: datetime, landscape: bool = False) -> None:
        self.say = say
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
        footer = section.footer.paragraphs[0]
        footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
        before, _, after = self.say("format.page", page="\0").partition("\0")
        self._run(footer, before, "font.table", 10)
        self._field(self._run(footer, "", "font.table", 10), "PAGE")
        self._run(footer, after, "font.table", 10)

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
    ) -> Paragraph:
        """One paragraph; ``indent`` moves its first line in by two characters."""
        paragraph = self.document.add_paragraph()
        if align is not None:
            paragraph.alignment = align
        paragraph.paragraph_format.space_after = Pt(space)
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt(size * 2)
        self._run(paragraph, text, font, size)
        return paragraph

    def heading(self, text: str) -> None:
        """A section heading that stays with what follows."""
        paragraph = self.paragraph(text, font="font.heading", space=4)
        paragraph.paragraph_format.space_before = Pt(10)
        paragraph.paragraph_format.keep_with_next = True

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
    ) -> None:
        """A table whose header row repeats on every page; ``widths`` are parts of the text width."""
        total = sum(widths)
        table = self._table(len(rows) + 1, [self.width_cm * width / total for width in widths])
        mark = OxmlElement("w:tblHeader")
        mark.set(qn("w:val"), "true")
        table.rows[0]._tr.get_or_add_trPr().append(mark)
        for index, (cells, row) in enumerate(zip(_cells(table, len(widths)), [headings, *rows], strict=True)):
            for cell, text in zip(cells, row, strict=True):
                self._cell(cell, text, bold=index == 0, size=size, centred=centred)

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
        self._run(paragraph, text, "font.table", size, bold=bold)

    def page_break(self) -> None:
        """Start a new page."""
        self.document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def save(self) -> bytes:
        """The finished file."""
        buffer = io.BytesIO()
        self.document.save(buffer)
        return buffer.getvalue()


def _cells(table: Table, columns: int) -> list[list[_Cell]]:
    # Asking a table for single cells walks the whole table each time.
    cells = table._cells
    return [cells[start : start + columns] for start in range(0, len(cells), columns)]
