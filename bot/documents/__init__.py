"""Documents for the office: frozen values in, the bytes of a file out. Nothing is read or stored.

The writers load their libraries only when they are called.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.documents.values import (
    AttendanceLine,
    Correction,
    Decision,
    MaterialLine,
    Minutes,
    MonthRecord,
    NoticeLine,
    PollLine,
    QuizLine,
    SessionLine,
)

if TYPE_CHECKING:
    from bot.documents.rating import RatingReport

__all__ = [
    "AttendanceLine",
    "Correction",
    "Decision",
    "MaterialLine",
    "Minutes",
    "MonthRecord",
    "NoticeLine",
    "PollLine",
    "QuizLine",
    "SessionLine",
    "minutes_docx",
    "month_docx",
    "month_xlsx",
    "rating_to_docx",
    "rating_to_pdf",
    "rating_to_xlsx",
]


def minutes_docx(minutes: Minutes, labels: Mapping[str, str]) -> bytes:
    """The minutes as a Word file (RC-1, RC-2, RC-3). Raises KeyError for a missing label."""
    from bot.documents.minutes import write_minutes

    return write_minutes(minutes, labels)


def month_docx(record: MonthRecord, labels: Mapping[str, str]) -> bytes:
    """The month's record as a Word file. Raises KeyError for a missing label."""
    from bot.documents.month_word import write_month

    return write_month(record, labels)


def month_xlsx(record: MonthRecord, labels: Mapping[str, str]) -> bytes:
    """The month's record as an Excel file, one sheet per subject. Raises KeyError for a missing label."""
    from bot.documents.month_excel import write_month

    return write_month(record, labels)


def rating_to_docx(report: RatingReport, labels: Mapping[str, str]) -> bytes:
    """The result of a rating as a Word file. Raises KeyError for a missing label."""
    from bot.documents.rating_word import write_rating

    return write_rating(report, labels)


def rating_to_pdf(report: RatingReport, labels: Mapping[str, str]) -> bytes:
    """The result of a rating as a PDF file. Raises KeyError for a missing label."""
    from bot.documents.rating_pdf import write_rating

    return write_rating(report, labels)


def rating_to_xlsx(report: RatingReport, labels: Mapping[str, str]) -> bytes:
    """The result of a rating as an Excel file. Raises KeyError for a missing label."""
    from bot.documents.rating_excel import write_rating

    return write_rating(report, labels)
