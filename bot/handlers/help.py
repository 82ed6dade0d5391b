"""What this person can do here, in their own words; the sentences for what goes wrong live in its texts."""

from __future__ import annotations

from bot.messages import Choice, Inbound, Message, Role
from bot.router import Context, Feature, Refused, Route, Where
from bot.store import prompts

_ORDER = (Role.ANYONE, Role.MEMBER, Role.COMMITTEE, Role.SECRETARY, Role.OFFICE)


def show(inbound: Inbound, ctx: Context) -> Message:
    """The commands that this person's roles open in this kind of chat; SC-7 at the end."""
    if ctx.person is None:
        return Message(ctx.text("binding.how"))
    roles = {Role.ANYONE, Role.MEMBER, *(role for role in _ORDER[2:] if ctx.led(role))}
    place = Where.GROUP if ctx.address.group else Where.PRIVATE
    entries = sorted(ctx.library.menu(), key=lambda entry: _ORDER.index(entry.roles[0]))
    lines = [_line(ctx, entry.name) for entry in entries if entry.fits(roles, place)]
    return Message(
        "\n".join([ctx.text("help.head", name=ctx.member.name), *lines, ctx.text("help.public_only")])
    )


def cancel(inbound: Inbound, ctx: Context) -> Message:
    """Stop waiting for typed text in this chat."""
    if not prompts.drop_typed(ctx.session, ctx.address, ctx.member.id):
        raise Refused("help.nothing_to_cancel")
    return Message(
        ctx.text("help.cancelled"), (Choice.command(ctx.library.content.texts.phrases("help.show")[0]),)
    )


def _line(ctx: Context, route: str) -> str:
    phrase = ctx.library.content.texts.phrases(route)[0]
    feature, _, action = route.partition(".")
    return ctx.text("help.line", phrase=phrase, what=ctx.text(f"{feature}.what.{action}"))


FEATURE = Feature(
    "help",
    routes=(
        Route("help.show", show, Role.ANYONE, Where.ANYWHERE),
        Route("help.cancel", cancel, Role.MEMBER, Where.ANYWHERE),
    ),
)
