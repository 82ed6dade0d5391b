"""Reading elections."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement
from sqlmodel import and_, col, delete, false, or_, select

from bot.rules.election import Named, Office, beginnings, may_elect
from bot.rules.people import Post as PostKind
from bot.store import people
from bot.store.core.statements import StoreSession
from bot.store.election.tables import (
    Appointment,
    Candidate,
    Contest,
    Election,
    ElectionCorrection,
    ElectionExclusion,
    ElectionRole,
    ReportStep,
    Round,
    TotalsEntry,
)
from bot.store.people import Audience, Member, Post, Unit, UnitKind


class Eligible(Struct, frozen=True):
    """A member with the right to elect and to stand (EL-6)."""

    id: int
    name: str


def units(session: StoreSession, above: list[int]) -> list[Unit]:
    """The units that hold elections and are these or lie below them: committee, general branches, branches; by path."""
    if not above:
        return []
    within = or_(*(col(Unit.path).contains(f"/{one}/") for one in above))
    query = select(Unit).where(col(Unit.kind) != UnitKind.GROUP, within)
    return sorted(session.exec(query), key=lambda unit: unit.line)


def top(session: StoreSession) -> list[int]:
    """The units that have none above them."""
    return [one or 0 for one in session.exec(select(Unit.id).where(col(Unit.parent_id).is_(None)))]


def eligible(session: StoreSession, unit_id: int) -> list[Eligible]:
    """Who may elect in the unit, in the order of the roster (EL-6)."""
    return [Eligible(one.id, one.name) for one in people_of(session, unit_id) if one.able]


def names(session: StoreSession, unit_id: int) -> dict[str, int]:
    """Everybody in the unit, with rights or without: id by name."""
    return {one.name: one.id for one in people_of(session, unit_id)}


def name_of(session: StoreSession, member_id: int) -> str:
    """A member's name."""
    return session.exec(select(Member.name).where(col(Member.id) == member_id)).one()


def helps_in(session: StoreSession, member_id: int) -> list[Round]:
    """The votes of elections that are under way and where the member is scrutineer or teller, in order."""
    query = (
        select(Round)
        .join(Contest, col(Contest.id) == col(Round.contest_id))
        .join(ElectionRole, col(ElectionRole.election_id) == col(Contest.election_id))
        .join(Election, col(Election.id) == col(Contest.election_id))
        .where(col(ElectionRole.member_id) == member_id, col(Election.announced_on).is_(None))
        .where(col(Round.set_aside_on).is_(None))
        .order_by(col(Round.id))
    )
    return list(session.exec(query))


def people_of(session: StoreSession, unit_id: int) -> list[Named]:
    """Everybody in the unit and whether they may elect. Namesakes of several branches are told apart by the branch."""
    rows = _named(session, people.in_audience(Audience((unit_id,))))
    often = Counter(one.name for one in rows)
    return [one if often[one.name] < 2 else replace(one, name=f"{one.name} {one.branch}") for one in rows]


def people_called(session: StoreSession, name: str) -> list[Named]:
    """Everybody on the whole roster whose name begins as this one does or as a part of it, and whether they may elect:
    the roster may be long, and a name is compared closely only with these."""
    begins = [col(Member.name).startswith(one, autoescape=True) for one in sorted(beginnings(name))]
    return _named(session, and_(col(Member.left_on).is_(None), or_(false(), *begins)))


def _named(session: StoreSession, within: ColumnElement[bool]) -> list[Named]:
    columns = (Member.id, Member.name, Unit.name, Member.stage, Member.voting_rights)
    query = select(*columns).join(Unit, col(Unit.id) == col(Member.branch_id)).where(within)  # type: ignore[call-overload]
    rows = session.exec(query.order_by(col(Member.id)))
    return [Named(ident, name, branch, may_elect(stage, rights)) for ident, name, branch, stage, rights in rows]


def posts_in(session: StoreSession, unit_id: int) -> list[tuple[str, PostKind]]:
    """Who holds which post in exactly this unit, by the names of its list."""
    names = {one.id: one.name for one in people_of(session, unit_id)}
    query = select(Post, Member.name).join(Member, col(Member.id) == col(Post.member_id))
    query = query.where(col(Post.unit_id) == unit_id, col(Member.left_on).is_(None))
    rows = session.exec(query.order_by(col(Post.kind), col(Post.member_id)))
    return [(names.get(post.member_id, name), post.kind) for post, name in rows]


