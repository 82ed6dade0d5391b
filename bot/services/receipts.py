"""What becomes of a notice that was sent: how far it has come, who is missing, one reminder, a pause or its end."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from io import BytesIO

from msgspec.structs import replace

from bot.messages import Message, Role, Unmade, from_json
from bot.router import Context, Matter, Refused
from bot.store import delivery, due, notices, people, posts, prompts
from bot.store import receipts as store
from bot.store.delivery import OutgoingMessage, Phase
from bot.store.notices import Notice, NoticeState
from bot.store.people import Audience, UnitKind
from bot.store.receipts import Someone, key_of

STATUS, CHASE, KIT, PAUSE, RESUME, CLOSE, CANCEL = range(7)
LABELS = ("status", "chase", "kit", "pause", "resume", "close", "cancel")
_NAMES = 30


def led_notice(ctx: Context, notice_id: int) -> Notice:
    """A notice of a unit that this person leads; refused for any other."""
    notice = notices.find(ctx.session, notice_id)
    led = ctx.led(Role.SECRETARY, Role.OFFICE)
    if notice is None or notice.state is NoticeState.DRAFT or notice.unit_id not in led:
        raise Refused("help.not_yours")
    return notice


def phase_of(ctx: Context, notice: Notice) -> Phase | None:
    """How far the sending is; None before it began."""
    outgoing = ctx.session.get(OutgoingMessage, notice.outgoing_id) if notice.outgoing_id else None
    return outgoing.phase if outgoing else None


def state_text(ctx: Context, notice: Notice) -> str:
    """Where the notice stands, in words."""
    if notice.state is NoticeState.SCHEDULED:
        at = due.planned(ctx.session, "notices.send", notice.id or 0)
        key = "receipts.state_scheduled" if at else "receipts.state_overdue"
        return ctx.text(key, at=_minute(at or notice.send_at))
    paused = notice.state is NoticeState.SENT and phase_of(ctx, notice) is Phase.PAUSED
    state = "paused" if paused else str(notice.state)
    return ctx.text(f"receipts.state_{state}", at=_minute(notice.sent_at))


def actions(ctx: Context, notice: Notice) -> tuple[int, ...]:
    """What can be done with a notice now."""
    if notice.state is NoticeState.SCHEDULED:
        return (STATUS, CANCEL)
    if notice.state is not NoticeState.SENT:
        return (STATUS,)
    phase = phase_of(ctx, notice)
    found = [STATUS]
    if notice.needs_confirm and notice.chased_at is None:
        found.append(CHASE)
    found.append(KIT)
    if phase in (Phase.WAITING, Phase.SENDING):
        found.append(PAUSE)
    if phase is Phase.PAUSED:
        found += [RESUME, CANCEL]
    return (*found, CLOSE)


def missing_lines(ctx: Context, notice: Notice) -> list[str]:
    """The people who have not confirmed, by what to do about them."""
    missing = store.missing(ctx.session, notice.id or 0, notice.outgoing_id)
    if not missing.groups:
        return [ctx.text("receipts.all_confirmed")]
    lines = [ctx.text("receipts.missing", count=len(missing.everybody))]
    for key, some in missing.groups:
        lines.append(ctx.text(f"receipts.{key}", count=len(some), names=_names(ctx, notice, some)))
    return lines


def _names(ctx: Context, notice: Notice, some: list[Someone]) -> str:
    kind = people.unit(ctx.session, notice.units[0]).kind
    several = len(notice.units) > 1 or kind not in (UnitKind.BRANCH, UnitKind.GROUP)
    shown = [
        ctx.text("receipts.name_of_branch", name=one.name, branch=one.branch) if several else one.name
        for one in some[:_NAMES]
    ]
    joined = ctx.text("notices.comma").join(shown)
    return ctx.text("receipts.and_others", names=joined, count=len(some)) if len(some) > _NAMES else joined


def chase(ctx: Context, notice: Notice) -> Message:
    """Remind those who have not confirmed, once for each notice (FM-6); never the exempt (AT-2)."""
    if notice.chased_at is not None:
        return Message(
            ctx.text("receipts.chased_already", at=_minute(notice.chased_at)) + "\n" + kit(ctx, notice)
        )
    if notice.state is not NoticeState.SENT or not notice.needs_confirm:
        raise Refused("receipts.cannot_chase")
    missing = store.missing(ctx.session, notice.id or 0, notice.outgoing_id)
    if not missing.groups:
        return Message(ctx.text("receipts.all_confirmed"))
    chased = posts.chased(ctx.session, missing.everybody)
    if not chased:
        return Message("\n".join([*missing_lines(ctx, notice), ctx.text("receipts.only_by_phone")]))
    ident = notice.id or 0
    if not notices.start_chase(ctx.session, ident, ctx.now):
        raise Refused("receipts.cannot_chase")
    ctx.audit("remind of notice", str(ident))
    at = ctx.polite(ctx.now)
    if at > ctx.now:
        ctx.schedule(key_of(ident, "chase"), at, "receipts.chase", ident)
        return Message(ctx.text("receipts.will_chase", at=_minute(at), count=len(chased)))
    chase_due(ident, ctx)
    rest = [
        ctx.text(f"receipts.chased_{key}", count=len(some))
        for key, some in missing.groups
        if key in ("without_account", "exempt")
    ]
    return Message("".join([ctx.text("receipts.chased", count=len(chased)), *rest]))


def chase_due(subject: int, ctx: Context) -> None:
    """Send the reminder to those who have not confirmed by now."""
    notice = notices.find(ctx.session, subject)
    outgoing = ctx.session.get(OutgoingMessage, notice.outgoing_id) if notice and notice.outgoing_id else None
    if notice is None or outgoing is None or notice.state is not NoticeState.SENT:
        return
    missing = store.missing(ctx.session, subject, notice.outgoing_id)
    members = posts.chased(ctx.session, missing.everybody)
    if members:
        before = from_json(outgoing.message)
        message = replace(before, text=ctx.text("receipts.reminder", text=before.text))
        ctx.notify(Audience(members=members), message, key_of(subject, "chase"))


def to_chase(subject: int, ctx: Context) -> Matter | None:
    """What is asked about a reminder whose time passed while nothing ran."""
    notice = notices.find(ctx.session, subject)
    if notice is None or notice.state is not NoticeState.SENT:
        return None
    members = tuple(notices.in_charge(ctx.session, notice))
    return Matter((notice.unit_id,), key_of(subject, "chase"), notice.title, members)


def kit(ctx: Context, notice: Notice) -> str:
    """The text and the link, for pasting into a group that the bot cannot reach."""
    return ctx.text("receipts.kit", text=notice.text, link=ctx.link(f"/n/{notice.id}"))


def picture(ctx: Context, notice: Notice) -> Unmade:
    """The link of `kit` as a QR code, for a group in which nobody can tap."""
    return Unmade(ctx.text("receipts.qr_file"), "image/png", partial(_draw, ctx.link(f"/n/{notice.id}")))


def _draw(address: str) -> bytes:
    import segno

    drawn = BytesIO()
    segno.make(address, error="m").save(drawn, kind="png", scale=8, border=4)
    return drawn.getvalue()


def steer(ctx: Context, notice: Notice, chosen: int) -> None:
    """Pause, resume, close or cancel; refused where the notice has moved on."""
    ident, outgoing = notice.id or 0, notice.outgoing_id or 0
    if chosen not in actions(ctx, notice):
        raise Refused("receipts.not_now", state=state_text(ctx, notice))
    if chosen == PAUSE:
        delivery.set_phase(ctx.session, outgoing, Phase.PAUSED)
    elif chosen == RESUME:
        delivery.set_phase(ctx.session, outgoing, Phase.WAITING, ctx.polite(ctx.now))
    elif chosen == CLOSE:
        notices.move(ctx.session, ident, NoticeState.SENT, NoticeState.CLOSED)
        prompts.close(ctx.session, "receipts.confirm", ident)
    elif chosen == CANCEL:
        notices.move(ctx.session, ident, notice.state, NoticeState.CANCELLED)
        due.cancel(ctx.session, "notices.send", ident)
        delivery.set_phase(ctx.session, outgoing, Phase.CANCELLED)
        prompts.close(ctx.session, "receipts.confirm", ident)
    ctx.audit(f"{LABELS[chosen]} notice", str(ident))


def _minute(moment: datetime | None) -> str:
    return moment.strftime("%m-%d %H:%M") if moment else ""
