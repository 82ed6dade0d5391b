"""Finding rounds, and who may do what with one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from sqlmodel import col, select

from bot.messages import Role
from bot.rules.people import Post as PostKind
from bot.store import people, posts
from bot.store.core.statements import StoreSession
from bot.store.people import Member, UnitKind
from bot.store.rating.tables import RatingRound, RatingTarget, RatingTeller, RatingVoter
from bot.store.rating.words import RatingError, RoundState


class Teller(Struct, frozen=True):
    """A teller by name."""

    member_id: int
    name: str


def get(session: StoreSession, round_id: int) -> RatingRound | None:
    """The round with this id."""
    return session.get(RatingRound, round_id)


def of_units(session: StoreSession, unit_ids: Iterable[int]) -> list[RatingRound]:
    """The rounds of exactly these units, newest first."""
    query = select(RatingRound).where(col(RatingRound.unit_id).in_(list(unit_ids)))
    return list(session.exec(query.order_by(col(RatingRound.id).desc())))


def of_voter(session: StoreSession, member_id: int, *states: RoundState) -> list[RatingRound]:
    """Rounds in these states (none given: open) on whose roll the member is, newest first."""
    query = select(RatingRound).join(RatingVoter, col(RatingVoter.round_id) == col(RatingRound.id))
    query = query.where(col(RatingVoter.member_id) == member_id)
    query = query.where(col(RatingRound.state).in_(states or (RoundState.OPEN,)))
    return list(session.exec(query.order_by(col(RatingRound.id).desc())))


def of_teller(session: StoreSession, member_id: int) -> list[RatingRound]:
    """Rounds that are not over and in which the member is a teller, newest first."""
    query = select(RatingRound).join(RatingTeller, col(RatingTeller.round_id) == col(RatingRound.id))
    alive = (RoundState.DRAFT, RoundState.OPEN, RoundState.CLOSED)
    query = query.where(col(RatingTeller.member_id) == member_id, col(RatingRound.state).in_(alive))
    return list(session.exec(query.order_by(col(RatingRound.id).desc())))


def of_target(session: StoreSession, member_id: int) -> list[tuple[RatingRound, RatingTarget]]:
    """Published rounds in which the member was rated, newest first."""
    query = select(RatingRound, RatingTarget).join(RatingTarget, col(RatingTarget.round_id) == col(RatingRound.id))
    query = query.where(col(RatingTarget.member_id) == member_id, col(RatingRound.state) == RoundState.PUBLISHED)
    return list(session.exec(query.order_by(col(RatingRound.id).desc())))


def targets(session: StoreSession, round_id: int) -> list[RatingTarget]:
    """Who is rated, in the order of the sheet."""
    query = select(RatingTarget).where(col(RatingTarget.round_id) == round_id)
    return list(session.exec(query.order_by(col(RatingTarget.position))))


def tellers(session: StoreSession, round_id: int) -> list[Teller]:
    """The tellers, by member id."""
    query = select(Member.id, Member.name).join(RatingTeller, col(RatingTeller.member_id) == col(Member.id))
    query = query.where(col(RatingTeller.round_id) == round_id).order_by(col(Member.id))
    return [Teller(ident or 0, name) for ident, name in session.exec(query)]


def is_teller(session: StoreSession, round_id: int, member_id: int) -> bool:
    """Whether the member is a teller of the round."""
    return session.get(RatingTeller, (round_id, member_id)) is not None


def may_run(session: StoreSession, found: RatingRound, member_id: int) -> bool:
    """Whether the member may set up and run the round: the office for a committee's, the secretary for a branch's."""
    role = Role.OFFICE if _of_committee(session, found) else Role.SECRETARY
    return people.may(session, member_id, role, found.unit_id)


def runners(session: StoreSession, found: RatingRound) -> list[int]:
    """Who runs the round now and has an account: the office for a committee's, the secretary (else the deputies) for a
    branch's, and who began it while they still may."""
    if not _of_committee(session, found):
        return posts.in_charge(session, found.unit_id, found.made_by)
    offices = (posts.holders(session, above, PostKind.PARTY_OFFICE) for above in posts.upwards(session, found.unit_id))
    return next((some for some in offices if some), [])


def may_approve(session: StoreSession, found: RatingRound, member_id: int) -> bool:
    """Whether the member may approve it and see its result (NS-2): the office, or the branch's committee."""
    role = Role.OFFICE if _of_committee(session, found) else Role.COMMITTEE
    return people.may(session, member_id, role, found.unit_id)


def number_of(found: RatingRound) -> int:
    """The round's id, once it is stored."""
    if found.id is None:
        raise LookupError("a round that was not stored")
    return found.id


def lock(session: StoreSession, found: RatingRound, *states: RoundState) -> RatingRound:
    """Read the round anew and keep others from changing it or casting until the end of the transaction (on SQLite
    there is one writer). Raises RatingError `state_<its state>` when it is in none of these states."""
    session.flush()
    session.refresh(found, with_for_update=True)
    return require(found, *states)


def require(found: RatingRound, *states: RoundState) -> RatingRound:
    """The round; raises RatingError `state_<its state>` when it is in none of these states."""
    if found.state not in states:
        raise RatingError(f"state_{found.state}")
    return found


def is_over_time(found: RatingRound, now: datetime) -> bool:
    """Whether the time at which it closes by itself has come: nothing is taken any more, even if it is still open."""
    return found.closes_at is not None and found.closes_at <= now


def class_names(found: RatingRound) -> list[str]:
    """The names of the classes, in order."""
    return [str(one["name"]) for one in found.classes]


def class_named(found: RatingRound, name: str) -> int:
    """The index of a class; raises RatingError `no_class`."""
    names = class_names(found)
    if name not in names:
        raise RatingError("no_class", name=name, names=" / ".join(names))
    return names.index(name)


def member_in(session: StoreSession, member_ids: Sequence[int]) -> dict[int, Member]:
    """Those of the members who have not left, by id."""
    query = select(Member).where(col(Member.id).in_(list(member_ids)), col(Member.left_on).is_(None))
    return {one.id or 0: one for one in session.exec(query)}


def _of_committee(session: StoreSession, found: RatingRound) -> bool:
    return people.unit(session, found.unit_id).kind is UnitKind.COMMITTEE
