"""Confirming that somebody has caught up on a missed meeting (AT-5)."""

from __future__ import annotations

from bot.messages import Message, Role
from bot.router import Context, Refused
from bot.rules.people import Post
from bot.store import make_up, meetings, posts, prompts
from bot.store.make_up import MakeUp
from bot.store.meetings import Meeting
from bot.store.people import Audience, person


def settle_make_up(ctx: Context, sent: MakeUp, accept: bool) -> str:
    """Confirm or return what was sent in; the sentence for who did it. Never one's own."""
    meeting = meetings.find(ctx.session, sent.event_id)
    if meeting is None or not may_confirm(ctx, sent.member_id, meeting):
        raise Refused("make_up.not_yours")
    if not make_up.decide(ctx.session, sent.id or 0, accept, ctx.member.id, ctx.now):
        raise Refused("make_up.decided")
    prompts.close(ctx.session, "make_up.decide", sent.id or 0)
    ctx.audit("decide make-up", str(sent.id))
    text = ctx.text("make_up.confirmed" if accept else "make_up.returned", title=meeting.title)
    ctx.notify(Audience(members=(sent.member_id,)), Message(text), f"make_up:{sent.id}:decided")
    found = person(ctx.session, sent.member_id)
    return ctx.text("make_up.you_confirmed" if accept else "make_up.you_returned", name=found.name if found else "")


def may_confirm(ctx: Context, member_id: int, meeting: Meeting) -> bool:
    """The organization commissioner or a secretary of the unit or above; never for oneself."""
    if ctx.member.id == member_id:
        return False
    commissioner = posts.nearest(ctx.session, meeting.unit_id, Post.ORGANIZATION_COMMISSIONER, but=member_id)
    return ctx.member.id in commissioner or ctx.may(Role.SECRETARY, meeting.unit_id)
