"""The branch's theme day: its policy, its date in a month, its reminders (TD-5, TD-7, TD-8, TD-10)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Self

from msgspec import Struct

from bot.rules.calendar import Calendar, Shift, month_length

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class DayKind(StrEnum):
    """How a branch names its day (TD-7)."""

    DAY_OF_MONTH = "day"
    NTH_WEEKDAY = "nth"
    LAST_WEEKDAY = "last"


class Stage(StrEnum):
    """The matter of a reminder; one message per stage (TD-10, FM-6)."""

    TOPIC = "topic"
    NOTICE = "notice"
    SHORT = "short"
    RECORD = "record"
    MAKE_UP = "make_up"


class Audience(StrEnum):
    """Who receives a reminder (TD-10)."""

    COMMITTEE = "committee"
    MEMBERS = "members"
    RECORDER = "recorder"
    ORGANIZATION_COMMISSIONER = "organization_commissioner"


class DayPolicy(Struct, frozen=True):
    """TD-7. `number` is the day of the month (1..31) or n (1..5); `weekday` counts from Monday = 0.

    Raises ValueError for numbers out of range.
    """

    kind: DayKind
    number: int = 0
    weekday: int = 0

    def __post_init__(self) -> None:
        limit = {DayKind.DAY_OF_MONTH: 31, DayKind.NTH_WEEKDAY: 5, DayKind.LAST_WEEKDAY: 0}[self.kind]
        if not min(limit, 1) <= self.number <= limit:
            raise ValueError(f"theme day number {self.number} is outside {min(limit, 1)}..{limit}")
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"weekday {self.weekday} is outside 0..6")

    @classmethod
    def day_of_month(cls, day: int) -> Self:
        """The same day each month; a shorter month uses its last day."""
        return cls(DayKind.DAY_OF_MONTH, number=day)

    @classmethod
    def nth_weekday(cls, n: int, weekday: int) -> Self:
        """The n-th such weekday; a month with only four uses the fourth for n = 5."""
        return cls(DayKind.NTH_WEEKDAY, number=n, weekday=weekday)

    @classmethod
    def last_weekday(cls, weekday: int) -> Self:
        """The last such weekday of the month."""
        return cls(DayKind.LAST_WEEKDAY, weekday=weekday)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the stored form: "day:5", "nth:2:fri" or "last:fri". Raises ValueError for anything else."""
        try:
            match text.split(":"):
                case ["day", day]:
                    return cls.day_of_month(int(day))
                case ["nth", n, weekday]:
                    return cls.nth_weekday(int(n), WEEKDAYS.index(weekday))
                case ["last", weekday]:
                    return cls.last_weekday(WEEKDAYS.index(weekday))
        except ValueError as error:
            raise ValueError(f"theme day policy {text!r}: {error}") from error
        raise ValueError(f"theme day policy {text!r}: expected day:N, nth:N:WEEKDAY or last:WEEKDAY")

    def format(self) -> str:
        """The stored form; `parse` reads it back."""
        parts = [self.kind.value]
        if self.number:
            parts.append(str(self.number))
        if self.kind is not DayKind.DAY_OF_MONTH:
            parts.append(WEEKDAYS[self.weekday])
        return ":".join(parts)

    def nominal(self, year: int, month: int) -> date:
        """The day by policy alone, holidays ignored (TD-7)."""
        length = month_length(year, month)
        if self.kind is DayKind.DAY_OF_MONTH:
            return date(year, month, min(self.number, length))
        first = 1 + (self.weekday - date(year, month, 1).weekday()) % 7
        days = range(first, length + 1, 7)
        index = len(days) if self.kind is DayKind.LAST_WEEKDAY else min(self.number, len(days))
        return date(year, month, days[index - 1])


class AgendaItem(Struct, frozen=True):
    """One item of an agenda (TD-4). `required` items come from the bureau's fixed set (TD-3).

    Raises ValueError for an empty title or a length outside 0..480 minutes.
    """

    kind: str
    title: str
    minutes: int = 0
    required: bool = False

    def __post_init__(self) -> None:
        if not self.title.strip() or not 0 <= self.minutes <= 480:
            raise ValueError(f"agenda item {self.title!r}: a title and 0..480 minutes are needed")


class AgendaPlan(Struct, frozen=True):
    """The fixed items of every theme day and suggestions for the variable part ("5+N", TD-3)."""

    fixed: tuple[AgendaItem, ...]
    suggested: tuple[AgendaItem, ...]


class Planned(Struct, frozen=True):
    """The theme day of one month: the nominal date and the date after moving it (TD-8)."""

    nominal: date
    date: date
    moved: bool
    provisional: bool


class Reminder(Struct, frozen=True):
    """One reminder to one audience; `on` is a working day (TD-10)."""

    stage: Stage
    role: Audience
    on: date


# Working days relative to the theme day.
_PLAN = (
    (Stage.TOPIC, Audience.COMMITTEE, -7),
    (Stage.NOTICE, Audience.MEMBERS, -3),
    (Stage.SHORT, Audience.MEMBERS, -1),
    (Stage.RECORD, Audience.RECORDER, 1),
    (Stage.MAKE_UP, Audience.ORGANIZATION_COMMISSIONER, 3),
)


def plan(
    policy: DayPolicy,
    year: int,
    month: int,
    calendar: Calendar,
    shift: Shift | str = Shift.NEXT,
    allow_makeup_workday: bool = True,
) -> Planned:
    """The month's theme day, on a working day of that month (TD-8, CA-7)."""
    nominal = policy.nominal(year, month)
    fitted = calendar.fit(nominal, shift, allow_makeup_workday)
    return Planned(nominal, fitted.date, fitted.moved, fitted.provisional)


def reminders(day: date, calendar: Calendar) -> tuple[Reminder, ...]:
    """The reminder plan around a theme day, in time order, counted in working days (TD-10)."""
    return tuple(
        Reminder(stage, role, calendar.add_working_days(day, offset)) for stage, role, offset in _PLAN
    )


def same_content(
    topic_a: str, materials_a: Iterable[str], topic_b: str, materials_b: Iterable[str]
) -> tuple[str, ...]:
    """What two theme days share: "topic", "materials", both or neither (TD-5).

    Width, case, spaces, punctuation and the order of materials do not matter; empty content is never shared.
    """
    shared: list[str] = []
    topic = _bare(topic_a)
    if topic and topic == _bare(topic_b):
        shared.append("topic")
    materials = {_bare(item) for item in materials_a} - {""}
    if materials and materials == {_bare(item) for item in materials_b} - {""}:
        shared.append("materials")
    return tuple(shared)


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if unicodedata.category(char)[0] not in "PZC")
