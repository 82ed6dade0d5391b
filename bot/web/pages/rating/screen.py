"""The big screen of a rating: how to get in, how many have handed in, who speaks and for how long. Nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO

from bot.messages import Attachment, Role
from bot.router import Context
from bot.store import rating
from bot.store.rating import RatingRound, RoundState
from bot.web.page import Page, View, Visit
from bot.web.pages.rating.shared import own_round, short


def screen(visit: Visit, ctx: Context) -> View:
    """The screen as it is now; the script keeps it so."""
    found = own_round(ctx, visit.number("round"))
    now = _shown(ctx, found)
    left = int(str(now["ends"])) - int(ctx.now.timestamp()) if now["ends"] else 0
    time = f"{abs(left) // 60}:{abs(left) % 60:02}" if now["ends"] else ""
    time = ctx.text("rating_console.screen.time_over", time=time) if left < 0 else time
    values = {
        "number": found.id,
        "title": found.title,
        "host": ctx.link("").partition("://")[2],
        "path": f"/rating/{found.id}",
        "clock": ctx.now.timestamp(),
        "timer": {"over": left < 0, "text": time},
        "now": now,
    }
    return View("rating/screen.html", values)


def live(visit: Visit, ctx: Context) -> Mapping[str, object]:
    """What changes on the screen."""
    return _shown(ctx, own_round(ctx, visit.number("round")))


def qr(visit: Visit, ctx: Context) -> Attachment:
    """The address of the sheet as a QR code, SVG."""
    return _drawn(ctx.link(f"/rating/{own_round(ctx, visit.number('round')).id}"))


def code_qr(visit: Visit, ctx: Context) -> Attachment:
    """The address where a code is typed as a QR code, SVG: the same on every slip, the code is not in it (SE-4)."""
    return _drawn(ctx.link("/rating/code"))


def _drawn(address: str) -> Attachment:
    import segno

    drawn = BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=10, border=2, light="#ffffff")
    return Attachment("qr.svg", "image/svg+xml", drawn.getvalue())


def _shown(ctx: Context, found: RatingRound) -> dict[str, object]:
    counted = rating.turnout(ctx.session, found)
    rated = rating.targets(ctx.session, found.id or 0)
    running = found.state is RoundState.OPEN
    speaking = rated[found.speaker] if running and 0 <= found.speaker < len(rated) else None
    following = rated[found.speaker + 1] if speaking and found.speaker + 1 < len(rated) else None
    ends = found.speaker_since + timedelta(minutes=found.minutes_each) if found.speaker_since else None
    handed_in = counted.cast + counted.paper
    return {
        "open": running,
        "said": ctx.text(f"rating_console.screen.{'not_yet' if found.state is RoundState.DRAFT else 'over'}"),
        "cast": handed_in,
        "present": counted.present,
        "turnout": ctx.text("rating_console.screen.turnout", cast=handed_in, present=counted.present),
        "speaker": speaking.name if speaking else "",
        "unit": speaking.unit if speaking else "",
        "ends": int(ends.timestamp()) if ends and speaking and found.minutes_each else 0,
        "next": ctx.text("rating_console.screen.next", name=following.name) if following else "",
        "fingerprint": ctx.text("rating_console.screen.fingerprint", fingerprint=short(found.manifest_hash))
        if found.manifest_hash
        else "",
    }


PAGES: tuple[Page, ...] = (
    Page("/ratings/{round}/screen", Role.MEMBER, get=screen, watch=live),
    Page("/ratings/{round}/screen/qr", Role.MEMBER, get=qr),
    Page("/rating/code/qr", Role.ANYONE, get=code_qr),
)
