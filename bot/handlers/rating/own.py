"""The way to one's own result. Nothing of it is said in the chat."""

from __future__ import annotations

from bot.messages import Inbound, Link, Message
from bot.router import Context
from bot.store import rating


def own_result(inbound: Inbound, ctx: Context) -> Message:
    """A link for this person alone, once they were rated (SR-13, DR-9)."""
    if not rating.of_target(ctx.session, ctx.member.id):
        return Message(ctx.text("rating_result.mine.nothing"))
    link = Link(ctx.text("rating_result.mine.heading"), ctx.page_link("/rating/mine"))
    return Message(ctx.text("rating_result.mine.link"), links=(link,))
