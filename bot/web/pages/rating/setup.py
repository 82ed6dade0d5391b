"""Preparing a rating: what its page shows, and the changes of its rules. Every change voids earlier approvals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlmodel import col, select

from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.rules.rating_plan import Defaults
from bot.services.rating import stages
from bot.store import meetings, people, posts, rating
from bot.store.people import Member
from bot.store.rating import RatingRound, RoundKind, RoundMode
from bot.web.page import Redirect, View, Visit
from bot.web.pages.rating import people_forms
from bot.web.pages.rating.shared import checked, moment, short, values_of

_SECTIONS = {
    "options": "options",
    "items": "items",
    "grades": "grades",
    "classes": "classes",
    "merge": "classes",
    "targets": "targets",
    "add_targets": "targets",
    "prefill": "targets",
    "take_targets": "targets",
    "voters": "voters",
    "add_members": "voters",
    "drop_slips": "voters",
    "slips": "voters",
    "take_voters": "voters",
    "tellers": "tellers",
}
"""Where on the page an action's outcome is told."""
_THIN = 2
"""A class with fewer than so many people above the minimum is soon too small: a blank sheet, and nobody rates
themselves (SR-10, SR-14)."""
_SPARE = {"items": 2, "grades": 1, "classes": 1}


def view(ctx: Context, found: RatingRound, said: str, problem: str, visit: Visit) -> View:
    """The draft with everything that can be changed; after a refusal what was typed is still there."""
    missing, approved = _missing(ctx, found), rating.approvals(ctx.session, found)
    fingerprint = rating.digest(rating.build_manifest(ctx.session, found))
    action = visit.field("action") if problem else ""
    sizes = rating.by_class(found, rating.voters(ctx.session, found.id or 0))
    values = {
        "round": values_of(found),
        "said": said,
        "problem": problem,
        "at": _SECTIONS.get(visit.field("action"), ""),
        "missing": missing,
        "hash": fingerprint,
        "fingerprint": short(fingerprint),
        "approved": _names(ctx, approved),
        "may_approve": rating.may_approve(ctx.session, found, ctx.member.id),
        "has_approved": ctx.member.id in approved,
        "is_teller": found.mode is RoundMode.SEALED and rating.is_teller(ctx.session, found.id or 0, ctx.member.id),
        "modes": list(RoundMode),
        "may_rank": found.kind is RoundKind.FREE,
        "may_cap": found.kind is RoundKind.MEMBER_RATING,
        "options": _typed_options(visit) if action == "options" else _options(found),
        "meetings": _meetings(ctx, found),
        "class_names": rating.class_names(found),
        **{name: _rows(found, name, visit if action == name else None) for name in _SPARE},
        "class_sizes": sizes,
        "thin": _thin(ctx, found, sizes),
        **people_forms.values(ctx, found, visit, action),
    }
    return View("rating/console_setup.html", values, 422 if problem else 200)


def summary(ctx: Context, found: RatingRound, said: str, problem: str) -> View:
    """The draft for somebody who may only approve it: everything that the approval freezes."""
    fingerprint = rating.digest(rating.build_manifest(ctx.session, found))
    values = {
        "round": values_of(found),
        "said": said,
        "problem": problem,
        "missing": _missing(ctx, found),
        "hash": fingerprint,
        "fingerprint": short(fingerprint),
        "approved": _names(ctx, rating.approvals(ctx.session, found)),
        "parts": [
            (ctx.text(f"rating_console.setup.{key}"), ctx.text("poll.comma").join(listed))
            for key, listed in _frozen(ctx, found)
            if listed
        ],
        "rules": _rules(ctx, found),
    }
    return View("rating/console_approve.html", values, 422 if problem else 200)


def _frozen(ctx: Context, found: RatingRound) -> list[tuple[str, list[str]]]:
    """The parts of the manifest that are lists; in a ranked round with what they count."""
    say, number = partial(_counted, ctx, found), found.id or 0
    roll = rating.voters(ctx.session, number)
    sizes = zip(found.classes, rating.by_class(found, roll), strict=True)
    own = [
        (one.name, ctx.text("poll.comma").join(f"{name} {weight}" for name, weight in one.weights.items()))
        for one in rating.targets(ctx.session, number)
    ]
    return [
        ("targets", [say("own_weights", name, weights) if weights else name for name, weights in own]),
        ("items", [say("weight", str(one["name"]), str(one["weight"])) for one in found.items]),
        ("grades", [say("value" if one["value"] else "uncounted", one["name"], one["value"]) for one in found.grades]),
        ("classes", [say("weight", f"{one['name']} {size}", str(one["weight"])) for one, size in sizes]),
        ("voters", [one.name for one in roll if not one.is_slip]),
        ("tellers", [one.name for one in rating.tellers(ctx.session, number)]),
    ]


