"""Working days with holidays and make-up workdays (CA-1..CA-7). Days are `date` in Asia/Shanghai."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import zip_longest
from types import MappingProxyType
from typing import Self

from msgspec import Struct

_ONE = timedelta(days=1)


class Shift(StrEnum):
    """Where a date moves when it is not a working day (CA-7)."""

    NEXT = "next"
    PREVIOUS = "previous"
    NEAREST = "nearest"


class YearPlan(Struct, frozen=True):
    """One year's notice: days off, and weekend days that are worked (CA-5)."""

    off: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()


class Fitted(Struct, frozen=True):
    """A date after CA-7; `provisional` when its year has no notice yet (CA-4)."""

    date: date
    moved: bool
    provisional: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """All notices known; Monday to Friday is assumed where none is (CA-4)."""

    years: Mapping[int, YearPlan] = field(hash=False)
    off: frozenset[date]
    work: frozenset[date]

    @classmethod
    def from_years(cls, years: Mapping[int, YearPlan]) -> Self:
        """Merge the yearly notices.

        Raises ValueError naming the date when one is both off and worked, or lies outside its notice's year
        by more than a neighbouring year (a notice may shift days across New Year).
        """
        off: set[date] = set()
        work: set[date] = set()
        for year, plan in years.items():
            for day in sorted(plan.off | plan.work):
                if abs(day.year - year) > 1:
                    raise ValueError(f"{day.isoformat()} does not belong to the notice for {year}")
            off |= plan.off
            work |= plan.work
        both = sorted(off & work)
        if both:
            raise ValueError(f"both off and work: {', '.join(day.isoformat() for day in both)}")
        return cls(years=MappingProxyType(dict(years)), off=frozenset(off), work=frozenset(work))

    def is_working(self, day: date, allow_makeup_workday: bool = True) -> bool:
        """Whether people work that day (CA-2). Raises TypeError for a datetime."""
        if isinstance(day, datetime):
            raise TypeError("a date is needed, not a datetime")
        if day in self.work:
            return allow_makeup_workday or day.weekday() < 5
        return day.weekday() < 5 and day not in self.off

    def is_rest(self, day: date) -> bool:
        """Whether the day is a holiday or an ordinary weekend day."""
        return not self.is_working(day)

    def provisional(self, day: date) -> bool:
        """Whether no notice is loaded for the day's year (CA-4)."""
        return day.year not in self.years

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day after `day` (before it when n is negative); `day` itself when n is 0."""
        step = _ONE if n > 0 else -_ONE
        left = abs(n)
        while left:
            day += step
            if self.is_working(day):
                left -= 1
        return day

    def fit(self, day: date, shift: Shift | str = Shift.NEXT, allow_makeup_workday: bool = True) -> Fitted:
        """Move `day` to a working day of the same month (CA-7); the other direction when there is none.

        `nearest` prefers the later of two equally near days. A month without any working day keeps `day`.
        Raises ValueError for an unknown shift.
        """
        for candidate in _candidates(day, Shift(shift)):
            if self.is_working(candidate, allow_makeup_workday):
                return Fitted(candidate, moved=candidate != day, provisional=self.provisional(day))
        return Fitted(day, moved=False, provisional=self.provisional(day))


def _candidates(day: date, shift: Shift) -> Iterator[date]:
    """The days of the month in the order in which CA-7 tries them, the nominal day first."""
    yield day
    before: Iterable[date] = [day.replace(day=n) for n in range(day.day - 1, 0, -1)]
    after: Iterable[date] = [
        day.replace(day=n) for n in range(day.day + 1, month_length(day.year, day.month) + 1)
    ]
    if shift is Shift.NEAREST:
        for pair in zip_longest(after, before):
            yield from (found for found in pair if found is not None)
        return
    first, second = (after, before) if shift is Shift.NEXT else (before, after)
    yield from first
    yield from second


def month_length(year: int, month: int) -> int:
    """Number of days of a month. Raises ValueError for a month outside 1..12."""
    if month == 12:
        return 31
    return (date(year, month + 1, 1) - date(year, month, 1)).days
