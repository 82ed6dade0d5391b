"""Sends whose outcome nobody knows: the list of the units that the visitor leads, and what became of each."""

from __future__ import annotations

from bot.messages import Role
from bot.router import Context, Refused
from bot.services.unknown import decide, what, who
from bot.store import unknown as store
from bot.web.page import Page, Redirect, View, Visit

_SHOWN = 100
_ACTIONS = ("received", "again")


def show(visit: Visit, ctx: Context) -> View:
    """The newest ones; those whose time is over can no longer be sent again."""
    units = ctx.led(Role.SECRETARY, Role.OFFICE)
    if not units:
        raise Refused("help.no_right")
    some = store.listed(ctx.session, units, ctx.now, _SHOWN)
    rows = [
        {
            "id": one.id,
            "who": who(ctx, one),
            "what": what(ctx, one),
            "at": one.at,
            "expired": one.expired,
            "failed": one.failed,
        }
        for one in some
    ]
    return View("unknown/unknown.html", {"rows": rows, "more": store.count(ctx.session, units) - len(rows)})


def act(visit: Visit, ctx: Context) -> Redirect:
    """What the visitor found out about the ticked ones."""
    action = visit.field("action")
    chosen = visit.numbers("id")
    if action not in _ACTIONS:
        raise Refused("help.stale_button")
    if not chosen:
        raise Refused("unknown.nothing_chosen")
    for number in chosen:
        decide(ctx, number, again=action == "again")
    return Redirect("/unknown")


PAGES = (Page("/unknown", Role.MEMBER, get=show, post=act, menu=(Role.SECRETARY, Role.OFFICE)),)
