"""Leave from a meeting: a category, an approver, an answer (AT-3, AT-4)."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.messages import Choice, Inbound, Message, Role
from bot.router import Context, Feature, Refused, Route
from bot.rules.people import COMMITTEE_POSTS, is_member
from bot.services.attendance.picture import grace
from bot.services.leave import may_decide, settle_leave, when
from bot.store import attendance, leave, meetings, posts, prompts, sign_in
from bot.store.leave import Category, Leave, LeaveState
from bot.store.meetings import Meeting
from bot.store.people import Audience, person
from bot.store.posts import holds_post

_LISTED = 8
_MAY_ASK = (None, LeaveState.REFUSED)


def ask(inbound: Inbound, ctx: Context) -> Message:
    """Ask for the reason of leave from the next meeting at which this member is expected."""
    member = ctx.member
    if not is_member(member.stage):
        raise Refused("leave.not_expected")
    if member.attendance_exempt:
        raise Refused("leave.exempt")
    coming = [
        meeting
        for unit in posts.upwards(ctx.session, member.group_id or member.branch_id)
        if (meeting := meetings.upcoming(ctx.session, unit, ctx.now)) and _is_expected(ctx, meeting)
    ]
    if not coming:
        raise Refused("leave.no_meeting")
    coming.sort(key=lambda meeting: meeting.starts_at)
    missing = [one for one in coming if not _is_there(ctx, one)]
    if not missing:
        raise Refused("leave.signed_in", title=coming[0].title)
    free = [one for one in missing if _state(ctx, one) in _MAY_ASK]
    if not free:
        raise _already(ctx, missing[0])
    return _ask_reason(ctx, free[0])


def ask_late(inbound: Inbound, ctx: Context) -> Message:
    """The same for the last meeting that this member has missed: absence until it is approved (AT-4)."""
    since = ctx.now - timedelta(days=ctx.settings.attendance.makeup_days)
    meeting = attendance.last_missed(ctx.session, ctx.member.id, since, grace(ctx))
    if meeting is None:
        raise Refused("leave.nothing_missed")
    if _state(ctx, meeting) not in _MAY_ASK:
        raise _already(ctx, meeting)
    return _ask_reason(ctx, meeting)


def reason(inbound: Inbound, ctx: Context) -> Message:
    """The reason was chosen: keep it and ask the approver."""
    meeting = meetings.find(ctx.session, ctx.asked.subject if ctx.asked else 0)
    if meeting is None or not _is_expected(ctx, meeting):
        raise Refused("help.stale_button")
    member, event = ctx.member, sign_in.event_of(meeting)
    category = list(Category)[inbound.options[0]]
    ident = leave.request(ctx.session, event, member.id, category, ctx.now)
    if ident is None:
        raise _already(ctx, meeting)
    told = leave.approvers(ctx.session, meeting.unit_id, member.id)
    late = ctx.now >= meeting.starts_at
    said = ctx.text(
        "leave.sent_late" if late else "leave.sent", reason=_label(ctx, category), title=meeting.title
    )
    if not told:
        return Message(said + "\n" + ctx.text("leave.nobody_to_ask"))
    text = ctx.text(
        "leave.request_late" if late else "leave.request",
        name=member.name, title=meeting.title, at=when(ctx, meeting), reason=_label(ctx, category),
    )  # fmt: skip
    soon = ctx.now < meeting.starts_at <= ctx.polite(ctx.now)
    key = f"leave:{ident}:asked:{ctx.now:%Y%m%d%H%M%S}"
    ctx.notify(Audience(members=tuple(told)), Message(text, _decision(ctx, ident)), key, immediate=soon)
    return Message(said)


def decide(inbound: Inbound, ctx: Context) -> Message:
    """The approver's answer; the member is told."""
    asked = ctx.session.get(Leave, ctx.asked.subject if ctx.asked else 0)
    if asked is None:
        raise Refused("help.stale_button")
    return Message(settle_leave(ctx, asked, approve=inbound.options == (0,)))


def pending(inbound: Inbound, ctx: Context) -> Message:
    """The leaves that wait for this approver."""
    since = ctx.now - timedelta(days=30)
    mine = [pair for pair in leave.pending(ctx.session, since) if may_decide(ctx, *pair)]
    if not mine:
        raise Refused("leave.none_pending")
    lines, choices = [ctx.text("leave.pending_head", count=len(mine))], []
    for asked, meeting in mine[:_LISTED]:
        found = person(ctx.session, asked.member_id)
        name = found.name if found else ""
        label = _label(ctx, asked.category)
        lines.append(
            ctx.text("leave.line", name=name, title=meeting.title, at=when(ctx, meeting), reason=label)
        )
        choices += [replace(one, label=f"{one.label} {name}") for one in _decision(ctx, asked.id or 0)]
    return Message("\n".join(lines), tuple(choices), columns=2)


def withdraw(inbound: Inbound, ctx: Context) -> Message:
    """Take back a request that nobody has decided yet."""
    asked = leave.of_member(ctx.session, ctx.member.id)
    if asked is None or not leave.withdraw(ctx.session, asked.id or 0, ctx.member.id, ctx.now):
        raise Refused("leave.nothing_to_withdraw")
    prompts.close(ctx.session, "leave.decide", asked.id or 0)
    return Message(ctx.text("leave.withdrawn"))


def _ask_reason(ctx: Context, meeting: Meeting) -> Message:
    labels = tuple(_label(ctx, category) for category in Category)
    event = sign_in.event_of(meeting)
    text = ctx.text("leave.why", title=meeting.title, at=when(ctx, meeting))
    return Message(
        text, ctx.ask("leave.reason", event, ctx.text("leave.title", title=meeting.title), labels), columns=2
    )


def _decision(ctx: Context, ident: int) -> tuple[Choice, ...]:
    options = (ctx.text("leave.yes"), ctx.text("leave.no"))
    return ctx.ask("leave.decide", ident, ctx.text("leave.decide_title"), options)


def _state(ctx: Context, meeting: Meeting) -> LeaveState | None:
    """How this member's leave from the meeting's event stands."""
    found = leave.of_event(ctx.session, sign_in.event_of(meeting)).get(ctx.member.id)
    return found.state if found else None


def _already(ctx: Context, meeting: Meeting) -> Refused:
    approved = _state(ctx, meeting) is LeaveState.APPROVED
    return Refused("leave.already_approved" if approved else "leave.already", title=meeting.title)


def _is_there(ctx: Context, meeting: Meeting) -> bool:
    sessions = sign_in.sessions_of(ctx.session, sign_in.event_of(meeting))
    return any(sign_in.entered_at(ctx.session, one.id or 0, ctx.member.id) for one in sessions)


def _is_expected(ctx: Context, meeting: Meeting) -> bool:
    if not is_member(ctx.member.stage) or not ctx.belongs(meeting.unit_id):
        return False
    if not sign_in.for_committee(meeting.duties):
        return True
    return holds_post(ctx.session, meeting.unit_id, ctx.member.id, *COMMITTEE_POSTS)


def _label(ctx: Context, category: Category) -> str:
    return ctx.text(f"leave.category_{category}")


FEATURE = Feature(
    "leave",
    routes=(
        Route("leave.ask", ask, Role.MEMBER),
        Route("leave.ask_late", ask_late, Role.MEMBER),
        Route("leave.withdraw", withdraw, Role.MEMBER),
        Route("leave.reason", reason, Role.MEMBER),
        Route("leave.decide", decide, Role.SECRETARY, or_role=Role.OFFICE, closed="leave.decided"),
        Route("leave.pending", pending, Role.SECRETARY, or_role=Role.OFFICE),
    ),
)
