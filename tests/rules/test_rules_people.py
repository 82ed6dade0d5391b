from __future__ import annotations

import pytest

from bot.rules import people
from bot.rules.people import Post, Stage


@pytest.mark.parametrize("stage", Stage)
def test_only_full_members_vote(stage: Stage) -> None:
    assert people.has_vote(stage) == (stage is Stage.FULL_MEMBER)
    assert not people.has_vote(stage, voting_rights=False)


def test_members_are_full_or_probationary() -> None:
    assert {stage for stage in Stage if people.is_member(stage)} == {
        Stage.FULL_MEMBER,
        Stage.PROBATIONARY_MEMBER,
    }


def test_size_of_a_branch() -> None:
    assert not people.too_large(50)
    assert people.too_large(51)


def test_organizer_is_not_on_the_committee() -> None:
    assert Post.ORGANIZER not in people.COMMITTEE_POSTS
    assert Post.ORGANIZATION_COMMISSIONER in people.COMMITTEE_POSTS
