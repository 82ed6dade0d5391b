"""The secretary's side of a meeting's attendance: sign-in, the picture, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Feature, Refused, Route, Where
from bot.rules.attendance import Rates, Status, make_up_due, percent, rates
from bot.rules.people import Post
from bot.rules.secrecy import find_marks
from bot.store import attendance, meetings, posts, sign_in
from bot.store.attendance import Line
from bot.store.meetings import Meeting, MeetingState
from bot.store.people import Audience

DIGITS = 4
_BAR = 20
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
        sign_in.reopen(ctx.session, found, ctx.now + timedelta(minutes=ctx.settings.attendance.open_minutes))
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
    meeting = Meeting(unit_id=unit_id, title=title, starts_at=ctx.now, state=MeetingState.ANNOUNCED)
    ctx.session.add(meeting)
    ctx.session.flush()
    return start(ctx, meeting)


def start(ctx: Context, meeting: Meeting) -> Message:
    """Open the sign-in where it is not open; tell the members and the group; the code and the big screen."""
    number, settings = meeting.id or 0, ctx.settings.attendance
    closes_at = max(meeting.starts_at, ctx.now) + timedelta(minutes=settings.open_minutes)
    if sign_in.start(ctx.session, number, ctx.now, closes_at):
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


def close(inbound: Inbound, ctx: Context) -> Message:
    """Close the unit's open sign-in by hand and show the picture."""
    meeting = sign_in.latest(ctx.session, ctx.unit_id, ctx.now - timedelta(days=1))
    if meeting is None or not sign_in.is_open(sign_in.find(ctx.session, meeting.id or 0), ctx.now):
        raise Refused("attendance.none_open")
    ctx.require(Role.SECRETARY, meeting.unit_id)
    close_now(ctx, meeting)
    return Message(picture(ctx, meeting, names=not ctx.address.group))


def close_now(ctx: Context, meeting: Meeting) -> None:
    """Close a sign-in; after the last session of its event, write the list down and tell who missed it."""
    if sign_in.close(ctx.session, meeting.id or 0, ctx.now):
        ctx.audit("close sign-in", str(meeting.id))
    event = sign_in.event_of(meeting)
    later = [
        one
        for one in sign_in.sessions_of(ctx.session, event)
        if one.starts_at > ctx.now and one.id != meeting.id
    ]
    if later:
        at = meetings.ends_at(later[-1]) + timedelta(minutes=ctx.settings.attendance.open_minutes)
        ctx.schedule(f"attendance:settle:{event}", at, "attendance.settle", event)
    else:
        settle(event, ctx)


def status(inbound: Inbound, ctx: Context) -> Message:
    """The picture of the unit's latest meeting; names only in a private chat (PI-6)."""
    meeting = sign_in.latest(ctx.session, ctx.unit_id, ctx.now - timedelta(days=60))
    if meeting is None:
        raise Refused("attendance.never_opened")
    links = () if ctx.address.group else (
        Link(ctx.text("attendance.list_link"), ctx.page_link(f"/attendance/{meeting.id}")),
    )  # fmt: skip
    return Message(picture(ctx, meeting, names=not ctx.address.group), links=links)


def close_in_time(subject: int, ctx: Context) -> None:
    """Job: the time of a sign-in is over."""
    meeting, found = meetings.find(ctx.session, subject), sign_in.find(ctx.session, subject)
    if meeting is None or found is None or found.closed_at is not None or found.closes_at > ctx.now:
        return
    close_now(ctx, meeting)
    told = posts.nearest(ctx.session, meeting.unit_id, Post.SECRETARY)
    text = ctx.text("attendance.closed_in_time") + "\n" + picture(ctx, meeting, names=True)
    ctx.notify(Audience(members=tuple(told)), Message(text), f"attendance:{subject}:closed", immediate=True)


def settle(subject: int, ctx: Context) -> None:
    """Job, or at the close: write the list down and ask those who missed the event to catch up (AT-5)."""
    meeting = meetings.find(ctx.session, subject)
    if meeting is None or not attendance.settle(ctx.session, subject):
        return
    missed = (Status.LEAVE_APPROVED, Status.ABSENT)
    lines = attendance.register(ctx.session, subject, grace(ctx))
    who = posts.reachable(
        ctx.session, [one.member_id for one in lines if one.member_id and one.status in missed]
    )
    day = meeting.starts_at.date()
    due = make_up_due(day, ctx.settings.attendance.makeup_days)
    text = ctx.text("attendance.catch_up", day=_day(ctx, day), title=meeting.title, due=_day(ctx, due))
    phrase = ctx.library.content.texts.phrases("make_up.begin")[0]
    if who:
        message = Message(text, (Choice.command(phrase),))
        ctx.notify(Audience(members=tuple(who)), message, f"attendance:{subject}:catch_up")
    ctx.schedule(
        f"attendance:missed:{subject}", ctx.polite(ctx.now + timedelta(days=1)), "attendance.missed", subject
    )


