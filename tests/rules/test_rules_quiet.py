from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.calendar import Calendar, YearPlan
from bot.rules.quiet import SHANGHAI, next_allowed

HOLIDAYS = Calendar.from_years(
    {
        2026: YearPlan(
            off=frozenset(date(2026, 10, n) for n in range(1, 8)), work=frozenset({date(2026, 10, 10)})
        )
    }
)


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        (at(20, 19, 59), at(20, 19, 59)),
        (at(20, 20), at(21, 8)),
        (at(20, 23, 59), at(21, 8)),
        (at(21, 0), at(21, 8)),
        (at(21, 7, 59), at(21, 8)),
        (at(21, 8), at(21, 8)),
        (at(30, 21), at(1, 8, month=12)),
    ],
)
def test_quiet_hours(now: datetime, allowed: datetime) -> None:
    assert next_allowed(now) == allowed


def test_the_hours_are_those_of_shanghai() -> None:
    evening = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
    assert next_allowed(evening) == at(21, 8)
    assert next_allowed(datetime(2026, 11, 20, 2, 0, tzinfo=UTC)) == at(20, 10)


def test_rest_days_are_quiet_only_when_asked() -> None:
    assert next_allowed(at(3, 10, month=10), HOLIDAYS) == at(3, 10, month=10)
    assert next_allowed(at(3, 10, month=10), HOLIDAYS, rest_days=True) == at(8, 8, month=10)
    assert next_allowed(at(30, 20, month=9), HOLIDAYS, rest_days=True) == at(8, 8, month=10)
    assert next_allowed(at(10, 9, month=10), HOLIDAYS, rest_days=True) == at(10, 9, month=10)


def test_without_a_calendar_weekends_are_rest_days() -> None:
    assert next_allowed(at(20, 20), None, rest_days=True) == at(23, 8)


def test_other_hours() -> None:
    assert next_allowed(at(20, 12, 30), start=12, end=14) == at(20, 14)
    assert next_allowed(at(20, 23), start=12, end=14) == at(20, 23)
    assert next_allowed(at(20, 23), start=0, end=0) == at(20, 23)
    assert next_allowed(at(21, 15), rest_days=True, start=0, end=0) == at(23, 0)


def test_naive_times_and_bad_hours_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        next_allowed(datetime(2026, 11, 20, 9, 0))
    with pytest.raises(ValueError, match="24"):
        next_allowed(at(20, 9), start=24)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)), st.booleans())
def test_result_is_allowed_and_never_earlier(now: datetime, rest_days: bool) -> None:
    found = next_allowed(now, HOLIDAYS, rest_days)
    assert found >= now
    assert 8 <= found.hour < 20
    assert next_allowed(found, HOLIDAYS, rest_days) == found
    assert not (rest_days and HOLIDAYS.is_rest(found.date()))
