"""Who plays: the people of one branch of the sample bureau, as the store knows them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, select

from bot.rules.people import Post as PostKind
from bot.rules.people import Stage, is_member
from bot.store.hot import StoreSession
from bot.store.people import Member, Post, Unit


@dataclass(frozen=True, slots=True)
class Actor:
    """A person of the branch; `account` is theirs on the local channel."""

    id: int
    name: str
    stage: Stage
    exempt: bool
    posts: frozenset[PostKind]

    @property
    def account(self) -> str:
        return f"m{self.id}"

    @property
    def expected(self) -> bool:
        """Counts for attendance (AT-1, AT-2)."""
        return is_member(self.stage) and not self.exempt


@dataclass(frozen=True, slots=True)
class Cast:
    """The branch, its people, and somebody of the Party office."""

    branch_id: int
    people: tuple[Actor, ...]
    office: Actor

    def holder(self, kind: PostKind) -> Actor:
        """The first who holds a post."""
        return next(actor for actor in self.people if kind in actor.posts)

    @property
    def expected(self) -> list[Actor]:
        return [actor for actor in self.people if actor.expected]


def of_branch(session: StoreSession, name: str) -> Cast:
    """Everybody of the branch with this name."""
    branch = session.exec(select(Unit).where(col(Unit.name) == name)).one()
    members = session.exec(select(Member).where(col(Member.branch_id) == branch.id).order_by(col(Member.id)))
    office = session.exec(
        select(Member).join(Post).where(col(Post.kind) == PostKind.PARTY_OFFICE).order_by(col(Member.id))
    ).first()
    if office is None:
        raise LookupError("nobody of the Party office is on the roster")
    return Cast(branch.id or 0, tuple(_actor(session, member) for member in members), _actor(session, office))


def _actor(session: StoreSession, member: Member) -> Actor:
    posts = session.exec(select(Post.kind).where(col(Post.member_id) == member.id))
    kinds = frozenset(PostKind(post) for post in posts)
    return Actor(member.id or 0, member.name, member.stage, member.attendance_exempt, kinds)
