"""The secretary's side of a meeting's attendance in chat: opening and closing the sign-in, and the picture."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.messages import Inbound, Link, Message, Role
from bot.router import Context, Feature, Refused, Route, Timed, Where
from bot.rules.lateness import ALWAYS, WEEK
from bot.rules.meeting import Duty
from bot.rules.secrecy import find_marks
from bot.services.attendance.absences import look
from bot.services.attendance.closing import close_in_time, close_now, missed, missed_matter, settle
from bot.services.attendance.opening import closes_at, start
from bot.services.attendance.picture import meeting_of, picture
from bot.store import meetings, sign_in, theme_day
from bot.store.meetings import Meeting, MeetingState

_TITLE = (2, 40)


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
        sign_in.reopen(ctx.session, found, closes_at(ctx, meeting))
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


def close(inbound: Inbound, ctx: Context) -> Message:
    """Close the unit's open sign-in by hand and show the picture."""
    meeting = sign_in.latest(ctx.session, ctx.unit_id, ctx.now - timedelta(days=1))
    if meeting is None or not sign_in.is_open(sign_in.find(ctx.session, meeting.id or 0), ctx.now):
        raise Refused("attendance.none_open")
    ctx.require(Role.SECRETARY, meeting.unit_id)
    return Message(close_now(ctx, meeting) + "\n" + picture(ctx, meeting, names=not ctx.address.group))


def status(inbound: Inbound, ctx: Context) -> Message:
    """The picture of the unit's latest meeting; names only in a private chat (PI-6)."""
    meeting = sign_in.latest(ctx.session, ctx.unit_id, ctx.now - timedelta(days=60))
    if meeting is None:
        raise Refused("attendance.never_opened")
    links = () if ctx.address.group else (
        Link(ctx.text("attendance.list_link"), ctx.page_link(f"/attendance/{meeting.id}")),
    )  # fmt: skip
    return Message(picture(ctx, meeting, names=not ctx.address.group), links=links)


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


FEATURE = Feature(
    "attendance",
    routes=(
        Route("attendance.open", open_, Role.SECRETARY, Where.ANYWHERE),
        Route("attendance.again", again, Role.SECRETARY, Where.ANYWHERE),
        Route("attendance.create", create, Role.SECRETARY),
        Route("attendance.close", close, Role.SECRETARY, Where.ANYWHERE),
        Route("attendance.status", status, Role.COMMITTEE, Where.ANYWHERE),
    ),
    jobs={
        "attendance.close": Timed(close_in_time, ALWAYS),  # the sign-in ended at its time; the list has to be written
        "attendance.settle": Timed(settle, ALWAYS),
        "attendance.missed": Timed(missed, WEEK, missed_matter),
        "attendance.absences": Timed(look, ALWAYS),  # looks at what is so now
    },
)
