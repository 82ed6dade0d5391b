"""What the totals say, on both bases; a ruling where these disagree; the vote that comes next (EL-21..EL-24)."""

from __future__ import annotations

from msgspec import Struct

from bot.router import Context, Refused
from bot.rules.election import (
    Base,
    Office,
    Result,
    RoundKind,
    Sheet,
    Step,
    may_reduce,
    next_step,
    result,
    who_may_win,
)
from bot.services.election import correcting
from bot.services.election.counting import from_json
from bot.services.election.words import LONGEST_NUMBER, LONGEST_TEXT, needed, number, unreported
from bot.store import election as store
from bot.store.election import Contest, Election, Round

OPEN_SEATS = (Step.VACANT, Step.TIE, Step.AGAIN)
"""After these a seat may stay open with the superior's word."""


class Counted(Struct, frozen=True):
    """A vote whose totals are fixed, with its result and what follows from it."""

    vote: Round
    sheet: Sheet
    result: Result
    step: Step


class Standing(Struct, frozen=True):
    """Where a contest stands: who is elected so far, whom preliminary votes have put on the list (EL-11), the last
    count, and what comes next; `open` is a vote whose totals are awaited."""

    elected: tuple[str, ...]
    listed: tuple[str, ...]
    last: Counted | None
    open: Round | None
    done: bool


def counts(ctx: Context, election: Election, contest: Contest) -> list[Counted]:
    """The votes of a contest whose totals are fixed, in order, with their results."""
    found: list[Counted] = []
    for vote in store.rounds(ctx.session, contest.id or 0):
        preliminary = vote.kind is RoundKind.PRELIMINARY
        if vote.totals is not None:
            found.append(_counted(election, vote, from_json(vote.totals), set(_winners(found, preliminary))))
    return found


def _winners(found: list[Counted], preliminary: bool) -> tuple[str, ...]:
    """Those elected by the votes so far, or those whom the preliminary ones put on the list."""
    of_stage = [one.result.outcome for one in found if (one.vote.kind is RoundKind.PRELIMINARY) is preliminary]
    return tuple(name for outcome in of_stage if outcome for name in outcome.elected)


def _counted(election: Election, vote: Round, sheet: Sheet, won: set[str]) -> Counted:
    """The result of a vote. Who has `won` before may be written in, but does not take another seat."""
    sheet = who_may_win(sheet, vote.kind, won)
    found = result(
        sheet,
        vote.seats,
        present=vote.present,
        due=vote.due,
        base=vote.ruling or election.elected_base,
        ruled=vote.ruling is not None,
        kind=vote.kind,
    )
    return Counted(vote, sheet, found, next_step(found))


def standing(ctx: Context, election: Election, contest: Contest) -> Standing:
    """Where the contest stands."""
    found = counts(ctx, election, contest)
    votes = store.rounds(ctx.session, contest.id or 0)
    waiting = next((vote for vote in votes if vote.totals is None), None)
    last = found[-1] if found and waiting is None else None
    given_up = contest.given_up > 0 or contest.vacant_approval
    done = last is not None and (last.step is Step.DONE or (last.step in OPEN_SEATS and bool(given_up)))
    done = done or (not votes and bool(contest.vacant_approval))
    return Standing(_winners(found, False), _winners(found, True), last, waiting, done)


def elected(ctx: Context, election: Election) -> list[tuple[Office, tuple[str, ...]]]:
    """Who is elected to what, so far."""
    listed = store.contests(ctx.session, election.id or 0)
    return [(one.office, standing(ctx, election, one).elected) for one in listed]


def all_done(ctx: Context, election: Election) -> bool:
    """Whether every contest of the election has its result."""
    listed = store.contests(ctx.session, election.id or 0)
    return bool(listed) and all(standing(ctx, election, one).done for one in listed)


