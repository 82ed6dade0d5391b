"""The result of a rating as an Excel workbook."""

from __future__ import annotations

from collections.abc import Mapping

from bot.documents.excel import SheetWriter, add_sheets, new_workbook, saved
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

ON_ONE_PAGE = 12
"""So many rows, at most two lines high, and the signatures surely fit on one page."""
WITH_SIGNATURES = 3


def write_rating(report: RatingReport, labels: Mapping[str, str]) -> bytes:
    """The workbook: the first sheet carries head, notes and the lines to sign on; each table has a sheet of its own."""
    say = Wording(labels)
    workbook = new_workbook(report.unit, report.made_at)
    title = rating_title(report, say)
    first, *others = rating_parts(report, say).tables
    sheet = workbook.worksheets[0]
    sheet.title = first.title
    writer = SheetWriter(sheet, say)
    writer.title(title, len(first.columns))
    header = writer.table(first)
    sheet.print_title_rows = f"{header}:{header}"
    if len(first.rows) > ON_ONE_PAGE:
        writer.begin_page(header + len(first.rows) + 1 - WITH_SIGNATURES, first)
    writer.gap()
    for text in (rating_basis(report, say), *rating_signatures(report, say)):
        writer.line(text, len(first.columns))
    writer.gap()
    for label, value in rating_facts(report, say):
        writer.line(f"{label}{say('rating.colon')}{value}", len(first.columns))
    for text in rating_notes(report, say):
        writer.line(text, len(first.columns))
    add_sheets(workbook, title, others, say)
    return saved(workbook)
