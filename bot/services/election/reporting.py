"""The report to the superior: counted, reported, filed and approved, announced (EL-25); and the papers for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial

from msgspec.structs import replace

from bot.documents import ballot_docx, election_report_docx, election_result_docx, tally_docx
from bot.documents.election import (
    BallotPaper,
    Correction,
    CountLine,
    CountTable,
    ElectionRecord,
    SetAside,
)
from bot.messages import Unmade
from bot.router import Context, Refused
from bot.rules.election import MORE_WINS, Office, ReportState, next_reports, votes_needed
from bot.services.election import appointments, candidates, correcting, results, terms
from bot.services.election.results import Counted
from bot.services.election.words import LONGEST_NUMBER, clean, needed
from bot.store import election as store
from bot.store import people
from bot.store.election import Contest, Election, ReportStep, RoleKind, Round

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_NUMBERED = (ReportState.APPROVED,)
"""Steps that cannot be noted without the number of their paper."""


def ahead(ctx: Context, election: Election) -> tuple[ReportState, ...]:
    """The steps that may be noted next; none while something is still to be voted on."""
    if not results.all_done(ctx, election):
        return ()
    offices = [office for office, names in results.elected(ctx, election) if names]
    return next_reports([one.state for one in store.reports(ctx.session, election.id or 0)], offices)


def note(ctx: Context, election: Election, state: str, taken_on: date, document_no: str) -> None:
    """Note a step of the report. Announcing ends the election and begins the new term."""
    store.lock_election(ctx.session, election)
    if state not in ahead(ctx, election):
        raise Refused("election.step_not_yet")
    correcting.none_waits(ctx, election)
    step = ReportState(state)
    if election.held_on is None or election.held_on > ctx.today:
        raise Refused("election.date_first")
    before = [one.taken_on for one in store.reports(ctx.session, election.id or 0)]
    if taken_on > ctx.today or taken_on < max([election.held_on, *before]):
        raise Refused("election.step_date", first=max([election.held_on, *before]), last=ctx.today)
    paper = (needed if step in _NUMBERED else clean)(ctx, document_no, LONGEST_NUMBER, "document_no")
    ctx.session.add(
        ReportStep(
            election_id=election.id or 0,
            state=step,
            taken_on=taken_on,
            document_no=paper,
            noted_by=ctx.member.id,
            noted_name=ctx.member.name,
        )
    )
    ctx.session.flush()
    ctx.audit(f"election {step}", str(election.id))
    if step is ReportState.ANNOUNCED:
        _finish(ctx, election, taken_on)
        appointments.tell_of_posts(ctx, election)


def _finish(ctx: Context, election: Election, announced_on: date) -> None:
    """The term of those elected runs from the day of the vote; a by-election leaves the term as it is (EL-5)."""
    election.announced_on = announced_on
    ctx.session.add(election)
    offices = {office for office, names in results.elected(ctx, election) if names}
    if not offices or election.by_election or election.held_on is None or offices == {Office.DEPUTY}:
        return
    before = terms.term_of(ctx, election.unit_id)
    years = before.years if before else terms.usual_years(ctx, election.unit_id)
    terms.renew(ctx, election.unit_id, election.held_on, years)


def record(ctx: Context, election: Election) -> ElectionRecord:
    """Everything that the result form and the report say: totals and names, no votes of anybody. What was reported
    keeps its date (RC-2)."""
    unit = people.unit(ctx.session, election.unit_id)
    above = people.unit(ctx.session, unit.parent_id).name if unit.parent_id else ctx.text("election.superior")
    named = {
        kind: tuple(one.name for one in store.roles(ctx.session, election.id or 0) if one.role is kind)
        for kind in RoleKind
    }
    steps = store.reports(ctx.session, election.id or 0)
    reported_on = next((one.taken_on for one in steps if one.state is ReportState.REPORTED), None)
    counts: list[CountTable] = []
    for contest in store.contests(ctx.session, election.id or 0):
        counted = results.counts(ctx, election, contest)
        counts += [count_table(contest, one) for one in counted]
        if counted:
            counts[-1] = _last(contest, counts[-1], results.standing(ctx, election, contest))
    return ElectionRecord(
        branch=unit.name,
        superior=above,
        by_election=election.by_election,
        held_on=election.held_on,
        made_on=reported_on or ctx.today,
        place=election.place,
        chair=election.chair,
        with_rights=election.with_rights or 0,
        due=election.due or 0,
        present=election.present or 0,
        clause=election.clause,
        scrutineers=named[RoleKind.SCRUTINEER],
        tellers=named[RoleKind.TELLER],
        counts=tuple(counts),
        elected=tuple((str(office), names) for office, names in results.elected(ctx, election)),
        done=results.all_done(ctx, election),
        base=str(election.elected_base),
        corrections=tuple(
            Correction(one.made_on, one.noted_name, one.text, one.reason)
            for one in store.corrections(ctx.session, election.id or 0)
        ),
        aside=tuple(_set_aside(ctx, election)),
    )


def _last(contest: Contest, count: CountTable, now: results.Standing) -> CountTable:
    """The last count of a contest, with what was decided on it: seats given up or left open (EL-5, EL-23)."""
    still = results.seats_open(contest, now) if contest.vacant_approval else 0
    return replace(
        count,
        given_up=contest.given_up,
        left_open=still,
        approval=contest.vacant_approval,
        reducible=results.reducible(contest, now),
    )


def _set_aside(ctx: Context, election: Election) -> Iterator[SetAside]:
    for contest in store.contests(ctx.session, election.id or 0):
        votes = store.all_rounds(ctx.session, contest.id or 0)
        ended = contest.vacant_approval and all(one.set_aside_on is not None for one in votes)
        for one in votes:
            if one.set_aside_on is not None and one.totals is not None:
                last = ended and one is votes[-1]
                yield SetAside(
                    office=str(contest.office),
                    kind=str(one.kind),
                    number=one.number,
                    reason=one.aside_reason,
                    by=tuple(one.aside_names),
                    on=one.set_aside_on,
                    left_open=contest.seats if last else 0,
                    approval=contest.vacant_approval if last else "",
                )


def count_table(contest: Contest, one: Counted) -> CountTable:
    """One count with every name's totals (EL-24)."""
    outcome = one.result.outcome
    won = outcome.elected if outcome else ()
    lines = [
        CountLine(line.name, line.approve, line.disapprove, line.abstain, line.name in won) for line in one.sheet.lines
    ]
    lines += [
        CountLine(who.name, who.votes, None, None, who.name in won, not who.may_stand) for who in one.sheet.write_ins
    ]
    more_wins = one.vote.kind in MORE_WINS
    return CountTable(
        office=str(contest.office),
        by_committee=contest.by_committee,
        kind=str(one.vote.kind),
        number=one.vote.number,
        seats=one.vote.seats,
        due=one.vote.due,
        present=one.vote.present,
        issued=one.sheet.issued,
        voted=one.sheet.voted,
        returned=one.sheet.returned,
        valid=one.sheet.valid if one.result.box_valid else None,
        invalid=one.sheet.invalid,
        decided=one.sheet.decided,
        needed_present=None if more_wins else votes_needed(one.vote.present),
        needed_due=None if more_wins else votes_needed(one.vote.due),
        base=str(one.result.base) if one.result.present != one.result.due else None,
        clause=one.vote.clause,
        step=str(one.step),
        lines=tuple(lines),
    )


