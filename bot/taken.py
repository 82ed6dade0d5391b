"""What came with a message and is not taken: named before anything is done with the rest, never dropped in silence."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from bot.messages import EDITED, FORWARD, Inbound, Reply
from bot.messages import Message as Said
from bot.router import Refused, Route

Text = Callable[..., str]


def lacks(inbound: Inbound) -> bool:
    """Whether something of its content is not taken. Of a forwarded text only its source is."""
    return any(kind != FORWARD for kind in inbound.lost)


def require_whole(inbound: Inbound, route: Route) -> None:
    """Refuse what is not taken whole, but for a route that shows a draft before anything goes out."""
    if lacks(inbound) and not route.drafts:
        raise Refused("help.not_taken", what="")


def reply_to(
    inbound: Inbound, text: Text, known: bool, read: Callable[[], Reply], drafted: Callable[[], bool]
) -> Reply:
    """The reply to a message of which something is not taken. A draft is made of its text and says so at its head; in
    all other cases nothing is done. `drafted` says whether a draft's handler was asked; `known` whether the person is.
    It is no refusal: the parts of an album are one event, and the first answer stands for all."""
    meant = inbound.addressed or bool(inbound.token)
    if EDITED in inbound.lost:
        return Reply(Said(text("help.edited"))) if meant else Reply()
    what = text("help.comma").join(text(f"help.lost_{kind}") for kind in inbound.lost)
    refusal = Reply(Said(text("help.not_taken", what=what)))
    if lacks(inbound) and not known:
        return refusal if meant else Reply()
    try:
        reply = read()
    except Refused:
        if drafted() or not lacks(inbound):
            raise
        return refusal
    if drafted() and reply.message is not None:
        noted = f"{text('help.without', what=what)}\n{reply.message.text}"
        return replace(reply, message=replace(reply.message, text=noted))
    return refusal if lacks(inbound) and reply != Reply() and not reply.duplicate else reply
