"""Opening a vote: the first of a contest, and those that follow from a count (EL-7, EL-10..EL-12, EL-14, EL-22)."""

from __future__ import annotations

from msgspec import Struct

from bot.router import Context, Refused
from bot.rules.election import Office, RoundKind, Step, final_lists, has_quorum
from bot.rules.strokes import in_order
from bot.services.election import candidates, correcting, preparing, results
from bot.services.election.able import anywhere, in_unit
from bot.services.election.words import LONGEST_LISTED, clean, not_ahead, number, unreported
from bot.store import election as store
from bot.store.election import Contest, Election, RoleKind, Round


class Ahead(Struct, frozen=True):
    """The vote that comes next: its kind, its names in print order, its seats."""

    kind: RoundKind
    names: tuple[str, ...]
    seats: int


def open_first(ctx: Context, election: Election, contest: Contest, due: str, present: str) -> Round:
    """Open the first vote of a contest, a preliminary one where that is wanted, once everything stands (EL-7,
    EL-10..EL-12, EL-16)."""
    unreported(ctx, election)
    if store.rounds(ctx.session, contest.id or 0):
        raise Refused("election.list_locked")
    if contest.vacant_approval:
        raise Refused("help.stale_button")
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
    _check_committee(ctx, election, contest, listed.names)
    coming = Ahead(candidates.first_kind(contest), listed.names, contest.shortlist or contest.seats)
    _check_names(ctx, election, contest, coming)
    return _open_vote(ctx, election, contest, coming, due, present)


def _check_committee(ctx: Context, election: Election, contest: Contest, names: tuple[str, ...]) -> None:
    """Where a committee is elected, it elects secretary and deputy from among itself (EL-14). In a by-election most of
    it stays in office, and may stand."""
    committee = _committee(ctx, election)
    if committee is None or committee.id == contest.id:
        return
    if not contest.by_committee:
        raise Refused("election.by_committee_only")
    now = results.standing(ctx, election, committee)
    if not now.done:
        raise Refused("election.committee_first")
    if not (now.elected or election.by_election):
        raise Refused("election.no_committee")
    strangers = [name for name in names if name not in now.elected]
    if strangers and not election.by_election:
        raise Refused("election.not_in_committee", name=strangers[0])


def _committee(ctx: Context, election: Election) -> Contest | None:
    listed = store.contests(ctx.session, election.id or 0)
    return next((one for one in listed if one.office is Office.COMMITTEE), None)


def new_committee(ctx: Context, election: Election) -> tuple[str, ...]:
    """The committee that elects secretary and deputy (EL-14); empty where it was not elected here as a whole: after a
    by-election who else is in it is not known."""
    committee = _committee(ctx, election)
    if committee is None or election.by_election:
        return ()
    return results.standing(ctx, election, committee).elected


def ahead(ctx: Context, election: Election, contest: Contest, names: list[str] | None = None) -> Ahead:
    """The vote that comes after the last count (EL-19, EL-22, EL-23); `names` are for another vote for the rest. After
    a preliminary vote it is another preliminary one: among the tied, or for the names that are missing (EL-11)."""
    now = results.standing(ctx, election, contest)
    if now.last is None or now.done or now.last.step is Step.LISTED:
        raise Refused("help.stale_button")
    vote, step = now.last.vote, now.last.step
    if step is Step.AGAIN:
        return Ahead(vote.kind, tuple(vote.names), vote.seats)
    outcome = now.last.result.outcome
    if outcome is None:
        raise Refused("election.ruling_first")
    preliminary = vote.kind is RoundKind.PRELIMINARY
    if step is Step.TIE:
        kind = RoundKind.PRELIMINARY if preliminary else RoundKind.TIE
        return Ahead(kind, _in_print_order(ctx, contest, list(outcome.tied)), outcome.tied_seats)
    chosen = names if names is not None else results.left_over(now.last)
    kind = RoundKind.PRELIMINARY if preliminary else RoundKind.REST
    return Ahead(kind, _in_print_order(ctx, contest, chosen), outcome.vacant)


def finals(ctx: Context, election: Election, contest: Contest) -> tuple[tuple[str, ...], ...]:
    """The lists with which the final vote may be opened after the last preliminary one, in print order; where there is
    a tie at the cut a person chooses (EL-11)."""
    now = results.standing(ctx, election, contest)
    outcome = now.last.result.outcome if now.last and now.last.vote.kind is RoundKind.PRELIMINARY else None
    if outcome is None or now.done:
        return ()
    lists = final_lists(now.listed, outcome.tied, candidates.final_least(ctx, contest))
    return tuple(_in_print_order(ctx, contest, list(one)) for one in lists)


