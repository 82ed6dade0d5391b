"""The totals of a vote: typed by two people from the signed sheet, fixed when both agree (EL-18..EL-20, SE-1)."""

from __future__ import annotations

from collections.abc import Mapping

from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.election import (
    Line,
    Sheet,
    WriteIn,
    differing,
    sheet_problems,
)
from bot.services.election import correcting
from bot.services.election.able import able, member_named
from bot.services.election.words import LONGEST_NAME, clean, context_of, not_ahead, number
from bot.store import election as store
from bot.store import people
from bot.store.election import Contest, Election, Round, TotalsEntry
from bot.store.people import Person

COUNTS = ("issued", "voted", "returned", "invalid", "decided")
MARKS = ("approve", "disapprove", "abstain")
WRITE_INS = 24
"""Lines for people written in on the form; more than a branch's meeting writes in."""


def may_enter(ctx: Context, election: Election, contest: Contest, vote: Round) -> str:
    """Why this person may not type the totals: the key of a sentence; empty when they may. Scrutineers and
    tellers, as long as they have rights (EL-6), and the unit's committee may, but nobody who is a candidate."""
    return _refusal(ctx, election, contest, vote, ctx.member)


def _refusal(ctx: Context, election: Election, contest: Contest, vote: Round, who: Person) -> str:
    standing = {one.member_id for one in store.candidates(ctx.session, contest.id or 0)}
    if who.id in standing or who.name in vote.names:
        return "election.candidate_counts"
    if people.may(ctx.session, who.id, Role.COMMITTEE, election.unit_id):
        return ""
    if who.id in {one.member_id for one in store.roles(ctx.session, election.id or 0)} & able(ctx, election.unit_id):
        return ""
    return "election.not_a_counter"


def left_behind(ctx: Context, election: Election, contest: Contest, vote: Round) -> list[TotalsEntry]:
    """The entries of those who have left or may no longer type totals: nobody else could take them back."""
    found = []
    for one in store.entries(ctx.session, vote.id or 0):
        author = people.person(ctx.session, one.entered_by)
        if author is None or _refusal(ctx, election, contest, vote, author):
            found.append(one)
    return found


def enter(ctx: Context, round_id: int, said: Mapping[str, str]) -> Round:
    """Take one person's totals. When a second person's are the same, they are the vote's; until the result is reported
    two people can agree on others, which then hold instead."""
    store.lock(ctx.session, round_id)
    election, contest, vote = context_of(ctx, round_id)
    store.lock_election(ctx.session, election)
    if refusal := may_enter(ctx, election, contest, vote):
        raise Refused(refusal)
    not_ahead(ctx, election)
    if vote.totals is not None and (why := correcting.fixed(ctx, election, contest, vote)):
        raise Refused(why)
    sheet = read_sheet(ctx, election, vote, said)
    if vote.totals is not None and not differing(sheet, from_json(vote.totals)):
        raise Refused("election.totals_same")
    listed = store.entries(ctx.session, round_id)
    mine = next((one for one in listed if one.entered_by == ctx.member.id), None)
    others = [one for one in listed if one is not mine]
    if mine is None and len(others) > 1:
        raise Refused("election.two_are_enough")
    mine = mine or TotalsEntry(round_id=round_id, entered_by=ctx.member.id, totals={})
    mine.totals = to_json(sheet)
    ctx.session.add(mine)
    ctx.session.flush()
    ctx.audit("election totals entered", str(round_id))
    if others and not differing(sheet, from_json(others[0].totals)):
        _freeze(ctx, election, contest, vote, sheet)
    return vote


def _freeze(ctx: Context, election: Election, contest: Contest, vote: Round, sheet: Sheet) -> None:
    listed = store.entries(ctx.session, vote.id or 0)
    action = "election totals agreed" if vote.totals is None else "election totals corrected"
    if vote.totals is not None:
        correcting.start_over(ctx, election, contest)
        vote.ruling, vote.clause = None, ""
    vote.totals = to_json(sheet)
    vote.entered = [store.name_of(ctx.session, one.entered_by) for one in listed]
    ctx.session.add(vote)
    for one in listed:
        ctx.session.delete(one)
    ctx.session.flush()
    ctx.audit(action, str(vote.id))


