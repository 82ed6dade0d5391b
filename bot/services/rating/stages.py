"""What is told when a rating opens, closes and is published; closing it by hand and in time."""

from __future__ import annotations

from sqlmodel import col, select

from bot.messages import Message
from bot.router import Context
from bot.store import due, posts, prompts, rating
from bot.store.people import Audience, Post
from bot.store.rating import RatingRound, RoundState

CLOSE, GRADED = "rating.close", "rating.graded"


def approved_once(ctx: Context, found: RatingRound) -> None:
    """The first approval is there: the others who may give the second one are told."""
    entitled = select(Post.member_id).where(col(Post.unit_id) == found.unit_id).distinct()
    others = tuple(
        ident
        for ident in ctx.session.exec(entitled)
        if ident != ctx.member.id and rating.may_approve(ctx.session, found, ident)
    )
    if others:
        text = ctx.text("rating.to_approve", title=found.title, name=ctx.member.name)
        ctx.notify(Audience(members=others), Message(text), f"rating:{found.id}:approve")


def opened(ctx: Context, found: RatingRound) -> None:
    """It was approved twice: whoever is on the roll is told how to get in, the groups only that it began."""
    number = found.id or 0
    plan_close(ctx, found)
    members = tuple(one.member_id for one in rating.voters(ctx.session, number) if one.member_id is not None)
    text = ctx.text("rating.started_by_turn" if found.per_speaker else "rating.started", title=found.title)
    if members:
        ctx.notify(
            Audience(members=members), Message(text), f"rating:{number}:opened",
            expires_at=found.closes_at, immediate=True,
        )  # fmt: skip
    ctx.notify(
        Audience(units=(found.unit_id,), chats=True), Message(ctx.text("rating.in_group")), f"rating:{number}:group",
        expires_at=found.closes_at, immediate=True,
    )  # fmt: skip


def plan_close(ctx: Context, found: RatingRound) -> None:
    """Have the round close by itself at its time, or not at all."""
    number = found.id or 0
    due.cancel(ctx.session, CLOSE, number)
    if found.closes_at is not None:
        ctx.schedule(f"rating:{number}:close:{int(found.closes_at.timestamp())}", found.closes_at, CLOSE, number)


def cancel(ctx: Context, found: RatingRound) -> None:
    """The owner ends it without a result."""
    rating.cancel(ctx.session, found, ctx.member.id, ctx.now)
    _after(ctx, found)


def close_now(ctx: Context, found: RatingRound) -> None:
    """The owner ends it."""
    rating.close(ctx.session, found, ctx.member.id, ctx.now)
    _after(ctx, found)


def close_in_time(subject: int, ctx: Context) -> None:
    """The closing time has come; nothing happens when it was closed before or the time was moved."""
    found = rating.get(ctx.session, subject)
    if found is None or found.state is not RoundState.OPEN or found.closes_at is None or found.closes_at > ctx.now:
        return
    state = rating.close(ctx.session, found, None, ctx.now)
    _after(ctx, found)
    if state is RoundState.CLOSED:
        text = ctx.text("rating.closed_in_time", title=found.title, cast=sum(found.cast))
        ctx.notify(Audience(members=_owners(ctx, found)), Message(text), f"rating:{found.id}:closed", immediate=True)


def tell_if_over(ctx: Context, found: RatingRound) -> None:
    """The owner and the tellers are told, once, that it is published or void, and nothing of what was in the box."""
    if found.state not in (RoundState.PUBLISHED, RoundState.VOID):
        return
    if found.state is RoundState.VOID:
        text = ctx.text("rating.void", title=found.title, reason=ctx.text(f"rating.void_reason.{found.void_reason}"))
    else:
        text = ctx.text("rating.published", title=found.title)
    ctx.notify(Audience(members=_keepers(ctx, found)), Message(text), f"rating:{found.id}:published", immediate=True)


def _after(ctx: Context, found: RatingRound) -> None:
    """What follows from closing: no more questions, and the tellers' turn."""
    number = found.id or 0
    due.cancel(ctx.session, CLOSE, number)
    prompts.close(ctx.session, GRADED, number)
    prompts.close(ctx.session, "rating.remind_one", number)
    tell_if_over(ctx, found)
    tellers = tuple(one.member_id for one in rating.tellers(ctx.session, number))
    if found.state is RoundState.CLOSED and tellers:
        text = ctx.text("rating.to_tellers", title=found.title)
        ctx.notify(Audience(members=tellers), Message(text), f"rating:{number}:tellers", immediate=True)


def _keepers(ctx: Context, found: RatingRound) -> tuple[int, ...]:
    tellers = (one.member_id for one in rating.tellers(ctx.session, found.id or 0))
    return tuple(dict.fromkeys((*_owners(ctx, found), *tellers)))


def _owners(ctx: Context, found: RatingRound) -> tuple[int, ...]:
    """Who runs it at this moment; where nobody who can be reached does, who is above them."""
    return tuple(rating.runners(ctx.session, found) or posts.above_or_office(ctx.session, found.unit_id))
