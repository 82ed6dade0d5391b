"""Which posts of the roster no longer are what an announced election says (EL-14, EL-25)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from bot.rules.election.names import same
from bot.rules.election.report import Office
from bot.rules.people import COMMITTEE_POSTS, Post

_POSTS = {Office.SECRETARY: Post.SECRETARY, Office.DEPUTY: Post.DEPUTY_SECRETARY}


class PostChange(Struct, frozen=True):
    """Somebody takes a post (`leaves` False) or leaves it; for a member of the committee without a task of their own
    the post is COMMITTEE_MEMBER."""

    name: str
    post: Post
    leaves: bool


def post_changes(
    elected: Mapping[Office, Iterable[str]], held: Iterable[tuple[str, Post]], *, by_election: bool
) -> tuple[PostChange, ...]:
    """What is to be changed on the roster: `held` are the posts that it has in the unit. Who was elected takes the
    post. After a whole election, others leave the posts that were voted on; after a by-election nobody leaves one but
    a secretary in whose place another was elected. Which task a member of the committee has is the committee's
    business."""
    kept = [(same(name), name, post) for name, post in held]
    found: list[PostChange] = []
    for office, post in _POSTS.items():
        if names := list(elected.get(office, ())):
            found += _taken(names, post, kept)
            if office is Office.SECRETARY or not by_election:
                found += _left(names, {post}, kept)
    if members := list(elected.get(Office.COMMITTEE, ())):
        serving = {key for key, _, post in kept if post in COMMITTEE_POSTS}
        leading = {same(name) for office in _POSTS for name in elected.get(office, ())}
        new = [name for name in members if same(name) not in serving | leading]
        found += [PostChange(name, Post.COMMITTEE_MEMBER, leaves=False) for name in new]
        if not by_election:
            found += _left([*members, *(n for o in _POSTS for n in elected.get(o, ()))], set(COMMITTEE_POSTS), kept)
    return tuple(dict.fromkeys(found))


def _taken(names: list[str], post: Post, kept: list[tuple[str, str, Post]]) -> list[PostChange]:
    have = {key for key, _, one in kept if one is post}
    return [PostChange(name, post, leaves=False) for name in names if same(name) not in have]


def _left(names: list[str], posts: set[Post], kept: list[tuple[str, str, Post]]) -> list[PostChange]:
    stay = {same(name) for name in names}
    return [PostChange(name, post, leaves=True) for key, name, post in kept if post in posts and key not in stay]
