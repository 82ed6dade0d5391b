"""The month's record as a Word file."""

from __future__ import annotations

from collections.abc import Mapping

from bot.documents.labels import Wording
from bot.documents.tables import facts, month_tables
from bot.documents.values import MonthRecord
from bot.documents.word import WordWriter


def write_month(record: MonthRecord, labels: Mapping[str, str]) -> bytes:
    """The document: the head of the record, then one table per subject, on landscape A4."""
    say = Wording(labels)
    month = say("format.month", year=record.year, month=record.month)
    title = say("month.title", branch=record.branch, month=month)
    writer = WordWriter(say, title=title, made_at=record.made_at, landscape=True)
    writer.facts(facts(record, say))
    for table in month_tables(record, say):
        writer.heading(table.title)
        if table.rows:
            writer.grid(table.headings, table.texts(say), table.widths)
        else:
            writer.paragraph(say("month.nothing"), size=12)
        if table.note:
            writer.paragraph(table.note, size=10.5)
    return writer.save()
