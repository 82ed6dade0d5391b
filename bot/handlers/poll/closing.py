"""How a poll stands, one reminder, and its end when the secretary says so."""

from __future__ import annotations

from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.services.groups import missed
from bot.services.poll import texts
from bot.services.poll.closing import finish
from bot.store import due, people, posts
from bot.store import poll as store
from bot.store.people import Audience
from bot.store.poll import PollState


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
