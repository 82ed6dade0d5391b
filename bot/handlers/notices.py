"""A secretary writes a notice, sees it as the members will, changes what does not fit, and sends it."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from msgspec.structs import replace

from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Feature, Handler, Refused, Route, Timed
from bot.rules.lateness import SAME_DAY
from bot.rules.moments import MomentWords, parse_moment
from bot.services import notices
from bot.store import notices as store
from bot.store.notices import Notice

SEND, TEXT, AUDIENCE, WHEN, CONFIRM, GROUPS, CANCEL = range(7)
_MORNING = time(8, 30)
_MOST_BRANCHES = 30


def compose(inbound: Inbound, ctx: Context) -> Message:
    """`notice <text>` makes a draft; without a text it is asked for."""
    if ctx.args.strip():
        return _drafted(ctx, ctx.args)
    return Message(
        ctx.text("notices.ask_text"),
        awaits=ctx.ask_text("notices.text", ctx.member.id, ctx.text("notices.title")),
    )


def written(inbound: Inbound, ctx: Context) -> Message:
    """The text that `compose` asked for."""
    if ctx.asked is None or ctx.asked.subject != ctx.member.id:
        raise Refused("help.stale_button")
    return _drafted(ctx, inbound.text)


def _drafted(ctx: Context, text: str) -> Message:
    if hit := notices.secret(ctx, text):
        return Message(hit)
    return preview(ctx, notices.new_draft(ctx, text))


def preview(ctx: Context, notice: Notice) -> Message:
    """The draft as members will see it, with whom, when and how, and a button for every change."""
    shown = set(range(7)) if store.chat_units(ctx.session, notice) else set(range(7)) - {GROUPS}
    labels = ["send", "text", "audience", "when", "confirm", "groups", "cancel"]
    labels[CONFIRM] = "no_confirm" if notice.needs_confirm else "confirm"
    labels[GROUPS] = "no_groups" if notice.in_groups else "groups"
    options = tuple(ctx.text(f"notices.do_{label}") for label in labels)
    title = ctx.text("notices.preview_title", title=notice.title)
    ends = ctx.dialogue_ends
    choices = ctx.ask("notices.preview", notice.id or 0, title, options, changeable=True, closes_at=ends)
    text = ctx.text("notices.preview", message=notices.as_sent(ctx, notice), **notices.summary(ctx, notice))
    text = ctx.warned(text, Message(notices.as_sent(ctx, notice)))
    return Message(text, tuple(choices[option] for option in sorted(shown)), columns=2)


def previewed(inbound: Inbound, ctx: Context) -> Message:
    """A button of the preview."""
    notice = _asked_draft(ctx)
    ident = notice.id or 0
    chosen = inbound.options[0]
    if chosen == SEND:
        return Message(
            notices.send(ctx, notice),
            (Choice.command(ctx.library.content.texts.phrases("receipts.status")[0]),),
        )
    if chosen == CANCEL:
        notices.drop(ctx, notice)
        return Message(ctx.text("notices.dropped"))
    if chosen == TEXT:
        title = ctx.text("notices.title")
        return Message(ctx.text("notices.ask_text"), awaits=ctx.ask_text("notices.retext", ident, title))
    if chosen == AUDIENCE:
        return _ask_audience(ctx, notice)
    if chosen == WHEN:
        options = tuple(ctx.text(f"notices.{key}") for key in ("at_once", "tomorrow", "other_time"))
        title = ctx.text("notices.when_title")
        return Message(title, ctx.ask("notices.when", ident, title, options, changeable=True))
    if chosen == CONFIRM:
        notice.needs_confirm = not notice.needs_confirm
    if chosen == GROUPS:
        notices.set_groups(ctx, notice, not notice.in_groups)
    ctx.session.add(notice)
    return preview(ctx, notice)


def rewritten(inbound: Inbound, ctx: Context) -> Message:
    """A new text for the draft."""
    notice = _asked_draft(ctx)
    if hit := notices.secret(ctx, inbound.text):
        return Message(hit)
    notice.text = notices.checked(inbound.text)
    ctx.session.add(notice)
    return preview(ctx, notice)


def _ask_audience(ctx: Context, notice: Notice) -> Message:
    labels = [option.label for option in notices.audiences(ctx, notice)]
    if notices.branch_options(ctx, notice):
        labels.append(ctx.text("notices.some_branches"))
    title = ctx.text("notices.audience_title")
    return Message(title, ctx.ask("notices.audience", notice.id or 0, title, tuple(labels), changeable=True))


def audience_chosen(inbound: Inbound, ctx: Context) -> Message:
    """One audience, or the wish to pick branches."""
    notice = _asked_draft(ctx)
    label = ctx.question.options[inbound.options[0]]
    if label == ctx.text("notices.some_branches"):
        names = tuple(option.label for option in notices.branch_options(ctx, notice))
        if len(names) > _MOST_BRANCHES:
            page = Link(ctx.text("notices.page_title"), ctx.page_link("/notices"))
            return Message(ctx.text("notices.many_branches", count=len(names)), links=(page,))
        title = ctx.text("notices.branches_title")
        choices = ctx.ask("notices.branches", notice.id or 0, title, names, multiple=True, changeable=True)
        return Message(title, choices, columns=2)
    return _addressed(
        ctx, notice, [option for option in notices.audiences(ctx, notice) if option.label == label][:1]
    )


def branches_chosen(inbound: Inbound, ctx: Context) -> Message:
    """Several branches."""
    notice = _asked_draft(ctx)
    labels = {ctx.question.options[option] for option in inbound.options}
    return _addressed(
        ctx, notice, [option for option in notices.branch_options(ctx, notice) if option.label in labels]
    )


def _addressed(ctx: Context, notice: Notice, options: list[notices.Option]) -> Message:
    notices.set_audience(ctx, notice, options)
    return preview(ctx, notice)


def when_chosen(inbound: Inbound, ctx: Context) -> Message:
    """At once, tomorrow morning, or a time to be typed."""
    notice = _asked_draft(ctx)
    if inbound.options[0] == 2:
        title = ctx.text("notices.when_title")
        return Message(
            ctx.text("notices.ask_time"), awaits=ctx.ask_text("notices.typed", notice.id or 0, title)
        )
    tomorrow = datetime.combine(ctx.today + timedelta(days=1), _MORNING, ctx.now.tzinfo)
    notice.send_at = tomorrow if inbound.options[0] == 1 else None
    ctx.session.add(notice)
    return preview(ctx, notice)


def time_typed(inbound: Inbound, ctx: Context) -> Message:
    """A typed time."""
    notice = _asked_draft(ctx)
    notices.set_time(ctx, notice, parse_moment(inbound.text, ctx.now, MomentWords.read(ctx.text)))
    return preview(ctx, notice)


def _asked_draft(ctx: Context) -> Notice:
    return notices.own_draft(ctx, ctx.question.subject)


def _led(name: str, handler: Handler, *, takes_args: bool = False, newest: bool = False) -> Route:
    everyday = takes_args
    return Route(
        name, handler, Role.SECRETARY, takes_args=takes_args, or_role=Role.OFFICE, everyday=everyday, newest=newest
    )


FEATURE = Feature(
    "notices",
    routes=(
        replace(_led("notices.compose", compose, takes_args=True), drafts=True),
        replace(_led("notices.text", written), drafts=True),
        replace(_led("notices.preview", previewed, newest=True), closed="notices.preview_over"),
        replace(_led("notices.retext", rewritten), drafts=True),
        _led("notices.audience", audience_chosen),
        _led("notices.branches", branches_chosen),
        _led("notices.when", when_chosen),
        _led("notices.typed", time_typed),
    ),
    jobs={"notices.send": Timed(notices.send_due, SAME_DAY, notices.scheduled, notices.not_sent)},
)
