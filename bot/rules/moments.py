"""Reading a typed moment: "8:30", "11-05 14:00", "2026-11-05 8:30", or with words for days and hours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct

MAX_LENGTH = 40
_HALF_YEAR = timedelta(days=183)


class MomentWords(Struct, frozen=True):
    """Words that a text may hold: for days (days from today), for the afternoon, for half past, and words
    that stand between the numbers or mean nothing."""

    days: Mapping[str, int]
    afternoon: tuple[str, ...]
    half: tuple[str, ...]
    marks: tuple[str, ...]

    @classmethod
    def read(cls, text: Callable[[str], str]) -> MomentWords:
        """The words of the texts, `notices.words`."""
        days = {word: number for number in range(4) for word in text(f"notices.words.day_{number}").split()}
        names = ("afternoon", "half", "marks")
        afternoon, half, marks = (tuple(text(f"notices.words.{name}").split()) for name in names)
        return cls(days, afternoon, half, marks)


def parse_moment(text: str, now: datetime, words: MomentWords) -> datetime | None:
    """The moment that a text names, in the time zone of `now`; None when it is not understood.

    A time alone, or after a day word, is of that day; a month and a day without a year are in the year in
    which they are not half a year past. The result may lie in the past: that is for the caller to refuse.
    """
    said = unicodedata.normalize("NFKC", text).strip()
    if not said or len(said) > MAX_LENGTH:
        return None
    said, day = _take_day(said, words)
    said, later = _take(said, words.afternoon)
    for half in words.half:
        said = said.replace(half, " 30 ")
    for mark in (*words.marks, ":", "-", "/", ".", "T"):
        said = said.replace(mark, " ")
    if not re.fullmatch(r"[0-9 ]+", said):
        return None
    numbers = [int(part) for part in said.split() if len(part) <= 4]
    on, hour_minute = _split(numbers, now, day, text)
    if on is None or not hour_minute:
        return None
    hour, minute = (*hour_minute, 0)[:2]
    try:
        return datetime(
            on.year, on.month, on.day, hour + (12 if later and hour < 12 else 0), minute, tzinfo=now.tzinfo
        )
    except ValueError:
        return None


def _split(numbers: list[int], now: datetime, day: int | None, text: str) -> tuple[date | None, list[int]]:
    """The day, and hour with or without minute."""
    if day is not None:
        return now.date() + timedelta(days=day), numbers if len(numbers) <= 2 else []
    if len(numbers) == 5 or (len(numbers) == 4 and numbers[0] > 12):
        return _date(*numbers[:3]), numbers[3:]
    if len(numbers) in (3, 4):
        return _near(numbers[0], numbers[1], now.date()), numbers[2:]
    if len(numbers) == 2 or (len(numbers) == 1 and not text.strip().isdigit()):
        return now.date(), numbers
    return None, []


def _near(month: int, day: int, today: date) -> date | None:
    found = _date(today.year, month, day)
    if found is None or today - found > _HALF_YEAR:
        return _date(today.year + 1, month, day)
    return found


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _take_day(said: str, words: MomentWords) -> tuple[str, int | None]:
    for word in sorted(words.days, key=len, reverse=True):
        if word in said:
            return said.replace(word, " "), words.days[word]
    return said, None


def _take(said: str, words: tuple[str, ...]) -> tuple[str, bool]:
    found = False
    for word in words:
        if word in said:
            said, found = said.replace(word, " "), True
    return said, found
