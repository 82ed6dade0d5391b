"""The ledger: every unit's term, and the elections of one unit."""

from __future__ import annotations

from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.services.election import appointments, next_step, preparing, terms
from bot.services.election.words import day, number
from bot.store import election as store
from bot.store import people
from bot.store.people import Unit, UnitKind
from bot.web.kept import Typed, kept
from bot.web.page import Redirect, Result, View, Visit


def everywhere(visit: Visit, ctx: Context) -> Result:
    """Terms and states: of all units for the office, else of those that the secretary leads (8.6)."""
    office = bool(ctx.led(Role.OFFICE))
    led = ctx.led(Role.SECRETARY)
    if not office and not led:
        raise Refused("help.no_right")
    listed = store.units(ctx.session, store.top(ctx.session) if office else led)
    if len(listed) == 1:
        return Redirect(f"/elections/unit/{listed[0].id}")
    return View("election/units.html", {"units": [_line(ctx, unit) for unit in listed]})


def _line(ctx: Context, unit: Unit) -> dict[str, object]:
    term = terms.term_of(ctx, unit.id or 0)
    election = store.open_for(ctx.session, unit.id or 0)
    return {
        "id": unit.id,
        "name": unit.name,
        "deadline": term.deadline if term else None,
        "state": str(terms.state_of(ctx, term)) if term else "unknown",
        "stage": next_step.next_key(ctx, election) if election else "",
    }


def show(visit: Visit, ctx: Context) -> View:
    """One unit: its term, its elections, and the forms for those who write them."""
    unit = _unit(visit, ctx)
    row = ctx.session.get(store.UnitTerm, unit.id)
    term = row.term() if row else None
    return View(
        "election/unit.html",
        {
            "unit": {"id": unit.id, "name": unit.name},
            "term": term,
            "term_text": terms.term_text(ctx, term),
            "late": term is None or terms.state_of(ctx, term) in ("due_soon", "overdue"),
            "years": term.years if term else terms.usual_years(ctx, unit.id or 0),
            "appointments": [one.model_dump() for one in store.appointments(ctx.session, unit.id or 0)],
            "posts": _posts(ctx, unit.id or 0),
            "offices": [str(one) for one in appointments.OFFICES],
            "elections": [
                {
                    "id": one.id,
                    "by_election": one.by_election,
                    "started_on": one.started_on,
                    "announced_on": one.announced_on,
                }
                for one in store.of_unit(ctx.session, unit.id or 0)
            ],
            "leads": ctx.may(Role.SECRETARY, unit.id or 0),
            "may_begin": store.open_for(ctx.session, unit.id or 0) is None,
            "typed": Typed(),
        },
    )


def _posts(ctx: Context, unit_id: int) -> list[dict[str, object]]:
    """The announced elections whose result the roster does not have yet."""
    listed = [(one, appointments.to_change(ctx, one)) for one in store.of_unit(ctx.session, unit_id)]
    return [{"held_on": one.held_on, "changes": changes} for one, changes in listed if changes]


def _save(visit: Visit, ctx: Context) -> Redirect:
    """Write the term, the approved other date or an appointment, or begin an election."""
    unit = _unit(visit, ctx)
    unit_id, do = unit.id or 0, visit.field("do")
    if do == "term":
        years = number(ctx, visit.field("years"), "years")
        terms.set_term(ctx, unit_id, day(ctx, visit.field("elected_on"), "elected_on"), years)
    elif do == "other_date":
        until = day(ctx, visit.field("until"), "until")
        terms.set_other_date(ctx, unit_id, until, visit.field("approval_no"))
    elif do == "appoint":
        on = day(ctx, visit.field("appointed_on"), "appointed_on")
        said = [visit.field(name) for name in ("office", "name", "approval_no")]
        appointments.appoint(ctx, unit_id, said[0], said[1], on, said[2])
    elif do == "no_appointment":
        appointments.take_back(ctx, unit_id, whole(visit.field("item")))
    elif do in ("begin", "begin_by"):
        election = preparing.begin(ctx, unit_id, by_election=do == "begin_by")
        return Redirect(f"/elections/{election.id}")
    return Redirect(f"/elections/unit/{unit_id}")


save = kept(_save, show)


def _unit(visit: Visit, ctx: Context) -> Unit:
    """A unit whose term the person may see."""
    number_given = visit.number("unit")
    if not ctx.led(Role.OFFICE):
        ctx.require(Role.SECRETARY, number_given)
    try:
        unit = people.unit(ctx.session, number_given)
    except LookupError:
        raise Refused("web.not_found") from None
    if unit.kind is UnitKind.GROUP:
        raise Refused("election.no_unit")
    return unit
