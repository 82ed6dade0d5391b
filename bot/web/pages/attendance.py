"""The secretary's console of one meeting's attendance: the list, leaves, make-ups, observers, the close."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.rules.attendance import MISSED, percent, rates
from bot.services.attendance.closing import close_now
from bot.services.attendance.picture import grace, meeting_of, picture
from bot.services.leave import may_decide, settle_leave
from bot.services.make_up import may_confirm, settle_make_up
from bot.services.sign_in import invite, sign_in_for, unsigned
from bot.store import attendance, leave, make_up, records, sign_in
from bot.store.leave import Leave, LeaveState
from bot.store.make_up import MakeUp
from bot.store.meetings import Meeting
from bot.store.people import person
from bot.web.kept import Typed, kept
from bot.web.page import Page, Redirect, View, Visit

T = TypeVar("T", Leave, MakeUp)


def newest(visit: Visit, ctx: Context) -> View | Redirect:
    """The unit's latest list."""
    meeting = sign_in.latest(ctx.session, ctx.unit_id, ctx.now - timedelta(days=60))
    return Redirect(f"/attendance/{meeting.id}") if meeting else _empty(ctx)


def show(visit: Visit, ctx: Context) -> View:
    """The list of one meeting, for the committee of its unit."""
    return _view(ctx, meeting_of(ctx, visit.number("meeting"), Role.COMMITTEE))


def _act(visit: Visit, ctx: Context) -> View:
    """One of the list's buttons; the list again, with what was done."""
    meeting = meeting_of(ctx, visit.number("meeting"), Role.COMMITTEE)
    action, subject = visit.field("do"), whole(visit.field("id"))
    if action in ("approve", "refuse"):
        said = settle_leave(ctx, _own(ctx.session.get(Leave, subject), meeting), action == "approve")
    elif action in ("confirm", "return"):
        said = settle_make_up(ctx, _own(ctx.session.get(MakeUp, subject), meeting), action == "confirm")
    elif action == "made_up":
        said = _made_up(ctx, meeting, subject)
    else:
        ctx.require(Role.SECRETARY, meeting.unit_id)
        said = _keep(visit, ctx, meeting, action, subject)
    return _view(ctx, meeting, said)


act = kept(_act, show, 403, item="id")


def _keep(visit: Visit, ctx: Context, meeting: Meeting, action: str, subject: int) -> str:
    """What only the secretary does: sign in for somebody, take that back, add a guest, close."""
    if action in ("on_behalf", "on_behalf_late"):
        listed = [one for one in sign_in.expected(ctx.session, meeting) if one.id == subject]
        if not listed:
            raise Refused("sign_in.nobody", name="")
        return sign_in_for(ctx, meeting, listed[0], action == "on_behalf_late")
    if action == "undo":
        unsigned(ctx, meeting)
        undone = sign_in.undo(ctx.session, meeting.id or 0, subject)
        return ctx.text("attendance.undone" if undone else "attendance.not_undone")
    if action == "observer":
        return invite(ctx, meeting, visit.field("name"))
    if action == "close" and sign_in.is_open(sign_in.find(ctx.session, meeting.id or 0), ctx.now):
        return close_now(ctx, meeting)
    raise Refused("attendance.none_open")


def _made_up(ctx: Context, meeting: Meeting, member_id: int) -> str:
    """Somebody without a phone has caught up: a person says so (AT-5)."""
    lines = attendance.register(ctx.session, meeting.id or 0, grace(ctx))
    fits = any(one.member_id == member_id and one.status in MISSED and not one.made_up for one in lines)
    if not fits or not may_confirm(ctx, member_id, meeting):
        raise Refused("make_up.not_yours")
    make_up.add_confirmed(ctx.session, sign_in.event_of(meeting), member_id, ctx.member.id, ctx.now)
    ctx.audit("confirm make-up", f"{meeting.id}:{member_id}")
    return ctx.text("attendance.marked_made_up")


def _view(ctx: Context, meeting: Meeting, said: str = "") -> View:
    number, event = meeting.id or 0, sign_in.event_of(meeting)
    lines = records.attended(ctx.session, meeting, grace(ctx)).lines
    secretary = ctx.may(Role.SECRETARY, meeting.unit_id)
    found = rates(attendance.count(list(lines)))
    asked = [one for one in leave.of_event(ctx.session, event).values() if one.state is LeaveState.PENDING]
    sent = [
        one for one, of in make_up.waiting_since(ctx.session, meeting.starts_at - timedelta(days=1)) if of.id == event
    ]
    running = sign_in.is_open(sign_in.find(ctx.session, number), ctx.now)
    values = {
        "number": number,
        "said": said,
        "typed": Typed(),
        "running": running,
        "held": attendance.held(ctx.session, number),
        "secretary": secretary,
        "writes": secretary and not records.is_signed(ctx.session, number),
        "picture": picture(ctx, meeting, names=False).split("\n")[:2],
        "rates": [
            (ctx.text(f"attendance.{key}_name"), percent(rate), float(rate))
            for key, rate in (("rate", found.attendance), ("coverage", found.coverage))
            if rate is not None
        ],
        "lines": lines,
        "missed": MISSED,
        "leaves": [
            (one.id, _name(ctx, one.member_id), one.category) for one in asked if may_decide(ctx, one, meeting)
        ],
        "make_ups": [
            (one.id, _name(ctx, one.member_id), one.way, one.note)
            for one in sent
            if may_confirm(ctx, one.member_id, meeting)
        ],
    }
    return View("attendance/attendance.html", values)


def _empty(ctx: Context) -> View:
    return View("sentence.html", {"sentence": ctx.text("attendance.never_opened")})


def _own(found: T | None, meeting: Meeting) -> T:
    """A form may name what belongs to another meeting."""
    if found is None or found.event_id != sign_in.event_of(meeting):
        raise Refused("help.stale_button")
    return found


def _name(ctx: Context, member_id: int) -> str:
    found = person(ctx.session, member_id)
    return found.name if found else ""


PAGES: tuple[Page, ...] = (
    Page("/attendance", Role.COMMITTEE, get=newest, menu=(Role.COMMITTEE,)),
    Page("/attendance/{meeting}", Role.COMMITTEE, get=show, post=act),
)