def lock_election(session: StoreSession, election: Election) -> None:
    """Let only one transaction at a time change or report an election, and read it anew."""
    session.flush()
    session.refresh(election, with_for_update=True)


def find_election(session: StoreSession, election_id: int) -> Election | None:
    """An election by id."""
    return session.get(Election, election_id)


def of_unit(session: StoreSession, unit_id: int) -> list[Election]:
    """The elections of a unit, newest first."""
    query = select(Election).where(col(Election.unit_id) == unit_id).order_by(col(Election.id).desc())
    return list(session.exec(query))


def appointments(session: StoreSession, unit_id: int) -> list[Appointment]:
    """The appointments in a unit, newest first."""
    query = select(Appointment).where(col(Appointment.unit_id) == unit_id)
    return list(session.exec(query.order_by(col(Appointment.appointed_on).desc(), col(Appointment.id).desc())))


def open_for(session: StoreSession, unit_id: int) -> Election | None:
    """The election of the unit whose result has not been announced yet."""
    return next((one for one in of_unit(session, unit_id) if one.announced_on is None), None)


def exclusions(session: StoreSession, election_id: int) -> list[tuple[ElectionExclusion, str]]:
    """The exclusions with the members' names."""
    query = (
        select(ElectionExclusion, Member.name)
        .join(Member, col(Member.id) == col(ElectionExclusion.member_id))
        .where(col(ElectionExclusion.election_id) == election_id)
        .order_by(col(ElectionExclusion.id))
    )
    return list(session.exec(query))


def roles(session: StoreSession, election_id: int) -> list[ElectionRole]:
    """Scrutineers, then tellers."""
    query = select(ElectionRole).where(col(ElectionRole.election_id) == election_id)
    return list(session.exec(query.order_by(col(ElectionRole.role), col(ElectionRole.id))))


def contests(session: StoreSession, election_id: int) -> list[Contest]:
    """What is elected: the committee first, then secretary and deputy."""
    found = session.exec(select(Contest).where(col(Contest.election_id) == election_id))
    return sorted(found, key=lambda one: list(Office).index(one.office))


def find_contest(session: StoreSession, contest_id: int) -> Contest | None:
    """A contest by id."""
    return session.get(Contest, contest_id)


def candidates(session: StoreSession, contest_id: int) -> list[Candidate]:
    """The candidates in the order in which they were approved and entered."""
    query = select(Candidate).where(col(Candidate.contest_id) == contest_id).order_by(col(Candidate.id))
    return list(session.exec(query))


def rounds(session: StoreSession, contest_id: int) -> list[Round]:
    """The votes of a contest that stand, in order."""
    return [one for one in all_rounds(session, contest_id) if one.set_aside_on is None]


def all_rounds(session: StoreSession, contest_id: int) -> list[Round]:
    """The same with those that were set aside."""
    query = select(Round).where(col(Round.contest_id) == contest_id).order_by(col(Round.number))
    return list(session.exec(query))


def find_round(session: StoreSession, round_id: int) -> Round | None:
    """A vote by id."""
    return session.get(Round, round_id)


def lock(session: StoreSession, round_id: int) -> None:
    """Let only one transaction at a time take totals of this vote, so that two entries always see one another."""
    session.exec(select(Round.id).where(col(Round.id) == round_id).with_for_update()).first()


def entries(session: StoreSession, round_id: int) -> list[TotalsEntry]:
    """The totals typed so far, by one person each."""
    query = select(TotalsEntry).where(col(TotalsEntry.round_id) == round_id).order_by(col(TotalsEntry.id))
    return list(session.exec(query))


def reports(session: StoreSession, election_id: int) -> list[ReportStep]:
    """The steps of the report so far."""
    query = select(ReportStep).where(col(ReportStep.election_id) == election_id).order_by(col(ReportStep.id))
    return list(session.exec(query))


def corrections(session: StoreSession, election_id: int) -> list[ElectionCorrection]:
    """The corrections of what was reported, oldest first."""
    query = select(ElectionCorrection).where(col(ElectionCorrection.election_id) == election_id)
    return list(session.exec(query.order_by(col(ElectionCorrection.id))))


def drop(session: StoreSession, election: Election) -> None:
    """Delete an election that is given up before anything was counted."""
    within = select(Contest.id).where(col(Contest.election_id) == election.id)
    session.execute(delete(Candidate).where(col(Candidate.contest_id).in_(within)))
    for table in (Contest, ElectionExclusion, ElectionRole, ReportStep):
        session.execute(delete(table).where(col(table.election_id) == election.id))
    session.delete(election)
