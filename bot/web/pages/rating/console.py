"""The ratings that somebody looks after: the list, a new one, and each one's page by its phase."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.store import people, rating
from bot.store.people import UnitKind
from bot.store.rating import RatingError, RatingRound, RoundKind, RoundMode, RoundState
from bot.web.page import Page, Redirect, Result, View, Visit
from bot.web.pages.rating import people_forms, running, setup, upload
from bot.web.pages.rating.shared import LONGEST_TITLE, checked, own_round, round_of, short, values_of

Action = Callable[[Visit, Context, RatingRound], str | Result | None]
_PREPARING: dict[str, Action] = {
    "options": setup.options,
    "items": setup.items,
    "grades": setup.grades,
    "classes": setup.classes,
    "merge": setup.merge,
    "prefill": setup.prefill,
    "targets": people_forms.targets,
    "add_targets": people_forms.add_targets,
    "add_members": people_forms.add_members,
    "voters": people_forms.voters,
    "slips": people_forms.slips,
    "drop_slips": people_forms.drop_slips,
    "tellers": people_forms.tellers,
    "take_voters": upload.take_voters,
    "take_targets": upload.take_targets,
    "drop": setup.drop,
}
_RUNNING: dict[str, Action] = {
    "speak": running.speak,
    "presence": running.presence,
    "remind": running.remind,
    "deadline": running.deadline,
    "close": running.close,
}
_KINDS = {
    UnitKind.COMMITTEE: (RoundKind.SECRETARY_REVIEW, RoundKind.BRANCH_REVIEW, RoundKind.FREE),
    UnitKind.BRANCH: (RoundKind.MEMBER_RATING, RoundKind.FREE),
}


def listed(visit: Visit, ctx: Context) -> View:
    """The rounds of the units that this person looks after, and the form for a new one."""
    return _list(visit, ctx)


def make(visit: Visit, ctx: Context) -> Result:
    """A new draft, prefilled for its kind; a refusal keeps what was typed."""
    try:
        return _made(visit, ctx)
    except (RatingError, Refused) as no:
        return _list(visit, ctx, ctx.text(no.key, **no.values))


def show(visit: Visit, ctx: Context) -> Result:
    """One round, by its phase."""
    return _page(visit, ctx, round_of(ctx, visit.number("round")))


def act(visit: Visit, ctx: Context) -> Result:
    """One of its buttons. What is refused changes nothing, and what was typed is shown again."""
    found, name = round_of(ctx, visit.number("round")), visit.field("action")
    try:
        with ctx.session.begin_nested():
            return _done(visit, ctx, found, name)
    except (RatingError, Refused) as no:
        ctx.session.expire_all()
        return _page(visit, ctx, found, problem=ctx.text(no.key, **no.values))


def live(visit: Visit, ctx: Context) -> Mapping[str, object]:
    """The turnout, for the owner's page."""
    return running.live(ctx, own_round(ctx, visit.number("round")))


def _done(visit: Visit, ctx: Context, found: RatingRound, name: str) -> Result:
    if name == "approve":
        return _page(visit, ctx, found, setup.approve(visit, ctx, found))
    found = own_round(ctx, found.id or 0)
    if name == "cancel":
        return running.cancel(visit, ctx, found)
    action = _PREPARING.get(name) or _RUNNING.get(name)
    if action is None:
        raise Refused("rating_console.unknown_action")
    wanted = RoundState.DRAFT if name in _PREPARING else RoundState.OPEN
    if found.state is not wanted:
        raise RatingError(f"state_{found.state}")
    before = bool(rating.approvals(ctx.session, found)) if name in _PREPARING else False
    said = action(visit, ctx, found)
    if isinstance(said, str) or said is None:
        void = before and not rating.approvals(ctx.session, found)
        key = "rating_console.saved_approvals" if void else "rating_console.saved"
        return _page(visit, ctx, found, ctx.text(key) if void or said is None else said)
    return said


def _page(visit: Visit, ctx: Context, found: RatingRound, said: str = "", problem: str = "") -> View:
    owner = rating.may_run(ctx.session, found, ctx.member.id)
    if found.state is RoundState.DRAFT:
        if owner:
            return setup.view(ctx, found, said, problem, visit)
        return setup.summary(ctx, found, said, problem)
    if found.state is RoundState.OPEN and owner:
        return running.view(ctx, found, said, problem, visit)
    return _after(ctx, found, said, problem)


