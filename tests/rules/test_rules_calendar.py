from __future__ import annotations

import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.calendar import Calendar, Fitted, Shift, YearPlan, month_length
from bot.rules.theme_day import DayPolicy, plan

CONTENT = Path(__file__).parents[2] / "content" / "calendar" / "2026.toml"


def load() -> Calendar:
    data = tomllib.loads(CONTENT.read_text(encoding="utf-8"))
    return Calendar.from_years({2026: YearPlan(off=frozenset(data["off"]), work=frozenset(data["work"]))})


CALENDAR = load()


@pytest.mark.parametrize(
    ("policy", "month", "nominal", "with_makeup", "without_makeup"),
    [
        ("day:5", 5, date(2026, 5, 5), date(2026, 5, 6), date(2026, 5, 6)),
        ("day:20", 2, date(2026, 2, 20), date(2026, 2, 24), date(2026, 2, 24)),
        ("day:10", 10, date(2026, 10, 10), date(2026, 10, 10), date(2026, 10, 12)),
        ("day:31", 6, date(2026, 6, 30), date(2026, 6, 30), date(2026, 6, 30)),
        ("last:fri", 9, date(2026, 9, 25), date(2026, 9, 28), date(2026, 9, 28)),
        ("day:28", 2, date(2026, 2, 28), date(2026, 2, 28), date(2026, 2, 27)),
        ("day:1", 1, date(2026, 1, 1), date(2026, 1, 4), date(2026, 1, 5)),
        ("day:5", 10, date(2026, 10, 5), date(2026, 10, 8), date(2026, 10, 8)),
    ],
)
def test_table_of_section_10(
    policy: str, month: int, nominal: date, with_makeup: date, without_makeup: date
) -> None:
    parsed = DayPolicy.parse(policy)
    allowed = plan(parsed, 2026, month, CALENDAR)
    strict = plan(parsed, 2026, month, CALENDAR, allow_makeup_workday=False)
    assert (allowed.nominal, strict.nominal) == (nominal, nominal)
    assert (allowed.date, strict.date) == (with_makeup, without_makeup)
    assert allowed.moved == (nominal != with_makeup)
    assert not allowed.provisional


def test_the_notice_of_2026_has_its_33_days_off_and_six_worked_weekend_days() -> None:
    assert len(CALENDAR.off) == 33
    assert len(CALENDAR.work) == 6
    assert all(day.weekday() >= 5 for day in CALENDAR.work)


def test_overlap_is_refused_and_named() -> None:
    day = date(2026, 5, 9)
    with pytest.raises(ValueError, match="2026-05-09"):
        Calendar.from_years({2026: YearPlan(off=frozenset({day}), work=frozenset({day}))})


def test_overlap_between_two_notices_is_refused() -> None:
    day = date(2026, 12, 31)
    plans = {2026: YearPlan(work=frozenset({day})), 2027: YearPlan(off=frozenset({day}))}
    with pytest.raises(ValueError, match="2026-12-31"):
        Calendar.from_years(plans)


def test_a_date_of_a_far_year_is_refused_and_named() -> None:
    with pytest.raises(ValueError, match="2062-05-01"):
        Calendar.from_years({2026: YearPlan(off=frozenset({date(2062, 5, 1)}))})


def test_makeup_workday_counts_only_when_allowed() -> None:
    assert CALENDAR.is_working(date(2026, 10, 10))
    assert not CALENDAR.is_working(date(2026, 10, 10), allow_makeup_workday=False)
    assert not CALENDAR.is_rest(date(2026, 10, 10))
    assert CALENDAR.is_rest(date(2026, 10, 11))
    assert CALENDAR.is_rest(date(2026, 10, 7))


def test_half_day_holidays_are_working_days() -> None:
    calendar = Calendar.from_years({})
    assert calendar.is_working(date(2027, 3, 8))
    assert calendar.is_working(date(2027, 5, 4))


def test_a_datetime_is_refused() -> None:
    with pytest.raises(TypeError):
        CALENDAR.is_working(datetime(2026, 5, 1))


