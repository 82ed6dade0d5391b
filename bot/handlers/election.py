"""What the chat says of branch elections: the state and the next step. Votes are on paper, and the bot never takes one
(2.5); it says no count, no candidate and nothing in groups."""

from __future__ import annotations

from collections import Counter

from bot.messages import Inbound, Link, Message, Role
from bot.router import Context, Feature, Refused, Route, Timed
from bot.rules.election import TermState
from bot.rules.lateness import WEEK
from bot.services.election import correcting
from bot.services.election.next_step import next_text
from bot.services.election.terms import (
    DUE_SOON_JOB,
    FIRST_JOB,
    due_soon_job,
    due_soon_matter,
    first_job,
    first_matter,
    state_of,
    term_of,
    term_text,
)
from bot.services.election.words import context_of
from bot.store import election as store
from bot.store import people
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


def _states(ctx: Context) -> list[str]:
    """How many units stand where; totals only (8.6)."""
    listed = store.units(ctx.session, store.top(ctx.session))
    found = [term_of(ctx, unit.id or 0) for unit in listed]
    counts = Counter(state_of(ctx, term) if term else None for term in found)
    lines = [ctx.text(f"election.office_{state}", count=counts[state]) for state in TermState if counts[state]]
    return [*lines, ctx.text("election.office_unknown", count=counts[None])] if counts[None] else lines


FEATURE = Feature(
    "election",
    routes=(
        Route("election.show", show, Role.SECRETARY, or_role=Role.OFFICE),
        Route("election.totals", totals, Role.MEMBER),
        Route("election.paper", paper, Role.MEMBER),
    ),
    jobs={
        FIRST_JOB: Timed(first_job, WEEK, first_matter),
        DUE_SOON_JOB: Timed(due_soon_job, WEEK, due_soon_matter),
    },
)
