from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.calendar import Calendar, YearPlan
from bot.rules.theme_day import Audience, DayKind, DayPolicy, Stage, plan, reminders, same_content

OCTOBER = Calendar.from_years(
    {
        2026: YearPlan(
            off=frozenset(date(2026, 10, n) for n in range(1, 8)) | {date(2026, 9, n) for n in (25, 26, 27)},
            work=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
        )
    }
)


@pytest.mark.parametrize(
    ("policy", "year", "month", "expected"),
    [
        ("day:31", 2026, 2, date(2026, 2, 28)),
        ("day:31", 2028, 2, date(2028, 2, 29)),
        ("nth:2:fri", 2026, 11, date(2026, 11, 13)),
        ("nth:1:sun", 2026, 11, date(2026, 11, 1)),
        ("nth:5:mon", 2026, 11, date(2026, 11, 30)),
        ("nth:5:tue", 2026, 11, date(2026, 11, 24)),
        ("last:mon", 2026, 12, date(2026, 12, 28)),
    ],
)
def test_nominal_day(policy: str, year: int, month: int, expected: date) -> None:
    assert DayPolicy.parse(policy).nominal(year, month) == expected


policies = st.one_of(
    st.builds(DayPolicy.day_of_month, st.integers(1, 31)),
    st.builds(DayPolicy.nth_weekday, st.integers(1, 5), st.integers(0, 6)),
    st.builds(DayPolicy.last_weekday, st.integers(0, 6)),
)


@given(policies)
def test_format_and_parse_agree(policy: DayPolicy) -> None:
    assert DayPolicy.parse(policy.format()) == policy


@given(policies, st.integers(2000, 2100), st.integers(1, 12))
def test_a_month_is_never_skipped(policy: DayPolicy, year: int, month: int) -> None:
    planned = plan(policy, year, month, OCTOBER)
    assert (planned.nominal.year, planned.nominal.month) == (year, month)
    assert (planned.date.year, planned.date.month) == (year, month)
    assert planned.provisional == (year != 2026)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "day",
        "day:0",
        "day:32",
        "day:x",
        "nth:6:fri",
        "nth:0:fri",
        "nth:2:xyz",
        "last",
        "last:5",
        "last:fri:2",
    ],
)
def test_bad_policies_are_refused_and_named(text: str) -> None:
    with pytest.raises(ValueError, match="theme day policy"):
        DayPolicy.parse(text)


def test_weekday_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="weekday 7"):
        DayPolicy(DayKind.LAST_WEEKDAY, weekday=7)


def test_reminders_count_working_days_around_a_holiday() -> None:
    found = [(r.stage, r.role, r.on) for r in reminders(date(2026, 10, 9), OCTOBER)]
    assert found == [
        (Stage.TOPIC, Audience.COMMITTEE, date(2026, 9, 22)),
        (Stage.NOTICE, Audience.MEMBERS, date(2026, 9, 29)),
        (Stage.SHORT, Audience.MEMBERS, date(2026, 10, 8)),
        (Stage.RECORD, Audience.RECORDER, date(2026, 10, 10)),
        (Stage.MAKE_UP, Audience.ORGANIZATION_COMMISSIONER, date(2026, 10, 13)),
    ]


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_no_reminder_on_a_rest_day_and_one_per_stage(day: date) -> None:
    found = reminders(day, OCTOBER)
    assert not any(OCTOBER.is_rest(reminder.on) for reminder in found)
    assert len({reminder.stage for reminder in found}) == len(found)
    assert [r.on for r in found] == sorted(r.on for r in found)


def test_same_topic_in_another_dress() -> None:
    assert same_content("学习党章，重温誓词！", [], " 学习党章 重温誓词", []) == ("topic",)
    assert same_content("ＡＢＣ学习", ["a"], "abc学习", ["b"]) == ("topic",)


def test_same_materials_in_another_order() -> None:
    assert same_content("甲", ["《条例》", "党章"], "乙", ["党章", "条例"]) == ("materials",)
    assert same_content("甲", ["党章"], "甲", ["党章"]) == ("topic", "materials")


def test_different_or_empty_content_is_not_the_same() -> None:
    assert same_content("学习党章", ["党章"], "安全演练", ["预案", "党章"]) == ()
    assert same_content("", [], "", []) == ()
    assert same_content("！！", ["。"], "？", ["，"]) == ()
