"""Who holds a post in a unit, and who of them can be reached."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import col, select

from bot.rules.people import Post as PostKind
from bot.store.core.statements import StoreSession
from bot.store.people import Account, Member, Post, Unit

SECRETARIES = (PostKind.SECRETARY, PostKind.DEPUTY_SECRETARY)


def holds_post(session: StoreSession, unit_id: int, member_id: int, *posts: str) -> bool:
    """Whether the member holds one of the posts in exactly this unit."""
    query = select(Post.member_id).where(
        col(Post.unit_id) == unit_id, col(Post.member_id) == member_id, col(Post.kind).in_(posts)
    )
    return session.exec(query.limit(1)).first() is not None


def holders(session: StoreSession, unit_id: int | None, *posts: str, but: int = 0) -> list[int]:
    """Members with an account who hold one of the posts in exactly this unit (None: any), without `but`."""
    query = (
        select(Post.member_id)
        .join(Member, col(Member.id) == col(Post.member_id))
        .where(col(Post.kind).in_(posts), col(Member.left_on).is_(None), col(Member.id) != but)
        .where(col(Post.member_id).in_(select(Account.member_id)))
        .distinct()
    )
    if unit_id is not None:
        query = query.where(col(Post.unit_id) == unit_id)
    return sorted(session.exec(query))


def in_charge(session: StoreSession, unit_id: int, began_by: int) -> list[int]:
    """Who is told what came of something that a secretary of the unit began: whoever holds the post now, the secretary
    or else the deputies, and who began it while they still hold one of these posts there. All have an account."""
    now = holders(session, unit_id, PostKind.SECRETARY) or holders(session, unit_id, PostKind.DEPUTY_SECRETARY)
    return sorted({*now, *({began_by} & set(holders(session, unit_id, *SECRETARIES)))})


def above_or_office(session: StoreSession, unit_id: int) -> list[int]:
    """Who learns that a unit has nobody in charge who can be reached: the nearest secretaries above it, else the Party
    office."""
    return nearest(session, unit_id, PostKind.SECRETARY) or holders(session, None, PostKind.PARTY_OFFICE)


def nearest(session: StoreSession, unit_id: int, first: PostKind, but: int = 0) -> list[int]:
    """Who holds the post in the unit, else its secretaries, else the same one unit up; without `but`."""
    for above in upwards(session, unit_id):
        found = holders(session, above, first, but=but) or holders(session, above, *SECRETARIES, but=but)
        if found:
            return found
    return []


def upwards(session: StoreSession, unit_id: int) -> list[int]:
    """The unit, the one above it, and so on to the top."""
    unit = session.get(Unit, unit_id)
    return unit.line[::-1] if unit else []


def reachable(session: StoreSession, members: Iterable[int]) -> list[int]:
    """Those of the members who have an account."""
    query = select(Account.member_id).where(col(Account.member_id).in_(list(members))).distinct()
    return sorted(session.exec(query))


def chased(session: StoreSession, members: Iterable[int]) -> tuple[int, ...]:
    """Those of the members whom a reminder asks once more: with an account and without an exemption (AT-2)."""
    query = select(Account.member_id).join(Member, col(Member.id) == col(Account.member_id))
    asked = query.where(col(Member.id).in_(list(members)), ~col(Member.attendance_exempt))
    return tuple(sorted(session.exec(asked.distinct())))