def rule(ctx: Context, election: Election, contest: Contest, vote: Round, base: str, clause: str) -> None:
    """Write down which base holds, with the clause of the adopted election rules that says so (EL-21). Until the result
    is reported another ruling may take its place."""
    unreported(ctx, election)
    correcting.none_waits(ctx, election)
    found = next((one for one in counts(ctx, election, contest) if one.vote.id == vote.id), None)
    before = vote.ruling
    if found is None or (found.step is not Step.RULING and before is None):
        raise Refused("help.stale_button")
    if before is not None and (why := correcting.fixed(ctx, election, contest, vote)):
        raise Refused(why)
    if base not in list(Base):
        raise Refused("election.base_needed")
    vote.clause = needed(ctx, clause, LONGEST_TEXT, "clause")
    vote.ruling = Base(base)
    ctx.session.add(vote)
    if before not in (None, vote.ruling):
        correcting.start_over(ctx, election, contest)
    ctx.audit("election ruling", f"{vote.id}:{base}" if before is None else f"{vote.id}:{before}>{base}")


def left_over(last: Counted) -> list[str]:
    """Those on the ballot, printed or written in, who were not elected: the usual list of another vote for the rest."""
    outcome = last.result.outcome
    won = outcome.elected if outcome else ()
    names = [*last.vote.names, *(one.name for one in last.sheet.write_ins if one.may_stand)]
    return [name for name in names if name not in won]


def give_up_seats(ctx: Context, election: Election, contest: Contest, consents: str) -> None:
    """Reduce the seats by those left vacant, with the consent of at least half of the voters (EL-23)."""
    unreported(ctx, election)
    correcting.none_waits(ctx, election)
    now = standing(ctx, election, contest)
    if now.last is None or now.last.step is not Step.VACANT or now.done:
        raise Refused("help.stale_button")
    outcome, voters = now.last.result.outcome, now.last.vote.present
    agreed = number(ctx, consents, "consents", most=voters)
    if not reducible(contest, now):
        raise Refused("election.cannot_reduce")
    if not may_reduce(agreed, voters):
        raise Refused("election.few_consents", needed=-(-voters // 2))
    contest.given_up, contest.consents = outcome.vacant if outcome else 0, agreed
    ctx.session.add(contest)
    ctx.audit("election seats reduced", f"{contest.id}:{contest.given_up}")


def reducible(contest: Contest, now: Standing) -> bool:
    """Whether seats may be reduced: those of a committee in which somebody is elected (EL-23)."""
    return contest.office is Office.COMMITTEE and bool(now.elected)


def leave_open(ctx: Context, election: Election, contest: Contest, approval_no: str) -> None:
    """Vote no more for the seats that nobody won, with the superior's word: they are filled by a by-election, or the
    superior appoints a secretary or deputy (EL-5, EL-23). Until the result is reported other totals undo it."""
    unreported(ctx, election)
    correcting.none_waits(ctx, election)
    now = standing(ctx, election, contest)
    if not may_leave_open(ctx, contest, now):
        raise Refused("help.stale_button")
    contest.vacant_approval = needed(ctx, approval_no, LONGEST_NUMBER, "vacant_approval")
    ctx.session.add(contest)
    ctx.audit("election seats left open", f"{contest.id}:{seats_open(contest, now)}")


def may_leave_open(ctx: Context, contest: Contest, now: Standing) -> bool:
    """Whether the seats may stay open: after a count that leaves some, or where every vote was set aside; a contest
    that was never voted on is taken back instead."""
    if now.done or now.open is not None:
        return False
    if now.last is None:
        return bool(store.all_rounds(ctx.session, contest.id or 0))
    return now.last.step in OPEN_SEATS


def seats_open(contest: Contest, now: Standing) -> int:
    """How many seats stay open, those given up not counted."""
    return max(0, contest.seats - contest.given_up - len(now.elected))


def vote_on(ctx: Context, election: Election, contest: Contest) -> None:
    """Take back that seats were given up or left open: they are voted on after all."""
    unreported(ctx, election)
    if not (contest.given_up or contest.vacant_approval):
        raise Refused("help.stale_button")
    correcting.start_over(ctx, election, contest)
    ctx.audit("election seats voted on after all", str(contest.id))
