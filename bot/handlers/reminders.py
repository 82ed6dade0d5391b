"""The list of everything that the bot sends by itself, with who asked for it, the basis and how often (FM-10)."""

from __future__ import annotations

from bot.messages import Inbound, Message, Role
from bot.router import Context, Feature, Route


def show(inbound: Inbound, ctx: Context) -> Message:
    """The whole list."""
    lines = [
        ctx.text("reminders.line", name=one.name, asked_by=one.asked_by, basis=one.basis, frequency=one.frequency)
        for one in ctx.library.content.reminders.values()
    ]
    return Message("\n".join([ctx.text("reminders.head", count=len(lines)), *lines]))


FEATURE = Feature("reminders", routes=(Route("reminders.show", show, Role.OFFICE, or_role=Role.SECRETARY),))
