"""Who plays: the people of one branch of the sample bureau, as the store knows them."""

from __future__ import annotations

from msgspec import Struct
from sqlmodel import col, select

from bot.rules.people import Post as PostKind
from bot.rules.people import Stage, is_member
from bot.store.core.statements import StoreSession
from bot.store.people import Member, Post, Unit, UnitKind


class Actor(Struct, frozen=True):
    """A person and the branch they belong to; `account` is theirs on the local channel."""

    id: int
    name: str
    branch: str
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


class Cast(Struct, frozen=True):
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


class Roll(Struct, frozen=True):
    """Who takes part in the review: people of the Party office, and the three classes of voters. The secretaries are
    rated as well; the last of the representatives has no phone."""

    offices: tuple[Actor, ...]
    leaders: tuple[Actor, ...]
    rated: tuple[Actor, ...]
    representatives: tuple[Actor, ...]

    @property
    def classes(self) -> tuple[tuple[Actor, ...], ...]:
        return self.leaders, self.rated, self.representatives

    @property
    def on_paper(self) -> Actor:
        return self.representatives[-1]


def for_review(session: StoreSession, branch_id: int) -> Roll:
    """Six of the first branch as leaders, all secretaries, and the members of one branch; of its two without a phone
    only one takes part."""
    secretaries = _holding(session, PostKind.SECRETARY)
    first = session.exec(select(Unit.id).where(col(Unit.kind) == UnitKind.BRANCH).order_by(col(Unit.id))).first()
    leaders = [one for one in _in_branch(session, first or 0) if one.expected and not one.posts]
    members = [one for one in _in_branch(session, branch_id) if one.expected and PostKind.SECRETARY not in one.posts]
    return Roll(
        tuple(_holding(session, PostKind.PARTY_OFFICE)), tuple(leaders[:6]), tuple(secretaries), tuple(members[:-1])
    )


def of_branch(session: StoreSession, name: str) -> Cast:
    """Everybody of the branch with this name."""
    branch = session.exec(select(Unit).where(col(Unit.name) == name)).one()
    offices = _holding(session, PostKind.PARTY_OFFICE)
    if not offices:
        raise LookupError("nobody of the Party office is on the roster")
    return Cast(branch.id or 0, tuple(_in_branch(session, branch.id or 0)), offices[0])


def _in_branch(session: StoreSession, branch_id: int) -> list[Actor]:
    members = session.exec(select(Member).where(col(Member.branch_id) == branch_id).order_by(col(Member.id)))
    return [_actor(session, member) for member in members]


def _holding(session: StoreSession, kind: PostKind) -> list[Actor]:
    """Who holds a post, in the order of the units."""
    held = select(Member).join(Post).where(col(Post.kind) == kind).order_by(col(Post.unit_id), col(Member.id))
    return [_actor(session, member) for member in session.exec(held)]


def _actor(session: StoreSession, member: Member) -> Actor:
    posts = session.exec(select(Post.kind).where(col(Post.member_id) == member.id))
    kinds = frozenset(PostKind(post) for post in posts)
    branch = session.get_one(Unit, member.branch_id).name
    return Actor(member.id or 0, member.name, branch, member.stage, member.attendance_exempt, kinds)
