"""Confirming a notice with one tap; for the secretary: how far it has come, who is missing, one reminder."""

from __future__ import annotations

from msgspec.structs import replace

from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Feature, Refused, Route, Timed, Where
from bot.rules.lateness import SAME_DAY
from bot.services.groups import reached
from bot.services.receipts import (
    CHASE,
    KIT,
    LABELS,
    STATUS,
    actions,
    chase,
    chase_due,
    kit,
    led_notice,
    missing_lines,
    picture,
    state_text,
    steer,
    to_chase,
)
from bot.store import notices
from bot.store import receipts as store
from bot.store.notices import Notice, NoticeState
from bot.store.receipts import key_of

_BAR = 12


def confirm(inbound: Inbound, ctx: Context) -> Message:
    """One tap says "received". A second one changes nothing and says so."""
    first = store.confirm(ctx.session, ctx.question.subject, ctx.member.id, ctx.now)
    if first is None:
        raise Refused("receipts.not_for_you")
    return Message(ctx.text("receipts.thanks" if first else "receipts.thanks_again"))


def inbox(inbound: Inbound, ctx: Context) -> Message:
    """The notices that wait for this member's confirmation, in full, each with its button."""
    waiting = notices.waiting_for(ctx.session, ctx.member.id)
    if not waiting:
        return Message(ctx.text("receipts.nothing_waiting"))
    lines, choices = [ctx.text("receipts.waiting", count=len(waiting))], list[Choice]()
    for number, notice in enumerate(waiting, 1):
        store.opened(ctx.session, notice.id or 0, ctx.member.id, ctx.now)
        lines.append(ctx.text("receipts.waiting_one", number=number, text=notice.text))
        button = ctx.ask("receipts.confirm", notice.id or 0, notice.title, (ctx.text("receipts.got_it"),))[0]
        choices.append(replace(button, label=ctx.text("receipts.got_one", title=notice.title)))
    return Message("\n".join(lines), tuple(choices))


def status(inbound: Inbound, ctx: Context) -> Message:
    """The newest notice of the units that this person leads, and buttons for the earlier ones."""
    recent = notices.of_units(ctx.session, ctx.led(Role.SECRETARY, Role.OFFICE), 6)
    if not recent:
        raise Refused("receipts.none_yet")
    message = report(ctx, recent[0])
    earlier = [
        replace(_manage(ctx, one)[STATUS], label=ctx.text("receipts.earlier", title=one.title))
        for one in recent[1:]
    ]
    return replace(message, choices=(*message.choices, *earlier))


def managed(inbound: Inbound, ctx: Context) -> Message:
    """A button under the report."""
    notice = led_notice(ctx, ctx.question.subject)
    chosen = inbound.options[0]
    if chosen == CHASE:
        return chase(ctx, notice)
    if chosen == KIT:
        return Message(kit(ctx, notice), unmade=(picture(ctx, notice),))
    if chosen != STATUS:
        steer(ctx, notice, chosen)
        notice = led_notice(ctx, ctx.question.subject)
    return report(ctx, notice)


def report(ctx: Context, notice: Notice) -> Message:
    """Who has not confirmed, first; then the counts. For the secretary alone (PI-6)."""
    lines = [
        ctx.text(
            "receipts.head", title=notice.title, audience=notice.audience_label, state=state_text(ctx, notice)
        )
    ]
    if notice.state is not NoticeState.SCHEDULED and notice.sent_at:
        counts = store.progress(ctx.session, notice.id or 0, notice.outgoing_id)
        if notice.needs_confirm:
            lines += missing_lines(ctx, notice)
            lines.append(_bar(counts.confirmed, counts.addressed))
            lines.append(ctx.text("receipts.confirmed", done=counts.confirmed, all=counts.addressed))
        lines.append(
            ctx.text("receipts.counts", sent=counts.sent, opened=counts.opened, all=counts.addressed)
        )
        lines += reached(ctx, key_of(notice.id or 0, "groups"))
        if counts.unopened:
            lines.append(ctx.text("receipts.lying", count=counts.unopened))
    choices = _manage(ctx, notice)
    link = Link(ctx.text("receipts.page"), ctx.page_link(f"/notices/{notice.id}"))
    return Message(
        "\n".join(lines), tuple(choices[option] for option in actions(ctx, notice)), (link,), columns=2
    )


def _manage(ctx: Context, notice: Notice) -> tuple[Choice, ...]:
    options = tuple(ctx.text(f"receipts.do_{label}") for label in LABELS)
    title = ctx.text("receipts.manage_title", title=notice.title)
    return ctx.ask("receipts.manage", notice.id or 0, title, options, changeable=True)


def _bar(done: int, of_all: int) -> str:
    filled = _BAR * done // of_all if of_all else 0
    return "▓" * filled + "░" * (_BAR - filled)


FEATURE = Feature(
    "receipts",
    routes=(
        Route("receipts.confirm", confirm, Role.MEMBER, Where.ANYWHERE, closed="receipts.over"),
        Route("receipts.inbox", inbox, Role.MEMBER),
        Route("receipts.status", status, Role.SECRETARY, or_role=Role.OFFICE),
        Route("receipts.manage", managed, Role.SECRETARY, or_role=Role.OFFICE),
    ),
    jobs={"receipts.chase": Timed(chase_due, SAME_DAY, to_chase)},
)
