"""The result of a rating as a Word file."""

from __future__ import annotations

from collections.abc import Mapping

from bot.documents.grid import Table
from bot.documents.labels import Wording
from bot.documents.rating import (
    RatingReport,
    rating_basis,
    rating_facts,
    rating_notes,
    rating_parts,
    rating_signatures,
    rating_title,
)
from bot.documents.word import WordWriter


def write_rating(report: RatingReport, labels: Mapping[str, str]) -> bytes:
    """The document: head, result and the lines to sign on, then an annex; on landscape A4."""
    say = Wording(labels)
    writer = WordWriter(say, title=rating_title(report, say), made_at=report.made_at, landscape=True)
    writer.facts(rating_facts(report, say))
    parts = rating_parts(report, say)
    for table in parts.before:
        _table(writer, table)
    _table(writer, parts.signed, signed=True)
    writer.paragraph(rating_basis(report, say), size=12, space=12, keep=True)
    writer.signatures(rating_signatures(report, say), size=14)
    if parts.annex:
        writer.page_break()
        writer.heading(say("rating.annex"))
    for table in parts.annex:
        _table(writer, table)
    writer.heading(say("rating.heading_notes"))
    for note in rating_notes(report, say):
        writer.paragraph(note, size=12)
    return writer.save()


def _table(writer: WordWriter, table: Table, *, signed: bool = False) -> None:
    """A table with its heading; one that is `signed` stays with what stands under it."""
    writer.heading(table.title)
    writer.grid(table.headings, table.texts(writer.say), table.widths, centred=True, keep_end=signed)
    if table.note:
        writer.paragraph(table.note, size=12, keep=signed)
