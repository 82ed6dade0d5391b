"""The console of notices for secretaries and the office, and a notice's own page for those it was sent to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from bot.messages import Role, Unmade
from bot.router import Context, Refused
from bot.services import notices
from bot.services.groups import missed, reached
from bot.services.receipts import (
    CANCEL,
    CHASE,
    CLOSE,
    PAUSE,
    RESUME,
    actions,
    chase,
    kit,
    led_notice,
    picture,
    state_text,
    steer,
)
from bot.store import notices as store
from bot.store import people, receipts
from bot.store.notices import Notice, NoticeState
from bot.web.kept import Typed, as_typed, kept
from bot.web.page import Page, Redirect, Result, View, Visit

_ACTIONS = {"pause": PAUSE, "resume": RESUME, "close": CLOSE, "cancel": CANCEL}


def console(visit: Visit, ctx: Context) -> View:
    """What was sent, and the form for a new notice."""
    ctx = _acting(ctx)
    blank = Notice(unit_id=ctx.unit_id, author_id=ctx.member.id, text="", audience_label="", units=[], made_at=ctx.now)
    rows = [_row(ctx, notice) for notice in store.of_units(ctx.session, ctx.led(Role.SECRETARY, Role.OFFICE))]
    values = {
        "rows": rows,
        "audiences": [option.label for option in notices.audiences(ctx, blank)],
        "branches": [option.label for option in notices.branch_options(ctx, blank)],
        "typed": Typed(),
    }
    return View("notices/notices.html", values)


def _write(visit: Visit, ctx: Context) -> Redirect | View:
    """The form was sent: make a draft and show it; nothing is sent yet."""
    ctx = _acting(ctx)
    text = visit.field("text")
    if hit := notices.secret(ctx, text):
        return as_typed(console(visit, ctx), visit, hit, 422)
    notice = notices.new_draft(ctx, text)
    branches = visit.form.get("branch", [])
    if branches:
        notices.set_audience(ctx, notice, [o for o in notices.branch_options(ctx, notice) if o.label in branches])
    elif label := visit.field("audience"):
        notices.set_audience(ctx, notice, [o for o in notices.audiences(ctx, notice) if o.label == label][:1])
    notice.needs_confirm = bool(visit.field("confirm"))
    if visit.field("groups"):
        notices.set_groups(ctx, notice, True)
    if at := visit.field("at"):
        notices.set_time(ctx, notice, _moment(at, ctx))
    ctx.session.add(notice)
    return Redirect(f"/notices/{notice.id}")


write = kept(_write, console, 403)


def look(visit: Visit, ctx: Context) -> Result:
    """An own draft with its preview, or a sent notice: who is missing first, then the counts."""
    notice = _notice(visit, ctx)
    if notice.state is NoticeState.DRAFT:
        preview: dict[str, object] = {
            "id": notice.id,
            "message": notices.as_sent(ctx, notice),
            **notices.summary(ctx, notice),
        }
        return View("notices/draft.html", preview)
    missing = receipts.missing(ctx.session, notice.id or 0, notice.outgoing_id)
    names = {number: name for name, number in (*_ACTIONS.items(), ("chase", CHASE))}
    values: dict[str, object] = {
        "row": _row(ctx, notice),
        "groups": missing.groups if notice.needs_confirm and notice.sent_at else (),
        "chats": reached(ctx, receipts.key_of(notice.id or 0, "groups")),
        "actions": [names[number] for number in actions(ctx, notice) if number in names],
        "kit": kit(ctx, notice),
    }
    return View("notices/one.html", values)


def qr(visit: Visit, ctx: Context) -> Unmade:
    """The picture that goes with the text for forwarding."""
    return picture(ctx, led_notice(ctx, visit.number("id")))


def act(visit: Visit, ctx: Context) -> Result:
    """Send or drop a draft; remind, pause, resume, close or take back a sent one."""
    notice = _notice(visit, ctx)
    action = visit.field("action")
    if notice.state is NoticeState.DRAFT:
        if action == "drop":
            notices.drop(ctx, notice)
            return Redirect("/notices")
        if action != "send":
            raise Refused("help.stale_button")
        notices.send(ctx, notice)
    elif action == "chase":
        chase(ctx, notice)
    elif action in _ACTIONS:
        steer(ctx, notice, _ACTIONS[action])
    elif action == "send":
        raise Refused("notices.sent_already")
    else:
        raise Refused("help.stale_button")
    return Redirect(f"/notices/{notice.id}")


def counts(visit: Visit, ctx: Context) -> Mapping[str, object]:
    """The numbers of a sent notice, for the page that is open."""
    notice = led_notice(ctx, visit.number("id"))
    progress = receipts.progress(ctx.session, notice.id or 0, notice.outgoing_id)
    return {
        "addressed": progress.addressed,
        "sent": progress.sent,
        "opened": progress.opened,
        "confirmed": progress.confirmed,
        "unopened": progress.unopened,
    }


def read(visit: Visit, ctx: Context) -> Result:
    """A notice as the member reads it. Opening is noted by the form that the page's script sends."""
    notice, own = _own(visit, ctx)
    values = {
        "id": notice.id,
        "text": notice.text,
        "needs_confirm": notice.needs_confirm,
        "unit": people.unit(ctx.session, notice.unit_id).name,
        "opened": own[0] is not None,
        "confirmed": own[1] is not None,
        "open": notice.state is NoticeState.SENT,
    }
    return View("notices/read.html", values)