def paper_of(ctx: Context, election: Election, contest: Contest, vote: Round | None) -> BallotPaper:
    """The ballot: of an opened vote, or of the list as it stands."""
    if vote is None and not candidates.order(ctx, contest).names:
        raise Refused("election.no_candidates")
    return BallotPaper(
        branch=people.unit(ctx.session, election.unit_id).name,
        office=str(contest.office),
        kind=str(vote.kind if vote else candidates.first_kind(contest)),
        seats=vote.seats if vote else contest.shortlist or contest.seats,
        names=tuple(vote.names) if vote else candidates.order(ctx, contest).names,
        held_on=election.held_on,
    )


def file(ctx: Context, election: Election, what: str) -> Unmade:
    """`result`, the form with the counts, or `report`, the draft for the superior."""
    found = record(ctx, election)
    if not found.counts:
        raise Refused("election.nothing_counted")
    if what == "report" and not found.done:
        raise Refused("election.report_too_early")
    writers = {"result": election_result_docx, "report": election_report_docx}
    name = ctx.text(f"election.file_{what}", branch=found.branch) + ".docx"
    return Unmade(name, DOCX, partial(writers[what], found, ctx.library.content.labels))


def tally_file(ctx: Context, paper: BallotPaper) -> Unmade:
    """The blank sheet for counting as a Word file."""
    name = ctx.text("election.file_tally", branch=paper.branch) + ".docx"
    return Unmade(name, DOCX, partial(tally_docx, paper, ctx.library.content.labels))


def ballot_file(ctx: Context, paper: BallotPaper, per_page: int) -> Unmade:
    """The ballots as a Word file."""
    name = ctx.text("election.file_ballot", branch=paper.branch) + ".docx"
    return Unmade(name, DOCX, partial(ballot_docx, paper, per_page, ctx.library.content.labels))