def test_year_without_notice_is_provisional() -> None:
    assert not CALENDAR.provisional(date(2026, 1, 1))
    assert CALENDAR.fit(date(2027, 5, 1)) == Fitted(date(2027, 5, 3), moved=True, provisional=True)


@pytest.mark.parametrize(
    ("day", "n", "result"),
    [
        (date(2026, 9, 24), 5, date(2026, 10, 9)),
        (date(2026, 10, 9), -5, date(2026, 9, 24)),
        (date(2026, 10, 9), 1, date(2026, 10, 10)),
        (date(2026, 10, 3), 0, date(2026, 10, 3)),
        (date(2026, 10, 3), 1, date(2026, 10, 8)),
        (date(2026, 10, 3), -1, date(2026, 9, 30)),
    ],
)
def test_add_working_days(day: date, n: int, result: date) -> None:
    assert CALENDAR.add_working_days(day, n) == result


@pytest.mark.parametrize(
    ("shift", "result"),
    [("next", date(2026, 5, 6)), ("previous", date(2026, 5, 6)), ("nearest", date(2026, 5, 6))],
)
def test_every_shift_stays_in_the_month(shift: str, result: date) -> None:
    assert CALENDAR.fit(date(2026, 5, 2), shift).date == result


def test_previous_and_nearest() -> None:
    saturday, sunday = date(2026, 11, 14), date(2026, 11, 15)
    assert CALENDAR.fit(saturday, Shift.PREVIOUS).date == date(2026, 11, 13)
    assert CALENDAR.fit(saturday, Shift.NEAREST).date == date(2026, 11, 13)
    assert CALENDAR.fit(sunday, Shift.NEAREST).date == date(2026, 11, 16)


def test_nearest_prefers_the_later_of_two() -> None:
    calendar = Calendar.from_years({2026: YearPlan(off=frozenset({date(2026, 11, 11)}))})
    assert calendar.fit(date(2026, 11, 11), "nearest").date == date(2026, 11, 12)


def test_unknown_shift_is_refused() -> None:
    with pytest.raises(ValueError, match="sideways"):
        CALENDAR.fit(date(2026, 5, 5), "sideways")


def test_a_month_without_working_days_keeps_the_day() -> None:
    off = frozenset(date(2026, 2, n) for n in range(1, 29))
    calendar = Calendar.from_years({2026: YearPlan(off=off)})
    assert calendar.fit(date(2026, 2, 10)) == Fitted(date(2026, 2, 10), moved=False, provisional=False)


days_2026 = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(
    day=days_2026,
    off=st.frozensets(days_2026, max_size=120),
    work=st.frozensets(days_2026, max_size=40),
    shift=st.sampled_from(Shift),
    allow=st.booleans(),
)
def test_fit_gives_a_working_day_of_the_same_month(
    day: date, off: frozenset[date], work: frozenset[date], shift: Shift, allow: bool
) -> None:
    calendar = Calendar.from_years({2026: YearPlan(off=off, work=work - off)})
    fitted = calendar.fit(day, shift, allow)
    month = [day.replace(day=n) for n in range(1, month_length(day.year, day.month) + 1)]
    assert fitted.date in month
    assert fitted.moved == (fitted.date != day)
    assert calendar.is_working(fitted.date, allow) or not any(calendar.is_working(d, allow) for d in month)


@given(day=days_2026, n=st.integers(-40, 40))
def test_adding_working_days_passes_exactly_n_of_them(day: date, n: int) -> None:
    result = CALENDAR.add_working_days(day, n)
    low, high = sorted((day, result))
    passed = [low + timedelta(days=i) for i in range((high - low).days + 1)]
    passed.remove(day)
    assert sum(CALENDAR.is_working(found) for found in passed) == abs(n)
    assert n == 0 or CALENDAR.is_working(result)


@given(year=st.integers(1, 9999), month=st.integers(1, 12))
def test_month_length(year: int, month: int) -> None:
    last = date(year, month, month_length(year, month))
    assert last == date.max or (last + timedelta(days=1)).day == 1
