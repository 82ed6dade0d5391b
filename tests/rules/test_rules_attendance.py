from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import attendance
from bot.rules.attendance import Entry, Leave, Status, Tally

START = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_example_of_the_brief() -> None:
    entries = (
        [Entry(Status.PRESENT)] * 17
        + [Entry(Status.LATE)]
        + [Entry(Status.LEAVE_APPROVED, made_up=True)] * 2
        + [Entry(Status.LEAVE_APPROVED), Entry(Status.ABSENT)]
        + [Entry(Status.EXEMPT)] * 2
    )
    assert len(entries) == 24
    found = attendance.rates(attendance.tally(entries))
    assert found.expected == 22
    assert (found.attendance, found.coverage) == (Fraction(18, 22), Fraction(20, 22))
    assert found.attendance is not None
    assert found.coverage is not None
    assert attendance.percent(found.attendance) == Decimal("81.8")
    assert attendance.percent(found.coverage) == Decimal("90.9")


def test_observers_and_the_exempt_never_enter_a_rate() -> None:
    base = [Entry(Status.PRESENT), Entry(Status.ABSENT)]
    others = [
        Entry(Status.PRESENT, observer=True),
        Entry(Status.ABSENT, made_up=True, observer=True),
        Entry(Status.EXEMPT, made_up=True),
    ]
    counted = attendance.tally(base + others)
    assert counted.observers == 2
    assert counted.made_up == 0
    assert attendance.rates(counted) == attendance.rates(attendance.tally(base))


def test_nobody_expected_gives_no_rate() -> None:
    found = attendance.rates(attendance.tally([Entry(Status.EXEMPT)]))
    assert (found.expected, found.attendance, found.coverage) == (0, None, None)


def test_a_made_up_presence_is_counted_once() -> None:
    found = attendance.rates(attendance.tally([Entry(Status.PRESENT, made_up=True)]))
    assert found.coverage == 1


@pytest.mark.parametrize("counts", [Tally(present=1, made_up=1), Tally(present=-1, late=2)])
def test_impossible_counts_are_refused(counts: Tally) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        attendance.rates(counts)


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (Fraction(0), "0.0"),
        (Fraction(1), "100.0"),
        (Fraction(1, 16), "6.3"),
        (Fraction(1, 2000), "0.1"),
        (Fraction(1, 3), "33.3"),
        (Fraction(2, 3), "66.7"),
    ],
)
def test_percent_rounds_halves_up(rate: Fraction, shown: str) -> None:
    assert str(attendance.percent(rate)) == shown


@pytest.mark.parametrize(
    ("signed_in_at", "leave", "exempt", "expected"),
    [
        (START - MINUTE, None, False, Status.PRESENT),
        (START, None, False, Status.PRESENT),
        (START + 6 * MINUTE, None, False, Status.LATE),
        (START, Leave(START - MINUTE, approved=True), False, Status.PRESENT),
        (None, None, False, Status.ABSENT),
        (None, Leave(START - MINUTE, approved=True), False, Status.LEAVE_APPROVED),
        (None, Leave(START - MINUTE), False, Status.ABSENT),
        (None, Leave(START + MINUTE), False, Status.ABSENT),
        (None, Leave(START + MINUTE, approved=True), False, Status.LEAVE_APPROVED),
        (None, None, True, Status.EXEMPT),
        (START, None, True, Status.EXEMPT),
    ],
)
def test_status(signed_in_at: datetime | None, leave: Leave | None, exempt: bool, expected: Status) -> None:
    assert attendance.status(START, signed_in_at, leave, exempt, grace=5 * MINUTE) is expected


def test_grace_is_configurable() -> None:
    assert attendance.status(START, START + MINUTE) is Status.LATE
    assert attendance.status(START, START + MINUTE, grace=MINUTE) is Status.PRESENT


def test_naive_times_are_refused() -> None:
    naive = START.replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        Leave(naive)
    with pytest.raises(ValueError, match="aware"):
        attendance.status(naive)
    with pytest.raises(ValueError, match="aware"):
        attendance.status(START, naive)


def test_make_up_is_due_after_two_weeks() -> None:
    assert attendance.make_up_due(date(2026, 11, 20)) == date(2026, 12, 4)
    assert attendance.make_up_due(date(2026, 11, 20), days=7) == date(2026, 11, 27)


A, P, L, E = Status.ABSENT, Status.PRESENT, Status.LEAVE_APPROVED, Status.EXEMPT


@pytest.mark.parametrize(
    ("statuses", "missed"),
    [
        ([], 0),
        ([P], 0),
        ([A, P], 0),
        ([P, A, A], 2),
        ([A, L, A], 1),
        ([A, A, L], 0),
        ([A, E, A], 2),
        ([E], 0),
    ],
)
def test_missed_in_a_row(statuses: list[Status], missed: int) -> None:
    assert attendance.missed_in_a_row(statuses) == missed


@given(st.lists(st.builds(Entry, st.sampled_from(Status), st.booleans(), st.booleans())))
def test_rates_are_shares_and_coverage_is_never_below_attendance(entries: list[Entry]) -> None:
    counted = attendance.tally(entries)
    found = attendance.rates(counted)
    assert counted.expected + counted.exempt + counted.observers == len(entries)
    if found.attendance is None or found.coverage is None:
        assert found.expected == 0
    else:
        assert 0 <= found.attendance <= found.coverage <= 1
        assert abs(Fraction(attendance.percent(found.coverage)) - found.coverage * 100) <= Fraction(1, 20)
