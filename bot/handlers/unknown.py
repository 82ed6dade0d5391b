"""Sends whose outcome nobody knows, and those that a group did not take, in one list for who leads the unit. What
becomes of each, a person decides."""

from __future__ import annotations

from msgspec.structs import replace

from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Feature, Refused, Route
from bot.rules import reminders
from bot.store import unknown as store
from bot.store.unknown import Unknown

RECEIVED, AGAIN = range(2)
_IN_CHAT = 6


def show(inbound: Inbound, ctx: Context) -> Message:
    """The newest ones, each with its two buttons, and the page that has them all."""
    units = led(ctx)
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


def decide(ctx: Context, delivery_id: int, *, again: bool) -> str:
    """Book a copy as received, or send it again as a new message; the sentence that says so. Refused for a unit that
    this person does not lead, for what was settled, and where sending again makes no sense."""
    found = store.find(ctx.session, delivery_id, ctx.now)
    if found is None:
        raise Refused("unknown.settled")
    if not (ctx.may(Role.SECRETARY, found.unit_id) or ctx.may(Role.OFFICE, found.unit_id)):
        raise Refused("help.not_yours")
    name = who(ctx, found)
    if not again:
        store.received(ctx.session, delivery_id)
        ctx.audit("delivery received", str(delivery_id))
        return ctx.text("unknown.noted", who=name)
    if found.expired:
        raise Refused("unknown.too_late", what=what(ctx, found))
    at = ctx.polite(ctx.now)
    if not store.resend(ctx.session, delivery_id, at, ctx.now):
        raise Refused("unknown.nobody_there", who=name)
    ctx.audit("delivery again", str(delivery_id))
    return ctx.text("unknown.sent_again", who=name, at=at.strftime("%m-%d %H:%M"))


def led(ctx: Context) -> list[int]:
    """The units whose sends this person looks after."""
    return sorted({*ctx.led(Role.SECRETARY), *ctx.led(Role.OFFICE)})


def who(ctx: Context, one: Unknown) -> str:
    """The member, or the group chat of a unit."""
    return ctx.text("unknown.member" if one.name else "unknown.group", name=one.name, unit=one.unit)


def what(ctx: Context, one: Unknown) -> str:
    """The kind of message and the title of its matter; nothing of its content."""
    kind = reminders.find(ctx.library.content.reminders, one.key)
    name = kind.name if kind else ctx.text("unknown.message")
    return ctx.text("unknown.matter", kind=name, title=one.title) if one.title else name


FEATURE = Feature(
    "unknown",
    routes=(
        Route("unknown.show", show, Role.SECRETARY, or_role=Role.OFFICE),
        Route(store.ROUTE, decided, Role.SECRETARY, or_role=Role.OFFICE, closed="unknown.settled"),
    ),
)
