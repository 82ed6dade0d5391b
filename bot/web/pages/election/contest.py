"""One contest: candidates in print order, ballots to print, the votes with their results, what comes next."""

from __future__ import annotations

from msgspec.structs import replace

from bot.documents.ballot_size import most_on_a_page
from bot.documents.election import BallotPaper
from bot.documents.typeface import printable
from bot.messages import Unmade
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.rules.election import MORE_WINS, RoundKind, Step, votes_needed
from bot.services.election import candidates, correcting, opening, reporting, results
from bot.services.election.results import Counted
from bot.services.election.words import contest_of, context_of, reported
from bot.store import election as store
from bot.store import people
from bot.store.election import Contest, Election, Round
from bot.web.kept import Typed, kept
from bot.web.page import Redirect, View, Visit
from bot.web.pages.lacking import unseen


def show(visit: Visit, ctx: Context) -> View:
    """The contest and its votes."""
    election, contest = contest_of(ctx, visit.number("contest"))
    listed = candidates.order(ctx, contest)
    by_name = {one.name: one for one in store.candidates(ctx.session, contest.id or 0)}
    votes = store.rounds(ctx.session, contest.id or 0)
    counted = {one.vote.id: one for one in results.counts(ctx, election, contest)}
    now = results.standing(ctx, election, contest)
    return View(
        "election/contest.html",
        {
            "unit": {"name": people.unit(ctx.session, election.unit_id).name},
            "election": election.model_dump(),
            "contest": contest.model_dump(),
            "office": str(contest.office),
            "candidates": [
                {
                    "id": by_name[name].id,
                    "name": name,
                    "place": by_name[name].place,
                    "unplaced": name in listed.unknown or name in listed.doubtful,
                    "outside": by_name[name].member_id is None,
                }
                for name in listed.names
            ],
            "unplaced": (*listed.unknown, *listed.doubtful),
            "needed": candidates.wanted(ctx, contest),
            "final_least": candidates.final_least(ctx, contest),
            "members": [one.name for one in store.eligible(ctx.session, election.unit_id)],
            "votes": [_vote(contest, one, counted.get(one.id)) for one in votes],
            "aside": [
                {"number": one.number, "kind": str(one.kind), "reason": one.aside_reason, "by": one.aside_names}
                for one in store.all_rounds(ctx.session, contest.id or 0)
                if one.set_aside_on is not None and one.totals is not None
            ],
            "changeable": bool(votes) and not correcting.fixed(ctx, election, contest, votes[-1]),
            "ruled": str(votes[-1].ruling or "") if votes else "",
            "next": _next(ctx, election, contest, now),
            "finals": opening.finals(ctx, election, contest),
            "elected": now.elected,
            "done": now.done,
            "may_leave_open": results.may_leave_open(ctx, contest, now) and not reported(ctx, election),
            "left_open": results.seats_open(contest, now),
            "locked": reported(ctx, election),
            "committee": len(opening.new_committee(ctx, election)),
            "per_page": _sizes(ctx, election, contest, votes, listed.names),
            "typed": Typed(),
        },
    )


def _vote(contest: Contest, vote: Round, found: Counted | None) -> dict[str, object]:
    """A vote with its counts, both bases and what they say."""
    values: dict[str, object] = {
        "id": vote.id,
        "number": vote.number,
        "kind": str(vote.kind),
        "entered": vote.entered,
        "counts": reporting.count_table(contest, found) if found else None,
        "bases": [],
    }
    if found and found.result.box_valid:
        values["bases"] = _bases(found)
    return values


def _bases(found: Counted) -> list[dict[str, object]]:
    """Both bases side by side; in a preliminary vote and among the tied the higher number wins and there is none."""
    vote = found.vote
    if vote.kind in MORE_WINS:
        return [{"name": str(vote.kind), "people": vote.present, "needed": 1, "outcome": found.result.present}]
    sides = (("present", vote.present, found.result.present), ("due", vote.due, found.result.due))
    return [
        {"name": name, "people": count, "needed": votes_needed(count), "outcome": outcome}
        for name, count, outcome in sides
    ]


