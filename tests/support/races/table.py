"""The table: every line."""

from __future__ import annotations

from tests.support.races import Line, days, elections, leaders, members, quizzes, ratings, sending

LINES: list[Line] = [
    *members.LINES,
    *leaders.LINES,
    *days.LINES,
    *elections.LINES,
    *ratings.LINES,
    *quizzes.LINES,
    *sending.LINES,
]
