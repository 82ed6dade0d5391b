"""Joining a platform account to a member by a code, leaving again, and binding a group chat to its unit."""

from __future__ import annotations

import re
import unicodedata

from bot.messages import Choice, Inbound, Message, Role
from bot.router import Context, Feature, Refused, Route, Timed, Where, no_right
from bot.rules.lateness import ALWAYS
from bot.signing import hours, new_code
from bot.store import access, binding, groups, posts
from bot.store.delivery import Delivery
from bot.store.people import Audience, GroupChat, identify, person, unit, unit_of_chat

_CODE_LENGTH = 8
_TRIES = "bind"
_CODE = re.compile(rf"(?<![0-9A-Z])[0-9A-Z]{{{_CODE_LENGTH}}}(?![0-9A-Z])")


def code(inbound: Inbound, ctx: Context) -> Message:
    """A code was typed: show the privacy notice and ask for consent (PI-2). Anything else tells how to bind."""
    if ctx.address.group:
        raise Refused("binding.private_only")
    if ctx.person is not None:
        raise Refused("binding.already", name=ctx.person.name)
    typed = _typed(ctx.args)
    if not typed:
        return Message(ctx.text("binding.how"))
    if not access.code_is_good(ctx.session, _hash(ctx, typed), ctx.now):
        return _wrong(inbound, ctx)
    notice = ctx.text("binding.privacy", contact=ctx.settings.privacy.contact)
    agree = Choice(ctx.text("binding.agree"), f"c:{ctx.library.content.texts.phrases('binding.agree')[0]} {typed}")
    return Message(notice, (agree,))


def agree(inbound: Inbound, ctx: Context) -> Message:
    """Consent given: use the code up and bind."""
    if ctx.person is not None:
        raise Refused("binding.already", name=ctx.person.name)
    member_id = access.take_code(ctx.session, _hash(ctx, _typed(ctx.args)), ctx.now)
    found = person(ctx.session, member_id) if member_id else None
    if found is None:
        return _wrong(inbound, ctx)
    if not binding.bind(ctx.session, found.id, inbound.channel, inbound.account, inbound.chat.chat, ctx.now):
        before = identify(ctx.session, inbound.channel, inbound.account)
        raise Refused("binding.already", name=before.name) if before else Refused("help.stale_button")
    ctx.audit("bind", f"{inbound.channel}:{found.id}")
    branch = unit(ctx.session, found.branch_id).name
    menu = ctx.library.content.texts.phrases("help.show")[0]
    return Message(ctx.text("binding.bound", name=found.name, branch=branch), (Choice.command(menu),))


def new_codes(inbound: Inbound, ctx: Context) -> Message:
    """Codes for one member, or for all of the unit who have no account yet. They are shown this once."""
    name = ctx.args.strip()
    if not name:
        raise Refused("binding.name_needed")
    everybody = name == ctx.text("binding.everybody")
    members = (
        binding.without_account(ctx.session, ctx.unit_id)
        if everybody
        else binding.named(ctx.session, ctx.unit_id, name)
    )
    if not members:
        raise Refused("binding.all_bound" if everybody else "binding.nobody", name=name)
    lines = []
    expires = ctx.now + hours(ctx.settings.binding.code_hours)
    for member_id, member_name, branch in members:
        fresh = new_code(_CODE_LENGTH)
        access.put_code(ctx.session, _hash(ctx, fresh), member_id, expires)
        lines.append(ctx.text("binding.code_line", name=member_name, branch=branch, code=fresh))
    ctx.audit("bind codes", str(len(members)))
    head = ctx.text("binding.codes", count=len(lines), until=expires.strftime("%m-%d %H:%M"))
    return Message("\n".join([head, *lines]))


def unbind(inbound: Inbound, ctx: Context) -> Message:
    """Ask before unbinding."""
    member = ctx.member
    options = (ctx.text("binding.unbind_yes"), ctx.text("binding.unbind_no"))
    return Message(
        ctx.text("binding.unbind_ask"),
        ctx.ask("binding.unbound", member.id, ctx.text("binding.unbind_title"), options),
    )


def unbound(inbound: Inbound, ctx: Context) -> Message:
    """The answer to `unbind`: the account's row is deleted, the member's records stay (PI-10)."""
    if ctx.asked is None or ctx.asked.subject != ctx.member.id:
        raise Refused("help.stale_button")
    if inbound.options != (0,):
        return Message(ctx.text("binding.kept"))
    binding.unbind(ctx.session, inbound.channel, inbound.account, ctx.now)
    ctx.audit("unbind", f"{inbound.channel}:{ctx.member.id}")
    return Message(ctx.text("binding.gone"))


