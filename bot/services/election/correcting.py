"""Until the result is reported, what two people agreed on by mistake, and a ruling, can be changed; later nothing is,
and a dated correction says what is wrong (RC-2)."""

from __future__ import annotations

from bot.router import Context, Refused
from bot.rules.election import Office
from bot.services.election.words import LONGEST_CORRECTION, LONGEST_TEXT, needed, reported
from bot.store import election as store
from bot.store.election import Contest, Election, ElectionCorrection, Round


def fixed(ctx: Context, election: Election, contest: Contest, vote: Round) -> str:
    """Why totals that two people agreed on, or a ruling, cannot be changed: the key of a sentence; empty while they
    can. They cannot once the result is reported (EL-25), nor once another vote has followed from them."""
    if reported(ctx, election):
        return "election.reported_already"
    if vote.set_aside_on is not None:
        return "election.set_aside_already"
    if store.rounds(ctx.session, contest.id or 0)[-1].id != vote.id or committee_voted(ctx, election, contest):
        return "election.voted_since"
    return ""


def committee_voted(ctx: Context, election: Election, contest: Contest) -> bool:
    """Whether the committee that this contest elects has begun to vote on secretary or deputy (EL-14)."""
    return contest.office is Office.COMMITTEE and any(
        one.by_committee and store.rounds(ctx.session, one.id or 0)
        for one in store.contests(ctx.session, election.id or 0)
    )


def none_waits(ctx: Context, election: Election) -> None:
    """Refuse what builds on the totals while somebody has typed others and a second person has not yet."""
    for contest in store.contests(ctx.session, election.id or 0):
        for vote in store.rounds(ctx.session, contest.id or 0):
            if vote.totals is not None and store.entries(ctx.session, vote.id or 0):
                raise Refused("election.correcting", number=vote.number)


def start_over(ctx: Context, election: Election, contest: Contest) -> None:
    """Drop what was decided on a result that is no longer the same: seats given up or left open, and that counting was
    done."""
    contest.given_up, contest.consents, contest.vacant_approval = 0, None, ""
    ctx.session.add(contest)
    for step in store.reports(ctx.session, election.id or 0):
        ctx.session.delete(step)
    ctx.session.flush()


def correct(ctx: Context, election: Election, text: str, reason: str) -> None:
    """Append a correction to what was reported: what is wrong and what is right, and why. Nothing else changes, on the
    page and on the papers both stand (RC-2)."""
    store.lock_election(ctx.session, election)
    if not reported(ctx, election):
        raise Refused("election.not_reported")
    row = ElectionCorrection(
        election_id=election.id or 0,
        made_on=ctx.today,
        text=needed(ctx, text, LONGEST_CORRECTION, "correction"),
        reason=needed(ctx, reason, LONGEST_TEXT, "correction_reason"),
        noted_by=ctx.member.id,
        noted_name=ctx.member.name,
    )
    ctx.session.add(row)
    ctx.session.flush()
    ctx.audit("election correction", f"{election.id}:{row.id}")
