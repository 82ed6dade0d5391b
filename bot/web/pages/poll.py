"""The polls of a person's branch: results in numbers; its secretary may put a new one out."""

from __future__ import annotations

from datetime import datetime

from bot.clock import SHANGHAI
from bot.messages import Role
from bot.router import Context, Refused, no_right
from bot.services.groups import missed
from bot.services.poll import making
from bot.store import people
from bot.store import poll as store
from bot.store.poll import Poll, PollKind, PollState
from bot.web.kept import Typed, kept
from bot.web.page import Page, Redirect, View, Visit

_PATH = "/polls"


def show(visit: Visit, ctx: Context) -> View:
    """The newest polls, bars in numbers, and the form for a secretary."""
    unit = people.unit(ctx.session, ctx.member.branch_id)
    led = ctx.led(Role.SECRETARY)
    units = {*unit.line, *led}
    polls = store.latest(ctx.session, sorted(units), (PollState.OPEN, PollState.CLOSED))
    shown = [
        {
            "title": poll.title,
            "state": str(poll.state),
            "result": store.result(ctx.session, poll),
            "until": _moment(poll),
            "missed": missed(ctx, store.group_key(poll), store.result_key(poll)) if poll.unit_id in led else [],
        }
        for poll in polls
    ]
    return View("poll/polls.html", {"polls": shown, "may_start": bool(led), "kinds": list(PollKind), "typed": Typed()})


def _start(visit: Visit, ctx: Context) -> Redirect:
    """Put a poll out; what is wrong with it is refused with a sentence."""
    led = ctx.led(Role.SECRETARY)
    if not led:
        raise no_right(Role.SECRETARY)
    kind = visit.field("kind")
    if kind not in list(PollKind):
        raise Refused("help.out_of_range")
    poll = making.new(ctx, PollKind(kind))
    poll.unit_id = ctx.member.branch_id if ctx.member.branch_id in led else led[0]
    poll.title = making.checked_title(ctx, visit.field("title"))
    if poll.kind is PollKind.VOTE:
        poll.options = making.checked_options(ctx, visit.field("options"))
        poll.multiple = visit.field("multiple") == "1"
    poll.closes_at = _typed(visit.field("closes"))
    place = visit.field("where")
    poll.in_group, poll.in_private = place != "private", place != "group" or poll.multiple
    making.publish(ctx, poll)
    return Redirect(_PATH)


start = kept(_start, show, 403)


def _typed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


def _moment(poll: Poll) -> str:
    return poll.closes_at.strftime("%Y-%m-%d %H:%M") if poll.closes_at else ""


PAGES = (Page(_PATH, Role.MEMBER, get=show, post=start, menu=(Role.MEMBER,)),)
