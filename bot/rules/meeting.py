"""Votes at meetings, in integers (MD-1..MD-4, DV-1), and the meetings a branch must hold (MT-1..MT-12)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Duty(StrEnum):
    """What a branch must hold (MT-1..MT-8); one session may carry several (MT-12)."""

    GENERAL_MEETING = "general_meeting"
    COMMITTEE_MEETING = "committee_meeting"
    GROUP_MEETING = "group_meeting"
    PARTY_LECTURE = "party_lecture"
    THEME_DAY = "theme_day"
    ORG_LIFE_MEETING = "org_life_meeting"
    MEMBER_RATING = "member_rating"
    HEART_TALK = "heart_talk"


class Period(StrEnum):
    """The span in which a duty is due at least once."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def has_quorum(due_voters: int, present_voters: int) -> bool:
    """Whether a general or committee meeting may open: at least half of those due (MD-1..MD-3).

    Raises ValueError for negative numbers or more present than due.
    """
    _check(due_voters, present_voters)
    return due_voters > 0 and 2 * present_voters >= due_voters


def passes(due_voters: int, yes: int) -> bool:
    """Whether a motion passes: yes is more than half of those due, not of those present (MD-1, MD-3).

    Raises ValueError for negative numbers or more votes than people due.
    """
    _check(due_voters, yes)
    return 2 * yes > due_voters


class Verdict(StrEnum):
    """What became of a motion: the same word in the vote's result, in the minutes and on their page."""

    PASSED = "passed"
    FAILED = "failed"
    NO_QUORUM = "no_quorum"


def verdict(due_voters: int, present_voters: int, yes: int) -> Verdict:
    """Whether a motion passed, at a meeting that could decide (MD-1, MD-3). Raises ValueError as the two rules do."""
    if not has_quorum(due_voters, present_voters):
        return Verdict.NO_QUORUM
    return Verdict.PASSED if passes(due_voters, yes) else Verdict.FAILED


def quorum_needed(due_voters: int) -> int:
    """The least number present that makes `has_quorum` true, at least 1."""
    return max(1, (due_voters + 1) // 2)


def required_duties(
    period: Period, has_committee: bool, has_groups: bool, lecture_every: Period = Period.QUARTER
) -> tuple[Duty, ...]:
    """The duties due once in every such period, for this branch (MT-1..MT-8, MT-11).

    The lecture's frequency is local, so it comes in as `lecture_every` (MT-4).
    """
    every = {
        Duty.GENERAL_MEETING: Period.QUARTER,
        Duty.COMMITTEE_MEETING: Period.MONTH if has_committee else None,
        Duty.GROUP_MEETING: Period.MONTH if has_groups else None,
        Duty.PARTY_LECTURE: lecture_every,
        Duty.THEME_DAY: Period.MONTH,
        Duty.ORG_LIFE_MEETING: Period.YEAR,
        Duty.MEMBER_RATING: Period.YEAR,
        Duty.HEART_TALK: Period.YEAR,
    }
    return tuple(duty for duty in Duty if every[duty] is period)


def missing_duties(required: Iterable[Duty], sessions: Iterable[Iterable[Duty]]) -> tuple[Duty, ...]:
    """The required duties that no session of the period carries (MT-12)."""
    held = {duty for session in sessions for duty in session}
    return tuple(duty for duty in required if duty not in held)


def _check(limit: int, number: int) -> None:
    if not 0 <= number <= limit:
        raise ValueError(f"{number} is not a number of people out of {limit}")
