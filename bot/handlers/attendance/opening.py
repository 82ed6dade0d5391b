"""Opening the sign-in of a meeting: the code, the big screen, and who is called for the digits."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.handlers.attendance.picture import grace, meeting_of
from bot.messages import Inbound, Link, Message, Role
from bot.router import Context, Refused
from bot.rules.attendance import Status
from bot.rules.meeting import Duty
from bot.rules.secrecy import find_marks
from bot.store import attendance, meetings, posts, sign_in, theme_day
from bot.store.meetings import Meeting, MeetingState
from bot.store.people import Audience

DIGITS = 4
_TITLE = (2, 40)
_AFTER_CLOSE = timedelta(hours=1)


def open_(inbound: Inbound, ctx: Context) -> Message:
    """Open sign-in for today's meeting of the unit, or offer to make one."""
    meeting = meetings.current(ctx.session, ctx.unit_id, ctx.now)
    if meeting is None:
        return _ask_title(ctx, ctx.unit_id)
    found = sign_in.find(ctx.session, meeting.id or 0)
    if found is not None and not sign_in.is_open(found, ctx.now):
        options = (ctx.text("attendance.reopen"), ctx.text("attendance.another"))
        asked = ctx.ask("attendance.again", meeting.id or 0, ctx.text("attendance.again_title"), options)
        return Message(ctx.text("attendance.over", title=meeting.title), asked)
    return start(ctx, meeting)


def again(inbound: Inbound, ctx: Context) -> Message:
    """The sign-in of today's meeting was over: open it again, or open one for another meeting."""
    meeting = meeting_of(ctx, ctx.asked.subject if ctx.asked else 0, Role.SECRETARY)
    if inbound.options != (0,):
        return _ask_title(ctx, meeting.unit_id)
    found = sign_in.find(ctx.session, meeting.id or 0)
    if found is not None and not sign_in.is_open(found, ctx.now):
        sign_in.reopen(ctx.session, found, _closes_at(ctx, meeting))
        ctx.audit("reopen sign-in", str(meeting.id))
    return start(ctx, meeting)


def create(inbound: Inbound, ctx: Context) -> Message:
    """A title was typed: a meeting of this moment, and its sign-in."""
    unit_id = ctx.asked.subject if ctx.asked else 0
    ctx.require(Role.SECRETARY, unit_id)
    title = " ".join(inbound.text.split())
    if not _TITLE[0] <= len(title) <= _TITLE[1]:
        raise Refused("attendance.title_length", shortest=_TITLE[0], longest=_TITLE[1])
    if find_marks(title, ctx.library.content.marks):
        raise Refused("attendance.secret")
    duties = _duties(ctx, unit_id, title)
    meeting = Meeting(
        unit_id=unit_id, title=title, starts_at=ctx.now, state=MeetingState.ANNOUNCED, duties=duties
    )
    ctx.session.add(meeting)
    ctx.session.flush()
    started = start(ctx, meeting)
    return replace(started, text=f"{started.text}\n{_kind(ctx, duties)}")


def start(ctx: Context, meeting: Meeting) -> Message:
    """Open the sign-in where it is not open; tell the members and the group; the code and the big screen."""
    number = meeting.id or 0
    if sign_in.start(ctx.session, number, ctx.now, _closes_at(ctx, meeting)):
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


def _closes_at(ctx: Context, meeting: Meeting) -> datetime:
    """Opened before the start, for the first time or again, it stays open until some time after the start."""
    return max(meeting.starts_at, ctx.now) + timedelta(minutes=ctx.settings.attendance.open_minutes)


def _ask_title(ctx: Context, unit_id: int) -> Message:
    if ctx.address.group:
        raise Refused("attendance.no_meeting_in_group")
    title = ctx.text("attendance.create_title")
    return Message(
        ctx.text("attendance.no_meeting"), awaits=ctx.ask_text("attendance.create", unit_id, title)
    )


def _duties(ctx: Context, unit_id: int, title: str) -> list[str]:
    """What the words of a title say the meeting is (MT-12); the committee's name makes it the committee's
    alone. A month with a theme day gets no second one."""
    found = [duty for duty in Duty if any(word in title for word in _words(ctx, duty))]
    if Duty.COMMITTEE_MEETING in found:
        return [str(Duty.COMMITTEE_MEETING)]
    if theme_day.of_month(ctx.session, unit_id, ctx.now.year, ctx.now.month) is not None:
        found = [duty for duty in found if duty is not Duty.THEME_DAY]
    return [str(duty) for duty in found]


def _words(ctx: Context, duty: Duty) -> list[str]:
    return ctx.text(f"attendance.kind_words.{duty}").split()


def _kind(ctx: Context, duties: list[str]) -> str:
    """How the meeting was understood, and where to change that."""
    if sign_in.for_committee(duties):
        return ctx.text("attendance.for_committee")
    if not duties:
        return ctx.text("attendance.for_all")
    labels = ctx.library.content.labels
    kinds = ctx.text("attendance.comma").join(labels[f"kind.{duty}"] for duty in duties)
    return ctx.text("attendance.for_kind", kinds=kinds)


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
