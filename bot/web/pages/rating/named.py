"""How everybody marked in a named round, for who runs it: what the sheet said before the first tap."""

from __future__ import annotations

from bot.messages import Role
from bot.router import Context, Refused
from bot.store import rating
from bot.store.rating import RatingRound, RoundMode, RoundState, Voter
from bot.web.page import Page, View, Visit


def show(visit: Visit, ctx: Context) -> View:
    """Per target, a line a voter; only once the result is published, and while the roll is kept."""
    found = rating.get(ctx.session, visit.number("round"))
    if found is None or not rating.may_run(ctx.session, found, ctx.member.id):
        raise Refused("rating_result.not_yours")
    if found.mode is not RoundMode.NAMED:
        raise Refused("rating_result.not_named")
    if found.state is not RoundState.PUBLISHED:
        raise Refused("rating_result.not_yet")
    names = rating.class_names(found)
    lines = [
        (one, names[one.class_index], rating.named_marks(ctx.session, found.id or 0, one.id))
        for one in rating.voters(ctx.session, found.id or 0)
    ]
    values = {
        "round": {"id": found.id, "title": found.title},
        "items": [one["name"] for one in found.items],
        "targets": [
            {"name": target.name, "lines": _lines(ctx, found, lines, target.position)}
            for target in rating.targets(ctx.session, found.id or 0)
        ],
    }
    return View("rating/named.html", values)


def _lines(
    ctx: Context, found: RatingRound, lines: list[tuple[Voter, str, dict[int, bytes]]], target: int
) -> list[dict[str, object]]:
    """Who marked this target, and how; whoever marked nothing at all is left out."""
    grades = [ctx.text("rating_result.blank"), *(str(one["name"]) for one in found.grades)]
    return [
        {"name": voter.name, "group": group, "marks": [grades[mark] for mark in marks[target]]}
        for voter, group, marks in lines
        if target in marks
    ]


PAGES: tuple[Page, ...] = (Page("/ratings/{round}/named", Role.MEMBER, get=show),)
