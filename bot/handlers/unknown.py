"""Sends whose outcome nobody knows, and those that a group did not take, in one list for who leads the unit. What
becomes of each, a person decides."""

from __future__ import annotations

from msgspec.structs import replace

from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Feature, Route
from bot.services.unknown import decide, what, who
from bot.store import unknown as store

RECEIVED, AGAIN = range(2)
_IN_CHAT = 6


def show(inbound: Inbound, ctx: Context) -> Message:
    """The newest ones, each with its two buttons, and the page that has them all."""
    units = ctx.led(Role.SECRETARY, Role.OFFICE)
    some = store.listed(ctx.session, units, ctx.now, _IN_CHAT)
    if not some:
        return Message(ctx.text("unknown.none"))
    lines = [ctx.text("unknown.head", count=store.count(ctx.session, units))]
    choices: list[Choice] = []
    for number, one in enumerate(some, 1):
        values = {"who": who(ctx, one), "what": what(ctx, one), "at": one.at.strftime("%m-%d %H:%M")}
        lines.append(ctx.text("unknown.line_failed" if one.failed else "unknown.line", number=number, **values))
        labels = (ctx.text("unknown.do_received"), ctx.text("unknown.do_again"))
        title = ctx.text("unknown.title", who=values["who"], what=values["what"])
        asked = ctx.ask(store.ROUTE, one.id, title, labels, closes_at=ctx.dialogue_ends)
        choices += [
            replace(button, label=ctx.text("unknown.button", number=number, label=button.label)) for button in asked
        ]
    link = Link(ctx.text("unknown.page"), ctx.page_link("/unknown"))
    return Message("\n".join(lines), tuple(choices), (link,), columns=2)


def decided(inbound: Inbound, ctx: Context) -> Message:
    """What a person found out about one copy."""
    return Message(decide(ctx, ctx.question.subject, again=inbound.options == (AGAIN,)))


FEATURE = Feature(
    "unknown",
    routes=(
        Route("unknown.show", show, Role.SECRETARY, or_role=Role.OFFICE),
        Route(store.ROUTE, decided, Role.SECRETARY, or_role=Role.OFFICE, closed="unknown.settled"),
    ),
)
