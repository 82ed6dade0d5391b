"""Reading dates, times, months and theme-day policies that somebody typed; the words come from content."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, time

from msgspec import Struct

from bot.rules.theme_day import DayPolicy


class DateWords(Struct, frozen=True):
    """`numbers` and `weekdays` give the value of a word (Monday is 0). The patterns have named groups:
    y, m, d in dates; h, min, pm in times; n, w in policies."""

    numbers: Mapping[str, int]
    weekdays: Mapping[str, int]
    dates: tuple[re.Pattern[str], ...]
    months: tuple[re.Pattern[str], ...]
    times: tuple[re.Pattern[str], ...]
    day_of_month: tuple[re.Pattern[str], ...]
    nth_weekday: tuple[re.Pattern[str], ...]
    last_weekday: tuple[re.Pattern[str], ...]


def read_date(text: str, words: DateWords, near: date) -> date | None:
    """The day that a text names; without a year or month the one nearest to `near`; else None."""
    found = _match(words.dates, text)
    if found is None:
        return None
    parts = found.groupdict()
    month = int(parts.get("m") or near.month)
    if not 1 <= month <= 12:
        return None
    try:
        return date(int(parts.get("y") or _year(month, near)), month, int(parts["d"]))
    except ValueError:
        return None


def names_date(text: str, words: DateWords) -> bool:
    """Whether a text is written like a day, be there such a day or not."""
    return _match(words.dates, text) is not None


def read_month(text: str, words: DateWords, near: date) -> tuple[int, int] | None:
    """Year and month that a text names; without a year the one nearest to `near`. None for anything else."""
    found = _match(words.months, text)
    if found is None:
        return None
    month = _number(found["m"], words)
    if not 1 <= month <= 12:
        return None
    return int(found.groupdict().get("y") or _year(month, near)), month


def read_time(text: str, words: DateWords) -> time | None:
    """The time of day that a text names; None for anything else."""
    found = _match(words.times, text)
    if found is None:
        return None
    parts = found.groupdict()
    hour = int(parts["h"])
    if parts.get("pm") and hour < 12:
        hour += 12
    try:
        return time(hour, int(parts.get("min") or 0))
    except ValueError:
        return None


def read_policy(text: str, words: DateWords) -> DayPolicy | None:
    """The theme-day policy that a text names (TD-7); None for anything else."""
    try:
        if found := _match(words.last_weekday, text):
            return DayPolicy.last_weekday(words.weekdays[found["w"]])
        if found := _match(words.nth_weekday, text):
            return DayPolicy.nth_weekday(_number(found["n"], words), words.weekdays[found["w"]])
        if found := _match(words.day_of_month, text):
            number = found.groupdict().get("n")
            return DayPolicy.day_of_month(_number(number, words) if number else 31)
    except (KeyError, ValueError):
        return None
    return None


def _match(patterns: tuple[re.Pattern[str], ...], text: str) -> re.Match[str] | None:
    plain = "".join(unicodedata.normalize("NFKC", text[:40]).split())
    return next((found for pattern in patterns if (found := pattern.fullmatch(plain))), None)


def _number(text: str, words: DateWords) -> int:
    return int(text) if text.isascii() and text.isdigit() else words.numbers.get(text, 0)


def _year(month: int, near: date) -> int:
    """The year that brings the month within half a year of `near`."""
    apart = month - near.month
    return near.year + (1 if apart < -6 else -1 if apart > 6 else 0)
