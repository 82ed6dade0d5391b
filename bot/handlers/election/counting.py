"""The votes: opened with the names as printed, their totals typed by two people, frozen when these agree (EL-16..EL-20,
SE-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.handlers.election import candidates, preparing
from bot.handlers.election.words import LONGEST_NAME, clean, context_of, member_named, number, unannounced
from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.election import (
    Line,
    Office,
    RoundKind,
    Sheet,
    WriteIn,
    differing,
    has_quorum,
    sheet_problems,
)
from bot.rules.strokes import in_order
from bot.store import election as store
from bot.store.election import Contest, Election, RoleKind, Round, TotalsEntry

COUNTS = ("issued", "voted", "returned", "invalid", "decided")
MARKS = ("approve", "disapprove", "abstain")
WRITE_INS = 4
"""Lines for people written in on the form."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """The vote that comes next: its kind, its names in print order, its seats."""

    kind: RoundKind
    names: tuple[str, ...]
    seats: int


def open_first(ctx: Context, election: Election, contest: Contest, due: str, present: str) -> Round:
    """Open the first vote of a contest once everything stands (EL-7, EL-10, EL-12, EL-16)."""
    unannounced(election)
    if store.rounds(ctx.session, contest.id or 0):
        raise Refused("election.list_locked")
    listed = candidates.order(ctx, contest)
    if len(listed.names) < (least := candidates.wanted(ctx, contest)):
        raise Refused("election.few_candidates", needed=least, listed=len(listed.names))
    if listed.unknown or listed.doubtful:
        raise Refused("election.place_first", names=_joined(ctx, (*listed.unknown, *listed.doubtful)))
    if not contest.approval_no:
        raise Refused("election.list_not_approved")
    kinds = {one.role for one in store.roles(ctx.session, election.id or 0)}
    if kinds != set(RoleKind):
        raise Refused("election.roles_first")
    ahead = Ahead(RoundKind.FIRST, listed.names, contest.seats)
    return open_vote(ctx, election, contest, ahead, due, present)


def open_vote(
    ctx: Context, election: Election, contest: Contest, ahead: Ahead, due: str = "", present: str = ""
) -> Round:
    """Open a vote. The general meeting's base is the election's own; the committee's is given (EL-14)."""
    if contest.by_committee:
        due_now = number(ctx, due, "committee_due")
        present_now = number(ctx, present, "committee_present", most=due_now)
    else:
        if election.due is None:
            raise Refused("election.base_first")
        due_now = election.due
        if present:
            preparing.set_present(ctx, election, present)
        if election.present is None:
            raise Refused("election.present_first")
        present_now = election.present
    if not has_quorum(due_now, present_now):
        raise Refused("election.no_quorum", text=preparing.quorum_text(ctx, due_now, present_now))
    row = Round(
        contest_id=contest.id or 0,
        number=len(store.rounds(ctx.session, contest.id or 0)) + 1,
        kind=ahead.kind,
        seats=ahead.seats,
        names=list(ahead.names),
        due=due_now,
        present=present_now,
    )
    ctx.session.add(row)
    ctx.session.flush()
    ctx.audit("election vote opened", f"{contest.id}:{row.number}")
    return row


def close_unused(ctx: Context, vote: Round) -> None:
    """Take back a vote that was opened by mistake, while nothing of it was typed."""
    if vote.totals is not None or store.entries(ctx.session, vote.id or 0):
        raise Refused("election.counted_already")
    ctx.session.delete(vote)
    ctx.audit("election vote taken back", f"{vote.contest_id}:{vote.number}")


def may_enter(ctx: Context, election: Election, contest: Contest) -> str:
    """Why this person may not type the totals: the key of a sentence; empty when they may. Scrutineers, tellers and the
    unit's committee may, but nobody who is a candidate."""
    if ctx.member.id in {one.member_id for one in store.candidates(ctx.session, contest.id or 0)}:
        return "election.candidate_counts"
    if ctx.may(Role.COMMITTEE, election.unit_id):
        return ""
    if ctx.member.id in {one.member_id for one in store.roles(ctx.session, election.id or 0)}:
        return ""
    return "election.not_a_counter"


def enter(ctx: Context, round_id: int, said: Mapping[str, str]) -> Round:
    """Take one person's totals. When a second person's are the same, they are the vote's and never change again."""
    election, contest, vote = context_of(ctx, round_id)
    if refusal := may_enter(ctx, election, contest):
        raise Refused(refusal)
    if vote.totals is not None:
        raise Refused("election.totals_locked")
    sheet = read_sheet(ctx, election, vote, said)
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
        _freeze(ctx, vote, sheet)
    return vote


def _freeze(ctx: Context, vote: Round, sheet: Sheet) -> None:
    listed = store.entries(ctx.session, vote.id or 0)
    vote.totals = to_json(sheet)
    vote.entered = [store.name_of(ctx.session, one.entered_by) for one in listed]
    ctx.session.add(vote)
    for one in listed:
        ctx.session.delete(one)
    ctx.session.flush()
    ctx.audit("election totals agreed", str(vote.id))


def withdraw(ctx: Context, vote: Round) -> None:
    """Take this person's totals back, so that another may type them."""
    mine = next((one for one in store.entries(ctx.session, vote.id or 0) if one.entered_by == ctx.member.id), None)
    if mine is None:
        raise Refused("help.stale_button")
    ctx.session.delete(mine)
    ctx.audit("election totals withdrawn", str(vote.id))


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
        may_stand = member_named(ctx, election, name) is not None
        found.append(WriteIn(name, _mark(ctx, votes, name), may_stand))
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


def in_print_order(ctx: Context, contest: Contest, names: list[str]) -> tuple[str, ...]:
    """Names of a further vote: by surname strokes for the committee, else as they stood (EL-12)."""
    before = {name: at for at, name in enumerate(candidates.order(ctx, contest).names)}
    if contest.office is not Office.COMMITTEE or set(names) <= set(before):
        return tuple(sorted(names, key=lambda name: before.get(name, len(before))))
    return in_order(names, ctx.library.content.strokes).names


def _joined(ctx: Context, names: tuple[str, ...]) -> str:
    return ctx.text("election.comma").join(dict.fromkeys(names))
