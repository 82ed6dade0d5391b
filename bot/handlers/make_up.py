"""Catching up on a missed meeting: how, a short note, and a person who confirms it (AT-5, PI-5)."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.messages import Choice, Inbound, Message, Role
from bot.router import Context, Feature, Refused, Route
from bot.rules.attendance import MISSED, make_up_due
from bot.rules.people import Post
from bot.rules.secrecy import find_marks
from bot.services.attendance.picture import grace
from bot.services.make_up import may_confirm, settle_make_up
from bot.store import attendance, make_up, meetings, posts, sign_in
from bot.store.make_up import MakeUp, MakeUpState, Way
from bot.store.meetings import Meeting
from bot.store.people import Audience, person

_NOTE = (4, 500)
_LOOK_BACK = timedelta(days=90)
_LISTED = 8


def begin(inbound: Inbound, ctx: Context) -> Message:
    """Ask how the last missed meeting is caught up on."""
    meeting = attendance.last_missed(ctx.session, ctx.member.id, ctx.now - _LOOK_BACK, grace(ctx))
    if meeting is None:
        raise Refused("make_up.nothing")
    event = sign_in.event_of(meeting)
    if any(one.state is MakeUpState.SENT for one in make_up.of_member(ctx.session, event, ctx.member.id)):
        raise Refused("make_up.waiting_for_answer", title=meeting.title)
    due = make_up_due(meeting.starts_at.date(), ctx.settings.attendance.makeup_days)
    if ctx.today > due:
        raise Refused("make_up.overdue", title=meeting.title, due=ctx.text("attendance.day", day=due))
    text = ctx.text("make_up.how", title=meeting.title, due=ctx.text("attendance.day", day=due))
    labels = tuple(_label(ctx, way) for way in Way)
    return Message(text, ctx.ask("make_up.way", event, ctx.text("make_up.title", title=meeting.title), labels))


def way(inbound: Inbound, ctx: Context) -> Message:
    """The way was chosen: ask for a few words."""
    event = ctx.asked.subject if ctx.asked else 0
    if not _missed(ctx, event, ctx.member.id):
        raise Refused("help.stale_button")
    chosen = list(Way)[inbound.options[0]]
    draft = make_up.draft(ctx.session, event, ctx.member.id, chosen)
    number = ctx.ask_text("make_up.note", draft, _label(ctx, chosen))
    return Message(ctx.text(f"make_up.write_{chosen}"), awaits=number)


def note(inbound: Inbound, ctx: Context) -> Message:
    """The words came: hand them to a person for confirmation."""
    draft = ctx.session.get(MakeUp, ctx.asked.subject if ctx.asked else 0)
    if draft is None or draft.member_id != ctx.member.id or draft.state is not MakeUpState.DRAFT:
        raise Refused("help.stale_button")
    text = inbound.text.strip()
    if not _NOTE[0] <= len(text) <= _NOTE[1]:
        raise Refused("make_up.note_length", shortest=_NOTE[0], longest=_NOTE[1])
    if find_marks(text, ctx.library.content.marks):
        raise Refused("attendance.secret")
    meeting = meetings.find(ctx.session, draft.event_id)
    assert meeting is not None
    if not make_up.send(ctx.session, draft.id or 0, text, ctx.now):
        raise Refused("help.stale_button")
    told = posts.nearest(ctx.session, meeting.unit_id, Post.ORGANIZATION_COMMISSIONER, but=ctx.member.id)
    message = Message(_line(ctx, draft, meeting), _decision(ctx, draft.id or 0))
    ctx.notify(Audience(members=tuple(told)), message, f"make_up:{draft.id}:sent")
    return Message(ctx.text("make_up.sent" if told else "make_up.nobody_to_ask", title=meeting.title))


def decide(inbound: Inbound, ctx: Context) -> Message:
    """Somebody confirmed or returned it; the member is told."""
    sent = ctx.session.get(MakeUp, ctx.asked.subject if ctx.asked else 0)
    if sent is None:
        raise Refused("help.stale_button")
    return Message(settle_make_up(ctx, sent, accept=inbound.options == (0,)))


def waiting(inbound: Inbound, ctx: Context) -> Message:
    """What waits for confirmation in the unit's last meetings."""
    lines: list[str] = []
    choices: list[Choice] = []
    for sent, meeting in make_up.waiting_since(ctx.session, ctx.now - _LOOK_BACK):
        if may_confirm(ctx, sent.member_id, meeting) and len(lines) < _LISTED:
            found = person(ctx.session, sent.member_id)
            lines.append(_line(ctx, sent, meeting))
            named = f" {found.name}" if found else ""
            choices += [replace(one, label=one.label + named) for one in _decision(ctx, sent.id or 0)]
    if not lines:
        raise Refused("make_up.none_waiting")
    return Message("\n".join(lines), tuple(choices), columns=2)


def _missed(ctx: Context, event: int, member_id: int) -> bool:
    lines = attendance.register(ctx.session, event, grace(ctx))
    return any(one.member_id == member_id and one.status in MISSED and not one.made_up for one in lines)


def _line(ctx: Context, sent: MakeUp, meeting: Meeting) -> str:
    found = person(ctx.session, sent.member_id)
    name = found.name if found else ""
    return ctx.text("make_up.request", name=name, title=meeting.title, way=_label(ctx, sent.way), note=sent.note)


def _decision(ctx: Context, ident: int) -> tuple[Choice, ...]:
    options = (ctx.text("make_up.yes"), ctx.text("make_up.no"))
    return ctx.ask("make_up.decide", ident, ctx.text("make_up.decide_title"), options)


def _label(ctx: Context, way: Way) -> str:
    return ctx.text(f"make_up.way_{way}")


FEATURE = Feature(
    "make_up",
    routes=(
        Route("make_up.begin", begin, Role.MEMBER),
        Route("make_up.way", way, Role.MEMBER),
        Route("make_up.note", note, Role.MEMBER),
        Route("make_up.decide", decide, Role.COMMITTEE, closed="make_up.decided"),
        Route("make_up.waiting", waiting, Role.COMMITTEE),
    ),
)