def _next(ctx: Context, election: Election, contest: Contest, now: results.Standing) -> dict[str, object]:
    """What the forms at the end of the page offer."""
    if reported(ctx, election) or now.done:
        return {"step": "done"}
    if now.open is not None:
        return {"step": "totals", "vote": now.open.id, "unused": not store.entries(ctx.session, now.open.id or 0)}
    if now.last is None:
        return {"step": "first"}
    if now.last.step is Step.RULING:
        return {"step": "ruling", "vote": now.last.vote.id}
    if now.last.step is Step.LISTED:
        return {"step": "listed"}
    coming = opening.ahead(ctx, election, contest)
    return {
        "step": str(now.last.step),
        "preliminary": coming.kind is RoundKind.PRELIMINARY,
        "names": coming.names,
        "seats": coming.seats,
        "reducible": results.reducible(contest, now) and now.last.step is Step.VACANT,
        "consents": -(-now.last.vote.present // 2),
    }


def _save(visit: Visit, ctx: Context) -> Redirect:
    """One form of the page; `do` says which."""
    election, contest = contest_of(ctx, visit.number("contest"))
    do, number = visit.field("do"), whole(visit.field("item"))
    due, present = visit.field("due"), visit.field("present")
    if do == "settings":
        said = {name: visit.field(name) for name in ("seats", "by_committee", "approval_no", "shortlist")}
        candidates.set_contest(ctx, election, str(contest.office), said)
    elif do == "add":
        candidates.add(ctx, election, contest, visit.field("name"))
    elif do == "remove":
        candidates.remove(ctx, contest, number)
    elif do == "place":
        candidates.put_at(ctx, contest, number, visit.field("place"))
    elif do == "drop":
        candidates.drop_contest(ctx, election, contest)
        return Redirect(f"/elections/{election.id}")
    elif do == "first":
        opening.open_first(ctx, election, contest, due, present)
    elif do == "further":
        names = [" ".join(line.split()) for line in visit.field("names").splitlines() if line.strip()]
        opening.open_next(ctx, election, contest, names, due, present)
    elif do == "final":
        opening.open_final(ctx, election, contest, number, present)
    elif do == "unopen":
        opening.close_unused(ctx, _own(ctx, contest, number))
    elif do == "rule":
        results.rule(ctx, election, contest, _own(ctx, contest, number), visit.field("base"), visit.field("clause"))
    elif do == "vote_on":
        results.vote_on(ctx, election, contest)
    elif do == "leave_open":
        results.leave_open(ctx, election, contest, visit.field("vacant_approval"))
    elif do == "reduce":
        results.give_up_seats(ctx, election, contest, visit.field("consents"))
    return Redirect(f"/elections/contest/{contest.id}")


save = kept(_save, show)


def _own(ctx: Context, contest: Contest, vote_id: int) -> Round:
    found = context_of(ctx, vote_id)
    if found[1].id != contest.id:
        raise Refused("web.not_found")
    return found[2]


def ballots(visit: Visit, ctx: Context) -> View:
    """The ballot as a page to print."""
    paper = _paper(visit, ctx)
    values = {
        "paper": replace(paper, names=tuple(map(printable, paper.names))),
        "labels": ctx.library.content.labels,
        "per_page": _per_page(visit, ctx, paper),
        "contest": visit.number("contest"),
    }
    return unseen(visit, paper.spelt) or View("election/ballot.html", values)


def ballots_docx(visit: Visit, ctx: Context) -> Unmade | View:
    """The ballot as a Word file."""
    paper = _paper(visit, ctx)
    return unseen(visit, paper.spelt) or reporting.ballot_file(ctx, paper, _per_page(visit, ctx, paper))


def tally_docx(visit: Visit, ctx: Context) -> Unmade | View:
    """The blank sheet for counting as a Word file."""
    paper = _paper(visit, ctx)
    return unseen(visit, paper.spelt) or reporting.tally_file(ctx, paper)


def _paper(visit: Visit, ctx: Context) -> BallotPaper:
    election, contest = contest_of(ctx, visit.number("contest"))
    return reporting.paper_of(ctx, election, contest, _open_vote(ctx, contest))


def _open_vote(ctx: Context, contest: Contest) -> Round | None:
    """The vote that is open or was the last; before the first one there is none."""
    votes = store.rounds(ctx.session, contest.id or 0)
    return votes[-1] if votes else None


def _sizes(
    ctx: Context, election: Election, contest: Contest, votes: list[Round], listed: tuple[str, ...]
) -> tuple[int, ...]:
    """How many ballots a page may have: two only where they fit."""
    if not votes and not listed:
        return (1,)
    paper = reporting.paper_of(ctx, election, contest, votes[-1] if votes else None)
    return tuple(range(1, most_on_a_page(paper, ctx.library.content.labels) + 1))


def _per_page(visit: Visit, ctx: Context, paper: BallotPaper) -> int:
    asked = 2 if visit.query.get("per_page") == "2" else 1
    return min(asked, most_on_a_page(paper, ctx.library.content.labels))
