"""What the chat says of elections: the state and the next step. Never a count, never a candidate, nothing in groups."""

from __future__ import annotations

from collections import Counter

from bot.handlers.election import candidates, correcting, preparing, reporting, results
from bot.handlers.election.results import Counted, Standing
from bot.handlers.election.terms import state_of, term_of, term_text
from bot.handlers.election.words import context_of
from bot.messages import Inbound, Link, Message, Role
from bot.router import Context, Refused
from bot.rules.election import RoundKind, Step, TermState
from bot.store import election as store
from bot.store import people
from bot.store.election import Contest, Election, RoleKind
from bot.store.people import UnitKind


def show(inbound: Inbound, ctx: Context) -> Message:
    """The secretary's own unit, or for the Party office the number of units in each state; a link to the page."""
    if ctx.led(Role.SECRETARY):
        unit = people.unit(ctx.session, ctx.unit_id)
        if unit.kind is UnitKind.GROUP:
            raise Refused("election.no_unit")
        lines = [unit.name, term_text(ctx, term_of(ctx, ctx.unit_id))]
        election = store.open_for(ctx.session, ctx.unit_id)
        lines.append(next_text(ctx, election))
        path = f"/elections/{election.id}" if election else f"/elections/unit/{ctx.unit_id}"
    else:
        lines = [ctx.text("election.office_head"), *_states(ctx)]
        path = "/elections"
    return Message("\n".join(lines), links=(Link(ctx.text("election.page.heading"), ctx.page_link(path)),))


def totals(inbound: Inbound, ctx: Context) -> Message:
    """Scrutineers and tellers get the page on which they type the totals of the signed sheet, or correct them."""
    listed = store.helps_in(ctx.session, ctx.member.id)
    waiting = [one for one in listed if one.totals is None]
    said = "election.totals_how" if waiting else "election.totals_correct"
    waiting = waiting or [one for one in listed if not correcting.fixed(ctx, *context_of(ctx, one.id or 0))]
    if not waiting:
        raise Refused("election.nothing_to_count")
    links = tuple(
        Link(ctx.text("election.totals_link", number=one.number), ctx.page_link(f"/elections/totals/{one.id}"))
        for one in waiting[-1:]
    )
    return Message(ctx.text(said), links=links)


def paper(inbound: Inbound, ctx: Context) -> Message:
    """Somebody wants to vote or asks about it: ballots are paper (2.5)."""
    return Message(ctx.text("election.paper_only"))


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


def _states(ctx: Context) -> list[str]:
    """How many units stand where; totals only (8.6)."""
    listed = store.units(ctx.session, store.top(ctx.session))
    found = [term_of(ctx, unit.id or 0) for unit in listed]
    counts = Counter(state_of(ctx, term) if term else None for term in found)
    lines = [ctx.text(f"election.office_{state}", count=counts[state]) for state in TermState if counts[state]]
    return [*lines, ctx.text("election.office_unknown", count=counts[None])] if counts[None] else lines
