"""Signing in with the code of the room, also for somebody without a phone; observers (AT-1, AT-7)."""

from __future__ import annotations

import difflib
from datetime import timedelta

from bot.messages import Inbound, Message, Role
from bot.router import Context, Feature, Refused, Route, Where
from bot.services.sign_in import DIGITS, by_code, number_of, put_on_list, sign_in_for, which
from bot.store import sign_in
from bot.store.meetings import Meeting
from bot.store.people import Member


def code(inbound: Inbound, ctx: Context) -> Message:
    """The digits from the screen, after the command or alone while a sign-in is open. Hot path."""
    asked = ctx.asked.id if ctx.asked else 0
    found = sign_in.open_for(ctx.session, ctx.member, ctx.now, keep=True)
    if not found:
        if ctx.asked and ctx.address.group and not inbound.addressed:
            return Message("", awaits=asked)
        raise Refused("sign_in.closed" if ctx.asked else "sign_in.none")
    said = inbound.text if ctx.asked else ctx.args
    if not said:
        number = ctx.ask_text(
            "sign_in.code", found[0].meeting_id, found[0].title, digits=DIGITS,
            closes_at=found[0].closes_at + timedelta(hours=1),
        )  # fmt: skip
        return Message(ctx.text("sign_in.send_code", title=found[0].title), awaits=number)
    return Message(by_code(ctx, found, said), awaits=asked)


def on_behalf(inbound: Inbound, ctx: Context) -> Message:
    """The secretary signs in a member without a phone; marked as such. The word for "late" may follow."""
    meeting = _latest(ctx)
    word = ctx.text("sign_in.late_word")
    name = ctx.args.strip()
    late = name.endswith(" " + word)
    name = name.removesuffix(word).strip() if late else name
    if not name:
        raise Refused("sign_in.name_needed")
    listed = sign_in.expected(ctx.session, meeting)
    fitting = _fitting(listed, name)
    if len(fitting) != 1:
        return which(ctx, "sign_in.on_behalf", name, fitting or _similar(listed, name), late)
    return Message(sign_in_for(ctx, meeting, fitting[0], late))


def observer(inbound: Inbound, ctx: Context) -> Message:
    """Put a guest on the list: somebody of another branch, an activist, or a mere name (AT-1)."""
    return Message(*put_on_list(ctx, _latest(ctx), ctx.args.strip()))


def _latest(ctx: Context) -> Meeting:
    meeting = sign_in.latest(ctx.session, ctx.unit_id, ctx.now - timedelta(days=3))
    if meeting is None or meeting.ends_at < ctx.now - timedelta(days=3):
        raise Refused("sign_in.not_opened")
    ctx.require(Role.SECRETARY, meeting.unit_id)
    return meeting


def _fitting(listed: list[Member], name: str) -> list[Member]:
    if name.startswith("#"):
        return [member for member in listed if member.id == number_of(name)]
    return [member for member in listed if member.name == name]


def _similar(listed: list[Member], name: str) -> list[Member]:
    """Names that contain what was said, or look like it; they are offered, never signed in unasked."""
    near = [one for one in listed if name in one.name or one.name in name]
    alike = difflib.get_close_matches(name, [one.name for one in listed], n=8, cutoff=0.6)
    return near or [one for one in listed if one.name in alike]


FEATURE = Feature(
    "sign_in",
    routes=(
        Route("sign_in.code", code, Role.MEMBER, Where.ANYWHERE, takes_args=True, digits=DIGITS),
        Route("sign_in.on_behalf", on_behalf, Role.SECRETARY, takes_args=True),
        Route("sign_in.observer", observer, Role.SECRETARY, takes_args=True),
    ),
)
