"""Planning the month's theme day: its parts, what repeats, its announcement (TD-2..TD-5)."""

from __future__ import annotations

from datetime import date

from msgspec.structs import asdict

from bot.messages import Choice, Message
from bot.router import Context, Refused
from bot.rules.theme_day import AgendaItem, Planned
from bot.services.theme_day.card import clean, start_of, when
from bot.services.theme_day.reminders import create, planned, replan
from bot.store import study, theme_day
from bot.store.meetings import Meeting, MeetingState
from bot.store.theme_day import ThemeDay

LONGEST = {"topic": 60, "place": 40, "bring": 100, "same_reason": 100, "item": 40}
_MOST_ITEMS = 12
_MOST_MATERIALS = 5


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


def _in_month(ctx: Context, unit_id: int, year: int, month: int) -> Planned | None:
    """The day by policy, or the next working day left in the month when it has passed (TD-8)."""
    found = planned(ctx, unit_id, year, month)
    if start_of(ctx, found.date) > ctx.now:
        return found
    day: date = ctx.library.content.calendar.add_working_days(ctx.today, 1)
    if (day.year, day.month) != (year, month):
        return None
    return Planned(found.nominal, day, True, found.provisional)
