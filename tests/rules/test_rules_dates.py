"""Typed dates, times, months and policies, with the words that ship."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from bot.content import load_content
from bot.rules.dates import DateWords, read_date, read_month, read_policy, read_time

TODAY = date(2026, 11, 2)


@pytest.fixture(scope="module")
def words() -> DateWords:
    return load_content(Path(__file__).parent.parent.parent / "content").dates


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("每月5日", "day:5"), ("每月 25 号", "day:25"), ("每月二十五号", "day:25"), ("每月最后一天", "day:31"),
        ("第二个星期五", "nth:2:fri"), ("每月第3个周四", "nth:3:thu"),
        ("最后一个星期五", "last:fri"), ("每月最后一个周日", "last:sun"),
    ],
)  # fmt: skip
def test_policies(words: DateWords, said: str, stored: str) -> None:
    found = read_policy(said, words)
    assert found is not None
    assert found.format() == stored


@pytest.mark.parametrize(
    "said", ["", "五月", "每月32日", "每月0日", "第六个周一", "星期五", "随便", "每月5日和6日" * 20]
)
def test_what_is_no_policy(words: DateWords, said: str) -> None:
    assert read_policy(said, words) is None


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("11-12", date(2026, 11, 12)), ("11月12日", date(2026, 11, 12)), ("２０２６．１１．１２", date(2026, 11, 12)),
        ("12号", date(2026, 11, 12)), ("1-5", date(2027, 1, 5)), ("2-30", None), ("13-1", None), ("明天", None),
    ],
)  # fmt: skip
def test_dates(words: DateWords, said: str, day: date | None) -> None:
    assert read_date(said, words, TODAY) == day


@pytest.mark.parametrize(
    ("said", "month"),
    [("12", (2026, 12)), ("十二月", (2026, 12)), ("1月", (2027, 1)), ("13", None), ("0", None)],
)
def test_months(words: DateWords, said: str, month: tuple[int, int] | None) -> None:
    assert read_month(said, words, TODAY) == month


@pytest.mark.parametrize(
    ("said", "moment"),
    [("15:00", time(15)), ("下午3点", time(15)), ("9点30分", time(9, 30)), ("25:00", None), ("3", None)],
)
def test_times(words: DateWords, said: str, moment: time | None) -> None:
    assert read_time(said, words) == moment
