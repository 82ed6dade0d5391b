"""The result of a rating: who may see what of it (8.6), its documents, and the grades that the committee decided."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from functools import partial

from bot.documents import rating_to_docx, rating_to_pdf, rating_to_xlsx
from bot.documents.labels import Wording
from bot.documents.rating import RatingReport, plain, rating_basis, rating_names, rating_notes
from bot.messages import Attachment, Role, Unmade
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.rules.rating import Item, median
from bot.signing import BadToken
from bot.store import rating
from bot.store.rating import RatingDecision, RatingError, RatingRound, RoundKind, RoundMode, RoundState
from bot.web.kept import Typed, kept
from bot.web.page import Page, Redirect, View, Visit
from bot.web.pages.lacking import unseen
from bot.web.pages.rating.report import ranking, report_of
from bot.web.pages.rating.shared import checked, refusing
from bot.web.pages.rating.totals import totals_of

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_WRITERS: Mapping[str, tuple[str, Callable[[RatingReport, Mapping[str, str]], bytes]]] = {
    "xlsx": (_SHEET, rating_to_xlsx),
    "docx": (_WORD, rating_to_docx),
    "pdf": ("application/pdf", rating_to_pdf),
}
ROWS = "rows"
_PRINTED = ("docx", "pdf")
LONGEST_REASON = 500
_EXPORT = "rating export"
_EXPORT_TIME = timedelta(minutes=10)


def show(visit: Visit, ctx: Context) -> View:
    """The whole result for who is entitled; of a member rating the office sees totals only."""
    found, in_full = _published(visit, ctx)
    said = visit.query.get("said", "")
    decided = rating.decisions(ctx.session, found)
    values: dict[str, object] = {
        "round": {"id": found.id, "kind": str(found.kind)},
        "said": ctx.text(f"rating_result.said.{said}") if said in ("decided", "told") else "",
        **totals_of(ctx, found, decided),
        "typed": Typed(),
    }
    report, words = report_of(ctx, found), Wording(ctx.library.content.labels)
    if not in_full:
        return View("rating/result_totals.html", {**values, "report": _without_people(report)})
    values |= {
        "report": report,
        "item_names": [_item(ctx, item) for item in report.items],
        "notes": [*rating_notes(report, words), rating_basis(report, words)],
        "lengths": _lengths(report),
        "basis": ctx.text(f"rating_result.basis.{found.kind}"),
        "decides": found.kind is RoundKind.MEMBER_RATING,
        "decided": {target: _decision(one) for target, one in decided.items()},
        "grades": [one["name"] for one in found.grades if one["value"] is not None],
        "may_see_names": found.mode is RoundMode.NAMED and rating.may_run(ctx.session, found, ctx.member.id),
        "may_tell": ctx.may(Role.SECRETARY, found.unit_id),
        "today": ctx.today.isoformat(),
        "kept_days": ctx.settings.privacy.raw_sheet_days,
        "before": _before(ctx, found),
    }
    return View("rating/result.html", values)


def _change(visit: Visit, ctx: Context) -> Redirect:
    """Record the grade that the committee decided (DR-4), or that the member was told (DR-9)."""
    found, in_full = _published(visit, ctx)
    if not in_full:
        raise Refused("rating_result.not_yours")
    target, action = whole(visit.field("target")), visit.field("action")
    with refusing():
        if action == "decide":
            _decide(visit, ctx, found, target)
        elif action == "tell":
            ctx.require(Role.SECRETARY, found.unit_id)
            rating.tell(ctx.session, found, target, ctx.today)
            ctx.audit("rating grade told", f"{found.id}:{target}")
        else:
            raise Refused("web.not_found")
    said = "told" if action == "tell" else "decided"
    return Redirect(f"/ratings/{found.id}/result?said={said}#t{target}")


change = kept(_change, show, 403, do="action", item="target")


def _take(visit: Visit, ctx: Context) -> Redirect | View:
    """Note in the audit log who takes which file (SE-8), and let them have it; one that is printed only once
    somebody has seen which names cannot be. The file is made outside of this transaction, for nobody else should wait
    for it."""
    found, kind = _exportable(visit, ctx)
    if kind in _PRINTED and (asking := unseen(visit, rating_names(report_of(ctx, found)), form=True)):
        return asking
    if kind == ROWS:
        _rows(ctx, found)
    rating.exported(ctx.session, found, ctx.member.id, kind, ctx.now)
    token = ctx.library.signer.sign(_EXPORT, _export(ctx, found, kind), ctx.now + _EXPORT_TIME)
    return Redirect(f"/ratings/{found.id}/result/{kind}?token={token}")


take = kept(_take, show, 403)


def download(visit: Visit, ctx: Context) -> Attachment | Unmade:
    """The file that was asked for by `take`, a moment ago and by the same person."""
    found, kind = _exportable(visit, ctx)
    try:
        asked = ctx.library.signer.read(_EXPORT, visit.query.get("token", ""), ctx.now)
    except BadToken:
        asked = ""
    if asked != _export(ctx, found, kind):
        raise Refused("rating_result.ask_again")
    if kind == ROWS:
        return Attachment(f"{found.title}.json", "application/json", _rows(ctx, found))
    mime, write = _WRITERS[kind]
    return Unmade(f"{found.title}.{kind}", mime, partial(write, report_of(ctx, found), ctx.library.content.labels))


def mine(visit: Visit, ctx: Context) -> View:
    """What a person may see of themselves: their total and the median (SR-13), or their grade once told (DR-9)."""
    lines: list[dict[str, object]] = []
    for found, target in rating.of_target(ctx.session, ctx.member.id):
        line: dict[str, object] = {
            "title": found.title,
            "on": found.closed_on,
            "total": None,
            "median": None,
            "grade": "",
        }
        if found.kind is RoundKind.MEMBER_RATING:
            decision = rating.decisions(ctx.session, found).get(target.position)
            if decision is None or decision.told_on is None:
                continue
            line |= {"grade": decision.grade, "on": decision.decided_on}
        elif found.ranked:
            ranked = ranking(ctx, rating.counts(ctx.session, found), rating.scheme(found))
            own = next(one for one in ranked if one.position == target.position)
            line |= {"total": own.total, "median": median(ranked)}
        else:
            continue
        lines.append(line)
    return View("rating/mine.html", {"lines": lines})


def _published(visit: Visit, ctx: Context) -> tuple[RatingRound, bool]:
    """The round once it is published, and whether this person may see all of it."""
    found = rating.get(ctx.session, visit.number("round"))
    if found is None:
        raise Refused("web.not_found")
    whole = rating.may_approve(ctx.session, found, ctx.member.id) or ctx.may(Role.COMMITTEE, found.unit_id)
    totals = found.kind is RoundKind.MEMBER_RATING and ctx.may(Role.OFFICE, found.unit_id)
    if not (whole or totals):
        raise Refused("rating_result.not_yours")
    if found.state is not RoundState.PUBLISHED:
        raise Refused("rating_result.void_round" if found.state is RoundState.VOID else "rating_result.not_yet")
    return found, whole


def _exportable(visit: Visit, ctx: Context) -> tuple[RatingRound, str]:
    found, in_full = _published(visit, ctx)
    if not in_full:
        raise Refused("rating_result.not_yours")
    kind = visit.params["kind"]
    if kind != ROWS and kind not in _WRITERS:
        raise Refused("web.not_found")
    return found, kind


def _export(ctx: Context, found: RatingRound, kind: str) -> str:
    return f"{found.id}:{kind}:{ctx.member.id}"


def _decide(visit: Visit, ctx: Context, found: RatingRound, target: int) -> None:
    reason = visit.field("reason")
    if len(reason) > LONGEST_REASON:
        raise Refused("rating_result.long_reason", most=LONGEST_REASON)
    try:
        day = date.fromisoformat(visit.field("on"))
    except ValueError:
        raise Refused("rating_result.no_date") from None
    if day > ctx.today or (found.published_on is not None and day < found.published_on):
        raise Refused("rating_result.wrong_date", start=found.published_on)
    why = _line(ctx, visit.field("why"))
    grade = visit.field("grade")
    rating.decide(
        ctx.session, found, target, grade, checked(ctx, reason), day, ctx.member.id, today=ctx.today, why=why
    )
    ctx.audit("rating grade recorded", f"{found.id}:{target}")


def _line(ctx: Context, text: str) -> str:
    """Why a grade is corrected, in one line."""
    if len(text) > LONGEST_REASON:
        raise Refused("rating_result.long_reason", most=LONGEST_REASON)
    return " ".join(checked(ctx, text).split())


def _before(ctx: Context, found: RatingRound) -> dict[int, list[dict[str, object]]]:
    """The grades that had been told and were corrected, by target, oldest first (RC-2)."""
    listed: dict[int, list[dict[str, object]]] = {}
    for one in rating.decisions_before(ctx.session, found):
        listed.setdefault(one.target, []).append(one.model_dump())
    return listed


def _rows(ctx: Context, found: RatingRound) -> bytes:
    try:
        return json.dumps(rating.rows_file(ctx.session, found), ensure_ascii=False, indent=1).encode()
    except RatingError as error:
        raise Refused(error.key, **error.values) from None


def _lengths(report: RatingReport) -> dict[int, float]:
    """How long each target's bar is: its total as a part of the highest grade's value."""
    high = max((grade.value for grade in report.grades if grade.value is not None), default=Fraction())
    known = [(line.position, line.total) for line in report.lines if line.total is not None]
    return {position: round(float(Fraction(total) / high), 4) for position, total in known} if high else {}


def _item(ctx: Context, item: Item) -> str:
    if item.weight == 1:
        return item.name
    weight = plain(item.weight.numerator, item.weight.denominator)
    return ctx.text("rating_result.item_weight", name=item.name, weight=weight)


def _decision(one: RatingDecision) -> dict[str, object]:
    return {"grade": one.grade, "reason": one.reason, "on": one.decided_on, "told_on": one.told_on}


def _without_people(report: RatingReport) -> dict[str, object]:
    return {"unit": report.unit, "title": report.title, "held_on": report.held_on, "sheets": report.sheets}


PAGES = (
    Page("/rating/mine", Role.MEMBER, get=mine),
    Page("/ratings/{round}/result", Role.MEMBER, get=show, post=change),
    Page("/ratings/{round}/result/{kind}", Role.MEMBER, get=download, post=take),
)
