"""The picture of a meeting's attendance: numbers, rates and, for the committee, names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.attendance import Rates, Status, percent, rates
from bot.store import attendance, meetings, records, sign_in
from bot.store.attendance import Line
from bot.store.meetings import Meeting

_BAR = 20


def picture(ctx: Context, meeting: Meeting, names: bool) -> str:
    """Numbers and both rates as bars, as they were signed where the minutes are (RC-2);
    with `names` also who was late, on leave, absent and so on."""
    lines = list(records.attended(ctx.session, meeting, grace(ctx)).lines)
    counted = attendance.count(lines)
    running = meeting.starts_at > ctx.now or sign_in.is_open(sign_in.find(ctx.session, meeting.id or 0), ctx.now)
    said = [
        ctx.text("attendance.head", day=day_text(ctx, meeting.starts_at.date()), title=meeting.title),
        ctx.text(
            "attendance.numbers", expected=counted.expected, came=counted.came,
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


def day_text(ctx: Context, day: object) -> str:
    """A date in words."""
    return ctx.text("attendance.day", day=day)


def _bars(ctx: Context, found: Rates) -> list[str]:
    if found.attendance is None or found.coverage is None:
        return [ctx.text("attendance.nobody_expected")]
    shown = (("attendance.rate", found.attendance), ("attendance.coverage", found.coverage))
    return [
        ctx.text(key, percent=percent(rate), bar=("█" * round(rate * _BAR)).ljust(_BAR, "░")) for key, rate in shown
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
