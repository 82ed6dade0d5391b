"""The first thing that an election still lacks."""

from __future__ import annotations

from bot.router import Context
from bot.rules.election import RoundKind, Step
from bot.services.election import candidates, preparing, reporting, results
from bot.services.election.results import Counted, Standing
from bot.store import election as store
from bot.store.election import Contest, Election, RoleKind


def next_text(ctx: Context, election: Election | None) -> str:
    """What is to be done next, in a sentence."""
    return ctx.text(f"election.next_{next_key(ctx, election)}")


def next_key(ctx: Context, election: Election | None) -> str:
    """The first thing that is still missing."""
    if election is None:
        return "begin"
    contests = store.contests(ctx.session, election.id or 0)
    if steps := reporting.ahead(ctx, election):
        return str(steps[0])
    if not preparing.votes_begun(ctx, election):
        return _before(ctx, election)
    now = [results.standing(ctx, election, one) for one in contests]
    if any(one.open for one in now):
        return "totals"
    for contest, one in zip(contests, now, strict=True):
        if one.last is not None and not one.done:
            return _after(contest, one, one.last)
    return "vote"


def _after(contest: Contest, now: Standing, last: Counted) -> str:
    """What follows from the last count of a contest that is not done."""
    if last.step is Step.VACANT and last.vote.kind is not RoundKind.PRELIMINARY:
        return "step_vacant" if results.reducible(contest, now) else "step_nobody"
    preliminary = last.vote.kind is RoundKind.PRELIMINARY and last.step is not Step.AGAIN
    return "preliminary" if preliminary else f"step_{last.step}"


def _before(ctx: Context, election: Election) -> str:
    """What the preparation still lacks."""
    contests = store.contests(ctx.session, election.id or 0)
    if not contests or any(
        len(store.candidates(ctx.session, one.id or 0)) < candidates.wanted(ctx, one) for one in contests
    ):
        return "candidates"
    if {one.role for one in store.roles(ctx.session, election.id or 0)} != set(RoleKind):
        return "roles"
    if election.due is None:
        return "base"
    return "vote"
