from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import meeting
from bot.rules.meeting import Duty, Period


def test_example_of_the_brief() -> None:
    assert meeting.has_quorum(16, 8)
    assert meeting.passes(16, 9)
    assert not meeting.passes(16, 8)


def test_an_odd_number_due() -> None:
    assert not meeting.has_quorum(7, 3)
    assert meeting.has_quorum(7, 4)
    assert meeting.passes(7, 4)


def test_nobody_due_opens_and_passes_nothing() -> None:
    assert not meeting.has_quorum(0, 0)
    assert not meeting.passes(0, 0)


@pytest.mark.parametrize(("due", "number"), [(5, 6), (5, -1), (-1, 0)])
def test_impossible_numbers_are_refused(due: int, number: int) -> None:
    for rule in (meeting.has_quorum, meeting.passes):
        with pytest.raises(ValueError, match="people out of"):
            rule(due, number)


@given(st.integers(1, 500), st.data())
def test_needed_numbers_are_the_least(due: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, due))
    assert meeting.has_quorum(due, number) == (number >= meeting.quorum_needed(due))
    assert meeting.passes(due, number) == (number >= due // 2 + 1)


def test_duties_of_a_branch_with_everything() -> None:
    assert meeting.required_duties(Period.MONTH, has_committee=True, has_groups=True) == (
        Duty.COMMITTEE_MEETING,
        Duty.GROUP_MEETING,
        Duty.THEME_DAY,
    )
    assert meeting.required_duties(Period.QUARTER, True, True) == (Duty.GENERAL_MEETING, Duty.PARTY_LECTURE)
    assert meeting.required_duties(Period.YEAR, True, True) == (
        Duty.ORG_LIFE_MEETING,
        Duty.MEMBER_RATING,
        Duty.HEART_TALK,
    )


def test_a_branch_is_not_asked_for_what_it_does_not_have() -> None:
    assert meeting.required_duties(Period.MONTH, False, False) == (Duty.THEME_DAY,)
    assert Duty.GROUP_MEETING in meeting.required_duties(Period.MONTH, False, True)
    assert Duty.COMMITTEE_MEETING in meeting.required_duties(Period.MONTH, True, False)


def test_every_duty_is_due_in_exactly_one_kind_of_period() -> None:
    found = [duty for period in Period for duty in meeting.required_duties(period, True, True)]
    assert sorted(found) == sorted(Duty)


def test_lecture_frequency_is_local() -> None:
    assert Duty.PARTY_LECTURE in meeting.required_duties(Period.MONTH, True, True, lecture_every=Period.MONTH)
    assert Duty.PARTY_LECTURE not in meeting.required_duties(Period.QUARTER, True, True, Period.MONTH)


def test_one_session_satisfies_several_duties() -> None:
    required = meeting.required_duties(Period.MONTH, True, True)
    sessions = [{Duty.THEME_DAY, Duty.GROUP_MEETING}, {Duty.PARTY_LECTURE}]
    assert meeting.missing_duties(required, sessions) == (Duty.COMMITTEE_MEETING,)
    assert meeting.missing_duties(required, [required]) == ()
