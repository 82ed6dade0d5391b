"""A counted vote that was opened by mistake is set aside by two people: it counts for nothing, and the papers say so.

One of the two is a scrutineer, under whom the vote was held (EL-16); the other is a scrutineer too, a teller or of the
unit's committee. Neither is a candidate."""

from __future__ import annotations

from bot.router import Context, Refused
from bot.rules.election import RoundKind
from bot.services.election import correcting, counting
from bot.services.election.words import LONGEST_TEXT, context_of, needed, reported
from bot.store import election as store
from bot.store.election import Contest, Election, RoleKind, Round

_FOLLOWS = {
    RoundKind.PRELIMINARY: frozenset(RoundKind),
    RoundKind.FIRST: frozenset({RoundKind.TIE, RoundKind.REST}),
    RoundKind.TIE: frozenset(RoundKind),
    RoundKind.REST: frozenset(RoundKind),
}
"""What kinds of later votes have followed from a vote; a first vote beside a first vote has not."""


def barred(ctx: Context, election: Election, contest: Contest, vote: Round) -> str:
    """Why a vote cannot be set aside: the key of a sentence; empty where it can."""
    if vote.totals is None or vote.set_aside_on is not None:
        return "help.stale_button"
    if reported(ctx, election):
        return "election.reported_already"
    later = {one.kind for one in store.rounds(ctx.session, contest.id or 0) if one.number > vote.number}
    if later & _FOLLOWS[vote.kind] or correcting.committee_voted(ctx, election, contest):
        return "election.voted_since"
    return ""


def ask(ctx: Context, round_id: int, reason: str) -> None:
    """The first of the two says why."""
    vote = _open(ctx, round_id)
    vote.aside_reason = needed(ctx, reason, LONGEST_TEXT, "aside_reason")
    vote.aside_asked_by, vote.aside_names = ctx.member.id, [ctx.member.name]
    ctx.session.add(vote)
    ctx.audit("election vote to be set aside", f"{vote.contest_id}:{vote.number}")


def take_back(ctx: Context, round_id: int) -> None:
    """It is not to be set aside after all, says one of those who may."""
    vote = _open(ctx, round_id)
    vote.aside_reason, vote.aside_asked_by, vote.aside_names = "", None, []
    ctx.session.add(vote)
    ctx.audit("election vote to stand", f"{vote.contest_id}:{vote.number}")


def agree(ctx: Context, round_id: int) -> None:
    """The second of the two agrees: what was decided on the vote goes with it."""
    vote = _open(ctx, round_id)
    election, contest, _ = context_of(ctx, round_id)
    if vote.aside_asked_by is None:
        raise Refused("help.stale_button")
    if vote.aside_asked_by == ctx.member.id:
        raise Refused("election.aside_by_another")
    roles = store.roles(ctx.session, election.id or 0)
    scrutineers = {one.member_id for one in roles if one.role is RoleKind.SCRUTINEER}
    if not scrutineers & {vote.aside_asked_by, ctx.member.id}:
        raise Refused("election.aside_by_scrutineer")
    vote.set_aside_on, vote.aside_asked_by = ctx.today, None
    vote.aside_names = [*vote.aside_names, ctx.member.name]
    ctx.session.add(vote)
    for one in store.entries(ctx.session, round_id):
        ctx.session.delete(one)
    ctx.session.flush()
    correcting.start_over(ctx, election, contest)
    ctx.audit("election vote set aside", f"{contest.id}:{vote.number}")


def _open(ctx: Context, round_id: int) -> Round:
    """The vote, kept from others, for somebody who may; refused where it can no longer be set aside."""
    store.lock(ctx.session, round_id)
    election, contest, vote = context_of(ctx, round_id)
    store.lock_election(ctx.session, election)
    if refusal := counting.may_enter(ctx, election, contest, vote) or barred(ctx, election, contest, vote):
        raise Refused(refusal)
    return vote
