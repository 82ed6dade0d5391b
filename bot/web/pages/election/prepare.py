"""One election on a page: meeting, base, quorum, scrutineers and tellers, what is elected, the report."""

from __future__ import annotations

from bot.messages import Unmade
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.rules.election import Exclusion, Office, reasons
from bot.services.election import appointments, candidates, correcting, next_step, preparing, reporting, results
from bot.services.election.words import day, election_of, reported
from bot.store import election as store
from bot.store import people
from bot.store.election import Election, RoleKind
from bot.web.kept import Typed, kept
from bot.web.page import Redirect, View, Visit
from bot.web.pages.lacking import unseen

_MEETING = ("held_on", "place", "chair", "elected_base", "clause")


def show(visit: Visit, ctx: Context) -> View:
    """Everything about the election, in the order in which it is needed."""
    election = election_of(ctx, visit.number("election"))
    unit = people.unit(ctx.session, election.unit_id)
    return View(
        "election/election.html",
        {
            "unit": {"id": unit.id, "name": unit.name},
            "election": election.model_dump(),
            "next": next_step.next_text(ctx, election) if election.announced_on is None else "",
            "begun": preparing.votes_begun(ctx, election),
            "base": preparing.base_now(ctx, election),
            "exclusions": [
                {
                    "id": one.id,
                    "name": name,
                    "reason": str(one.reason),
                    "approval_no": one.approval_no,
                    "resolution": one.resolution,
                    "stands": Exclusion(one.reason, one.approval_no, one.resolution).stands,
                }
                for one, name in store.exclusions(ctx.session, election.id or 0)
            ],
            "reasons": [str(one) for one in reasons(ctx.settings.election.retired_away)],
            "voters": [one.name for one in store.eligible(ctx.session, election.unit_id)],
            "members": list(store.names(ctx.session, election.unit_id)),
            "quorum": _quorum(ctx, election),
            "roles": [one.model_dump() for one in store.roles(ctx.session, election.id or 0)],
            "role_kinds": [str(one) for one in RoleKind],
            "contests": _contests(ctx, election),
            "offices": [str(one) for one in Office],
            "reports": [one.model_dump() for one in store.reports(ctx.session, election.id or 0)],
            "steps": [str(one) for one in reporting.ahead(ctx, election)],
            "counted": any(_counted(ctx, election)),
            "done": results.all_done(ctx, election),
            "locked": reported(ctx, election),
            "corrections": [one.model_dump() for one in store.corrections(ctx.session, election.id or 0)],
            "posts": appointments.to_change(ctx, election),
            "typed": Typed(),
        },
    )


def _quorum(ctx: Context, election: Election) -> str:
    return preparing.quorum_text(ctx, election.due, election.present) if election.due is not None else ""


def _contests(ctx: Context, election: Election) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for one in store.contests(ctx.session, election.id or 0):
        now = results.standing(ctx, election, one)
        found.append(
            {
                "id": one.id,
                "office": str(one.office),
                "seats": one.seats,
                "candidates": len(store.candidates(ctx.session, one.id or 0)),
                "needed": candidates.wanted(ctx, one),
                "elected": now.elected,
                "done": now.done,
            }
        )
    return found


def _counted(ctx: Context, election: Election) -> list[bool]:
    return [
        vote.totals is not None
        for one in store.contests(ctx.session, election.id or 0)
        for vote in store.rounds(ctx.session, one.id or 0)
    ]


def _save(visit: Visit, ctx: Context) -> Redirect:
    """One form of the page; `do` says which."""
    election = election_of(ctx, visit.number("election"))
    do, item = visit.field("do"), whole(visit.field("item"))
    if do == "meeting":
        preparing.set_meeting(ctx, election, {name: visit.field(name) for name in _MEETING})
    elif do == "exclude":
        said = {name: visit.field(name) for name in ("reason", "approval_no", "resolution")}
        preparing.exclude(ctx, election, visit.field("name"), said)
    elif do == "include":
        preparing.include(ctx, election, item)
    elif do == "base":
        preparing.take_base(ctx, election)
    elif do == "present":
        preparing.set_present(ctx, election, visit.field("present"))
    elif do == "role":
        preparing.add_role(ctx, election, visit.field("role"), visit.field("name"))
    elif do == "no_role":
        preparing.remove_role(ctx, election, item)
    elif do == "contest":
        said = {name: visit.field(name) for name in ("seats", "by_committee", "approval_no")}
        contest = candidates.set_contest(ctx, election, visit.field("office"), said, new=True)
        return Redirect(f"/elections/contest/{contest.id}")
    elif do == "report":
        taken_on = day(ctx, visit.field("taken_on"), "taken_on")
        reporting.note(ctx, election, visit.field("state"), taken_on, visit.field("document_no"))
    elif do == "correct":
        correcting.correct(ctx, election, visit.field("text"), visit.field("reason"))
    elif do == "give_up":
        preparing.give_up(ctx, election)
        return Redirect(f"/elections/unit/{election.unit_id}")
    return Redirect(f"/elections/{election.id}")


save = kept(_save, show)


def download(visit: Visit, ctx: Context) -> Unmade | View:
    """The form with the counts, or the draft of the report."""
    election = election_of(ctx, visit.number("election"))
    what = visit.params["what"]
    if what not in ("result", "report"):
        raise Refused("web.not_found")
    return unseen(visit, reporting.record(ctx, election).spelt) or reporting.file(ctx, election, what)
