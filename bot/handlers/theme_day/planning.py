"""Planning the month's theme day in chat: what is missing is asked for, the rest is offered (TD-2..TD-5)."""

from __future__ import annotations

from bot.handlers.theme_day.meant import branch_of
from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Refused
from bot.rules.dates import read_month
from bot.services.theme_day.card import card, open_day
from bot.services.theme_day.planning import announce, fetch, open_to_change, put, set_items, warn
from bot.services.theme_day.reminders import tell_change
from bot.store import theme_day
from bot.store.meetings import Meeting, MeetingState


def plan(inbound: Inbound, ctx: Context) -> Message:
    """Fetch or make the plan of a month and ask for what is still open."""
    branch, rest = branch_of(ctx, Role.SECRETARY)
    month = None
    if rest:
        month = read_month(rest, ctx.library.content.dates, ctx.today)
        if month is None:
            raise Refused("theme_day.no_month")
    meeting = fetch(ctx, branch.id or 0, month)
    theme_day.plan_month(ctx.session, branch.id or 0, ctx.now)
    return next_step(ctx, meeting)


def next_step(ctx: Context, meeting: Meeting, done: str = "") -> Message:
    """Ask for what is missing, topic and place first; else show all and offer to announce."""
    if not open_to_change(ctx, meeting):
        return Message(card(ctx, meeting, planning=True))
    text = "\n".join(part for part in (done, card(ctx, meeting, planning=True)) if part)
    for name in ("topic", "place"):
        if not getattr(meeting, name):
            return ask_for(ctx, meeting, name, text)
    warnings = warn(ctx, meeting, theme_day.details(ctx.session, meeting.id or 0))
    page = Link(ctx.text("theme_day.page.open"), ctx.page_link(f"/theme-day?month={meeting.starts_at:%Y-%m}"))
    return Message("\n".join([text, *warnings]), _menu(ctx, meeting, bool(warnings)), links=(page,))


def menu(inbound: Inbound, ctx: Context) -> Message:
    """The buttons under the preview."""
    meeting = open_day(ctx, ctx.question.subject)
    chosen = _MENU[inbound.options[0]]
    if chosen == "announce":
        if warn(ctx, meeting, theme_day.details(ctx.session, meeting.id or 0)):
            return ask_for(ctx, meeting, "same_reason")
        return announce(ctx, meeting)
    if chosen == "items":
        return ask_items(ctx, meeting)
    return ask_for(ctx, meeting, chosen)


def typed(inbound: Inbound, ctx: Context) -> Message:
    """A typed topic, place, thing to bring, own agenda item, reason or list of materials."""
    meeting = open_day(ctx, ctx.question.subject)
    name = ctx.question.route.partition(".")[2].removeprefix("set_")
    put(ctx, meeting, name, inbound.text)
    return next_step(ctx, meeting, _told(ctx, meeting))


def ask_for(ctx: Context, meeting: Meeting, name: str, before: str = "") -> Message:
    """Ask for one part as typed text."""
    title = ctx.text(f"theme_day.ask_{name}")
    text = f"{before}\n\n{title}" if before else title
    return Message(text, awaits=ctx.ask_text(f"theme_day.set_{name}", meeting.id or 0, title))


def ask_items(ctx: Context, meeting: Meeting) -> Message:
    """Offer the variable part of the agenda (TD-3): suggestions, own items, a new own item, or nothing."""
    titles = [item.title for item in ctx.library.content.agenda.suggested]
    titles += [
        str(item["title"]) for item in meeting.agenda if not item["required"] and item["title"] not in titles
    ]
    options = (*titles, ctx.text("theme_day.own_item"), ctx.text("theme_day.no_items"))
    title = ctx.text("theme_day.ask_items")
    choices = ctx.ask("theme_day.items", meeting.id or 0, title, options, multiple=True, changeable=True)
    return Message(title, choices)


def items(inbound: Inbound, ctx: Context) -> Message:
    """The chosen variable items."""
    meeting = open_day(ctx, ctx.question.subject)
    chosen = [ctx.question.options[number] for number in inbound.options]
    set_items(ctx, meeting, [one for one in chosen if one in ctx.question.options[:-2]])
    if ctx.question.options[-2] in chosen:
        return ask_for(ctx, meeting, "item")
    return next_step(ctx, meeting, _told(ctx, meeting))


def _menu(ctx: Context, meeting: Meeting, same: bool) -> tuple[Choice, ...]:
    labels = {name: ctx.text(f"theme_day.button_{name}") for name in _MENU}
    if same:
        labels["announce"] = ctx.text("theme_day.button_same")
    names = _MENU if meeting.state is MeetingState.PLANNED else _MENU[1:]
    choices = ctx.ask("theme_day.menu", meeting.id or 0, ctx.text("theme_day.menu"), tuple(labels.values()))
    return tuple(choices[_MENU.index(name)] for name in names)


def _told(ctx: Context, meeting: Meeting) -> str:
    return ctx.text("theme_day.members_told") if tell_change(ctx, meeting) else ""


_MENU = ("announce", "topic", "place", "items", "materials", "bring")
