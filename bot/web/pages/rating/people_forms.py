"""The people of a rating that is being prepared: who is rated, who rates, the slips, the tellers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select

from bot.roster import load_roster_words
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.services.rating.roll import Line, Matched, PeopleList, match_targets
from bot.store import people, posts, rating
from bot.store.people import Unit, UnitKind
from bot.store.rating import RatingRound, Target
from bot.web.kept import Typed
from bot.web.page import View, Visit
from bot.web.pages.rating.shared import checked, in_fours, known_under, top_of

MAX_SLIPS = 200
_TELLERS = 2


def values(ctx: Context, found: RatingRound, visit: Visit, action: str) -> dict[str, object]:
    """What the forms show; `action` names the form that was refused and keeps what was typed."""
    number = found.id or 0
    roll = rating.voters(ctx.session, number)
    branch = whole(visit.field("branch") or visit.query.get("branch", ""))
    branches = _branches(ctx, found)
    if branch not in {one["id"] for one in branches}:
        branch = int(str(branches[0]["id"])) if len(branches) == 1 else 0
    names = rating.class_names(found)
    typed = visit.form.get("teller", []) if action == "tellers" else []
    kept = [one.name for one in rating.tellers(ctx.session, number)]
    bound = posts.reachable(ctx.session, [one.member_id for one in roll if one.member_id])
    listed = {one.member_id for one in roll}
    ticked = set(visit.numbers("member")) if action == "add_members" else set()
    chosen = set(visit.numbers("voter")) if action == "voters" else set()
    own = [dict(one.weights) for one in rating.targets(ctx.session, number)]
    return {
        "typed": Typed(action, {name: given[0] for name, given in visit.form.items() if given}),
        "targets": _targets(ctx, found, visit if action == "targets" else None),
        "own_weights": any(own),
        "names": visit.field("names") if action == "add_targets" else "",
        "voters": [
            {
                "id": one.id,
                "name": one.name,
                "group": names[one.class_index],
                "bound": one.member_id in bound,
                "ticked": one.id in chosen,
            }
            for one in roll
            if not one.is_slip
        ],
        "slips": [sum(one.is_slip and one.class_index == at for one in roll) for at in range(len(names))],
        "branches": branches,
        "branch": branch,
        "picked": bool(visit.field("branch") or visit.query.get("branch")),
        "members": [
            {"id": one.id, "name": one.name, "ticked": one.id in ticked, "listed": one.id in listed}
            for one in (known_under(ctx, branch) if branch else [])
        ],
        "tellers": [*(typed or kept), *[""] * _TELLERS][:_TELLERS],
    }


def targets(visit: Visit, ctx: Context, found: RatingRound) -> None:
    """Order, units, notes and own weights as typed; the ticked ones go."""
    before = {one.position: one for one in rating.targets(ctx.session, found.id or 0)}
    names, gone = rating.class_names(found), set(visit.numbers("remove"))
    rows: list[tuple[int, int, Target]] = []
    for at, position in enumerate(visit.numbers("position")):
        one = before.get(position)
        if one is None or position in gone:
            continue
        weights = {name: text for index, name in enumerate(names) if (text := _at(visit, f"weight-{index}", at))}
        if "weight-0" not in visit.form:
            weights = dict(one.weights)
        unit, note = checked(ctx, _at(visit, "unit", at)), checked(ctx, _at(visit, "note", at))
        order = whole(_at(visit, "order", at))
        target = Target(one.name, unit, one.member_id, note, weights)
        rows.append((order if order > 0 else position + 1, position, target))
    rating.set_targets(ctx.session, found, [target for _, _, target in sorted(rows, key=lambda row: row[:2])])


def add_targets(visit: Visit, ctx: Context, found: RatingRound) -> None:
    """Names, one a line, a unit behind a space; whoever is on the roster is recognised."""
    typed = checked(ctx, visit.field("names")).splitlines()
    lines = [Line.typed(row, text) for row, text in enumerate(typed, 1) if text.strip()]
    if not lines:
        raise Refused("rating_console.list.nobody")
    matched = matched_targets(ctx, found, lines)
    append_targets(ctx, found, [target_of(one.line, one.member.id if one.member else None) for one in matched.placed])


def matched_targets(ctx: Context, found: RatingRound, lines: Sequence[Line]) -> Matched:
    """Lines as people of the roster, or as mere names; refused for the first that is unclear."""
    words = load_roster_words(ctx.library.content.file("roster.toml"), ctx.library.content.marks)
    matched = match_targets(PeopleList(tuple(lines), ()), known_under(ctx, found.unit_id), words)
    for one in matched.findings:
        if one.error:
            raise Refused(f"rating_console.list.{one.key}", value=one.value)
    return matched


def target_of(line: Line, member_id: int | None) -> Target:
    """A line as somebody who is rated."""
    return Target(line.name, line.unit, member_id, line.note)


def append_targets(ctx: Context, found: RatingRound, more: Sequence[Target]) -> None:
    """Put more behind those who are rated already."""
    before = [
        Target(one.name, one.unit, one.member_id, one.note, one.weights)
        for one in rating.targets(ctx.session, found.id or 0)
    ]
    rating.set_targets(ctx.session, found, [*before, *more])


def add_members(visit: Visit, ctx: Context, found: RatingRound) -> None:
    """Ticked members become voters of a class, or are rated."""
    branch, wanted = whole(visit.field("branch")), set(visit.numbers("member"))
    if branch not in {one["id"] for one in _branches(ctx, found)}:
        raise Refused("rating_console.unknown_action")
    chosen = [one for one in known_under(ctx, branch) if one.id in wanted]
    if not chosen:
        raise Refused("rating_console.setup.nobody_ticked")
    if visit.field("do") == "targets":
        append_targets(ctx, found, [Target(one.name, one.branch, one.id) for one in chosen])
        return
    for one in chosen:
        rating.add_voter(ctx.session, found, one.id, "", whole(visit.field("class")))


def voters(visit: Visit, ctx: Context, found: RatingRound) -> None:
    """Ticked voters go into another class, or off the roll."""
    chosen = visit.numbers("voter")
    if not chosen:
        raise Refused("rating_console.setup.nobody_ticked")
    for voter_id in chosen:
        if visit.field("do") == "remove":
            rating.drop_voter(ctx.session, found, voter_id)
        else:
            rating.move_voter(ctx.session, found, voter_id, whole(visit.field("class")))


def slips(visit: Visit, ctx: Context, found: RatingRound) -> View:
    """Make anonymous slips; their codes are shown this once (SE-3)."""
    number, at = whole(visit.field("number")), whole(visit.field("class"))
    if not 0 < number <= MAX_SLIPS:
        raise Refused("rating_console.setup.slips_range")
    codes = rating.add_slips(ctx.session, found, at, number)
    ctx.audit("make rating slips", f"{found.id}:{number}")
    values = {
        "number": found.id,
        "title": found.title,
        "heading": ctx.text("rating_console.slips.title"),
        "group": ctx.text("rating_console.slips.class", name=rating.class_names(found)[at]),
        "codes": [in_fours(code) for code in codes],
        "address": ctx.link("/rating/code"),
    }
    return View("rating/console_slips.html", values)


def drop_slips(visit: Visit, ctx: Context, found: RatingRound) -> None:
    """All slips of a class stop working, printed or not."""
    rating.drop_slips(ctx.session, found, whole(visit.field("class")))
    ctx.audit("drop rating slips", str(found.id))


def tellers(visit: Visit, ctx: Context, found: RatingRound) -> None:
    """Two members by name, of the whole bureau; a branch behind a space tells namesakes apart."""
    typed = [text.strip() for text in visit.form.get("teller", []) if text.strip()]
    lines = [Line.typed(row, text) for row, text in enumerate(typed, 1)]
    words = load_roster_words(ctx.library.content.file("roster.toml"), ctx.library.content.marks)
    matched = match_targets(PeopleList(tuple(lines), ()), known_under(ctx, top_of(ctx, found.unit_id)), words)
    for one in matched.findings:
        if one.key == "by_name":
            raise Refused("rating_console.setup.teller_unknown", value=one.value)
        if one.error:
            raise Refused(f"rating_console.list.{one.key}", value=one.value)
    ids = [one.member.id for one in matched.placed if one.member is not None]
    rating.set_tellers(ctx.session, found, ids)


def _targets(ctx: Context, found: RatingRound, typed: Visit | None) -> list[dict[str, object]]:
    names = rating.class_names(found)
    shown: list[dict[str, object]] = []
    for at, one in enumerate(rating.targets(ctx.session, found.id or 0)):
        weights = [one.weights.get(name, "") for name in names]
        shown.append(
            {
                "position": one.position,
                "name": one.name,
                "order": _at(typed, "order", at) if typed else str(one.position + 1),
                "unit": _at(typed, "unit", at) if typed else one.unit,
                "note": _at(typed, "note", at) if typed else one.note,
                "weights": [_at(typed, f"weight-{index}", at) for index in range(len(names))] if typed else weights,
            }
        )
    return shown


def _at(visit: Visit, name: str, at: int) -> str:
    given = visit.form.get(name, [])
    return given[at].strip() if at < len(given) else ""


def _branches(ctx: Context, found: RatingRound) -> list[dict[str, object]]:
    """The branches whose members can be ticked: those of the round's unit."""
    path = people.unit(ctx.session, found.unit_id).path
    query = select(Unit).where(Unit.kind == UnitKind.BRANCH, col(Unit.path).startswith(path, autoescape=True))
    return [{"id": one.id or 0, "name": one.name} for one in ctx.session.exec(query.order_by(col(Unit.id)))]
