"""Another date, a second session, another policy (TD-7, TD-9, CA-8)."""

from __future__ import annotations

from datetime import date, datetime

from bot.clock import SHANGHAI
from bot.handlers.theme_day.meant import branch_of
from bot.messages import Inbound, Message, Role
from bot.router import Context, Refused
from bot.rules.dates import read_date, read_policy, read_time
from bot.services.theme_day.card import card, clean, day_text, open_day, when
from bot.services.theme_day.changes import LONGEST_REASON, check_move, move_to, policy_text
from bot.services.theme_day.reminders import planned, replan, tell_change
from bot.store import sign_in, theme_day
from bot.store.meetings import Meeting, MeetingState


def move(inbound: Inbound, ctx: Context) -> Message:
    """Another date with a reason; a rest day is asked about first."""
    branch, rest = branch_of(ctx, Role.SECRETARY)
    words = rest.split()
    if not words:
        raise Refused("theme_day.how_move")
    day = _day(ctx, words[0])
    moment = read_time(words[1], ctx.library.content.dates) if len(words) > 1 else None
    reason = " ".join(words[2 if moment else 1 :])
    if not reason:
        raise Refused("theme_day.reason_needed")
    reason = clean(ctx, reason, LONGEST_REASON)
    meeting = _of(ctx, branch.id or 0, day)
    starts_at = datetime.combine(day, moment or meeting.starts_at.time(), SHANGHAI)
    check_move(ctx, meeting, starts_at)
    if ctx.library.content.calendar.is_rest(day):
        extra = theme_day.details(ctx.session, meeting.id or 0)
        extra.wanted_at, extra.wanted_reason = starts_at, reason
        title = ctx.text("theme_day.ask_rest_day", day=day_text(ctx, day))
        options = (ctx.text("theme_day.rest_day_yes"), ctx.text("theme_day.rest_day_no"))
        return Message(title, ctx.ask("theme_day.rest_day", meeting.id or 0, title, options))
    return move_to(ctx, meeting, starts_at, reason)


def rest_day(inbound: Inbound, ctx: Context) -> Message:
    """The answer to whether it shall be a rest day."""
    meeting = open_day(ctx, ctx.question.subject)
    extra = theme_day.details(ctx.session, meeting.id or 0)
    wanted, reason = extra.wanted_at, extra.wanted_reason
    extra.wanted_at, extra.wanted_reason = None, ""
    if wanted is None:
        raise Refused("help.stale_button")
    if inbound.options != (0,):
        return Message(ctx.text("theme_day.not_moved", card=card(ctx, meeting)))
    check_move(ctx, meeting, wanted)
    return move_to(ctx, meeting, wanted, reason)


def second_session(inbound: Inbound, ctx: Context) -> Message:
    """A second session for those on shift, in the same month; together they are one event (CA-8)."""
    branch, rest = branch_of(ctx, Role.SECRETARY)
    words = rest.split()
    if not words:
        raise Refused("theme_day.how_second")
    day = _day(ctx, words[0])
    meeting = _of(ctx, branch.id or 0, day)
    moment = read_time(words[1], ctx.library.content.dates) if len(words) > 1 else meeting.starts_at.time()
    if moment is None:
        raise Refused("theme_day.how_second")
    starts_at = datetime.combine(day, moment, SHANGHAI)
    if starts_at <= ctx.now:
        raise Refused("theme_day.past")
    if (day.year, day.month) != (meeting.starts_at.year, meeting.starts_at.month):
        raise Refused("theme_day.outside_month", month=meeting.starts_at.month)
    if starts_at == meeting.starts_at:
        raise Refused("theme_day.same_date")
    other = theme_day.second(ctx.session, meeting.id or 0)
    if other and (other.starts_at <= ctx.now or sign_in.find(ctx.session, other.id or 0)):
        raise Refused("theme_day.second_begun", when=when(ctx, other))
    theme_day.create_second(ctx.session, meeting, starts_at, ctx.text("theme_day.title_second"))
    replan(ctx, meeting)
    ctx.audit("theme_day second", str(meeting.id))
    key = "theme_day.second_told" if tell_change(ctx, meeting) else "theme_day.second_set"
    return Message(ctx.text(key, card=card(ctx, meeting)))


def policy(inbound: Inbound, ctx: Context) -> Message:
    """Show or set the branch's day; plans not announced nor moved by hand go along."""
    branch, rest = branch_of(ctx, Role.SECRETARY, Role.OFFICE)
    unit_id = branch.id or 0
    if not rest:
        chosen = theme_day.policy(ctx.session, unit_id, ctx.settings.theme_day.default_policy)
        return Message(ctx.text("theme_day.policy_is", branch=branch.name, policy=policy_text(ctx, chosen)))
    wanted = read_policy(rest, ctx.library.content.dates)
    if wanted is None:
        raise Refused("theme_day.how_policy")
    theme_day.set_policy(ctx.session, unit_id, wanted, ctx.member.id, ctx.now)
    ctx.session.flush()
    theme_day.plan_month(ctx.session, unit_id, ctx.now)
    ctx.audit("theme_day policy", str(unit_id))
    lines = [ctx.text("theme_day.policy_set", branch=branch.name, policy=policy_text(ctx, wanted))]
    for meeting in theme_day.ahead(ctx.session, unit_id, ctx.now):
        lines += _follow_policy(ctx, meeting)
    return Message("\n".join(lines))


def _follow_policy(ctx: Context, meeting: Meeting) -> list[str]:
    if meeting.state is not MeetingState.PLANNED or meeting.change_reason or meeting.starts_at <= ctx.now:
        return []
    found = planned(ctx, meeting.unit_id, meeting.starts_at.year, meeting.starts_at.month)
    starts_at = datetime.combine(found.date, meeting.starts_at.time(), SHANGHAI)
    if starts_at == meeting.starts_at:
        return []
    day = day_text(ctx, found.date)
    if starts_at <= ctx.now:
        return [ctx.text("theme_day.policy_too_late", day=day_text(ctx, meeting.starts_at.date()))]
    meeting.starts_at, meeting.nominal_on = starts_at, found.nominal
    theme_day.follow(ctx.session, meeting)
    replan(ctx, meeting)
    return [ctx.text("theme_day.policy_moved", month=found.date.month, day=day)]


def _day(ctx: Context, word: str) -> date:
    day = read_date(word, ctx.library.content.dates, ctx.today)
    if day is None:
        raise Refused("theme_day.no_date")
    return day


def _of(ctx: Context, unit_id: int, day: date) -> Meeting:
    """The theme day of that month that is still to come; else the next one."""
    waiting = theme_day.ahead(ctx.session, unit_id, ctx.now)
    same = [one for one in waiting if (one.starts_at.year, one.starts_at.month) == (day.year, day.month)]
    if not waiting:
        raise Refused("theme_day.none_planned")
    found = (same or waiting)[0]
    if found.ends_at <= ctx.now:
        raise Refused("theme_day.over")
    return found
