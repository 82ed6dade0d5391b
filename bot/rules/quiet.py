"""Quiet hours: when a reminder may go out (TD-10)."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

from bot.rules.calendar import Calendar

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


def next_allowed(
    now: datetime, calendar: Calendar | None = None, rest_days: bool = False, start: int = 20, end: int = 8
) -> datetime:
    """The first moment at or after `now` outside quiet hours, in Asia/Shanghai.

    Quiet from hour `start` until hour `end` of the next day (of the same day when start < end; never when
    they are equal). With `rest_days`, days of rest are quiet as a whole; without a calendar these are the
    weekends. Raises ValueError for a naive datetime or an hour outside 0..23.
    """
    if now.tzinfo is None or now.utcoffset() is None:
        raise ValueError("an aware datetime is needed")
    if not (0 <= start <= 23 and 0 <= end <= 23):
        raise ValueError(f"quiet hours {start}-{end} are outside 0..23")
    allowed = _after_quiet(now.astimezone(SHANGHAI), start, end)
    if rest_days:
        days = calendar if calendar is not None else Calendar.from_years({})
        while days.is_rest(allowed.date()):
            allowed = _after_quiet(_at(allowed + timedelta(days=1), 0), start, end)
    return allowed


def _after_quiet(moment: datetime, start: int, end: int) -> datetime:
    if start < end:
        return _at(moment, end) if start <= moment.hour < end else moment
    if start > end and moment.hour >= start:
        return _at(moment + timedelta(days=1), end)
    if start > end and moment.hour < end:
        return _at(moment, end)
    return moment


def _at(moment: datetime, hour: int) -> datetime:
    return datetime.combine(moment.date(), time(hour), SHANGHAI)
