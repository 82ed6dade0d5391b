"""What elections keep about a member (PI-4), and for how long (PI-10)."""

from __future__ import annotations

from datetime import date

from sqlmodel import col, delete, func, select

from bot.store.election.tables import (
    Appointment,
    Candidate,
    Contest,
    Election,
    ElectionExclusion,
    ElectionRole,
    ReportStep,
    TotalsEntry,
    UnitTerm,
)
from bot.store.hot import StoreSession
from bot.store.people import Fact


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
    served = (
        select(ElectionRole, col(Election.started_on))
        .join(Election, col(Election.id) == col(ElectionRole.election_id))
        .where(col(ElectionRole.member_id) == member_id)
        .order_by(col(ElectionRole.id))
    )
    for role, started_on in session.exec(served):
        facts.append(Fact(f"election.fact_{role.role}", {"year": started_on.year}))
    left_out = (
        select(ElectionExclusion, col(Election.started_on))
        .join(Election, col(Election.id) == col(ElectionExclusion.election_id))
        .where(col(ElectionExclusion.member_id) == member_id)
        .order_by(col(ElectionExclusion.id))
    )
    for exclusion, started_on in session.exec(left_out):
        values = {"year": started_on.year, "approval": exclusion.approval_no, "resolution": exclusion.resolution}
        facts.append(Fact(f"election.fact_excluded_{exclusion.reason}", {**values}))
    appointed = select(Appointment).where(col(Appointment.member_id) == member_id).order_by(col(Appointment.id))
    for one in session.exec(appointed):
        values = {"day": one.appointed_on, "approval": one.approval_no}
        facts.append(Fact(f"election.fact_appointed_{one.office}", {**values}))
    return [*facts, *_noted(session, member_id)]


def _noted(session: StoreSession, member_id: int) -> list[Fact]:
    counts = {
        name: session.exec(select(func.count(column)).where(column == member_id)).one()
        for name, column in (
            ("terms", col(UnitTerm.set_by)),
            ("appointed", col(Appointment.noted_by)),
            ("started", col(Election.started_by)),
            ("totals", col(TotalsEntry.entered_by)),
            ("steps", col(ReportStep.noted_by)),
        )
    }
    return [Fact("election.fact_noted", {**counts})] if any(counts.values()) else []


def forget_old(session: StoreSession, before: date) -> None:
    """Nightly: reasons for exclusions go once the result has been announced long enough."""
    over = select(Election.id).where(col(Election.announced_on) < before)
    session.execute(delete(ElectionExclusion).where(col(ElectionExclusion.election_id).in_(over)))
