"""Stages and posts of people, voting rights, size of a branch (BS-1, BS-2, BS-5, EL-6)."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Where a person stands; an observer is any invited non-member."""

    FULL_MEMBER = "full_member"
    PROBATIONARY_MEMBER = "probationary_member"
    CANDIDATE_MEMBER = "candidate_member"
    ACTIVIST = "activist"
    APPLICANT = "applicant"
    OBSERVER = "observer"


class Post(StrEnum):
    """What a person does; `organizer` is a superior committee's officer, not the commissioner."""

    SECRETARY = "secretary"
    DEPUTY_SECRETARY = "deputy_secretary"
    ORGANIZATION_COMMISSIONER = "organization_commissioner"
    PUBLICITY_COMMISSIONER = "publicity_commissioner"
    DISCIPLINE_COMMISSIONER = "discipline_commissioner"
    COMMITTEE_MEMBER = "committee_member"
    RECORDER = "recorder"
    GROUP_LEADER = "group_leader"
    PARTY_OFFICE = "party_office"
    ORGANIZER = "organizer"


COMMITTEE_POSTS = frozenset(
    {
        Post.SECRETARY,
        Post.DEPUTY_SECRETARY,
        Post.ORGANIZATION_COMMISSIONER,
        Post.PUBLICITY_COMMISSIONER,
        Post.DISCIPLINE_COMMISSIONER,
        Post.COMMITTEE_MEMBER,
    }
)
"""Posts held by members of the branch committee."""


def is_member(stage: Stage) -> bool:
    """Whether the person is a member, full or probationary, and so is expected at meetings (AT-1)."""
    return stage in (Stage.FULL_MEMBER, Stage.PROBATIONARY_MEMBER)


def has_vote(stage: Stage, voting_rights: bool = True) -> bool:
    """Whether the person votes: full members whose rights are not suspended (EL-6)."""
    return stage is Stage.FULL_MEMBER and voting_rights


def too_large(members: int, limit: int = 50) -> bool:
    """Whether to warn, never to block, that a branch is above its normal size (BS-2)."""
    return members > limit
