"""Opening the sign-in of a meeting: the code, the big screen, and who is called for the digits."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.messages import Link, Message
from bot.router import Context
from bot.rules.attendance import Status
from bot.services.attendance.picture import grace
from bot.services.sign_in import DIGITS
from bot.store import attendance, posts, sign_in
from bot.store.meetings import Meeting
from bot.store.people import Audience

_AFTER_CLOSE = timedelta(hours=1)


def start(ctx: Context, meeting: Meeting) -> Message:
    """Open the sign-in where it is not open; tell the members and the group; the code and the big screen."""
    number = meeting.id or 0
    if sign_in.start(ctx.session, number, ctx.now, closes_at(ctx, meeting)):
        ctx.audit("open sign-in", str(number))
    found = sign_in.find(ctx.session, number)
    assert found is not None
    ctx.schedule(
        f"attendance:close:{number}:{found.closes_at:%m%d%H%M}", found.closes_at, "attendance.close", number
    )
    # The question outlives the sign-in for a while, so that late digits are told what to do.
    asked = ctx.ask_text(
        "sign_in.code", number, meeting.title, digits=DIGITS, closes_at=found.closes_at + _AFTER_CLOSE
    )
    unreached = _call_for_codes(ctx, meeting, asked)
    until = found.closes_at.strftime("%H:%M")
    if ctx.address.group:
        _links_in_private(ctx, meeting, until)
        return Message(ctx.text("attendance.opened_in_group", until=until))
    return Message(_opened(ctx, meeting, until, unreached), links=_links(ctx, number))


def closes_at(ctx: Context, meeting: Meeting) -> datetime:
    """Opened before the start, for the first time or again, it stays open until some time after the start."""
    return max(meeting.starts_at, ctx.now) + timedelta(minutes=ctx.settings.attendance.open_minutes)


def _call_for_codes(ctx: Context, meeting: Meeting, asked: int) -> int:
    """Ask those who are expected for the digits, except the exempt (AT-2) and those on leave; how many have
    no account."""
    lines = attendance.register(ctx.session, meeting.id or 0, grace(ctx))
    waiting = [one.member_id for one in lines if one.member_id and one.status is Status.ABSENT]
    reached = posts.reachable(ctx.session, waiting)
    called = [(Audience(members=tuple(reached)), "private")]
    if not sign_in.for_committee(meeting.duties):
        called.append((Audience(units=(meeting.unit_id,), chats=True), "group"))
    for audience, key in called:
        text = ctx.text(f"attendance.call_{key}", title=meeting.title)
        ctx.notify(audience, Message(text, awaits=asked), f"attendance:{meeting.id}:{key}", immediate=True)
    return len(waiting) - len(reached)


def _opened(ctx: Context, meeting: Meeting, until: str, unreached: int) -> str:
    code = ctx.library.signer.rolling_code(
        f"sign-in:{meeting.id}", ctx.now, ctx.settings.attendance.code_seconds, DIGITS
    )
    text = ctx.text("attendance.opened", title=meeting.title, code=code, until=until)
    return text + ("\n" + ctx.text("attendance.unreached", count=unreached) if unreached else "")


def _links(ctx: Context, number: int) -> tuple[Link, ...]:
    return (
        Link(ctx.text("attendance.screen_link"), ctx.page_link(f"/screen/{number}")),
        Link(ctx.text("attendance.list_link"), ctx.page_link(f"/attendance/{number}")),
    )


def _links_in_private(ctx: Context, meeting: Meeting, until: str) -> None:
    message = Message(_opened(ctx, meeting, until, 0), links=_links(ctx, meeting.id or 0))
    key = f"attendance:{meeting.id}:links:{ctx.member.id}:{ctx.now:%m%d%H%M}"
    ctx.notify(Audience(members=(ctx.member.id,)), message, key, immediate=True)
