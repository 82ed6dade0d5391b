from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.rules import records
from bot.rules.calendar import Calendar, YearPlan
from bot.rules.records import Correction, Votes

CALENDAR = Calendar.from_years(
    {
        2026: YearPlan(
            off=frozenset(date(2026, 10, n) for n in range(1, 8)), work=frozenset({date(2026, 10, 10)})
        )
    }
)
SIGNED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def correction(at: datetime, **changes: str) -> Correction:
    values = {"author": "7", "field": "place", "text": "会议室二", "reason": "地点写错"} | changes
    return Correction(at=at, **values)


def test_due_after_three_working_days() -> None:
    assert records.record_due(date(2026, 11, 20), CALENDAR) == date(2026, 11, 25)
    assert records.record_due(date(2026, 9, 30), CALENDAR) == date(2026, 10, 10)
    assert records.record_due(date(2026, 11, 20), CALENDAR, days=1) == date(2026, 11, 23)


def test_the_signature_locks() -> None:
    assert not records.is_locked(None)
    assert records.is_locked(SIGNED)


def test_corrections_are_appended() -> None:
    first = correction(SIGNED + HOUR)
    second = correction(SIGNED + 2 * HOUR, text="会议室三")
    kept = records.add_correction(SIGNED, records.add_correction(SIGNED, (), first), second)
    assert kept == (first, second)


@pytest.mark.parametrize(
    ("signed", "new", "message"),
    [
        (None, correction(SIGNED + HOUR), "not signed"),
        (SIGNED, correction((SIGNED + HOUR).replace(tzinfo=None)), "aware"),
        (SIGNED, correction(SIGNED + HOUR, reason=" "), "reason"),
        (SIGNED, correction(SIGNED + HOUR, author=""), "author"),
        (SIGNED, correction(SIGNED + HOUR, field=""), "field"),
    ],
)
def test_bad_corrections_are_refused(signed: datetime | None, new: Correction, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        records.add_correction(signed, (), new)


def test_a_correction_is_dated_no_earlier_than_the_last_where_the_clock_was_set_back() -> None:
    (first,) = records.add_correction(SIGNED, (), correction(SIGNED - HOUR))
    assert first == correction(SIGNED)
    later = correction(SIGNED + 2 * HOUR)
    assert records.add_correction(SIGNED, (later,), correction(SIGNED + HOUR))[-1].at == later.at


def test_missing_fields_in_order() -> None:
    full = {
        "branch": "一支部",
        "kind": "theme_day",
        "date": date(2026, 11, 20),
        "place": "会议室",
        "chair": "甲",
        "recorder": "乙",
        "due": 22,
        "present": 0,
        "agenda": ("学习",),
        "content": "……",
    }
    assert records.missing_fields(full) == ()
    assert records.missing_fields(full | {"agenda": (), "place": " "}) == ("place", "agenda")
    assert records.missing_fields({}) == records.REQUIRED_FIELDS


@pytest.mark.parametrize(
    ("votes", "problem"),
    [
        (Votes(due=16, present=12, yes=9, no=2, abstain=1), None),
        (Votes(due=16, present=12, yes=9, no=0, abstain=0), None),
        (Votes(due=16, present=17, yes=9, no=0, abstain=0), "present_over_due"),
        (Votes(due=16, present=12, yes=10, no=2, abstain=1), "votes_over_present"),
        (Votes(due=16, present=12, yes=10, no=-2, abstain=1), "negative"),
    ],
)
def test_votes_are_counts_that_fit(votes: Votes, problem: str | None) -> None:
    assert records.votes_problem(votes) == problem
