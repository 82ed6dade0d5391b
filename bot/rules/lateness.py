"""Until when something that is timed still makes sense. After that a person is asked, and nothing goes out (FM-6)."""

from __future__ import annotations

from datetime import datetime, timedelta

ALWAYS: timedelta | None = None
"""For what has to be done however late, because it ends or plans something and its sense does not pass."""
SAME_DAY = timedelta(hours=12)
"""For what is said on a day, at the time that was chosen for it."""
WEEK = timedelta(days=7)
"""For what reminds of a date that is still far, and for what somebody has to look into."""
MESSAGE = timedelta(hours=24)
"""For a message that is on its way: quiet hours and a platform's pauses hold it for less."""


def too_late(at: datetime, last: timedelta | None, now: datetime) -> bool:
    """Whether the last sensible moment, `last` after `at`, is over."""
    return last is not None and now > at + last


def message_too_late(due_at: datetime, expires_at: datetime | None, now: datetime) -> bool:
    """Whether a message's last sensible moment is over: the one that was named with it, or MESSAGE after it was due."""
    return now >= expires_at if expires_at is not None else too_late(due_at, MESSAGE, now)
