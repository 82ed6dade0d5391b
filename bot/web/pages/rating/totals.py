"""What the office sees of the branches' member ratings: how many got which grade, and nobody's name (8.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from bot.messages import Role
from bot.router import Context
from bot.rules.rating import cap_of
from bot.store import rating, records
from bot.store.rating import RatingDecision, RatingRound, RoundKind, RoundState
from bot.web.page import Page, View, Visit


def show(visit: Visit, ctx: Context) -> View:
    """A line for each published member rating of the branches below, newest first."""
    branches = {unit.id: unit.name for unit in records.branches_below(ctx.session, ctx.led(Role.OFFICE))}
    lines = []
    for found in rating.of_units(ctx.session, [unit for unit in branches if unit is not None]):
        if found.kind is RoundKind.MEMBER_RATING and found.state is RoundState.PUBLISHED:
            decided = rating.decisions(ctx.session, found)
            line = {"id": found.id, "branch": branches[found.unit_id], "title": found.title, "on": found.closed_on}
            lines.append({**line, **totals_of(ctx, found, decided)})
    return View("rating/totals.html", {"lines": lines})


def totals_of(ctx: Context, found: RatingRound, decided: Mapping[int, RatingDecision]) -> dict[str, object]:
    """How many members were rated and how many were given each grade, and the warning when the first one was given
    more often than the cap allows: never a refusal (DR-3)."""
    rated = len(rating.targets(ctx.session, found.id or 0))
    count = Counter(one.grade for one in decided.values())
    grades = [str(one["name"]) for one in found.grades if one["value"] is not None]
    cap, given = cap_of(rated, found.cap), count[grades[0]]
    warning = ""
    if cap is not None and given > cap:
        warning = ctx.text(
            "rating_result.over_cap", grade=grades[0], given=given, rated=rated, share=found.cap, cap=cap
        )
    return {"rated": rated, "totals": [(name, count[name]) for name in grades], "warning": warning}


PAGES = (Page("/ratings/totals", Role.OFFICE, get=show),)
