"""The sheet of paper of a class, to be printed: nothing on it but the class tells whose it is (SE-5)."""

from __future__ import annotations

from bot.documents.typeface import printable
from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.store import rating
from bot.store.rating import RoundMode, RoundState
from bot.web.page import Page, View, Visit
from bot.web.pages.lacking import unseen
from bot.web.pages.rating.shared import own_round, short


def show(visit: Visit, ctx: Context) -> View:
    """The sheet as it was frozen, one class at a time, for who runs the round."""
    found = own_round(ctx, visit.number("round"))
    if found.state is not RoundState.OPEN:
        raise Refused(f"rating.error.state_{found.state}")
    if found.mode is not RoundMode.SEALED:
        raise Refused("rating.error.paper_named")
    names = rating.class_names(found)
    asked = whole(visit.query.get("class", ""))
    index = asked if 0 <= asked < len(names) else 0
    targets = rating.targets(ctx.session, found.id or 0)
    printed = [str(one["name"]) for one in (*found.items, *found.grades)]
    spelt = [found.title, *names, *printed, *(text for one in targets for text in (one.name, one.unit))]
    if asking := unseen(visit, spelt):
        return asking
    values = {
        "round": {"id": found.id, "title": found.title},
        "classes": names,
        "class_index": index,
        "items": [printable(str(one["name"])) for one in found.items],
        "grades": [printable(str(one["name"])) for one in found.grades],
        "targets": [{"name": printable(one.name), "unit": printable(one.unit)} for one in targets],
        "fingerprint": short(found.manifest_hash),
    }
    return View("rating/printed.html", values)


PAGES: tuple[Page, ...] = (Page("/ratings/{round}/sheet", Role.MEMBER, get=show),)
