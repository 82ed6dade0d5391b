"""The result of a rating as a PDF file, to be printed and signed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
)
from reportlab.platypus import Table as Grid

from bot.documents.grid import Table
from bot.documents.labels import Wording, safe_text
from bot.documents.rating import (
    RatingReport,
    rating_facts,
    rating_notes,
    rating_parts,
    rating_signatures,
    rating_title,
)

FONT = "STSong-Light"
"""A font that is named and not embedded, so no font file is needed: the reader brings one for simplified Chinese, some
(Poppler on Linux) only with their package of CJK data."""

MISSING = "\u3013"
_MARGIN = 1.8 * cm
_WIDTH = landscape(A4)[0] - 2 * _MARGIN
_HEADED = 3 * cm
_LINE = HexColor(0x808080)
_HEAD = HexColor(0xF2E3E3)


class _Writer:
    """Collects the parts of one document."""

    def __init__(self, say: Wording) -> None:
        self.say = say
        self.parts: list[Flowable] = []
        self.missing = False
        self._styles = {
            "title": _style(18, alignment=TA_CENTER, spaceAfter=10),
            "heading": _style(13, spaceBefore=12, spaceAfter=4),
            "note": _style(10.5, spaceBefore=3),
            "cell": _style(10),
            "middle": _style(10, alignment=TA_CENTER),
            "sign": _style(12, alignment=TA_RIGHT, spaceBefore=16),
        }

    def text(self, text: str, style: str) -> Paragraph:
        # Runs of blanks, to write on, would be made one.
        shown = escape(self._printable(text)).replace("  ", "\u00a0\u00a0").replace("\n", "<br/>")
        return Paragraph(shown, self._styles[style])

    def add(self, text: str, style: str) -> None:
        self.parts.append(self.text(text, style))

    def grid(self, rows: list[list[str]], widths: list[float], header: int, style: str) -> None:
        """A bordered table over the whole width, its `header` rows repeated on every page."""
        cells = [[self.text(text, style) for text in row] for row in rows]
        total = sum(widths)
        lines: list[Any] = [
            ("GRID", (0, 0), (-1, -1), 0.5, _LINE),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
            *([("BACKGROUND", (0, 0), (-1, header - 1), _HEAD)] if header else []),
        ]
        self.parts.append(Grid(cells, [_WIDTH * width / total for width in widths], repeatRows=header, style=lines))

    def table(self, table: Table) -> None:
        self.parts.append(CondPageBreak(_HEADED))
        self.add(table.title, "heading")
        self.grid([table.headings, *table.texts(self.say)], table.widths, 1, "middle")
        if table.note:
            self.add(table.note, "note")

    def _printable(self, text: str) -> str:
        """The text with a mark for characters that the font's encoding cannot name."""
        safe = safe_text(text)
        shown = "".join(char if ord(char) < 0x10000 else MISSING for char in safe)
        self.missing = self.missing or shown != safe
        return shown


def write_rating(report: RatingReport, labels: Mapping[str, str]) -> bytes:
    """The document: head, tables, notes and the lines to sign on, then all counts; on landscape A4."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    say = Wording(labels)
    title = rating_title(report, say)
    writer = _Writer(say)
    writer.add(title, "title")
    writer.grid([list(pair) for pair in rating_facts(report, say)], [4, 20], 0, "cell")
    signed_for, details = rating_parts(report, say)
    for table in signed_for:
        writer.table(table)
    ending: list[Flowable] = [writer.text(note, "note") for note in rating_notes(report, say)]
    if writer.missing:
        ending.append(writer.text(say("rating.missing_glyphs"), "note"))
    ending += [writer.text(line, "sign") for line in rating_signatures(say)]
    writer.parts += [Spacer(0, 8), KeepTogether(ending)]
    for table in details:
        writer.table(table)
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer, pagesize=landscape(A4), title=safe_text(title), author=safe_text(report.unit),
        leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
    )  # fmt: skip

    def numbered(canvas: Canvas, page: BaseDocTemplate) -> None:
        canvas.setFont(FONT, 9)
        canvas.drawCentredString(landscape(A4)[0] / 2, _MARGIN / 2, say("format.page", page=canvas.getPageNumber()))

    document.build(writer.parts, onFirstPage=numbered, onLaterPages=numbered)
    return buffer.getvalue()


def _style(size: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle("", fontName=FONT, fontSize=size, leading=size * 1.45, wordWrap="CJK", **more)