def answer(visit: Visit, ctx: Context) -> Result:
    """The member has opened or confirmed the notice."""
    notice, _ = _own(visit, ctx)
    ident = notice.id or 0
    if visit.field("action") == "opened":
        receipts.opened(ctx.session, ident, ctx.member.id, ctx.now)
    elif notice.state is not NoticeState.SENT or not notice.needs_confirm:
        raise Refused("help.closed", title=notice.title)
    else:
        receipts.confirm(ctx.session, ident, ctx.member.id, ctx.now)
    return Redirect(f"/n/{ident}")


def _acting(ctx: Context) -> Context:
    """The unit that the person writes for: the own branch where they lead it."""
    units = ctx.led(Role.SECRETARY) or ctx.led(Role.OFFICE)
    if not units:
        raise Refused("help.no_right")
    return ctx if ctx.unit_id in units else replace(ctx, unit_id=units[0])


def _notice(visit: Visit, ctx: Context) -> Notice:
    found = store.find(ctx.session, visit.number("id"))
    if found is not None and found.state is NoticeState.DRAFT:
        return notices.own_draft(ctx, found.id or 0)
    return led_notice(ctx, visit.number("id"))


def _own(visit: Visit, ctx: Context) -> tuple[Notice, tuple[datetime | None, datetime | None]]:
    found = store.find(ctx.session, visit.number("id"))
    own = receipts.own(ctx.session, visit.number("id"), ctx.member.id)
    if found is None or own is None:
        raise Refused("notices.page_not_found")
    return found, own


def _row(ctx: Context, notice: Notice) -> dict[str, object]:
    progress = receipts.progress(ctx.session, notice.id or 0, notice.outgoing_id)
    return {
        "id": notice.id,
        "title": notice.title,
        "audience": notice.audience_label,
        "counted": notice.needs_confirm and notice.sent_at is not None,
        "progress": progress,
        "chats": missed(ctx, receipts.key_of(notice.id or 0, "groups")),
        "state": state_text(ctx, notice),
    }


def _moment(typed: str, ctx: Context) -> datetime | None:
    """A `datetime-local` field, which has no zone: ours is meant."""
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=ctx.now.tzinfo)
    except ValueError:
        return None


PAGES = (
    Page("/notices", Role.MEMBER, get=console, post=write, menu=(Role.SECRETARY, Role.OFFICE)),
    Page("/notices/{id}", Role.MEMBER, get=look, post=act, watch=counts),
    Page("/notices/{id}/qr", Role.MEMBER, get=qr),
    Page("/n/{id}", Role.MEMBER, get=read, post=answer, crowd=True),
)
