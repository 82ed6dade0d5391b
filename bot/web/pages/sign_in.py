"""The big screen of a sign-in, and the page that its QR code opens (AT-7)."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from bot.messages import Attachment, Role
from bot.router import Context
from bot.services.attendance.picture import grace, meeting_of
from bot.services.sign_in import DIGITS, by_code
from bot.store import attendance, sign_in
from bot.store.meetings import Meeting
from bot.web.page import Page, View, Visit


def screen(visit: Visit, ctx: Context) -> View:
    """The code, the QR code and how many have come; no names."""
    meeting = meeting_of(ctx, visit.number("meeting"), Role.COMMITTEE)
    return View("attendance/screen.html", {"number": meeting.id, "title": meeting.title, "now": _shown(ctx, meeting)})


def live(visit: Visit, ctx: Context) -> Mapping[str, object]:
    """What changes on the big screen."""
    return _shown(ctx, meeting_of(ctx, visit.number("meeting"), Role.COMMITTEE))


def qr(visit: Visit, ctx: Context) -> Attachment:
    """The QR code of this moment as SVG: it opens `/s/<meeting>` with the code in it."""
    import segno

    meeting = meeting_of(ctx, visit.number("meeting"), Role.COMMITTEE)
    address = ctx.link(f"/s/{meeting.id}?c={_code(ctx, meeting)}")
    drawn = BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=10, border=2, light="#ffffff")
    return Attachment("qr.svg", "image/svg+xml", drawn.getvalue())


def button(visit: Visit, ctx: Context) -> View:
    """One button for who is signed in here; anybody else is told to send the digits to the bot."""
    if ctx.person is None:
        return _told(ctx, "attendance.send_code_to_bot")
    found = sign_in.open_for(ctx.session, ctx.person, ctx.now)
    one = next((one for one in found if one.meeting_id == visit.number("meeting")), None)
    if one is None:
        return _told(ctx, "sign_in.closed")
    return View("attendance/button.html", {"title": one.title, "code": visit.query.get("c", ""), "said": ""})


def pressed(visit: Visit, ctx: Context) -> View:
    """The button was pressed: the same as sending the digits."""
    found = sign_in.open_for(ctx.session, ctx.member, ctx.now, keep=True)
    here = [one for one in found if one.meeting_id == visit.number("meeting")]
    if not here:
        return _told(ctx, "sign_in.closed")
    said = by_code(ctx, here, visit.field("code"))
    return View("attendance/button.html", {"title": here[0].title, "code": "", "said": said})


def _shown(ctx: Context, meeting: Meeting) -> dict[str, object]:
    counted = attendance.tally(ctx.session, meeting.id or 0, grace(ctx))
    running = sign_in.is_open(sign_in.find(ctx.session, meeting.id or 0), ctx.now)
    came = counted.came
    return {
        "open": running,
        "code": _code(ctx, meeting) if running else "",
        "came": came,
        "expected": counted.expected,
        "turnout": ctx.text("attendance.screen_turnout", came=came, expected=counted.expected),
    }


def _code(ctx: Context, meeting: Meeting) -> str:
    seconds = ctx.settings.attendance.code_seconds
    return ctx.library.signer.rolling_code(f"sign-in:{meeting.id}", ctx.now, seconds, DIGITS)


def _told(ctx: Context, key: str) -> View:
    return View("attendance/button.html", {"title": "", "code": "", "said": ctx.text(key)})


PAGES: tuple[Page, ...] = (
    Page("/screen/{meeting}", Role.COMMITTEE, get=screen, watch=live),
    Page("/screen/{meeting}/qr", Role.COMMITTEE, get=qr),
    Page("/s/{meeting}", Role.ANYONE, get=button, post=pressed, crowd=True),
)
