"""What elections keep about a member (PI-4), and for how long (PI-10)."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from sqlmodel import col, delete, func, select

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
    TotalsEntry,
    UnitTerm,
)
from bot.store.people import Fact

Named = TypeVar("Named", ElectionRole, ElectionExclusion)


def about_member(session: StoreSession, member_id: int) -> list[Fact]:
    """Where the member stood, served, was left out of the base or appointed, and what they noted. Votes are not known
    to us."""
    facts = []
    stood = (
        select(Contest, col(Election.started_on))
        .join(Candidate, col(Candidate.contest_id) == col(Contest.id))
        .join(Election, col(Election.id) == col(Contest.election_id))
        .where(col(Candidate.member_id) == member_id)
        .order_by(col(Candidate.id))
    )
    for contest, started_on in session.exec(stood):
        facts.append(Fact(f"election.fact_stood_{contest.office}", {"year": started_on.year}))
    for role, year in _with_year(session, ElectionRole, member_id):
        facts.append(Fact(f"election.fact_{role.role}", {"year": year}))
    for exclusion, year in _with_year(session, ElectionExclusion, member_id):
        values = {"year": year, "approval": exclusion.approval_no, "resolution": exclusion.resolution}
        facts.append(Fact(f"election.fact_excluded_{exclusion.reason}", {**values}))
    appointed = select(Appointment).where(col(Appointment.member_id) == member_id).order_by(col(Appointment.id))
    for one in session.exec(appointed):
        values = {"day": one.appointed_on, "approval": one.approval_no}
        facts.append(Fact(f"election.fact_appointed_{one.office}", {**values}))
    return [*facts, *_noted(session, member_id)]


def _with_year(session: StoreSession, table: type[Named], member_id: int) -> list[tuple[Named, int]]:
    """The rows of a table of elections that name the member, each with the year in which its election began."""
    query = (
        select(table, col(Election.started_on))
        .join(Election, col(Election.id) == col(table.election_id))
        .where(col(table.member_id) == member_id)
        .order_by(col(table.id))
    )
    return [(row, started_on.year) for row, started_on in session.exec(query)]


def _noted(session: StoreSession, member_id: int) -> list[Fact]:
    counts = {
        name: session.exec(select(func.count(column)).where(column == member_id)).one()
        for name, column in (
            ("terms", col(UnitTerm.set_by)),
            ("appointed", col(Appointment.noted_by)),
            ("started", col(Election.started_by)),
            ("totals", col(TotalsEntry.entered_by)),
            ("steps", col(ReportStep.noted_by)),
            ("corrections", col(ElectionCorrection.noted_by)),
        )
    }
    return [Fact("election.fact_noted", {**counts})] if any(counts.values()) else []


def forget_old(session: StoreSession, before: date) -> None:
    """Nightly: reasons for exclusions go once the result has been announced long enough."""
    over = select(Election.id).where(col(Election.announced_on) < before)
    session.execute(delete(ElectionExclusion).where(col(ElectionExclusion.election_id).in_(over)))
