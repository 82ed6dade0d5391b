"""The only source of "now": Asia/Shanghai, aware, replaceable."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Whatever tells the time."""

    def now(self) -> datetime:
        """The present moment as an aware datetime in Asia/Shanghai."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(SHANGHAI)


class ShiftedClock:
    """A clock that can be set to any moment and runs on from there (the demo, the tests)."""

    def __init__(self, start: datetime) -> None:
        self.set(start)

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._since)

    def set(self, moment: datetime) -> None:
        """Go on from `moment` (aware)."""
        self._start = aware(moment).astimezone(SHANGHAI)
        self._since = time.monotonic()


def aware(moment: datetime) -> datetime:
    """Return `moment`, or raise ValueError when it carries no zone."""
    if moment.tzinfo is None:
        raise ValueError("naive datetime: attach a time zone first")
    return moment


def to_utc(moment: datetime) -> datetime:
    """The same moment in UTC; naive input is refused."""
    return aware(moment).astimezone(UTC)


def local(moment: datetime) -> datetime:
    """The same moment in Asia/Shanghai; naive input is refused."""
    return aware(moment).astimezone(SHANGHAI)
