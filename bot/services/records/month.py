"""The branch's month and a meeting's minutes as files for the office."""

from __future__ import annotations

from functools import partial

from bot import documents
from bot.documents import MonthRecord
from bot.messages import Unmade
from bot.router import Context
from bot.services.records.compose import minutes_of
from bot.store.meetings import Meeting

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def month_file(ctx: Context, record: MonthRecord, kind: str) -> Unmade:
    """The month's record as `docx` or `xlsx`."""
    name = ctx.text("records.file_month", branch=record.branch, year=record.year, month=record.month)
    labels = ctx.library.content.labels
    if kind == "docx":
        return Unmade(f"{name}.docx", DOCX, partial(documents.month_docx, record, labels))
    return Unmade(f"{name}.xlsx", XLSX, partial(documents.month_xlsx, record, labels))


def minutes_file(ctx: Context, meeting: Meeting) -> Unmade:
    """The minutes as a Word file; unsigned ones carry the draft mark."""
    found = minutes_of(ctx, meeting)
    kind = ctx.library.content.labels[f"kind.{found.kind}"]
    name = ctx.text("records.file_minutes", branch=found.branch, kind=kind, day=f"{found.starts_at:%Y-%m-%d}")
    return Unmade(f"{name}.docx", DOCX, partial(documents.minutes_docx, found, ctx.library.content.labels))
