"""The totals of a vote, typed by two people from the sheet that the scrutineers signed (SE-1)."""

from __future__ import annotations

from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.rules.election import RoundKind, Sheet
from bot.services.election import aside, correcting, counting
from bot.services.election.words import context_of
from bot.store import election as store
from bot.store import people
from bot.web.kept import Typed, kept
from bot.web.page import Redirect, View, Visit

_OPEN = 4
"""Lines for people written in that are in view; the others are folded up until they are needed."""


def show(visit: Visit, ctx: Context) -> View:
    """The form, with this person's own numbers; where two entries differ the cells are marked, the numbers are not
    shown."""
    election, contest, vote = context_of(ctx, visit.number("vote"))
    if refusal := counting.may_enter(ctx, election, contest, vote):
        raise Refused(refusal)
    listed = store.entries(ctx.session, vote.id or 0)
    mine = next((one for one in listed if one.entered_by == ctx.member.id), None)
    differing = counting.differing_cells(ctx, vote)
    why = correcting.fixed(ctx, election, contest, vote) if vote.totals is not None else ""
    return View(
        "election/totals.html",
        {
            "unit": {"name": people.unit(ctx.session, election.unit_id).name},
            "office": str(contest.office),
            "vote": vote.model_dump(),
            "kind": str(vote.kind),
            "names": list(enumerate(vote.names)),
            "stored": _fields(counting.from_json(mine.totals), vote.names) if mine else {},
            "fixed": ctx.text(why) if why else "",
            "aside": not aside.barred(ctx, election, contest, vote),
            "may_agree": vote.aside_asked_by not in (None, ctx.member.id),
            "begun": bool(listed),
            "mine": mine is not None,
            "full": len(listed) == 2 and mine is None,
            "left_behind": [
                (one.id, store.name_of(ctx.session, one.entered_by))
                for one in counting.left_behind(ctx, election, contest, vote)
                if one is not mine
            ],
            "differing": [_cell_text(ctx, cell) for cell in differing],
            "cells": differing,
            "counts": counting.COUNTS,
            "marks": counting.MARKS,
            "write_ins": range(0 if vote.kind is RoundKind.TIE else counting.WRITE_INS),
            "write_ins_open": _OPEN,
            "members": [one.name for one in store.eligible(ctx.session, election.unit_id)],
            "contest": contest.id if ctx.may(Role.SECRETARY, election.unit_id) else None,
            "typed": Typed(),
        },
    )


def _fields(sheet: Sheet, names: list[str]) -> dict[str, object]:
    """A stored sheet as the fields of the form."""
    values: dict[str, object] = {name: getattr(sheet, name) for name in counting.COUNTS}
    for at, line in enumerate(sheet.lines):
        values |= {f"{mark}_{at}": getattr(line, mark) for mark in counting.MARKS}
    for at, one in enumerate(sheet.write_ins):
        values |= {f"write_in_{at}": one.name, f"write_in_votes_{at}": one.votes}
    return values


def _cell_text(ctx: Context, cell: str) -> str:
    kind, _, name = cell.partition(":")
    if not name:
        return ctx.text(f"election.field.{kind}")
    return ctx.text("election.cell", name=name, what=ctx.text(f"election.mark.{kind}"))


def _save(visit: Visit, ctx: Context) -> Redirect:
    """Take the totals, take one's own back or those of somebody who may no longer, or set the vote aside."""
    if visit.field("do") == "withdraw":
        counting.withdraw(ctx, context_of(ctx, visit.number("vote"))[2])
    elif visit.field("do") == "withdraw_for":
        counting.withdraw_for(ctx, visit.number("vote"), whole(visit.field("item")))
    elif visit.field("do") == "aside":
        aside.ask(ctx, visit.number("vote"), visit.field("reason"))
    elif visit.field("do") == "aside_not":
        aside.take_back(ctx, visit.number("vote"))
    elif visit.field("do") == "aside_agreed":
        aside.agree(ctx, visit.number("vote"))
    else:
        said = {name: given[0] for name, given in visit.form.items() if given}
        counting.enter(ctx, visit.number("vote"), said)
    return Redirect(f"/elections/totals/{visit.number('vote')}")


save = kept(_save, show)
