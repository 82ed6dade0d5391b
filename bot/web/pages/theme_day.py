"""The month's theme day as a form: see, edit, preview, announce."""

from __future__ import annotations

from datetime import date, datetime, time

from bot.clock import SHANGHAI
from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.services.theme_day import changes, planning
from bot.services.theme_day.card import card, clean
from bot.services.theme_day.reminders import tell_change
from bot.store import people, records, study, theme_day
from bot.store.meetings import Meeting, MeetingState
from bot.store.people import Unit, UnitKind
from bot.web.kept import Typed, kept
from bot.web.page import Page, Redirect, View, Visit

_PATH = "/theme-day"
_TEXTS = ("topic", "place", "bring", "same_reason")


def show(visit: Visit, ctx: Context) -> View:
    """One branch's month."""
    unit = _unit(ctx, visit.field("unit") or visit.query.get("unit", ""))
    year, month = _month(ctx, visit.field("month") or visit.query.get("month", ""))
    meeting = theme_day.of_month(ctx.session, unit.id or 0, year, month)
    policy = theme_day.policy(ctx.session, unit.id or 0, ctx.settings.theme_day.default_policy)
    before, after = (year - (month == 1), (month - 2) % 12 + 1), (year + month // 12, month % 12 + 1)
    return View(
        "theme_day/theme_day.html",
        {
            "unit": {"id": unit.id, "name": unit.name},
            "units": [
                {"id": one.id, "name": one.name} for one in records.branches_below(ctx.session, ctx.led(Role.SECRETARY))
            ],
            "year": year,
            "month": month,
            "before": f"{before[0]}-{before[1]:02d}",
            "after": f"{after[0]}-{after[1]:02d}",
            "policy": changes.policy_text(ctx, policy),
            "planned": meeting is not None,
            "form": _form(ctx, meeting) if meeting else {},
            "typed": Typed(),
        },
    )


def _form(ctx: Context, meeting: Meeting) -> dict[str, object]:
    """What the form shows of a planned day."""
    extra = ctx.session.get(theme_day.ThemeDay, meeting.id) or theme_day.ThemeDay(meeting_id=meeting.id or 0)
    suggested = [item.title for item in ctx.library.content.agenda.suggested]
    chosen = [str(item["title"]) for item in meeting.agenda if not item["required"]]
    return {
        "preview": card(ctx, meeting),
        "starts_at": meeting.starts_at,
        "state": str(meeting.state),
        "open": planning.open_to_change(ctx, meeting),
        "planned": meeting.state is MeetingState.PLANNED,
        "warnings": planning.warn(ctx, meeting, extra),
        "texts": {"topic": meeting.topic, "place": meeting.place, "bring": extra.bring},
        "same_reason": extra.same_reason,
        "items": [(title, title in chosen) for title in suggested],
        "own": "\n".join(title for title in chosen if title not in suggested),
        "materials": "\n".join(one.title for one in study.for_meeting(ctx.session, meeting.id or 0)),
    }


def _save(visit: Visit, ctx: Context) -> Redirect:
    """Make the plan, save the form, or save and announce."""
    unit = _unit(ctx, visit.field("unit"))
    year, month = _month(ctx, visit.field("month"))
    meeting = planning.fetch(ctx, unit.id or 0, (year, month))
    if visit.field("do") != "make":
        if not planning.open_to_change(ctx, meeting):
            raise Refused("theme_day.over")
        _write(visit, ctx, meeting)
    if visit.field("do") == "announce":
        if planning.warn(ctx, meeting, theme_day.details(ctx.session, meeting.id or 0)):
            raise Refused("theme_day.same_needed")
        planning.announce(ctx, meeting)
    return Redirect(f"{_PATH}?unit={unit.id}&month={year}-{month:02d}")


save = kept(_save, show, 403)


def _write(visit: Visit, ctx: Context, meeting: Meeting) -> None:
    """Write what differs; members who had been told learn of it once."""
    starts_at = _moment(visit)
    shown = _form(ctx, meeting)
    texts = {"same_reason": shown["same_reason"], **dict(shown["texts"])}  # type: ignore[call-overload]
    changed = False
    for name in _TEXTS:
        if (said := visit.field(name)) and said != texts[name]:
            planning.put(ctx, meeting, name, said)
            changed = changed or name != "same_reason"
    titles = [*visit.form.get("items", []), *filter(None, map(str.strip, visit.field("own").splitlines()))]
    if titles != [str(item["title"]) for item in meeting.agenda if not item["required"]]:
        planning.set_items(ctx, meeting, titles)
        changed = True
    if _lines(visit.field("materials")) != _lines(str(shown["materials"])):
        none = ctx.text("theme_day.no_materials")
        planning.put(ctx, meeting, "materials", visit.field("materials") or none)
        changed = True
    if starts_at is not None and starts_at != meeting.starts_at:
        _move(visit, ctx, meeting, starts_at)
    elif changed:
        tell_change(ctx, meeting)


def _move(visit: Visit, ctx: Context, meeting: Meeting, starts_at: datetime) -> None:
    changes.check_move(ctx, meeting, starts_at)
    if not visit.field("reason"):
        raise Refused("theme_day.reason_needed")
    if ctx.library.content.calendar.is_rest(starts_at.date()) and not visit.field("rest_day"):
        raise Refused("theme_day.rest_day_tick")
    reason = clean(ctx, visit.field("reason"), changes.LONGEST_REASON)
    changes.move_to(ctx, meeting, starts_at, reason)


def _unit(ctx: Context, said: str) -> Unit:
    """The branch that is meant, which the person must lead."""
    number = named if (named := whole(said)) >= 0 else ctx.unit_id
    ctx.require(Role.SECRETARY, number)
    unit = people.unit(ctx.session, number)
    if unit.kind is UnitKind.BRANCH:
        return unit
    below = records.branches_below(ctx.session, [number])
    if not below:
        raise Refused("theme_day.name_branch")
    return below[0]


def _month(ctx: Context, said: str) -> tuple[int, int]:
    try:
        first = date.fromisoformat(f"{said}-01")
    except ValueError:
        first = ctx.today
    if not 2000 <= first.year <= 2100:
        raise Refused("web.not_found")
    return first.year, first.month


def _moment(visit: Visit) -> datetime | None:
    """When it is to be; None where the form leaves day and time out. What cannot be read is refused."""
    if not (visit.field("date") or visit.field("time")):
        return None
    try:
        day, at = date.fromisoformat(visit.field("date")), time.fromisoformat(visit.field("time"))
    except ValueError:
        raise Refused("theme_day.unclear_moment") from None
    return datetime.combine(day, at.replace(tzinfo=None), SHANGHAI)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


PAGES = (Page(_PATH, Role.SECRETARY, get=show, post=save, menu=(Role.SECRETARY,)),)
