"""The result of a rating as a PDF file, to be printed and signed. It carries the characters that it shows."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as Grid

from bot.documents.grid import Table
from bot.documents.labels import Wording, safe_text
from bot.documents.rating import (
    RatingReport,
    rating_basis,
    rating_facts,
    rating_names,
    rating_notes,
    rating_parts,
    rating_signatures,
    rating_title,
)
from bot.documents.typeface import SONG, fonts, lacking, runs

_MARGIN = 1.8 * cm
_WIDTH = landscape(A4)[0] - 2 * _MARGIN
_LINE = HexColor(0x808080)
_HEAD = HexColor(0xF2E3E3)
_WITH_SIGNATURES = 3
"""So many rows of the table that is signed stand on the page of its signatures."""


class _Writer:
    """Collects the parts of one document."""

    def __init__(self, say: Wording) -> None:
        self.say = say
        self.parts: list[Flowable] = []
        self._styles = {
            "title": _style(18, alignment=TA_CENTER, spaceAfter=10),
            "heading": _style(13, spaceBefore=12, spaceAfter=4),
            "note": _style(10.5, spaceBefore=3),
            "cell": _style(10),
            "middle": _style(10, alignment=TA_CENTER),
            "sign": _style(12, alignment=TA_RIGHT, spaceBefore=16),
        }

    def text(self, text: str, style: str) -> Paragraph:
        shown = "".join(_marked(font, part) for font, part in runs(text))
        return Paragraph(shown, self._styles[style])

    def add(self, text: str, style: str) -> None:
        self.parts.append(self.text(text, style))

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """A bordered table of labels and values."""
        cells = [[self.text(text, "cell") for text in pair] for pair in pairs]
        self.parts.append(Grid(cells, [_WIDTH / 6, _WIDTH * 5 / 6], style=_borders(0, len(cells) - 1)))

    def table(self, table: Table, ending: Sequence[Flowable] = ()) -> None:
        """A table over the whole width with its heading. The header is repeated on every page; the heading is not cut
        from the first row, nor `ending`, what stands under the table, from the last rows."""
        rows = [table.headings, *table.texts(self.say)]
        columns = len(table.headings)
        cells: list[list[Any]] = [[self.text(table.title, "heading")] + [""] * (columns - 1)]
        cells += [[self.text(text, "middle") for text in row] for row in rows]
        below = [*([self.text(table.note, "note")] if table.note else []), *ending]
        last = len(rows)
        style: list[Any] = [*_borders(1, last), ("SPAN", (0, 0), (-1, 0)), ("BACKGROUND", (0, 1), (-1, 1), _HEAD)]
        style.append(("NOSPLIT", (0, 0), (-1, min(2, last))))
        if below:
            cells.append([below] + [""] * (columns - 1))
            style.append(("SPAN", (0, last + 1), (-1, last + 1)))
            style.append(("NOSPLIT", (0, max(1, last + 1 - _WITH_SIGNATURES)), (-1, last + 1)))
        widths = [_WIDTH * width / sum(table.widths) for width in table.widths]
        self.parts += [Spacer(0, 8), Grid(cells, widths, repeatRows=(1,), style=style)]


class _Numbered(Canvas):
    """A canvas that knows how many pages there are before it writes the number of the first."""

    def __init__(self, say: Wording, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._say = say
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - ReportLab calls it
        self._pages.append(dict(self.__dict__))
        start: Callable[[], None] = getattr(self, "_startPage")  # noqa: B009 - ReportLab's own way, unknown to its types
        start()

    def save(self) -> None:
        pages = self._pages
        for number, page in enumerate(pages, start=1):
            self.__dict__.update(page)
            self.setFont(SONG, 9)
            text = self._say("format.page", page=number, pages=len(pages))
            self.drawCentredString(landscape(A4)[0] / 2, _MARGIN / 2, text)
            super().showPage()
        super().save()


def write_rating(report: RatingReport, labels: Mapping[str, str]) -> bytes:
    """The document: head, result and the lines to sign on, then an annex; on landscape A4."""
    fonts()
    say = Wording(labels)
    title = rating_title(report, say)
    writer = _Writer(say)
    writer.add(title, "title")
    writer.facts(rating_facts(report, say))
    parts = rating_parts(report, say)
    for table in parts.before:
        writer.table(table)
    ending = [writer.text(rating_basis(report, say), "note")]
    if names := lacking(rating_names(report)):
        joined = say("format.name_separator").join(names)
        ending.append(writer.text(say("rating.missing_glyphs", names=joined), "note"))
    ending += [writer.text(line, "sign") for line in rating_signatures(report, say)]
    writer.table(parts.signed, ending)
    if parts.annex:
        writer.parts.append(PageBreak())
        writer.add(say("rating.annex"), "heading")
    for table in parts.annex:
        writer.table(table)
    writer.add(say("rating.heading_notes"), "heading")
    for note in rating_notes(report, say):
        writer.add(note, "note")
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer, pagesize=landscape(A4), title=safe_text(title), author=safe_text(report.unit), lang="zh-CN",
        initialFontName=SONG,
        leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
    )  # fmt: skip
    document.build(writer.parts, canvasmaker=partial(_Numbered, say))
    return buffer.getvalue()


def _marked(font: str, text: str) -> str:
    """A part of a paragraph in ReportLab's markup; runs of blanks, to write on, would be made one."""
    shown = escape(text).replace("  ", "\u00a0\u00a0").replace("\n", "<br/>")
    return shown if font == SONG else f'<font name="{font}">{shown}</font>'


def _borders(first: int, last: int) -> list[Any]:
    """Lines around the cells of these rows."""
    return [
        ("GRID", (0, first), (-1, last), 0.5, _LINE),
        ("FONTNAME", (0, 0), (-1, -1), SONG),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]


def _style(size: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle("", fontName=SONG, fontSize=size, leading=size * 1.45, wordWrap="CJK", **more)