def withdraw(ctx: Context, vote: Round) -> None:
    """Take this person's totals back, so that another may type them."""
    mine = next((one for one in store.entries(ctx.session, vote.id or 0) if one.entered_by == ctx.member.id), None)
    if mine is None:
        raise Refused("help.stale_button")
    ctx.session.delete(mine)
    ctx.audit("election totals withdrawn", str(vote.id))


def withdraw_for(ctx: Context, round_id: int, entry_id: int) -> None:
    """Take back what somebody typed who may no longer, so that another may type them."""
    store.lock(ctx.session, round_id)
    election, contest, vote = context_of(ctx, round_id)
    if refusal := may_enter(ctx, election, contest, vote):
        raise Refused(refusal)
    found = next((one for one in left_behind(ctx, election, contest, vote) if one.id == entry_id), None)
    if found is None:
        raise Refused("help.stale_button")
    ctx.session.delete(found)
    ctx.audit("election totals withdrawn for another", f"{round_id}:{found.entered_by}")


def read_sheet(ctx: Context, election: Election, vote: Round, said: Mapping[str, str]) -> Sheet:
    """The sheet as typed into the form; refused where the totals cannot be right (EL-18..EL-20)."""
    counts = {name: number(ctx, said.get(name, ""), name) for name in COUNTS}
    lines = tuple(
        Line(name, *(_mark(ctx, said.get(f"{mark}_{at}", ""), name) for mark in MARKS))
        for at, name in enumerate(vote.names)
    )
    sheet = Sheet(lines=lines, write_ins=_write_ins(ctx, election, said), **counts)
    if problems := sheet_problems(sheet, vote.seats, vote.present):
        code, _, name = problems[0].partition(":")
        raise Refused(f"election.sheet_{code}", name=name, valid=sheet.valid, present=vote.present)
    return sheet


def _write_ins(ctx: Context, election: Election, said: Mapping[str, str]) -> tuple[WriteIn, ...]:
    found = []
    for at in range(WRITE_INS):
        name = clean(ctx, said.get(f"write_in_{at}", ""), LONGEST_NAME, "write_in")
        votes = said.get(f"write_in_votes_{at}", "")
        if not name:
            if votes.strip():
                raise Refused("election.write_in_name")
            continue
        member = member_named(ctx, election, name)
        found.append(WriteIn(member.name if member else name, _mark(ctx, votes, name), member is not None))
    return tuple(found)


def _mark(ctx: Context, text: str, name: str) -> int:
    try:
        return number(ctx, text, "votes")
    except Refused:
        raise Refused("election.votes_of", name=name) from None


def differing_cells(ctx: Context, vote: Round) -> tuple[str, ...]:
    """The cells in which the two entries differ, none while there are not two. Whose is right is not said."""
    listed = store.entries(ctx.session, vote.id or 0)
    return differing(*(from_json(one.totals) for one in listed)) if len(listed) == 2 else ()


def to_json(sheet: Sheet) -> dict[str, object]:
    """A JSON-ready form of a sheet; `from_json` restores it."""
    return {
        **{name: getattr(sheet, name) for name in COUNTS},
        "lines": [[line.name, line.approve, line.disapprove, line.abstain] for line in sheet.lines],
        "write_ins": [[one.name, one.votes, one.may_stand] for one in sheet.write_ins],
    }


def from_json(data: Mapping[str, object]) -> Sheet:
    """The sheet that `to_json` wrote."""
    lines, write_ins = data["lines"], data["write_ins"]
    assert isinstance(lines, list)
    assert isinstance(write_ins, list)
    return Sheet(
        lines=tuple(Line(*one) for one in lines),
        write_ins=tuple(WriteIn(*one) for one in write_ins),
        **{name: int(str(data[name])) for name in COUNTS},
    )
