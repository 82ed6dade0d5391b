"""The end of a poll: it is counted, and the result is told."""

from __future__ import annotations

from datetime import timedelta

from bot.messages import Message
from bot.router import Context, Matter
from bot.services.poll import texts
from bot.store import people, posts, prompts
from bot.store import poll as store
from bot.store.people import Audience
from bot.store.poll import Poll, PollResult, PollState

_ASKED_AGAIN = timedelta(days=30)
_ROUTES = ("poll.vote", "poll.fill", "poll.entry", "poll.manage")


def close(subject: int, ctx: Context) -> None:
    """The deadline has come."""
    poll = store.hold(ctx.session, subject)
    if poll is not None and poll.state is PollState.OPEN:
        finish(ctx, poll)


def open_poll(subject: int, ctx: Context) -> Matter | None:
    """What is asked about a poll whose end passed while nothing ran. Nobody could vote since."""
    poll = store.find(ctx.session, subject)
    if poll is None or poll.state is not PollState.OPEN:
        return None
    return Matter((poll.unit_id,), f"poll:{subject}:result", poll.title)


def close_quietly(subject: int, ctx: Context) -> None:
    """The result is counted and can be asked for; nobody is told of it."""
    poll = store.hold(ctx.session, subject)
    if poll is not None and poll.state is PollState.OPEN:
        _count(ctx, poll)


def _count(ctx: Context, poll: Poll) -> PollResult:
    found = store.close(ctx.session, poll)
    for route in _ROUTES:
        prompts.close(ctx.session, route, poll.id or 0)
    return found


def finish(ctx: Context, poll: Poll) -> None:
    """Write the result, tell the group the numbers and whoever is in charge the names."""
    found = _count(ctx, poll)
    now = texts.running(ctx, poll.unit_id) is not None
    text = texts.result(ctx, poll, found)
    if poll.in_group:
        ctx.notify(
            Audience((poll.unit_id,), chats=True), Message(text), store.result_key(poll), immediate=now
        )
    at = ctx.now if now else ctx.polite(ctx.now)
    if at > ctx.now:
        ctx.schedule(f"poll:{poll.id}:tell", at, "poll.tell", poll.id or 0)
    else:
        tell(poll.id or 0, ctx)


def tell(subject: int, ctx: Context) -> None:
    """Tell the names to whoever is in charge of the unit at this moment. While nobody is, those above it get the
    numbers, once, and it is tried again every day."""
    poll = store.find(ctx.session, subject)
    if poll is None or poll.state is not PollState.CLOSED or poll.closes_at is None:
        return
    text = texts.result(ctx, poll, store.result(ctx.session, poll))
    if told := posts.in_charge(ctx.session, poll.unit_id, poll.made_by):
        lines = f"{text}\n\n{texts.for_secretary(ctx, poll)}"
        full = ctx.text("poll.for_secretary", title=poll.title, lines=lines)
        ctx.notify(Audience(members=tuple(told)), Message(full), f"poll:{poll.id}:named", immediate=True)
        return
    if above := posts.above_or_office(ctx.session, poll.unit_id):
        unit = people.unit(ctx.session, poll.unit_id).name
        short = ctx.text("poll.nobody_in_charge", unit=unit, days=_ASKED_AGAIN.days, lines=text)
        ctx.notify(Audience(members=tuple(above)), Message(short), f"poll:{poll.id}:nobody", immediate=True)
    if ctx.now < poll.closes_at + _ASKED_AGAIN:
        again = ctx.polite(ctx.now + timedelta(days=1))
        ctx.schedule(f"poll:{poll.id}:tell:{again:%Y%m%d}", again, "poll.tell", subject)
