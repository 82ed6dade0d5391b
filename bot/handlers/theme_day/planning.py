"""Making the month's theme day: topic, place, agenda, materials, preview, announcement (TD-2..TD-5)."""

from __future__ import annotations

from datetime import date

from msgspec.structs import asdict

from bot.handlers.theme_day.card import branch_of, card, clean, open_day, start_of, when
from bot.handlers.theme_day.reminders import create, planned, replan, tell_change
from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Refused
from bot.rules.dates import read_month
from bot.rules.theme_day import AgendaItem, Planned
from bot.store import study, theme_day
from bot.store.meetings import Meeting, MeetingState
from bot.store.theme_day import ThemeDay

LONGEST = {"topic": 60, "place": 40, "bring": 100, "same_reason": 100, "item": 40}
_MOST_ITEMS = 12
_MOST_MATERIALS = 5


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


def fetch(ctx: Context, unit_id: int, month: tuple[int, int] | None) -> Meeting:
    """The theme day of a month, planned by policy where there is none; without a month the next one to come.
    Refuses a month that is over or more than a year ahead."""
    if month is None:
        if waiting := theme_day.ahead(ctx.session, unit_id, ctx.now):
            return waiting[0]
        month = (ctx.today.year, ctx.today.month)
        if theme_day.of_month(ctx.session, unit_id, *month) or _in_month(ctx, unit_id, *month) is None:
            month = (month[0] + month[1] // 12, month[1] % 12 + 1)
    apart = (month[0] - ctx.today.year) * 12 + month[1] - ctx.today.month
    if apart < 0:
        raise Refused("theme_day.past_month")
    if apart > 12:
        raise Refused("theme_day.too_far")
    if meeting := theme_day.of_month(ctx.session, unit_id, *month):
        return meeting
    found = _in_month(ctx, unit_id, *month)
    if found is None:
        raise Refused("theme_day.past_month")
    return create(ctx, unit_id, found)


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


def open_to_change(ctx: Context, meeting: Meeting) -> bool:
    """Before it begins and before its record is signed."""
    return meeting.state in (MeetingState.PLANNED, MeetingState.ANNOUNCED) and meeting.starts_at > ctx.now


def warn(ctx: Context, meeting: Meeting, extra: ThemeDay) -> list[str]:
    """TD-5: what repeats last month or another branch; nothing once the secretary has said why."""
    if meeting.state is not MeetingState.PLANNED or extra.same_reason:
        return []
    return [
        ctx.text(f"theme_day.same_{one.what}_{'branch' if one.branch else 'before'}", branch=one.branch)
        for one in theme_day.same_elsewhere(ctx.session, meeting)
    ]


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


def announce(ctx: Context, meeting: Meeting) -> Message:
    """Make the plan stand: the reminders run from now on (TD-10). Refused when incomplete or done."""
    if meeting.state is not MeetingState.PLANNED:
        raise Refused("theme_day.already_announced")
    if not meeting.topic or not meeting.place:
        raise Refused("theme_day.incomplete")
    if meeting.starts_at <= ctx.now:
        raise Refused("theme_day.past")
    meeting.state = MeetingState.ANNOUNCED
    theme_day.follow(ctx.session, meeting)
    extra = theme_day.details(ctx.session, meeting.id or 0)
    extra.announced_at, extra.announced_by = ctx.now, ctx.member.id
    replan(ctx, meeting)
    ctx.audit("theme_day announce", str(meeting.id))
    show = Choice.command(ctx.library.content.texts.phrases("theme_day.show")[0])
    return Message(ctx.text("theme_day.announced", when=when(ctx, meeting)), (show,))


def typed(inbound: Inbound, ctx: Context) -> Message:
    """A typed topic, place, thing to bring, own agenda item, reason or list of materials."""
    meeting = open_day(ctx, ctx.question.subject)
    name = ctx.question.route.partition(".")[2].removeprefix("set_")
    put(ctx, meeting, name, inbound.text)
    return next_step(ctx, meeting, _told(ctx, meeting))


def put(ctx: Context, meeting: Meeting, name: str, text: str) -> None:
    """Write one part of the plan; refuses what is empty, too long or must not be here (SC-6)."""
    extra = theme_day.details(ctx.session, meeting.id or 0)
    if name == "materials":
        meeting.materials = _materials(ctx, meeting, text)
    elif name == "item":
        if len(meeting.agenda) >= _MOST_ITEMS:
            raise Refused("theme_day.too_many_items", limit=_MOST_ITEMS)
        meeting.agenda = [*meeting.agenda, asdict(AgendaItem("other", clean(ctx, text, LONGEST[name])))]
    elif name in ("bring", "same_reason"):
        setattr(extra, name, clean(ctx, text, LONGEST[name]))
    else:
        setattr(meeting, name, clean(ctx, text, LONGEST[name]))
        extra.same_reason = "" if name == "topic" else extra.same_reason
    theme_day.follow(ctx.session, meeting)


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


def set_items(ctx: Context, meeting: Meeting, titles: list[str]) -> None:
    """The fixed items, then these: suggested ones with their length, others as the branch's own."""
    known = {item.title: item for item in ctx.library.content.agenda.suggested}
    fixed = [item for item in meeting.agenda if item["required"]]
    if len(fixed) + len(titles) > _MOST_ITEMS:
        raise Refused("theme_day.too_many_items", limit=_MOST_ITEMS)
    wanted = [known.get(title) or AgendaItem("other", clean(ctx, title, LONGEST["item"])) for title in titles]
    meeting.agenda = [*fixed, *(asdict(item) for item in wanted)]
    theme_day.follow(ctx.session, meeting)


def _materials(ctx: Context, meeting: Meeting, text: str) -> list[int]:
    """Ids of the approved materials whose titles stand in the text, one a line; the word for none clears."""
    titles = [line.strip() for line in text.splitlines() if line.strip()]
    if titles in ([], [ctx.text("theme_day.no_materials")]):
        return []
    names = study.names_around(ctx.session, meeting.unit_id)
    found: list[int] = []
    for title in titles[:_MOST_MATERIALS]:
        fitting = study.matching(ctx.session, title, names)
        exact = [one for one in fitting if one.title == title]
        if len(exact or fitting) != 1:
            key = "theme_day.which_material" if fitting else "theme_day.no_such_material"
            listed = ctx.text("theme_day.comma").join(one.title for one in fitting[:3])
            raise Refused(key, title=title[:40], found=listed)
        found.append((exact or fitting)[0].id or 0)
    return list(dict.fromkeys(found))


def _menu(ctx: Context, meeting: Meeting, same: bool) -> tuple[Choice, ...]:
    labels = {name: ctx.text(f"theme_day.button_{name}") for name in _MENU}
    if same:
        labels["announce"] = ctx.text("theme_day.button_same")
    names = _MENU if meeting.state is MeetingState.PLANNED else _MENU[1:]
    choices = ctx.ask("theme_day.menu", meeting.id or 0, ctx.text("theme_day.menu"), tuple(labels.values()))
    return tuple(choices[_MENU.index(name)] for name in names)


def _in_month(ctx: Context, unit_id: int, year: int, month: int) -> Planned | None:
    """The day by policy, or the next working day left in the month when it has passed (TD-8)."""
    found = planned(ctx, unit_id, year, month)
    if start_of(ctx, found.date) > ctx.now:
        return found
    day: date = ctx.library.content.calendar.add_working_days(ctx.today, 1)
    if (day.year, day.month) != (year, month):
        return None
    return Planned(found.nominal, day, True, found.provisional)


def _told(ctx: Context, meeting: Meeting) -> str:
    return ctx.text("theme_day.members_told") if tell_change(ctx, meeting) else ""


_MENU = ("announce", "topic", "place", "items", "materials", "bring")
