"""The one reminder of a rating to those who are there and have not cast."""

from __future__ import annotations

from bot.messages import Message
from bot.router import Context, Refused
from bot.store import posts, rating
from bot.store.people import Audience
from bot.store.rating import RatingRound, RoundState


def remind_round(ctx: Context, found: RatingRound) -> str:
    """Remind those present who have not cast, once for each rating (FM-6); the sentence that says so."""
    if not rating.may_run(ctx.session, found, ctx.member.id):
        raise Refused("help.not_yours")
    if found.state is not RoundState.OPEN:
        raise Refused("rating.remind_nothing")
    waiting = [one for one in rating.not_cast(ctx.session, found) if one.present]
    if not waiting:
        raise Refused("rating.remind_none")
    members = [one.member_id for one in waiting if one.member_id is not None]
    reached = tuple(posts.reachable(ctx.session, members))
    if not reached:
        raise Refused("rating.remind_unreached")
    sent = ctx.notify(
        Audience(members=reached), Message(ctx.text("rating.reminder", title=found.title)),
        rating.reminder_key(found.id or 0), expires_at=found.closes_at, immediate=True,
    )  # fmt: skip
    if sent is None:
        raise Refused("rating.reminded_before")
    ctx.audit("remind of rating", str(found.id))
    return ctx.text("rating.reminded", count=len(reached))
