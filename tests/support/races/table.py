"""The table: every line."""

from __future__ import annotations

from tests.support.races import Line, days, elections, leaders, members, ratings

LINES: list[Line] = [*members.LINES, *leaders.LINES, *days.LINES, *elections.LINES, *ratings.LINES]
