"""Making a poll in chat, one question at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.messages import Inbound, Message, Role
from bot.router import Context, Refused
from bot.rules.moments import MomentWords, parse_moment
from bot.services.poll import texts
from bot.services.poll.making import checked_deadline, checked_options, checked_title, new, of_committee, publish
from bot.store import people
from bot.store.poll import Poll, PollKind, PollState, find

_EVENING = 18


def start(inbound: Inbound, ctx: Context) -> Message:
    """A vote; the title may follow the command."""
    return _begin(ctx, PollKind.VOTE)


def motion(inbound: Inbound, ctx: Context) -> Message:
    """A motion: yes, no or abstain, by people with a vote (MD-1, MD-3)."""
    return _begin(ctx, PollKind.MOTION)


def entries(inbound: Inbound, ctx: Context) -> Message:
    """Short entries instead of chain replies (FM-6): everybody answers in private, the group sees a number."""
    return _begin(ctx, PollKind.ENTRIES)


def title(inbound: Inbound, ctx: Context) -> Message:
    """The title was typed."""
    poll = _draft(ctx)
    poll.title = checked_title(ctx, inbound.text)
    return _after_title(ctx, poll)


def options(inbound: Inbound, ctx: Context) -> Message:
    """The options were typed."""
    poll = _draft(ctx)
    poll.options = checked_options(ctx, inbound.text)
    ctx.session.add(poll)
    ctx.session.flush()
    kinds = (ctx.text("poll.kind_single"), ctx.text("poll.kind_multiple"))
    return Message(
        ctx.text("poll.ask_kind", count=len(poll.options)),
        ctx.ask("poll.kind", poll.id or 0, poll.title, kinds, closes_at=ctx.dialogue_ends),
    )


def kind(inbound: Inbound, ctx: Context) -> Message:
    """One answer or several."""
    poll = _draft(ctx)
    poll.multiple = inbound.options == (1,)
    return _ask_deadline(ctx, poll)


def deadline(inbound: Inbound, ctx: Context) -> Message:
    """One of the offered times, or the wish to type one."""
    poll = _draft(ctx)
    label = ctx.question.options[inbound.options[0]]
    if label == ctx.text("poll.deadline_typed"):
        return Message(
            ctx.text("poll.ask_time"), awaits=ctx.ask_text("poll.typed_deadline", poll.id or 0, poll.title)
        )
    evening = ctx.now.replace(hour=_EVENING, minute=0, second=0, microsecond=0)
    offered = {
        ctx.text("poll.deadline_hour"): ctx.now + timedelta(hours=1),
        ctx.text("poll.deadline_today"): evening,
        ctx.text("poll.deadline_tomorrow"): evening + timedelta(days=1),
    }
    meeting = texts.running(ctx, poll.unit_id)
    moment = offered.get(label) or (meeting.ends_at if meeting else None)
    return _ask_where(ctx, poll, moment)


def typed_deadline(inbound: Inbound, ctx: Context) -> Message:
    """A time was typed."""
    poll = _draft(ctx)
    return _ask_where(ctx, poll, parse_moment(inbound.text, ctx.now, MomentWords.read(ctx.text)))


def where(inbound: Inbound, ctx: Context) -> Message:
    """Put it out, or give it up."""
    poll = _draft(ctx)
    label = ctx.question.options[inbound.options[0]]
    if label == ctx.text("poll.where_none"):
        ctx.session.delete(poll)
        return Message(ctx.text("poll.dropped"))
    poll.in_group = label != ctx.text("poll.where_private")
    poll.in_private = label != ctx.text("poll.where_group")
    publish(ctx, poll)
    return Message(ctx.text("poll.started", until=texts.until(ctx, poll)))


def _begin(ctx: Context, kind: PollKind) -> Message:
    poll = new(ctx, kind)
    poll.title = checked_title(ctx, ctx.args) if ctx.args else ""
    ctx.session.add(poll)
    ctx.session.flush()
    if poll.title:
        return _after_title(ctx, poll)
    return Message(
        ctx.text("poll.ask_title"), awaits=ctx.ask_text("poll.title", poll.id or 0, ctx.text("poll.page.new"))
    )


def _after_title(ctx: Context, poll: Poll) -> Message:
    if poll.kind is not PollKind.VOTE:
        return _ask_deadline(ctx, poll)
    ctx.session.add(poll)
    text = ctx.text("poll.ask_options", title=poll.title)
    return Message(text, awaits=ctx.ask_text("poll.options", poll.id or 0, poll.title))


def _ask_deadline(ctx: Context, poll: Poll) -> Message:
    ctx.session.add(poll)
    ctx.session.flush()
    labels = [ctx.text("poll.deadline_hour")]
    if ctx.now.hour < _EVENING - 1:
        labels.append(ctx.text("poll.deadline_today"))
    labels.append(ctx.text("poll.deadline_tomorrow"))
    if meeting := texts.running(ctx, poll.unit_id):
        labels.append(ctx.text("poll.deadline_meeting", time=meeting.ends_at.strftime("%H:%M")))
    labels.append(ctx.text("poll.deadline_typed"))
    return Message(
        ctx.text("poll.ask_deadline"),
        ctx.ask("poll.deadline", poll.id or 0, poll.title, tuple(labels), closes_at=ctx.dialogue_ends),
    )


def _ask_where(ctx: Context, poll: Poll, moment: datetime | None) -> Message:
    poll.closes_at = checked_deadline(ctx, poll, moment)
    ctx.session.add(poll)
    ctx.session.flush()
    alone = not poll.multiple and poll.kind is not PollKind.ENTRIES
    places = ["both", "group", "private"] if alone else ["both", "private"]
    if of_committee(ctx, poll) or not people.chats_of(ctx.session, (poll.unit_id,)):
        places = ["private"]
    labels = tuple(ctx.text(f"poll.where_{place}") for place in (*places, "none"))
    text = ctx.text("poll.preview", card=texts.card(ctx, poll, with_options=True))
    return Message(text, ctx.ask("poll.where", poll.id or 0, poll.title, labels, closes_at=ctx.dialogue_ends))


def _draft(ctx: Context) -> Poll:
    """The draft that was asked about, if it is this person's and still one, and they still have the post for it."""
    poll = find(ctx.session, ctx.asked.subject) if ctx.asked else None
    if poll is None or poll.made_by != ctx.member.id or poll.state is not PollState.DRAFT:
        raise Refused("poll.not_draft")
    ctx.require(Role.SECRETARY, poll.unit_id)
    return poll
