"""Making a poll, one question at a time; and putting it out."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.handlers.poll import texts
from bot.messages import Inbound, Message, Role
from bot.router import Context, Refused
from bot.rules.moments import MomentWords, parse_moment
from bot.rules.people import COMMITTEE_POSTS, Stage
from bot.rules.secrecy import find_marks
from bot.store import people
from bot.store.people import Audience
from bot.store.poll import Poll, PollKind, PollState, find, group_key

MOST_OPTIONS = 12
LONGEST_OPTION = 40
LONGEST_TITLE = 80
_SOONEST = timedelta(minutes=5)
_LATEST = timedelta(days=30)
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


def publish(ctx: Context, poll: Poll) -> None:
    """Open a checked draft: messages to the group and to everybody, and the closing on the schedule. A motion of the
    committee goes to its members alone."""
    ctx.require(Role.SECRETARY, poll.unit_id)
    committee = _of_committee(ctx, poll)
    if committee and poll.in_group:
        raise Refused("poll.committee_alone")
    poll.closes_at = checked_deadline(ctx, poll, poll.closes_at)
    poll.state = PollState.OPEN
    meeting = texts.running(ctx, poll.unit_id)
    poll.meeting_id = meeting.id if meeting else None
    ctx.session.add(poll)
    ctx.session.flush()
    card, buttons = texts.card(ctx, poll), texts.buttons(ctx, poll)
    rules = {"expires_at": poll.closes_at, "immediate": meeting is not None}
    if poll.in_group:
        entry = poll.kind is PollKind.ENTRIES
        message = Message(texts.card(ctx, poll, in_group=True), () if entry else buttons)
        ctx.notify(Audience((poll.unit_id,), chats=True), message, group_key(poll), **rules)  # type: ignore[arg-type]
    if poll.in_private:
        stages = (str(Stage.FULL_MEMBER),) if poll.kind is PollKind.MOTION else ()
        posts = tuple(COMMITTEE_POSTS) if committee else ()
        audience = Audience((poll.unit_id,), stages=stages, posts=posts)
        ctx.notify(audience, Message(card, buttons), f"poll:{poll.id}:private", **rules)  # type: ignore[arg-type]
    ctx.schedule(f"poll:{poll.id}:close", poll.closes_at, "poll.close", poll.id or 0)
    ctx.audit("poll", str(poll.id))


def checked_title(ctx: Context, text: str) -> str:
    """A title that may be asked in a chat: no secret ballot's matter (SE-1), nothing marked (SC-6)."""
    said = " ".join(text.split())
    if not 2 <= len(said) <= LONGEST_TITLE:
        raise Refused("poll.title_long")
    _askable(ctx, said)
    return said


def checked_options(ctx: Context, text: str) -> list[str]:
    """2 to 12 different options, one a line or separated by slashes; what holds for the title holds for them."""
    parts = text.splitlines() if "\n" in text.strip() else re.split(ctx.text("poll.slashes"), text)
    found = [" ".join(part.split()) for part in parts if part.strip()]
    if len(found) < 2:
        raise Refused("poll.one_option")
    if len(found) > MOST_OPTIONS:
        raise Refused("poll.many_options", count=len(found))
    for number, option in enumerate(found):
        if len(option) > LONGEST_OPTION:
            raise Refused("poll.long_option", option=option[:10])
        if option in found[:number]:
            raise Refused("poll.same_options", option=option)
    _askable(ctx, "\n".join(found))
    return found


def checked_deadline(ctx: Context, poll: Poll, moment: datetime | None) -> datetime:
    """A time that leaves people a chance to answer, quiet hours included (TD-10)."""
    if moment is None:
        raise Refused("poll.bad_time")
    if not ctx.now + _SOONEST <= moment <= ctx.now + _LATEST:
        raise Refused("poll.too_soon")
    reached = ctx.now if texts.running(ctx, poll.unit_id) else ctx.polite(ctx.now)
    if reached + _SOONEST > moment:
        raise Refused("poll.quiet", at=reached.strftime("%m-%d %H:%M"))
    return moment


def new(ctx: Context, kind: PollKind) -> Poll:
    """An empty draft; a motion has its three options."""
    poll = Poll(unit_id=ctx.unit_id, made_by=ctx.member.id, kind=kind, made_at=ctx.now)
    if kind is PollKind.MOTION:
        poll.options = [ctx.text(f"poll.motion_{word}") for word in ("yes", "no", "abstain")]
    return poll


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
    if _of_committee(ctx, poll) or not people.chats_of(ctx.session, (poll.unit_id,)):
        places = ["private"]
    labels = tuple(ctx.text(f"poll.where_{place}") for place in (*places, "none"))
    text = ctx.text("poll.preview", card=texts.card(ctx, poll, with_options=True))
    return Message(text, ctx.ask("poll.where", poll.id or 0, poll.title, labels, closes_at=ctx.dialogue_ends))


def _of_committee(ctx: Context, poll: Poll) -> bool:
    """A motion put at a meeting that is the committee's alone (MD-2)."""
    from bot.store.sign_in import for_committee

    meeting = texts.running(ctx, poll.unit_id)
    return poll.kind is PollKind.MOTION and meeting is not None and for_committee(meeting.duties)


def _draft(ctx: Context) -> Poll:
    """The draft that was asked about, if it is this person's and still one, and they still have the post for it."""
    poll = find(ctx.session, ctx.asked.subject) if ctx.asked else None
    if poll is None or poll.made_by != ctx.member.id or poll.state is not PollState.DRAFT:
        raise Refused("poll.not_draft")
    ctx.require(Role.SECRETARY, poll.unit_id)
    return poll


def _askable(ctx: Context, text: str) -> None:
    if any(word in text for word in ctx.text("poll.paper_words").split()):
        raise Refused("poll.paper_only")
    if find_marks(text, ctx.library.content.marks):
        raise Refused("poll.secret")
