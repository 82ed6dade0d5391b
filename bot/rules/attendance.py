"""Attendance: status, the two rates, make-ups, sessions missed, months without any (AT-1..AT-6, AT-8, AT-9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct


class Status(StrEnum):
    """AT-3."""

    PRESENT = "present"
    LATE = "late"
    LEAVE_APPROVED = "leave_approved"
    ABSENT = "absent"
    EXEMPT = "exempt"


MISSED = (Status.LEAVE_APPROVED, Status.ABSENT)
"""What may be made up (AT-5)."""


class Leave(Struct, frozen=True):
    """A request for leave; `asked_at` is aware. Raises ValueError when it is naive."""

    asked_at: datetime
    approved: bool = False

    def __post_init__(self) -> None:
        _aware(self.asked_at)


class Entry(Struct, frozen=True):
    """One person on the attendance list; an observer is an invited non-member."""

    status: Status
    made_up: bool = False
    observer: bool = False


class Tally(Struct, frozen=True):
    """Numbers of one event. `present` are those who came in time, `came` all who came; `made_up` counts those on leave
    or absent who caught up (AT-5)."""

    present: int = 0
    late: int = 0
    leave_approved: int = 0
    absent: int = 0
    exempt: int = 0
    made_up: int = 0
    observers: int = 0

    @property
    def came(self) -> int:
        """Everybody who came, late or not: what a record calls present (AT-1, RC-1)."""
        return self.present + self.late

    @property
    def covered(self) -> int:
        """Everybody who came or caught up (AT-6)."""
        return self.came + self.made_up

    @property
    def expected(self) -> int:
        """The due count: members of the branch without those exempt (AT-1, AT-2)."""
        return self.came + self.leave_approved + self.absent


class Rates(Struct, frozen=True):
    """AT-6, exact; None where nobody was expected."""

    expected: int
    attendance: Fraction | None
    coverage: Fraction | None


def status(
    start: datetime,
    signed_in_at: datetime | None = None,
    leave: Leave | None = None,
    exempt: bool = False,
    grace: timedelta = timedelta(0),
) -> Status:
    """The status of one member once the event is over (AT-2..AT-4).

    Whoever signed in came, leave or not; late begins after `start + grace`. Leave counts only when approved,
    whether asked before or after the start. Raises ValueError for naive datetimes.
    """
    _aware(start)
    if exempt:
        return Status.EXEMPT
    if signed_in_at is not None:
        _aware(signed_in_at)
        return Status.PRESENT if signed_in_at <= start + grace else Status.LATE
    if leave is not None and leave.approved:
        return Status.LEAVE_APPROVED
    return Status.ABSENT


def tally(entries: Iterable[Entry]) -> Tally:
    """Count an attendance list; observers are counted apart, whatever their status (AT-1)."""
    listed = tuple(entries)
    members = [entry for entry in listed if not entry.observer]
    counts = Counter(entry.status for entry in members)
    return Tally(
        present=counts[Status.PRESENT],
        late=counts[Status.LATE],
        leave_approved=counts[Status.LEAVE_APPROVED],
        absent=counts[Status.ABSENT],
        exempt=counts[Status.EXEMPT],
        made_up=sum(entry.made_up and entry.status in MISSED for entry in members),
        observers=len(listed) - len(members),
    )


def rates(counted: Tally) -> Rates:
    """Both rates as exact fractions, never mixed (AT-6).

    Raises ValueError for a negative count or more make-ups than people who missed the event.
    """
    numbers = (counted.present, counted.late, counted.leave_approved, counted.absent, counted.made_up)
    if min(numbers) < 0 or counted.made_up > counted.leave_approved + counted.absent:
        raise ValueError(f"the counts do not fit together: {counted}")
    expected = counted.expected
    if expected == 0:
        return Rates(0, None, None)
    return Rates(expected, Fraction(counted.came, expected), Fraction(counted.covered, expected))


def percent(rate: Fraction) -> Decimal:
    """A rate for display: per cent with one decimal, halves rounded up (18/22 gives 81.8)."""
    tenths = (rate * 2000 + 1) // 2
    return Decimal(tenths).scaleb(-1)


def make_up_due(day: date, days: int = 14) -> date:
    """The last day for catching up on an event held on `day` (AT-5)."""
    return day + timedelta(days=days)


def missed_in_a_row(statuses: Sequence[Status]) -> int:
    """Sessions missed without leave at the end of a history in time order (AT-8).

    Sessions at which the member was exempt are passed over: nobody expected them there.
    """
    expected = [found for found in statuses if found is not Status.EXEMPT]
    missed = 0
    while missed < len(expected) and expected[-1 - missed] is Status.ABSENT:
        missed += 1
    return missed


def months_since(day: date, today: date) -> int:
    """Whole months from `day` to `today` (AT-9): from the 31st one is over on the 1st after a shorter month."""
    months = (today.year - day.year) * 12 + today.month - day.month
    return months - (today.day < day.day)


def _aware(moment: datetime) -> None:
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("an aware datetime is needed")