def _counted(ctx: Context, found: RatingRound, key: str, name: str, number: str | None) -> str:
    """A name with its weight or value; these mean nothing where there is no total."""
    return ctx.text(f"rating_console.approve.{key}", name=name, number=number or "") if found.ranked else name


def _rules(ctx: Context, found: RatingRound) -> list[str]:
    """The switches of the manifest as sentences."""
    keys = ["ranked" if found.ranked else "unranked", "per_speaker" if found.per_speaker else "all_at_once"]
    if found.mode is RoundMode.SEALED:
        keys += ["two_open" if found.second_check else "one_opens", "min_group"]
    if found.cap:
        keys.append("cap")
    return [
        ctx.text(f"rating_console.approve.{key}", least=found.min_group, cap=found.cap, grade=found.grades[0]["name"])
        for key in keys
    ]


def approve(visit: Visit, ctx: Context, found: RatingRound) -> str:
    """Approve what was seen; the second person's approval opens the round (NS-2)."""
    if visit.field("hash") != rating.digest(rating.build_manifest(ctx.session, found)):
        raise Refused("rating_console.setup.approve_stale")
    if ctx.member.id in rating.approvals(ctx.session, found):
        raise Refused("rating_console.setup.approved_already")
    if not rating.approve(ctx.session, found, ctx.member.id, ctx.now):
        stages.approved_once(ctx, found)
        return ctx.text("rating_console.setup.approved_waiting")
    stages.opened(ctx, found)
    return ctx.text("rating_console.setup.opened")


def options(visit: Visit, ctx: Context, found: RatingRound) -> None:
    """Title, mode, meeting, minutes, deadline and the switches."""
    title = checked(ctx, visit.field("title"))
    minutes, meeting = whole(visit.field("minutes_each") or "0"), whole(visit.field("meeting"))
    if minutes < 0:
        raise Refused("rating_console.bad_number", field=ctx.text("rating_console.setup.minutes_each"))
    if visit.field("mode") not in list(RoundMode):
        raise Refused("rating_console.unknown_action")
    special: dict[str, object] = {}
    if found.kind is RoundKind.FREE:
        special["ranked"] = visit.field("ranked") == "1"
    if found.kind is RoundKind.MEMBER_RATING:
        special["cap"] = visit.field("cap")
    rating.set_options(
        ctx.session,
        found,
        title=title,
        mode=RoundMode(visit.field("mode")),
        minutes_each=minutes,
        meeting_id=meeting if meeting > 0 else None,
        per_speaker=visit.field("per_speaker") == "1",
        second_check=visit.field("second_check") == "1",
        **special,
    )
    closes_at = moment(visit.field("closes_at"))
    if closes_at is not None and closes_at <= ctx.now:
        raise Refused("rating_console.setup.closes_soon")
    rating.set_closing(ctx.session, found, closes_at)


def items(visit: Visit, ctx: Context, found: RatingRound) -> None:
    """The lines of the sheet; a row without a name is dropped."""
    rating.set_items(ctx.session, found, [(checked(ctx, name), weight or "1") for name, weight in _given(visit)])


def grades(visit: Visit, ctx: Context, found: RatingRound) -> None:
    """The grades, best first; one without a value does not count (SR-9)."""
    rating.set_grades(ctx.session, found, [(checked(ctx, name), value or None) for name, value in _given(visit)])


def classes(visit: Visit, ctx: Context, found: RatingRound) -> None:
    """The classes and their weights."""
    rating.set_classes(ctx.session, found, [(checked(ctx, name), weight or "0") for name, weight in _given(visit)])


def merge(visit: Visit, ctx: Context, found: RatingRound) -> None:
    """Put a class that is too small into another one (SE-5)."""
    rating.merge_class(ctx.session, found, whole(visit.field("from")), whole(visit.field("into")))


def prefill(visit: Visit, ctx: Context, found: RatingRound) -> None:
    """Targets and roll as the roster has them now; probationary members are rated only if ticked (DR-5)."""
    rated = visit.field("probationary") == "1"
    rating.prefill(ctx.session, found, defaults(ctx), rate_probationary=rated)


