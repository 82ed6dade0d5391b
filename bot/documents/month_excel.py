"""The month's record as an Excel workbook."""

from __future__ import annotations

from collections.abc import Mapping

from bot.documents.excel import SheetWriter, add_sheets, new_workbook, saved
from bot.documents.labels import Wording
from bot.documents.tables import facts, month_tables
from bot.documents.values import MonthRecord


def write_month(record: MonthRecord, labels: Mapping[str, str]) -> bytes:
    """The workbook: overview, attendance ledger, notices, quiz, polls, materials."""
    say = Wording(labels)
    workbook = new_workbook(record.branch, record.made_at)
    overview = workbook.worksheets[0]
    overview.title = say("month.sheet_overview")
    title = say("month.title", branch=record.branch, month=say("format.month", year=record.year, month=record.month))
    sessions, *others = month_tables(record, say)
    writer = SheetWriter(overview, say)
    writer.title(title, len(sessions.columns))
    for label, value in facts(record, say):
        writer.fact(label, value)
    writer.heading(sessions.title)
    header = writer.table(sessions)
    overview.print_title_rows = f"{header}:{header}"
    add_sheets(workbook, title, others, say)
    return saved(workbook)
