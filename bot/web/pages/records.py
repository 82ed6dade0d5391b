"""A branch's month on one page, its files, and the minutes of a meeting."""

from __future__ import annotations

from bot.messages import Role, Unmade
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.rules.attendance import percent
from bot.services.records import compose, month, signing, writing
from bot.store import meetings, records
from bot.store.meetings import Meeting, MeetingState
from bot.store.people import Unit
from bot.web.kept import Typed, kept
from bot.web.page import Page, Redirect, View, Visit

_PARTS = ("place", "agenda", "rewrite", "decision", "attachment")


def newest(visit: Visit, ctx: Context) -> Redirect:
    """This month."""
    return Redirect(f"/records/{ctx.today.year}/{ctx.today.month}")


def show(visit: Visit, ctx: Context) -> View:
    """The month: of one branch, or of all branches where the person leads several."""
    year, number = _month(visit)
    before, after = (year - (number == 1), (number - 2) % 12 + 1), (year + number // 12, number % 12 + 1)
    values = {"percent": percent, "year": year, "month": number, "before": before, "after": after, "query": ""}
    listed = _branches(ctx)
    said = visit.query.get("unit", "")
    if not said and len(listed) > 1:
        lines = [({"id": one.id, "name": one.name}, _lines(ctx, one, year, number)) for one in listed]
        return View("records/all.html", {**values, "branches": lines})
    unit, named = _unit(ctx, said, listed)
    return View(
        "records/records.html",
        {
            **values,
            "query": f"?unit={unit.id}",
            "unit": {"id": unit.id, "name": unit.name},
            "named": named,
            "record": compose.month_of(ctx, unit.id or 0, year, number, named=False),
            "numbers": [one.id for one in records.held_in(ctx.session, unit.id or 0, year, number, ctx.now)],
            "labels": ctx.library.content.labels,
            "missing": compose.missing_this_period(ctx, unit, year, number),
            "several": len(listed) > 1,
        },
    )


def download(visit: Visit, ctx: Context) -> Unmade:
    """The month as Word or Excel; the office gets totals only (8.6)."""
    year, number = _month(visit)
    unit, named = _unit(ctx, visit.query.get("unit", ""), _branches(ctx))
    kind = visit.params["kind"]
    if kind not in ("docx", "xlsx"):
        raise Refused("web.not_found")
    return month.month_file(ctx, compose.month_of(ctx, unit.id or 0, year, number, named=named), kind)


def minutes(visit: Visit, ctx: Context) -> View:
    """The minutes of one meeting: to be written, signed or corrected."""
    meeting = _meeting(visit, ctx)
    row = records.find(ctx.session, meeting.id or 0)
    return View(
        "records/minutes.html",
        {
            "meeting": {
                "id": meeting.id,
                "unit_id": meeting.unit_id,
                "starts_at": meeting.starts_at,
                "place": meeting.place,
            },
            "minutes": compose.minutes_of(ctx, meeting),
            "content": row.content if row else "",
            "preview": writing.preview(ctx, meeting),
            "status": writing.status(ctx, meeting),
            "agenda": "\n".join(str(one["title"]) for one in meeting.agenda if not one["required"]),
            "may_sign": ctx.may(Role.SECRETARY, meeting.unit_id),
            "typed": Typed(),
        },
    )


def _save(visit: Visit, ctx: Context) -> Redirect:
    """Save the parts, sign, or append a correction."""
    meeting = _meeting(visit, ctx)
    row = records.find(ctx.session, meeting.id or 0)
    if visit.field("do") == "correct":
        if row is None or row.signed_at is None:
            raise Refused("records.edit_instead")
        signing.append_correction(ctx, meeting, row, visit.field("correction"))
        return Redirect(f"/records/minutes/{meeting.id}")
    writing.unsigned(ctx, meeting.id or 0)
    for name in _PARTS:
        if said := visit.field(name):
            writing.put(ctx, meeting, name, said)
    if visit.field("chair") and visit.field("recorder"):
        writing.put(ctx, meeting, "people", f"{visit.field('chair')} {visit.field('recorder')}")
    if visit.field("do") == "sign":
        ctx.session.flush()
        signing.lock(ctx, meeting)
    return Redirect(f"/records/minutes/{meeting.id}")


save = kept(_save, minutes, 403)


def minutes_docx(visit: Visit, ctx: Context) -> Unmade:
    """The minutes as a Word file."""
    return month.minutes_file(ctx, _meeting(visit, ctx))


def _meeting(visit: Visit, ctx: Context) -> Meeting:
    """A begun meeting of a branch whose committee the person is in."""
    meeting = meetings.find(ctx.session, visit.number("meeting"))
    if meeting is None or meeting.state is MeetingState.CANCELLED:
        raise Refused("web.not_found")
    ctx.require(Role.COMMITTEE, meeting.unit_id)
    if meeting.starts_at > ctx.now:
        raise Refused("records.not_yet")
    return meeting


def _lines(ctx: Context, unit: Unit, year: int, number: int) -> list[object]:
    held = records.held_in(ctx.session, unit.id or 0, year, number, ctx.now)
    return [compose.session_line(ctx, one) for one in held]


def _branches(ctx: Context) -> list[Unit]:
    """The branches whose month the person may see at all."""
    led = {unit for role in (Role.COMMITTEE, Role.OFFICE) for unit in ctx.led(role)}
    return records.branches_below(ctx.session, sorted(led))


def _unit(ctx: Context, said: str, listed: list[Unit]) -> tuple[Unit, bool]:
    """The branch that is meant, and whether people's names may be shown."""
    number = max(whole(said), 0)
    fitting = [unit for unit in listed if unit.id == number] if number else listed[:1]
    if not fitting:
        raise Refused("help.not_yours" if number else "help.no_right")
    return fitting[0], ctx.may(Role.COMMITTEE, fitting[0].id or 0)


def _month(visit: Visit) -> tuple[int, int]:
    year, number = visit.number("year"), visit.number("month")
    if not (2000 <= year <= 2100 and 1 <= number <= 12):
        raise Refused("web.not_found")
    return year, number


PAGES = (
    Page("/records", Role.MEMBER, get=newest, menu=(Role.COMMITTEE, Role.OFFICE)),
    Page("/records/minutes/{meeting}", Role.COMMITTEE, get=minutes, post=save),
    Page("/records/minutes/{meeting}/docx", Role.COMMITTEE, get=minutes_docx),
    Page("/records/{year}/{month}", Role.MEMBER, get=show),
    Page("/records/{year}/{month}/{kind}", Role.MEMBER, get=download),
)
