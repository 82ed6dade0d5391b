"""The result of a rating as a Word file."""

from __future__ import annotations

from collections.abc import Mapping

from docx.enum.text import WD_ALIGN_PARAGRAPH

from bot.documents.grid import Table
from bot.documents.labels import Wording
from bot.documents.rating import (
    RatingReport,
    rating_facts,
    rating_notes,
    rating_parts,
    rating_signatures,
    rating_title,
)
from bot.documents.word import WordWriter


def write_rating(report: RatingReport, labels: Mapping[str, str]) -> bytes:
    """The document: head, tables, notes and the lines to sign on, then all counts; on landscape A4."""
    say = Wording(labels)
    writer = WordWriter(say, title=rating_title(report, say), made_at=report.made_at, landscape=True)
    writer.facts(rating_facts(report, say))
    signed_for, details = rating_parts(report, say)
    for table in signed_for:
        _table(writer, table, say)
    for note in rating_notes(report, say):
        writer.paragraph(note, size=12)
    writer.paragraph("", size=12)
    for line in rating_signatures(say):
        signed = writer.paragraph(line, size=14, align=WD_ALIGN_PARAGRAPH.RIGHT, space=10)
        signed.paragraph_format.keep_with_next = True
    for table in details:
        _table(writer, table, say)
    return writer.save()


def _table(writer: WordWriter, table: Table, say: Wording) -> None:
    writer.heading(table.title)
    writer.grid(table.headings, table.texts(say), table.widths, centred=True)
    if table.note:
        writer.paragraph(table.note, size=12)
