"""The secretary's side of a meeting's attendance: sign-in, the picture, and what follows from it."""

from __future__ import annotations

from bot.handlers.attendance.absences import look
from bot.handlers.attendance.closing import close, close_in_time, close_now, missed, missed_matter, settle, status
from bot.handlers.attendance.opening import DIGITS, again, create, open_
from bot.handlers.attendance.picture import grace, meeting_of, picture
from bot.messages import Role
from bot.router import Feature, Route, Timed, Where
from bot.rules.lateness import ALWAYS, WEEK

FEATURE = Feature(
    "attendance",
    routes=(
        Route("attendance.open", open_, Role.SECRETARY, Where.ANYWHERE),
        Route("attendance.again", again, Role.SECRETARY, Where.ANYWHERE),
        Route("attendance.create", create, Role.SECRETARY),
        Route("attendance.close", close, Role.SECRETARY, Where.ANYWHERE),
        Route("attendance.status", status, Role.COMMITTEE, Where.ANYWHERE),
    ),
    jobs={
        "attendance.close": Timed(close_in_time, ALWAYS),  # the sign-in ended at its time; the list has to be written
        "attendance.settle": Timed(settle, ALWAYS),
        "attendance.missed": Timed(missed, WEEK, missed_matter),
        "attendance.absences": Timed(look, ALWAYS),  # looks at what is so now
    },
)

__all__ = ["DIGITS", "FEATURE", "close_now", "grace", "meeting_of", "picture"]
