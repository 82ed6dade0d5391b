"""The way from the chat to the pages: a link that signs in once."""

from __future__ import annotations

from bot.messages import Inbound, Link, Message, Role
from bot.router import Context, Feature, Route


def open_pages(inbound: Inbound, ctx: Context) -> Message:
    """A one-time link to the start page, which leads to every page that this person's roles open."""
    return Message(
        ctx.text("console.link_sent"), links=(Link(ctx.text("console.title"), ctx.page_link("/console")),)
    )


FEATURE = Feature("console", routes=(Route("console.open", open_pages, Role.MEMBER),))
