"""Another date for a theme day; a branch's policy in words (TD-7, TD-9)."""

from __future__ import annotations

from datetime import datetime

from bot.messages import Message
from bot.router import Context, Refused
from bot.rules.theme_day import DayKind, DayPolicy
from bot.services.theme_day.card import card
from bot.services.theme_day.reminders import replan, tell_change
from bot.store import theme_day
from bot.store.meetings import Meeting

LONGEST_REASON = 60


def check_move(ctx: Context, meeting: Meeting, starts_at: datetime) -> None:
    """Refuse the past, another month (TD-8) and the date that it has."""
    if meeting.starts_at <= ctx.now:
        raise Refused("theme_day.over")
    if starts_at <= ctx.now:
        raise Refused("theme_day.past")
    held_in = meeting.starts_at
    if (starts_at.year, starts_at.month) != (held_in.year, held_in.month):
        raise Refused("theme_day.outside_month", month=held_in.month)
    if starts_at == meeting.starts_at:
        raise Refused("theme_day.same_date")


def move_to(ctx: Context, meeting: Meeting, starts_at: datetime, reason: str) -> Message:
    """Move it; the nominal date, the reason and who did it stay (TD-9), the reminders move along."""
    meeting.starts_at, meeting.change_reason, meeting.changed_by = starts_at, reason, ctx.member.id
    theme_day.follow(ctx.session, meeting)
    replan(ctx, meeting)
    ctx.audit("theme_day move", str(meeting.id))
    key = "theme_day.moved_told" if tell_change(ctx, meeting) else "theme_day.moved"
    return Message(ctx.text(key, card=card(ctx, meeting)))


def policy_text(ctx: Context, chosen: DayPolicy) -> str:
    """A policy in words."""
    weekday = ctx.text("theme_day.weekdays")[chosen.weekday]
    if chosen.kind is DayKind.DAY_OF_MONTH:
        return ctx.text("theme_day.policy_day", number=chosen.number)
    key = "theme_day.policy_last" if chosen.kind is DayKind.LAST_WEEKDAY else "theme_day.policy_nth"
    return ctx.text(key, number=chosen.number, weekday=weekday)