def bind_group(inbound: Inbound, ctx: Context) -> Message:
    """Make this group chat the chat of the secretary's unit; said again in another part of it, messages go there."""
    led = ctx.led(Role.SECRETARY)
    if not led:
        raise no_right(Role.SECRETARY)
    if ctx.chat_unit is not None:
        if ctx.chat_unit not in led:
            raise Refused("help.not_yours")
        if not groups.change_topic(ctx.session, ctx.address):
            raise Refused("binding.group_already", unit=unit(ctx.session, ctx.chat_unit).name)
        ctx.audit("group topic", str(ctx.chat_unit))
        return Message(ctx.text("binding.group_topic"))
    if not groups.bind(ctx.session, ctx.address, led[0], ctx.now):
        before = unit_of_chat(ctx.session, ctx.address)
        raise Refused("binding.group_already", unit=unit(ctx.session, before or led[0]).name)
    ctx.audit("bind group", str(led[0]))
    return Message(ctx.text("binding.group_bound", unit=unit(ctx.session, led[0]).name))


def group_left(inbound: Inbound, ctx: Context) -> Message:
    """The bot was removed from a bound group: post nothing more into it, and let the secretary know. A group that the
    platform has given another number stays bound under it."""
    if ctx.chat_unit is None:
        return Message("")
    if inbound.moved_to:
        groups.move(ctx.session, ctx.address, inbound.moved_to, ctx.now)
        return Message("")
    groups.unbind(ctx.session, ctx.address)
    group_lost(ctx.chat_unit, ctx)
    ctx.audit("group left", str(ctx.chat_unit))
    return Message("")


def group_lost(subject: int, ctx: Context) -> None:
    """Tell who leads the unit that it has this group no longer."""
    text = ctx.text("binding.group_left", unit=unit(ctx.session, subject).name)
    ctx.notify(_in_charge(ctx, subject), Message(text), f"group_left:{subject}:{ctx.now:%Y%m%d%H%M%S}")


def group_moved(subject: int, ctx: Context) -> None:
    """Job: note that a group of this unit goes on under another number."""
    ctx.audit("group moved", str(subject))


def group_trouble(subject: int, ctx: Context) -> None:
    """Job: a message did not arrive in a group. Say why and what to do, unless it is over."""
    row = ctx.session.get(Delivery, subject)
    found = ctx.session.get(GroupChat, (row.channel, row.chat)) if row else None
    if found is not None and found.trouble:
        text = ctx.text(f"binding.trouble.{found.trouble}", unit=unit(ctx.session, found.unit_id).name)
        ctx.notify(_in_charge(ctx, found.unit_id), Message(text), f"group_trouble:{subject}")


def _in_charge(ctx: Context, unit_id: int) -> Audience:
    return Audience(members=tuple(posts.above_or_office(ctx.session, unit_id)))


def _typed(words: str) -> str:
    """The code in what was sent, of any width, also within the line in which it was handed out; "" for none or more
    than one."""
    said = unicodedata.normalize("NFKC", words).upper()
    whole = _CODE.fullmatch("".join(said.split()))
    found = [whole.group()] if whole else _CODE.findall(said)
    return found[0] if len(found) == 1 else ""


def _wrong(inbound: Inbound, ctx: Context) -> Message:
    """Not refused: the try must stay counted. A right code is taken also after too many wrong ones, which are answered
    slower and slower: eight characters are out of reach so, and nobody is locked out by a slip of the finger."""
    count = access.wrong_code(ctx.session, _TRIES, _who(inbound), ctx.now)
    over = count > ctx.settings.binding.tries_per_hour
    return Message(ctx.text("binding.too_many" if over else "binding.wrong_code"))


def _who(inbound: Inbound) -> str:
    return f"{inbound.channel}:{inbound.account}"


def _hash(ctx: Context, typed: str) -> str:
    return ctx.library.signer.fingerprint("bind code", typed)


FEATURE = Feature(
    "binding",
    routes=(
        Route("binding.code", code, Role.ANYONE, Where.ANYWHERE, takes_args=True),
        Route("binding.agree", agree, Role.ANYONE, takes_args=True),
        Route("binding.new_codes", new_codes, Role.SECRETARY, takes_args=True, or_role=Role.OFFICE),
        Route("binding.unbind", unbind, Role.MEMBER),
        Route("binding.unbound", unbound, Role.MEMBER),
        Route("binding.bind_group", bind_group, Role.ANYONE, Where.GROUP),
        Route("binding.group_left", group_left, Role.ANYONE, Where.GROUP),
    ),
    jobs={
        groups.TROUBLE_JOB: Timed(group_trouble, ALWAYS),  # says what is so now
        groups.LOST_JOB: Timed(group_lost, ALWAYS),
        groups.MOVED_JOB: Timed(group_moved, ALWAYS),
    },
)