def missed(subject: int, ctx: Context) -> None:
    """Job, a day after the close: a private note about who missed two in a row without leave (AT-8)."""
    meeting = meetings.find(ctx.session, subject)
    names = attendance.missed_twice(ctx.session, subject, grace(ctx))
    if meeting is None or not names:
        return
    told = posts.nearest(ctx.session, meeting.unit_id, Post.DISCIPLINE_COMMISSIONER)
    message = Message(ctx.text("attendance.missed_twice", names=ctx.text("attendance.comma").join(names)))
    ctx.notify(Audience(members=tuple(told)), message, f"attendance:{subject}:missed_twice")


def picture(ctx: Context, meeting: Meeting, names: bool) -> str:
    """Numbers and both rates as bars; with `names` also who was late, on leave, absent and so on."""
    lines = attendance.register(ctx.session, meeting.id or 0, grace(ctx))
    counted = attendance.count(lines)
    running = sign_in.is_open(sign_in.find(ctx.session, meeting.id or 0), ctx.now)
    said = [
        ctx.text("attendance.head", day=_day(ctx, meeting.starts_at.date()), title=meeting.title),
        ctx.text(
            "attendance.numbers", expected=counted.expected, came=counted.present + counted.late,
            late=counted.late, leave=counted.leave_approved, absent=counted.absent,
            pending=sum(one.leave_pending for one in lines),
            absent_word=ctx.text("attendance.not_yet" if running else "attendance.absent"),
            exempt=counted.exempt, observers=counted.observers,
        ),
        *_bars(ctx, rates(counted)),
    ]  # fmt: skip
    return "\n".join(said + (_names(ctx, lines, running) if names else []))


def grace(ctx: Context) -> timedelta:
    """How long after the start somebody still counts as present."""
    return timedelta(minutes=ctx.settings.attendance.late_after_minutes)


def meeting_of(ctx: Context, meeting_id: int, role: Role) -> Meeting:
    """The meeting, for somebody with this role in its unit; anybody else is refused."""
    meeting = meetings.find(ctx.session, meeting_id)
    if meeting is None:
        raise Refused("attendance.no_such_meeting")
    ctx.require(role, meeting.unit_id)
    return meeting


def _ask_title(ctx: Context, unit_id: int) -> Message:
    if ctx.address.group:
        raise Refused("attendance.no_meeting_in_group")
    title = ctx.text("attendance.create_title")
    return Message(
        ctx.text("attendance.no_meeting"), awaits=ctx.ask_text("attendance.create", unit_id, title)
    )


def _call_for_codes(ctx: Context, meeting: Meeting, asked: int) -> int:
    """Ask those who are expected for the digits, except the exempt (AT-2) and those on leave; how many have
    no account."""
    lines = attendance.register(ctx.session, meeting.id or 0, grace(ctx))
    waiting = [one.member_id for one in lines if one.member_id and one.status is Status.ABSENT]
    reached = posts.reachable(ctx.session, waiting)
    for audience, key in (
        (Audience(members=tuple(reached)), "private"),
        (Audience(units=(meeting.unit_id,), chats=True), "group"),
    ):
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


def _bars(ctx: Context, found: Rates) -> list[str]:
    if found.attendance is None or found.coverage is None:
        return [ctx.text("attendance.nobody_expected")]
    shown = (("attendance.rate", found.attendance), ("attendance.coverage", found.coverage))
    return [
        ctx.text(key, percent=percent(rate), bar=("█" * round(rate * _BAR)).ljust(_BAR, "░"))
        for key, rate in shown
    ]


def _names(ctx: Context, lines: list[Line], running: bool) -> list[str]:
    members = [one for one in lines if not one.observer]
    groups: tuple[tuple[str, list[Line], Callable[[Line], str] | None], ...] = (
        ("attendance.late", [one for one in members if one.status is Status.LATE], None),
        (
            "attendance.leave",
            [one for one in members if one.status is Status.LEAVE_APPROVED],
            lambda one: f"{one.name}({ctx.text('leave.category_' + one.leave_category)})",
        ),
        (
            "attendance.not_yet" if running else "attendance.absent",
            [one for one in members if one.status is Status.ABSENT],
            lambda one: one.name + (ctx.text("attendance.pending") if one.leave_pending else ""),
        ),
        ("attendance.made_up", [one for one in members if one.made_up], None),
        ("attendance.on_behalf", [one for one in members if one.on_behalf], None),
        ("attendance.observers", [one for one in lines if one.observer], None),
    )
    comma = ctx.text("attendance.comma")
    shown = []
    for key, found, name in groups:
        if found:
            names = comma.join(name(one) if name else one.name for one in found)
            shown.append(ctx.text("attendance.names", what=ctx.text(key), names=names))
    return shown


def _day(ctx: Context, day: object) -> str:
    return ctx.text("attendance.day", day=day)


FEATURE = Feature(
    "attendance",
    routes=(
        Route("attendance.open", open_, Role.SECRETARY, Where.ANYWHERE),
        Route("attendance.again", again, Role.SECRETARY, Where.ANYWHERE),
        Route("attendance.create", create, Role.SECRETARY),
        Route("attendance.close", close, Role.SECRETARY, Where.ANYWHERE),
        Route("attendance.status", status, Role.COMMITTEE, Where.ANYWHERE),
    ),
    jobs={"attendance.close": close_in_time, "attendance.settle": settle, "attendance.missed": missed},
)
