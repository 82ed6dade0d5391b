"""Documents for the office: frozen values in, the bytes of a file out. Nothing is read or stored.

A writer is loaded with its library when it first writes. It raises KeyError for a missing label.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
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
    from bot.documents.election import BallotPaper, ElectionRecord
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
    "ballot_docx",
    "election_report_docx",
    "election_result_docx",
    "minutes_docx",
    "month_docx",
    "month_xlsx",
    "rating_to_docx",
    "rating_to_pdf",
    "rating_to_xlsx",
    "tally_docx",
]


Labels = Mapping[str, str]


def _on_first_use(module: str, name: str) -> Callable[..., bytes]:
    """The function of a module of this folder that is loaded when it is first called."""

    def write(*values: object) -> bytes:
        written: bytes = getattr(import_module(f"{__name__}.{module}"), name)(*values)
        return written

    return write


minutes_docx: Callable[[Minutes, Labels], bytes] = _on_first_use("minutes", "write_minutes")
"""The minutes (RC-1, RC-2, RC-3)."""
month_docx: Callable[[MonthRecord, Labels], bytes] = _on_first_use("month_word", "write_month")
month_xlsx: Callable[[MonthRecord, Labels], bytes] = _on_first_use("month_excel", "write_month")
"""The month's record, one sheet per subject."""
rating_to_docx: Callable[[RatingReport, Labels], bytes] = _on_first_use("rating_word", "write_rating")
rating_to_pdf: Callable[[RatingReport, Labels], bytes] = _on_first_use("rating_pdf", "write_rating")
rating_to_xlsx: Callable[[RatingReport, Labels], bytes] = _on_first_use("rating_excel", "write_rating")
ballot_docx: Callable[[BallotPaper, int, Labels], bytes] = _on_first_use("ballot_word", "write_ballot")
"""One page with so many (1 or 2) equal ballots, to be copied."""
tally_docx: Callable[[BallotPaper, Labels], bytes] = _on_first_use("tally_word", "write_tally")
"""The blank sheet for counting, to be signed by the scrutineers."""
election_result_docx: Callable[[ElectionRecord, Labels], bytes] = _on_first_use("election_word", "write_result")
"""The form with the counts, for scrutineers and tellers to sign."""
election_report_docx: Callable[[ElectionRecord, Labels], bytes] = _on_first_use("election_word", "write_report")
"""The draft of the report to the superior (EL-25)."""
