"""Leave from a meeting: who may decide, and what follows (AT-3, AT-4)."""

from __future__ import annotations

from datetime import date

from bot.messages import Message, Role
from bot.router import Context, Refused
from bot.rules.people import Post
from bot.store import leave, meetings, prompts
from bot.store.leave import Leave
from bot.store.meetings import Meeting
from bot.store.people import Audience, person
from bot.store.posts import holds_post


def settle_leave(ctx: Context, asked: Leave, approve: bool) -> str:
    """Decide a leave and tell the member; the sentence for the approver. Refused for anybody who may not."""
    meeting = meetings.find(ctx.session, asked.event_id)
    if meeting is None or not may_decide(ctx, asked, meeting):
        raise Refused("leave.not_yours")
    if not leave.decide(ctx.session, asked.id or 0, approve, ctx.member.id, ctx.now):
        raise Refused("leave.decided")
    prompts.close(ctx.session, "leave.decide", asked.id or 0)
    ctx.audit("decide leave", str(asked.id))
    text = ctx.text(
        "leave.approved" if approve else "leave.refused", title=meeting.title, at=when(ctx, meeting)
    )
    soon = ctx.now < meeting.starts_at <= ctx.polite(ctx.now)
    key = f"leave:{asked.id}:decided:{ctx.now:%Y%m%d%H%M%S}"
    ctx.notify(Audience(members=(asked.member_id,)), Message(text), key, immediate=soon)
    found = person(ctx.session, asked.member_id)
    done = "leave.you_approved" if approve else "leave.you_refused"
    return ctx.text(done, name=found.name if found else "", title=meeting.title)


def may_decide(ctx: Context, asked: Leave, meeting: Meeting) -> bool:
    """A secretary of the unit or above it; for the unit's secretary only who stands above (AT-3)."""
    if ctx.member.id == asked.member_id:
        return False
    if ctx.member.id in leave.approvers(ctx.session, meeting.unit_id, asked.member_id):
        return True
    secretary = holds_post(ctx.session, meeting.unit_id, asked.member_id, Post.SECRETARY)
    return not secretary and ctx.may(Role.SECRETARY, meeting.unit_id)


def when(ctx: Context, meeting: Meeting) -> str:
    """Day and time of a meeting."""
    day: date = meeting.starts_at.date()
    return ctx.text("attendance.day", day=day) + f" {meeting.starts_at:%H:%M}"
