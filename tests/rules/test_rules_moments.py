"""Typed moments."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.clock import SHANGHAI
from bot.rules.moments import MomentWords, parse_moment

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)
WORDS = MomentWords(
    {"今天": 0, "明天": 1, "后天": 2, "大后天": 3},
    ("下午", "晚上"),
    ("半",),
    ("年", "月", "日", "号", "点", "时", "分", "上午", "早上"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("明天 8:30", (2026, 11, 3, 8, 30)),
        ("明天8点半", (2026, 11, 3, 8, 30)),
        ("大后天下午3点", (2026, 11, 5, 15, 0)),
        ("１４：００", (2026, 11, 2, 14, 0)),
        ("14点", (2026, 11, 2, 14, 0)),
        ("11-05 14:00", (2026, 11, 5, 14, 0)),
        ("11月5日下午2点30分", (2026, 11, 5, 14, 30)),
        ("1月5日 9点", (2027, 1, 5, 9, 0)),
        ("2026-11-05 8:30", (2026, 11, 5, 8, 30)),
        ("2026年11月5日8点", (2026, 11, 5, 8, 0)),
        ("7:00", (2026, 11, 2, 7, 0)),
    ],
)
def test_understood(text: str, expected: tuple[int, int, int, int, int]) -> None:
    assert parse_moment(text, NOW, WORDS) == datetime(*expected, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8",
        "明天",
        "尽快",
        "25:00",
        "13-40 9:00",
        "2月30日9点",
        "2026-11-05",
        "8:61",
        "1 2 3 4 5 6",
        "9" * 60,
        "२",
        "-",
    ],
)
def test_not_understood(text: str) -> None:
    assert parse_moment(text, NOW, WORDS) is None
