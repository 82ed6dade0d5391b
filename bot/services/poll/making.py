"""What may be asked in a poll, and putting it out."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.messages import Message, Role
from bot.router import Context, Refused
from bot.rules.people import COMMITTEE_POSTS, Stage
from bot.rules.secrecy import find_marks
from bot.services.poll import texts
from bot.store.people import Audience
from bot.store.poll import Poll, PollKind, PollState, group_key

MOST_OPTIONS = 12
LONGEST_OPTION = 40
LONGEST_TITLE = 80
_SOONEST = timedelta(minutes=5)
_LATEST = timedelta(days=30)


def publish(ctx: Context, poll: Poll) -> None:
    """Open a checked draft: messages to the group and to everybody, and the closing on the schedule. A motion of the
    committee goes to its members alone."""
    ctx.require(Role.SECRETARY, poll.unit_id)
    committee = of_committee(ctx, poll)
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


def of_committee(ctx: Context, poll: Poll) -> bool:
    """A motion put at a meeting that is the committee's alone (MD-2)."""
    from bot.store.sign_in import for_committee

    meeting = texts.running(ctx, poll.unit_id)
    return poll.kind is PollKind.MOTION and meeting is not None and for_committee(meeting.duties)


def _askable(ctx: Context, text: str) -> None:
    if any(word in text for word in ctx.text("poll.paper_words").split()):
        raise Refused("poll.paper_only")
    if find_marks(text, ctx.library.content.marks):
        raise Refused("poll.secret")
