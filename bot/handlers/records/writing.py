"""Writing the minutes in chat: which meeting is meant, what is open, and its parts, one at a time (RC-1..RC-3)."""

from __future__ import annotations

from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Refused
from bot.rules.dates import names_date, read_date
from bot.rules.meeting import Duty
from bot.services.records.writing import day_of, preview, put, status, unsigned
from bot.store import meetings, people, records, theme_day
from bot.store.meetings import Meeting
from bot.store.people import UnitKind

_MENU = ("content", "rewrite", "decision", "people", "kind", "place", "agenda", "attachment", "preview")


def show(inbound: Inbound, ctx: Context) -> Message:
    """Where the minutes of the latest meeting (or of a date) stand; asks for the content first."""
    meeting, _ = meeting_of(ctx, ctx.args)
    row = records.find(ctx.session, meeting.id or 0)
    if row is not None and row.signed_at is not None:
        return Message(status(ctx, meeting), links=_page(ctx, meeting))
    row = records.begin(ctx.session, meeting, ctx.member.name)
    if not row.content:
        return _ask(ctx, meeting, "content", status(ctx, meeting))
    return with_menu(ctx, meeting, status(ctx, meeting), _page(ctx, meeting))


def menu(inbound: Inbound, ctx: Context) -> Message:
    """The buttons under the state."""
    meeting = unsigned(ctx, ctx.question.subject)
    chosen = _MENU[inbound.options[0]]
    if chosen == "preview":
        return with_menu(ctx, meeting, preview(ctx, meeting))
    if chosen == "kind":
        options = tuple(ctx.library.content.labels[f"kind.{duty}"] for duty in Duty)
        title = ctx.text("records.ask_kind")
        return Message(
            title,
            ctx.ask("records.set_kind", meeting.id or 0, title, options, multiple=True, changeable=True),
        )
    return _ask(ctx, meeting, chosen)


def set_kind(inbound: Inbound, ctx: Context) -> Message:
    """Which duties the meeting satisfied; one meeting may carry several (MT-12)."""
    meeting = unsigned(ctx, ctx.question.subject)
    meeting.duties = [str(list(Duty)[number]) for number in inbound.options]
    theme_day.follow(ctx.session, meeting)
    return with_menu(ctx, meeting, status(ctx, meeting))


def typed(inbound: Inbound, ctx: Context) -> Message:
    """A typed part of the minutes."""
    meeting = unsigned(ctx, ctx.question.subject)
    put(ctx, meeting, ctx.question.route.partition(".")[2].removeprefix("set_"), inbound.text)
    return with_menu(ctx, meeting, status(ctx, meeting))


def meeting_of(ctx: Context, said: str, *, signed: bool = False) -> tuple[Meeting, str]:
    """The meeting that is meant (a date may come first) and the words that follow; without a
    date the latest that is not signed yet, or that is `signed`."""
    unit = people.unit(ctx.session, ctx.unit_id)
    if unit.kind is not UnitKind.BRANCH:
        raise Refused("records.on_the_web")
    word, _, rest = said.strip().partition(" ")
    day = read_date(word, ctx.library.content.dates, ctx.today) if word else None
    if day is None and names_date(word, ctx.library.content.dates):
        raise Refused("records.no_such_date", said=word)
    if day is None:
        meeting = records.current(ctx.session, ctx.unit_id, ctx.now, signed=signed)
        if meeting is None:
            raise Refused("records.none_held")
        return meeting, said.strip()
    listed = [one for one in meetings.of_day(ctx.session, ctx.unit_id, day) if one.starts_at <= ctx.now]
    if not listed:
        raise Refused("records.none_on_day", day=f"{day:%Y-%m-%d}")
    first = listed[0]
    return (meetings.find(ctx.session, first.second_of) or first if first.second_of else first), rest.strip()


def _ask(ctx: Context, meeting: Meeting, name: str, before: str = "") -> Message:
    title = ctx.text(f"records.ask_{name}")
    text = f"{before}\n\n{title}" if before else title
    awaits = ctx.ask_text(f"records.set_{name}", meeting.id or 0, title)
    return Message(text, links=_page(ctx, meeting) if before else (), awaits=awaits)


def _page(ctx: Context, meeting: Meeting) -> tuple[Link, ...]:
    return (Link(ctx.text("records.page.minutes"), ctx.page_link(f"/records/minutes/{meeting.id}")),)


def with_menu(ctx: Context, meeting: Meeting, text: str, links: tuple[Link, ...] = ()) -> Message:
    """The text with all that can be done next; signing is offered to the secretary only."""
    labels = tuple(ctx.text(f"records.button_{name}") for name in _MENU)
    choices = ctx.ask("records.menu", meeting.id or 0, ctx.text("records.menu"), labels)
    if ctx.may(Role.SECRETARY, meeting.unit_id):
        words = ctx.library.content.texts.phrases("records.sign_now")[0]
        choices = (*choices, Choice.command(f"{words} {day_of(meeting)}"))
    return Message(text, choices, links, columns=2)