def _after(ctx: Context, found: RatingRound, said: str, problem: str) -> View:
    """Closed or over: what comes next, as links; no grades here."""
    owner = rating.may_run(ctx.session, found, ctx.member.id)
    links, tellers = [], ""
    if found.state is RoundState.CLOSED and found.mode is RoundMode.SEALED:
        tellers = ctx.text("poll.comma").join(one.name for one in rating.tellers(ctx.session, found.id or 0))
    if found.state is RoundState.CLOSED and rating.is_teller(ctx.session, found.id or 0, ctx.member.id):
        links = [("open", ctx.text("rating_console.running.to_tellers"))]
        links += [("paper", ctx.text("rating_console.running.to_paper"))] if sum(found.paper_issued) else []
    if found.state is RoundState.PUBLISHED:
        links = [("result", ctx.text("rating_console.running.to_result"))]
    if found.state is RoundState.VOID:
        sentence = ctx.text(f"rating.void_reason.{found.void_reason}")
    else:
        counted = rating.turnout(ctx.session, found)
        sentence = ctx.text(f"rating_console.after.{found.state}", cast=counted.cast, paper=counted.paper)
    values = {
        "round": values_of(found),
        "said": said,
        "problem": problem,
        "sentence": sentence,
        "next": ctx.text("rating_console.after.next_tellers", names=tellers) if tellers else "",
        "fingerprint": short(found.manifest_hash) if found.manifest_hash else "",
        "links": links,
        "may_cancel": owner and found.state is RoundState.CLOSED,
    }
    return View("rating/console_after.html", values, 422 if problem else 200)


def _list(visit: Visit, ctx: Context, problem: str = "") -> View:
    own = _units(ctx)
    approving = {*own, *ctx.led(Role.COMMITTEE)}
    rounds = [
        one
        for one in rating.of_units(ctx.session, sorted(approving))
        if rating.may_run(ctx.session, one, ctx.member.id) or rating.may_approve(ctx.session, one, ctx.member.id)
    ]
    units = {unit: people.unit(ctx.session, unit).name for unit in {*own, *(one.unit_id for one in rounds)}}
    kinds = [kind for unit in own for kind in _KINDS.get(people.unit(ctx.session, unit).kind, ())]
    typed = {name: visit.field(name) for name in ("title", "unit", "kind", "mode")}
    values = {
        "problem": problem,
        "rounds": [
            {**values_of(one), "unit": units[one.unit_id], "on": (one.opened_on or one.made_on).isoformat()}
            for one in rounds
        ],
        "units": [{"id": unit, "name": units[unit]} for unit in own],
        "kinds": list(dict.fromkeys(kinds)),
        "totals": bool(ctx.led(Role.OFFICE)),
        "modes": list(RoundMode),
        "typed": {**typed, "mode": typed["mode"] or RoundMode.SEALED},
    }
    return View("rating/console.html", values, 422 if problem else 200)


def _made(visit: Visit, ctx: Context) -> Redirect:
    unit, title = whole(visit.field("unit")), checked(ctx, visit.field("title"))
    if unit not in _units(ctx):
        raise Refused("rating_console.new.none_allowed")
    if visit.field("kind") not in list(RoundKind) or visit.field("mode") not in list(RoundMode):
        raise Refused("rating_console.unknown_action")
    kind = RoundKind(visit.field("kind"))
    if kind not in _KINDS.get(people.unit(ctx.session, unit).kind, ()):
        raise Refused("rating_console.new.kind_not_here")
    if not 2 <= len(title) <= LONGEST_TITLE:
        raise Refused("rating_console.new.name_needed")
    found = rating.new_round(ctx.session, unit, kind, title, ctx.member.id, ctx.today, setup.defaults(ctx))
    rating.set_options(ctx.session, found, mode=RoundMode(visit.field("mode")))
    ctx.audit("new rating", str(found.id))
    return Redirect(f"/ratings/{found.id}")


def _units(ctx: Context) -> list[int]:
    """The units whose ratings this person may run: committees for the office, branches for their secretary."""
    led = {
        *(unit for unit in ctx.led(Role.OFFICE) if people.unit(ctx.session, unit).kind is UnitKind.COMMITTEE),
        *(unit for unit in ctx.led(Role.SECRETARY) if people.unit(ctx.session, unit).kind is UnitKind.BRANCH),
    }
    return sorted(led)


PAGES: tuple[Page, ...] = (
    Page("/ratings", Role.MEMBER, get=listed, post=make, menu=(Role.OFFICE, Role.SECRETARY)),
    Page("/ratings/{round}", Role.MEMBER, get=show, post=act, watch=live, max_form=1_000_000),
)
