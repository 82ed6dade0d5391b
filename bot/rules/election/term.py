"""The term of a branch committee, from one election to the next (EL-1..EL-4)."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

DUE_SOON_DAYS = 90
MONTHS_EITHER_WAY = 12


class TermState(StrEnum):
    """normal -> reminded -> due_soon -> overdue; postponed while an approved later date has not passed."""

    NORMAL = "normal"
    REMINDED = "reminded"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    POSTPONED = "postponed"


class Postponement(Struct, frozen=True):
    """The superior's approval of an election on another date, earlier or later (EL-3)."""

    until: date
    approval_no: str


class Term(Struct, frozen=True):
    """A term of whole years from the day of the election."""

    elected_on: date
    years: int
    changed: Postponement | None = None

    @property
    def ends_on(self) -> date:
        """The day on which the term expires (EL-1, EL-2)."""
        return add_months(self.elected_on, 12 * self.years)

    @property
    def earliest_on(self) -> date:
        """The earliest date that may be approved (EL-3)."""
        return add_months(self.ends_on, -MONTHS_EITHER_WAY)

    @property
    def latest_on(self) -> date:
        """The latest date that may be approved (EL-3)."""
        return add_months(self.ends_on, MONTHS_EITHER_WAY)

    @property
    def deadline(self) -> date:
        """The last day for the election: the approved date, else the day of expiry."""
        return self.changed.until if self.changed else self.ends_on


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months on (or back); the last day where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def reminders(term: Term, months_before: int) -> tuple[date, date]:
    """When the first reminder and the one at due_soon fall, before the deadline (EL-4)."""
    return add_months(term.deadline, -months_before), term.deadline - timedelta(days=DUE_SOON_DAYS)


def term_state(term: Term, today: date, months_before: int) -> TermState:
    """Where the term stands. The deadline itself is still in time; the day after is overdue."""
    if today > term.deadline:
        return TermState.OVERDUE
    if term.deadline > term.ends_on:
        return TermState.POSTPONED
    first, second = reminders(term, months_before)
    if today >= second:
        return TermState.DUE_SOON
    return TermState.REMINDED if today >= first else TermState.NORMAL


def postponement_problem(term: Term, wanted: Postponement) -> str:
    """Why an approved date cannot stand: "approval" or "range"; empty when it can (EL-3)."""
    if not wanted.approval_no.strip():
        return "approval"
    if not term.earliest_on <= wanted.until <= term.latest_on:
        return "range"
    return ""
