"""What a theme day says, and what may be written into it."""

from __future__ import annotations

import logging
from datetime import date, datetime

from bot.messages import Choice, Role
from bot.router import Context, Refused
from bot.rules.secrecy import find_marks
from bot.store import meetings, people, study, theme_day
from bot.store.meetings import Meeting, MeetingState

_log = logging.getLogger(__name__)
_SATURDAY = 5


def material_buttons(ctx: Context, meeting: Meeting) -> tuple[Choice, ...]:
    """A button per study material of the day: one tap opens it, so it goes out with the theme day."""
    phrase = ctx.library.content.texts.phrases("study.look")[0]
    found = study.for_meeting(ctx.session, meeting.id or 0)
    return tuple(
        Choice(ctx.text("theme_day.open_material", title=one.title), f"c:{phrase} {one.id}") for one in found
    )


def open_day(ctx: Context, meeting_id: int) -> Meeting:
    """The theme day of a question, for its secretary; refused once it is over or called off."""
    meeting = meetings.find(ctx.session, meeting_id)
    if meeting is None or meeting.state is MeetingState.CANCELLED:
        raise Refused("help.stale_button")
    ctx.require(Role.SECRETARY, meeting.unit_id)
    if meeting.state is MeetingState.HELD or meeting.ends_at <= ctx.now:
        raise Refused("theme_day.over")
    return meeting


def clean(ctx: Context, text: str, most: int) -> str:
    """The text on one line; refused when empty, longer than `most`, or carrying a secrecy mark (SC-6)."""
    tidy = " ".join(text.split())
    if not tidy:
        raise Refused("theme_day.empty")
    if len(tidy) > most:
        raise Refused("theme_day.too_long", limit=most)
    if found := find_marks(tidy, ctx.library.content.marks):
        _log.warning("refused a text: %s", ", ".join(found))
        raise Refused("theme_day.secret")
    return tidy


def day_text(ctx: Context, day: date) -> str:
    """A date with its weekday."""
    weekday = ctx.text("theme_day.weekdays")[day.weekday()]
    return ctx.text("theme_day.day", month=day.month, day=day.day, weekday=weekday)


def when(ctx: Context, meeting: Meeting) -> str:
    """Date, start and end."""
    end = meeting.ends_at
    return ctx.text(
        "theme_day.when",
        day=day_text(ctx, meeting.starts_at.date()),
        start=f"{meeting.starts_at:%H:%M}",
        end=f"{end:%H:%M}",
    )


def card(ctx: Context, meeting: Meeting, *, planning: bool = False) -> str:
    """Everything that is settled so far; `planning` adds what only the secretary needs."""
    extra = theme_day.details(ctx.session, meeting.id or 0) if planning else None
    bring = extra.bring if extra else _bring(ctx, meeting)
    lines = [head(ctx, meeting), ctx.text("theme_day.line_when", when=when(ctx, meeting))]
    lines += _moved(ctx, meeting)
    other = theme_day.second(ctx.session, meeting.id or 0)
    if other is not None:
        lines.append(ctx.text("theme_day.line_second", when=when(ctx, other)))
    missing = ctx.text("theme_day.missing")
    lines.append(ctx.text("theme_day.line_place", place=meeting.place or missing))
    lines.append(ctx.text("theme_day.line_topic", topic=meeting.topic or missing))
    lines.append(ctx.text("theme_day.line_agenda"))
    lines += [_item(ctx, number, item) for number, item in enumerate(meeting.agenda, 1)]
    if titles := [one.title for one in study.for_meeting(ctx.session, meeting.id or 0)]:
        lines.append(ctx.text("theme_day.line_materials", titles=ctx.text("theme_day.comma").join(titles)))
    lines.append(ctx.text("theme_day.line_bring", bring=bring or ctx.text("theme_day.bring_usual")))
    return "\n".join(lines)


def head(ctx: Context, meeting: Meeting) -> str:
    """ "Roads branch, theme day of November" """
    branch = people.unit(ctx.session, meeting.unit_id).name
    return ctx.text("theme_day.head", branch=branch, month=meeting.starts_at.month)


def start_of(ctx: Context, day: date) -> datetime:
    """The usual start on a day."""
    return datetime.combine(day, usual_start(ctx).timetz())


def usual_start(ctx: Context) -> datetime:
    """Today at the configured start."""
    hour, _, minute = ctx.settings.theme_day.start.partition(":")
    return ctx.now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)


def _bring(ctx: Context, meeting: Meeting) -> str:
    row = ctx.session.get(theme_day.ThemeDay, meeting.id)
    return row.bring if row else ""


def _moved(ctx: Context, meeting: Meeting) -> list[str]:
    """TD-9: the nominal date stays visible; CA-4: a year without a notice is provisional."""
    day = meeting.starts_at.date()
    lines = []
    if meeting.nominal_on is not None and meeting.nominal_on != day:
        nominal = day_text(ctx, meeting.nominal_on)
        if meeting.change_reason:
            lines.append(ctx.text("theme_day.line_changed", nominal=nominal, reason=meeting.change_reason))
        else:
            calendar = ctx.library.content.calendar
            works = meeting.nominal_on.weekday() < _SATURDAY and not calendar.is_rest(meeting.nominal_on)
            lines.append(ctx.text("theme_day.line_passed" if works else "theme_day.line_moved", nominal=nominal))
    if ctx.library.content.calendar.provisional(day):
        lines.append(ctx.text("theme_day.line_provisional", year=day.year))
    return lines


def _item(ctx: Context, number: int, item: dict[str, object]) -> str:
    key = "theme_day.item_timed" if item.get("minutes") else "theme_day.item"
    return ctx.text(key, number=number, title=item["title"], minutes=item.get("minutes"))
