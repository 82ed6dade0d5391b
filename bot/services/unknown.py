"""What a person decides about a send whose outcome nobody knows, or that a group did not take."""

from __future__ import annotations

from bot.messages import Role
from bot.router import Context, Refused
from bot.rules import reminders
from bot.store import unknown as store
from bot.store.unknown import Unknown


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


def who(ctx: Context, one: Unknown) -> str:
    """The member, or the group chat of a unit."""
    return ctx.text("unknown.member" if one.name else "unknown.group", name=one.name, unit=one.unit)


def what(ctx: Context, one: Unknown) -> str:
    """The kind of message and the title of its matter; nothing of its content."""
    kind = reminders.find(ctx.library.content.reminders, one.key)
    name = kind.name if kind else ctx.text("unknown.message")
    return ctx.text("unknown.matter", kind=name, title=one.title) if one.title else name