def defaults(ctx: Context) -> Defaults:
    """What a new rating begins with."""
    return rating.defaults_of(ctx.library.content.ratings, ctx.settings.rating)


def drop(visit: Visit, ctx: Context, found: RatingRound) -> Redirect:
    """Delete a draft that nobody has approved."""
    if visit.field("sure") != "1":
        raise Refused("rating_console.sure_first")
    rating.drop_draft(ctx.session, found)
    ctx.audit("drop rating", str(found.id))
    return Redirect("/ratings")


def _missing(ctx: Context, found: RatingRound) -> list[str]:
    """Sentences on what keeps the round from opening, in the order in which to mend it."""
    wrong = [ctx.text(one.key, **one.values) for one in rating.problems(ctx.session, found)]
    tellers = rating.tellers(ctx.session, found.id or 0)
    with_account = posts.reachable(ctx.session, [one.member_id for one in tellers])
    for one in tellers:
        if found.mode is RoundMode.SEALED and one.member_id not in with_account:
            wrong.append(ctx.text("rating_console.setup.missing_teller_account", name=one.name))
    if found.closes_at is not None and found.closes_at <= ctx.now:
        wrong.append(ctx.text("rating_console.setup.missing_deadline"))
    return wrong


def _thin(ctx: Context, found: RatingRound, sizes: list[int]) -> list[str]:
    """Hints on classes that hold just enough people; a named round shows its classes whatever their size."""
    if found.mode is RoundMode.NAMED:
        return []
    key, least = "thin" if len(sizes) > 1 else "thin_only", found.min_group
    return [
        ctx.text(f"rating_console.setup.{key}", name=name, count=size, lost=size - least + 1, least=least)
        for name, size in zip(rating.class_names(found), sizes, strict=True)
        if least <= size < least + _THIN
    ]


def _options(found: RatingRound) -> dict[str, object]:
    return {
        "title": found.title,
        "mode": str(found.mode),
        "meeting": str(found.meeting_id or ""),
        "minutes_each": str(found.minutes_each),
        "closes_at": found.closes_at.strftime("%Y-%m-%dT%H:%M") if found.closes_at else "",
        "cap": found.cap,
        "per_speaker": found.per_speaker,
        "second_check": found.second_check,
        "ranked": found.ranked,
    }


def _typed_options(visit: Visit) -> dict[str, object]:
    typed = {name: visit.field(name) for name in ("title", "mode", "meeting", "minutes_each", "closes_at", "cap")}
    return {**typed, **{name: visit.field(name) == "1" for name in ("per_speaker", "second_check", "ranked")}}


def _rows(found: RatingRound, name: str, visit: Visit | None) -> list[tuple[str, str]]:
    """The rows of a table of names and numbers, with empty ones to write into; what was typed, if it was refused."""
    if visit is not None:
        return [(one, number) for one, number in _pairs(visit)]
    key = {"items": "weight", "grades": "value", "classes": "weight"}[name]
    stored = [(str(one["name"]), str(one[key] or "")) for one in getattr(found, name)]
    return [*stored, *[("", "")] * _SPARE[name]]


def _pairs(visit: Visit) -> Iterator[tuple[str, str]]:
    return zip(visit.form.get("name", []), visit.form.get("number", []), strict=False)


def _given(visit: Visit) -> list[tuple[str, str]]:
    return [(name.strip(), number.strip()) for name, number in _pairs(visit) if name.strip()]


def _meetings(ctx: Context, found: RatingRound) -> list[dict[str, object]]:
    """The meetings of the round's unit and of those above it, this month and the next."""
    month, after = (ctx.now.year, ctx.now.month), (ctx.now.year + ctx.now.month // 12, ctx.now.month % 12 + 1)
    units = people.unit(ctx.session, found.unit_id).line
    listed = [one for unit in units for at in (month, after) for one in meetings.of_month(ctx.session, unit, *at)]
    kept = meetings.find(ctx.session, found.meeting_id) if found.meeting_id else None
    if kept is not None and kept.id not in {one.id for one in listed}:
        listed.insert(0, kept)
    return [{"id": one.id, "label": f"{one.starts_at:%m-%d %H:%M} {one.title}"} for one in listed]


def _names(ctx: Context, member_ids: list[int]) -> str:
    names = ctx.session.exec(select(Member.name).where(col(Member.id).in_(member_ids)).order_by(col(Member.id)))
    return ctx.text("poll.comma").join(names)