def open_final(ctx: Context, election: Election, contest: Contest, size: int, present: str) -> Round:
    """Open the final vote with the list of so many names that the preliminary votes left (EL-11)."""
    unreported(ctx, election)
    names = next((one for one in finals(ctx, election, contest) if len(one) == size), None)
    if names is None:
        raise Refused("help.stale_button")
    coming = Ahead(RoundKind.FIRST, names, contest.seats)
    _check_names(ctx, election, contest, coming)
    return _open_vote(ctx, election, contest, coming, "", present)


def open_next(ctx: Context, election: Election, contest: Contest, names: list[str], due: str, present: str) -> Round:
    """Open the vote that comes next. Another vote for the rest, or for what a preliminary one left open, takes the
    names given, candidates approved above."""
    unreported(ctx, election)
    coming = ahead(ctx, election, contest, [_listed_as(ctx, election, name) for name in names] or None)
    if coming.kind in (RoundKind.REST, RoundKind.PRELIMINARY):
        _check_names(ctx, election, contest, coming)
    return _open_vote(ctx, election, contest, coming, due, present)


def _check_names(ctx: Context, election: Election, contest: Contest, coming: Ahead) -> None:
    """The names of a vote: enough, none twice, none elected or on the list before, none barred, be it since they were
    put on the list (EL-6, EL-16)."""
    now = results.standing(ctx, election, contest)
    won = now.listed if coming.kind is RoundKind.PRELIMINARY else now.elected
    helpers = {one.name for one in store.roles(ctx.session, election.id or 0)}
    for name in coming.names:
        if name in won:
            already = "listed" if coming.kind is RoundKind.PRELIMINARY else "elected"
            raise Refused(f"election.{already}_already", name=name)
        if name in helpers:
            raise Refused("election.candidate_has_role", name=name)
        anywhere(ctx, election.unit_id, name)
        if coming.names.count(name) > 1:
            raise Refused("election.candidate_twice", name=name)
    if len(coming.names) < coming.seats:
        raise Refused("election.few_candidates", needed=coming.seats, listed=len(coming.names))


def _listed_as(ctx: Context, election: Election, name: str) -> str:
    """A name as the roster writes it."""
    typed = clean(ctx, name, LONGEST_LISTED, "name")
    found = anywhere(ctx, election.unit_id, typed)
    return found.name if found else typed


def _open_vote(ctx: Context, election: Election, contest: Contest, coming: Ahead, due: str, present: str) -> Round:
    """Open a vote. The general meeting's base is the election's own; the committee's is given (EL-14). Each vote keeps
    how many were there (EL-7); the first one's number is the meeting's."""
    not_ahead(ctx, election)
    correcting.none_waits(ctx, election)
    for one in store.roles(ctx.session, election.id or 0):
        in_unit(ctx, election.unit_id, one.name)
    if contest.by_committee:
        due_now = number(ctx, due, "committee_due")
        if (members := len(new_committee(ctx, election))) not in (0, due_now):
            raise Refused("election.whole_committee", members=members)
        present_now = number(ctx, present, "committee_present", most=due_now)
    else:
        if election.due is None:
            raise Refused("election.base_first")
        due_now = election.due
        if present and not preparing.votes_begun(ctx, election):
            preparing.set_present(ctx, election, present)
        if election.present is None and not present:
            raise Refused("election.present_first")
        present_now = number(ctx, present, "present", most=due_now) if present else election.present or 0
    if not has_quorum(due_now, present_now):
        raise Refused("election.no_quorum", text=preparing.quorum_text(ctx, due_now, present_now))
    row = Round(
        contest_id=contest.id or 0,
        number=1 + max((one.number for one in store.all_rounds(ctx.session, contest.id or 0)), default=0),
        kind=coming.kind,
        seats=coming.seats,
        names=list(coming.names),
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


def _in_print_order(ctx: Context, contest: Contest, names: list[str]) -> tuple[str, ...]:
    """Names of a further vote: by surname strokes for the committee, else as they stood (EL-12)."""
    before = {name: at for at, name in enumerate(candidates.order(ctx, contest).names)}
    if contest.office is not Office.COMMITTEE or set(names) <= set(before):
        return tuple(sorted(names, key=lambda name: before.get(name, len(before))))
    return in_order(names, ctx.library.content.strokes).names


def _joined(ctx: Context, names: tuple[str, ...]) -> str:
    return ctx.text("election.comma").join(dict.fromkeys(names))
