"""What is elected, the candidates, and the order of their names on the ballot (EL-10, EL-12, EL-14, EL-16)."""

from __future__ import annotations

from bot.router import Context, Refused
from bot.rules.election import Office, RoundKind, candidates_needed, may_shortlist, names_needed
from bot.rules.strokes import Ordered, in_order
from bot.services.election.able import anywhere
from bot.services.election.words import LONGEST_NAME, LONGEST_NUMBER, clean, needed, number, unreported
from bot.store import election as store
from bot.store.election import Candidate, Contest, Election

_MOST_SEATS = 15
"""No committee of a branch, general branch or basic-level committee has more."""
_MOST_LISTED = 18
"""The most seats with a surplus of 20 %; a ballot with more lines does not fit a page."""


def set_contest(ctx: Context, election: Election, office: str, said: dict[str, str], *, new: bool = False) -> Contest:
    """Say what is elected: how many seats, by whom, and under which number the superior approved the list (EL-12,
    EL-14). A `new` contest never takes the place of one that was entered before."""
    unreported(ctx, election)
    if office not in list(Office):
        raise Refused("help.out_of_range")
    kind = Office(office)
    listed = store.contests(ctx.session, election.id or 0)
    contest = next((one for one in listed if one.office is kind), None)
    if contest is not None and new:
        raise Refused("election.contest_twice", office=ctx.text(f"election.office.{kind}"))
    contest = contest or Contest(election_id=election.id or 0, office=kind, seats=1)
    _open(ctx, contest)
    seats = number(ctx, said["seats"], "seats", most=_MOST_SEATS) if kind is not Office.SECRETARY else 1
    if seats < 1:
        raise Refused("election.no_seats")
    contest.seats = seats
    contest.by_committee = kind is not Office.COMMITTEE and said["by_committee"] == "1"
    contest.approval_no = clean(ctx, said["approval_no"], LONGEST_NUMBER, "approval_no")
    contest.shortlist = _shortlist(ctx, contest, said.get("shortlist", ""))
    ctx.session.add(contest)
    ctx.session.flush()
    ctx.audit("election contest", f"{election.id}:{office}:{seats}")
    return contest


def _shortlist(ctx: Context, contest: Contest, said: str) -> int | None:
    """How many names a preliminary round of the committee's election is to leave; empty for none (EL-11)."""
    if not said.strip():
        return None
    if contest.office is not Office.COMMITTEE:
        raise Refused("election.no_preliminary")
    size = number(ctx, said, "shortlist")
    if not may_shortlist(size, contest.seats, _MOST_LISTED):
        raise Refused("election.odd_shortlist", least=contest.seats, most=_MOST_LISTED)
    return size


def drop_contest(ctx: Context, election: Election, contest: Contest) -> None:
    """Take a contest back, with its candidates, before its first vote."""
    _open(ctx, contest)
    if store.all_rounds(ctx.session, contest.id or 0):
        raise Refused("election.counted_already")
    for one in store.candidates(ctx.session, contest.id or 0):
        ctx.session.delete(one)
    ctx.session.flush()
    ctx.session.delete(contest)
    ctx.audit("election contest taken back", f"{election.id}:{contest.office}")


def add(ctx: Context, election: Election, contest: Contest, name: str) -> None:
    """Put a candidate on the list: a member with the right to stand, of this unit or another one (EL-6), or somebody
    who is on no roster, whom the page marks."""
    unreported(ctx, election)
    _open(ctx, contest)
    typed = needed(ctx, name, LONGEST_NAME, "name")
    member = anywhere(ctx, election.unit_id, typed)
    plain = member.name if member else typed
    listed = store.candidates(ctx.session, contest.id or 0)
    if any(one.name == plain for one in listed):
        raise Refused("election.candidate_twice", name=plain)
    if any(one.name == plain for one in store.roles(ctx.session, election.id or 0)):
        raise Refused("election.candidate_has_role", name=plain)
    ctx.session.add(Candidate(contest_id=contest.id or 0, name=plain, member_id=member.id if member else None))
    ctx.session.flush()
    ctx.audit("election candidate", f"{election.id}:{contest.office}")


def remove(ctx: Context, contest: Contest, candidate_id: int) -> None:
    """Take a candidate off the list."""
    _open(ctx, contest)
    ctx.session.delete(_candidate(ctx, contest, candidate_id))
    ctx.audit("election candidate taken back", f"{contest.election_id}:{contest.office}")


def put_at(ctx: Context, contest: Contest, candidate_id: int, place: str) -> None:
    """Say where a name stands that the strokes cannot place; empty lets the strokes decide again."""
    _open(ctx, contest)
    candidate = _candidate(ctx, contest, candidate_id)
    most = len(store.candidates(ctx.session, contest.id or 0))
    candidate.place = number(ctx, place, "place", most=most) or None if place else None
    ctx.session.add(candidate)
    ctx.audit("election candidate placed", f"{contest.election_id}:{contest.office}:{candidate.place or ''}")


def order(ctx: Context, contest: Contest) -> Ordered:
    """The names as they are printed: by surname strokes, secretary and deputy as approved above (EL-12)."""
    listed = store.candidates(ctx.session, contest.id or 0)
    names = tuple(one.name for one in listed)
    if contest.office is not Office.COMMITTEE:
        return Ordered(names)
    places = {one.name: one.place for one in listed if one.place}
    return in_order(names, ctx.library.content.strokes, places)


def wanted(ctx: Context, contest: Contest) -> int:
    """How many names the first ballot needs (EL-10, EL-11)."""
    return names_needed(_with_surplus(ctx, contest), contest.shortlist)[0]


def first_kind(contest: Contest) -> RoundKind:
    """The kind of the contest's first vote."""
    return RoundKind.PRELIMINARY if contest.shortlist else RoundKind.FIRST


def final_least(ctx: Context, contest: Contest) -> int:
    """How many names the final vote needs (EL-10, EL-11)."""
    return names_needed(_with_surplus(ctx, contest), contest.shortlist)[1]


def _with_surplus(ctx: Context, contest: Contest) -> int:
    """The names for the seats: with the surplus for the committee (EL-10), one for each seat else (TBC-6)."""
    if contest.office is not Office.COMMITTEE:
        return contest.seats
    return candidates_needed(contest.seats, ctx.settings.election.surplus_percent)


def _candidate(ctx: Context, contest: Contest, candidate_id: int) -> Candidate:
    found = ctx.session.get(Candidate, candidate_id)
    if found is None or found.contest_id != contest.id:
        raise Refused("help.stale_button")
    return found


def _open(ctx: Context, contest: Contest) -> None:
    """Refuse a change once the names were printed for a vote."""
    if contest.id is not None and store.rounds(ctx.session, contest.id):
        raise Refused("election.list_locked")
