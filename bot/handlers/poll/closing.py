"""How a poll stands, one reminder, and its end."""

from __future__ import annotations

from datetime import timedelta

from bot.handlers.poll import texts
from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Matter, Refused
from bot.rules.answers import whole
from bot.services.groups import missed
from bot.store import due, people, posts, prompts
from bot.store import poll as store
from bot.store.people import Audience
from bot.store.poll import Poll, PollResult, PollState

_ASKED_AGAIN = timedelta(days=30)
_ROUTES = ("poll.vote", "poll.fill", "poll.entry", "poll.manage")


def status(inbound: Inbound, ctx: Context) -> Message:
    """For the secretary: the answers so far by name, who is missing, and what can be done."""
    units = ctx.led(Role.SECRETARY)
    found = store.latest(ctx.session, units, (PollState.OPEN,))
    if not found:
        raise Refused("poll.none_open")
    number = whole(ctx.args)
    chosen = [poll for poll in found if poll.id == number] or (found if len(found) == 1 else [])
    if not chosen:
        phrase = ctx.library.content.texts.phrases("poll.status")[0]
        choices = tuple(Choice(poll.title[:30], f"c:{phrase} {poll.id}") for poll in found[:8])
        return Message(ctx.text("poll.which"), choices)
    poll = chosen[0]
    counted = store.result(ctx.session, poll)
    text = ctx.text(
        "poll.status",
        head=texts.head(ctx, poll),
        title=poll.title,
        voters=counted.voters,
        due=counted.due,
        until=texts.until(ctx, poll),
        lines="\n".join([texts.for_secretary(ctx, poll), *missed(ctx, store.group_key(poll), store.result_key(poll))]),
    )
    options = (ctx.text("poll.chase"), ctx.text("poll.end_now"))
    title = ctx.text("poll.manage_title", title=poll.title)
    choices = ctx.ask("poll.manage", poll.id or 0, title, options, closes_at=poll.closes_at)
    return Message(text, choices, (Link(ctx.text("poll.page.title"), ctx.page_link("/polls")),))


def manage(inbound: Inbound, ctx: Context) -> Message:
    """Remind those who are missing, once (FM-6), but not the exempt (AT-2); or end it now."""
    poll = store.hold(ctx.session, ctx.asked.subject) if ctx.asked else None
    if poll is None:
        raise Refused("help.stale_button")
    ctx.require(Role.SECRETARY, poll.unit_id)
    if poll.state is not PollState.OPEN:
        raise Refused("poll.over", title=poll.title)
    if inbound.options == (1,):
        due.cancel(ctx.session, "poll.close", poll.id or 0)
        finish(ctx, poll)
        return Message(ctx.text("poll.ended"))
    missing = [member.id or 0 for member in store.missing(ctx.session, poll)]
    if not missing:
        raise Refused("poll.chase_none")
    chased = posts.chased(ctx.session, missing)
    if not chased:
        raise Refused("poll.chase_nobody")
    reminder = ctx.text(
        "poll.reminder", title=poll.title, until=texts.until(ctx, poll), card=texts.card(ctx, poll)
    )
    sent = ctx.notify(
        Audience(members=chased),
        Message(reminder, texts.buttons(ctx, poll)),
        f"poll:{poll.id}:chase",
        expires_at=poll.closes_at,
        immediate=texts.running(ctx, poll.unit_id) is not None,
    )
    if sent is None:
        raise Refused("poll.chased_before")
    return Message(ctx.text("poll.chased", count=len(chased)))


def results(inbound: Inbound, ctx: Context) -> Message:
    """The latest result of the person's branch or of what is above it, in numbers."""
    unit = people.unit(ctx.session, ctx.chat_unit or ctx.member.branch_id)
    found = store.latest(ctx.session, unit.line, (PollState.CLOSED,), 1)
    if not found:
        raise Refused("poll.none_closed")
    return Message(texts.result(ctx, found[0], store.result(ctx.session, found[0])))


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
