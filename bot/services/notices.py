"""What can be done with a draft, in chat and on the web alike: check, address, time, send."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from bot.messages import Choice, Message, Role
from bot.router import Context, Matter, Refused
from bot.rules.secrecy import find_marks
from bot.store import audit, people, prompts
from bot.store import notices as store
from bot.store.notices import Choosable, Notice, NoticeState
from bot.store.people import Audience
from bot.store.receipts import key_of

_FARTHEST = timedelta(days=366)


class Option(Struct, frozen=True):
    """An audience as it is offered: its label and what it means."""

    label: str
    means: Choosable


def secret(ctx: Context, text: str) -> str:
    """Refuse a text that carries secrecy marks or numbers of persons (SC-6): the sentence to show, or "".

    It is not raised, so that the audit entry stays; the entry names the rule and nothing else.
    """
    hits = find_marks(text, ctx.library.content.marks)
    if not hits:
        return ""
    audit.record(ctx.session, ctx.now, None, "refused text", " ".join(hits))
    return ctx.text("notices.secret")


def new_draft(ctx: Context, text: str) -> Notice:
    """A draft with the usual settings, for the unit that the person acts for."""
    label = ctx.text("notices.to_everybody", name=people.unit(ctx.session, ctx.unit_id).name)
    return store.draft(ctx.session, ctx.unit_id, ctx.member.id, checked(text), label, ctx.now)


def checked(text: str) -> str:
    """The text without blanks around it; refused when it is empty or too long."""
    kept = text.strip()
    if not kept:
        raise Refused("notices.empty")
    if len(kept) > store.LONGEST:
        raise Refused("notices.too_long", limit=store.LONGEST, length=len(kept))
    return kept


def own_draft(ctx: Context, notice_id: int) -> Notice:
    """The person's own draft; refused when it is another's or not a draft any more, and to whoever has lost the post
    in which they wrote it."""
    notice = store.find(ctx.session, notice_id)
    if notice is None or notice.author_id != ctx.member.id:
        raise Refused("notices.not_yours")
    for unit in {notice.unit_id, *notice.units}:
        if not (ctx.may(Role.SECRETARY, unit) or ctx.may(Role.OFFICE, unit)):
            raise Refused("notices.not_yours")
    if notice.state is not NoticeState.DRAFT:
        raise Refused("notices.sent_already")
    return notice


def summary(ctx: Context, notice: Notice) -> dict[str, str]:
    """Audience, numbers, receipt, time and group chat of a draft, in words."""
    reach = store.reach(ctx.session, notice.audience)
    asked = max(notice.send_at or ctx.now, ctx.now)
    at = ctx.polite(asked)
    when = "now" if at == ctx.now else "at" if at == asked else "moved"
    return {
        "audience": notice.audience_label,
        "people": ctx.text("notices.reach", people=reach.people, without=reach.without_account)
        if reach.without_account
        else ctx.text("notices.reach_all", people=reach.people),
        "confirm": ctx.text("notices.with_confirm" if notice.needs_confirm else "notices.without_confirm"),
        "when": ctx.text(f"notices.when_{when}", at=_minute(at)),
        "groups": ctx.text("notices.in_groups" if notice.in_groups else "notices.not_in_groups"),
    }


def as_sent(ctx: Context, notice: Notice) -> str:
    """The text that members get."""
    return ctx.text("notices.as_sent", unit=people.unit(ctx.session, notice.unit_id).name, text=notice.text)


def set_groups(ctx: Context, notice: Notice, wanted: bool) -> None:
    """Post in the group chats as well, or not."""
    if wanted and not store.chat_units(ctx.session, notice):
        raise Refused("notices.no_group_chat")
    notice.in_groups = wanted


def audiences(ctx: Context, notice: Notice) -> list[Option]:
    """The audiences that this person may pick."""
    found = [one for unit in _scopes(ctx, notice) for one in store.choosable(ctx.session, unit)]
    return [Option(ctx.text(f"notices.to_{one.key}", name=one.name), one) for one in found]


def branch_options(ctx: Context, notice: Notice) -> list[Option]:
    """The single branches below the units that this person acts for."""
    below = [unit for scope in _scopes(ctx, notice) for unit in store.branches(ctx.session, scope)]
    return [Option(unit.name, Choosable("everybody", unit.name, (unit.id or 0,))) for unit in below]


def _scopes(ctx: Context, notice: Notice) -> list[int]:
    return list(dict.fromkeys([notice.unit_id, *ctx.led(Role.OFFICE)]))


def set_audience(ctx: Context, notice: Notice, options: list[Option]) -> None:
    """Address the draft to one audience, or to several branches, all led by this person."""
    if not options:
        raise Refused("help.stale_button")
    first = options[0].means
    notice.units = sorted({unit for option in options for unit in option.means.units})
    notice.posts, notice.stages = list(first.posts), list(first.stages)
    _require(ctx, notice)
    many = ctx.text("notices.and_more", first=options[0].label, count=len(options))
    notice.audience_label = (
        many if len(options) > 3 else ctx.text("notices.comma").join(o.label for o in options)
    )
    notice.in_groups = notice.in_groups and bool(store.chat_units(ctx.session, notice))
    ctx.session.add(notice)


def set_time(ctx: Context, notice: Notice, moment: datetime | None) -> None:
    """Send at this moment; refused when it was not understood, is over, or is more than a year away."""
    if moment is None:
        raise Refused("notices.time_unclear")
    if moment <= ctx.now:
        raise Refused("notices.time_past", at=_minute(moment))
    if moment > ctx.now + _FARTHEST:
        raise Refused("notices.time_far")
    notice.send_at = moment
    ctx.session.add(notice)


def drop(ctx: Context, notice: Notice) -> None:
    """Give a draft up."""
    prompts.close(ctx.session, "notices.preview", notice.id or 0)
    ctx.session.delete(notice)


def send(ctx: Context, notice: Notice) -> str:
    """Send a draft or put it on the schedule, once however many devices try; the sentence that says so."""
    _require(ctx, notice)
    reach = store.reach(ctx.session, notice.audience)
    if not reach.people:
        raise Refused("notices.nobody")
    if notice.send_at is not None and notice.send_at <= ctx.now:
        raise Refused("notices.time_past", at=_minute(notice.send_at))
    at = ctx.polite(notice.send_at or ctx.now)
    ident, later = notice.id or 0, at > ctx.now
    if not store.move(
        ctx.session, ident, NoticeState.DRAFT, NoticeState.SCHEDULED if later else NoticeState.SENT
    ):
        raise Refused("notices.sent_already")
    ctx.audit("send notice", str(ident))
    prompts.close(ctx.session, "notices.preview", ident)
    if later:
        notice.send_at = at
        ctx.session.add(notice)
        ctx.schedule(key_of(ident, "send"), at, "notices.send", ident)
        return ctx.text("notices.scheduled", at=_minute(at), people=reach.people)
    _deliver(ctx, notice)
    to_some = "sent_to_some" if reach.people > reach.without_account else "sent_to_nobody"
    key = to_some if reach.without_account else "sent"
    return ctx.text(f"notices.{key}", people=reach.people, without=reach.without_account)


def send_due(subject: int, ctx: Context) -> None:
    """The time of a scheduled notice has come."""
    if store.move(ctx.session, subject, NoticeState.SCHEDULED, NoticeState.SENT):
        notice = store.find(ctx.session, subject)
        assert notice is not None
        _deliver(ctx, notice)


def scheduled(subject: int, ctx: Context) -> Matter | None:
    """What is asked about a notice whose time passed while nothing ran."""
    notice = store.find(ctx.session, subject)
    if notice is None or notice.state is not NoticeState.SCHEDULED:
        return None
    members = tuple(store.in_charge(ctx.session, notice))
    return Matter((notice.unit_id,), key_of(subject, "send"), notice.title, members)


def not_sent(subject: int, ctx: Context) -> None:
    """It is not sent any more."""
    store.move(ctx.session, subject, NoticeState.SCHEDULED, NoticeState.CANCELLED)


def _deliver(ctx: Context, notice: Notice) -> None:
    ident = notice.id or 0
    choices: tuple[Choice, ...] = ()
    if notice.needs_confirm:
        choices = ctx.ask("receipts.confirm", ident, notice.title, (ctx.text("receipts.got_it"),))
    message = Message(as_sent(ctx, notice), choices)
    store.address(ctx.session, notice)
    notice.sent_at = ctx.now
    notice.outgoing_id = ctx.notify(notice.audience, message, key_of(ident, "send"))
    ctx.session.add(notice)
    if notice.in_groups and (chats := store.chat_units(ctx.session, notice)):
        ctx.notify(Audience(chats, chats=True), message, key_of(ident, "groups"))


def _require(ctx: Context, notice: Notice) -> None:
    for unit in notice.units:
        if not (ctx.may(Role.SECRETARY, unit) or ctx.may(Role.OFFICE, unit)):
            raise Refused("help.not_yours")


def _minute(moment: datetime) -> str:
    return moment.strftime("%m-%d %H:%M")
