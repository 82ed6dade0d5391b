"""The tellers' pages: making and proving the key, typing in sheets of paper, opening the box (SECRECY 3)."""

from __future__ import annotations

from typing import Any

from bot.incoming import read_json
from bot.messages import Attachment, Role
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.rules.rating import sealing
from bot.services.rating import stages
from bot.store import rating
from bot.store.rating import OpenedState, PaperStatus, RatingError, RatingRound, RoundMode, RoundState
from bot.web.page import Json, Page, View, Visit
from bot.web.pages.rating.shared import refusing

_STEPS = ("key", "paper", "open")
_MAX_BOXES = 16_000_000
"""Bytes of a form: 20,000 sheets of 25 people and 20 items, as base64 in JSON."""


def key(visit: Visit, ctx: Context) -> View:
    """Where a teller makes the key, or brings its public half, and proves that the file opens."""
    found = _round(visit, ctx)
    public = sealing.unb64u(found.public_key) if found.public_key else b""
    values = {
        "draft": found.state is RoundState.DRAFT,
        "fingerprint": sealing.fingerprint(public) if public else "",
        "proved": found.key_proved_by is not None,
    }
    return _view(ctx, found, "key", values)


def use_key(visit: Visit, ctx: Context) -> Json:
    """Take a public key, hand out a test envelope, or take its answer."""
    found = _round(visit, ctx)
    me = ctx.member.id
    with refusing():
        match visit.field("action"):
            case "key":
                rating.put_key(ctx.session, found, visit.field("public"), me, ctx.now)
            case "test":
                return Json({"envelope": sealing.b64u(rating.test_envelope(ctx.session, found, me))})
            case "prove":
                rating.prove_key(ctx.session, found, me, _decoded(visit.field("answer")), ctx.now)
            case _:
                raise Refused("rating_teller.unknown_action")
    return Json({})


def paper(visit: Visit, ctx: Context) -> View:
    """How far the typing in is, and the form for one class."""
    found = _round(visit, ctx)
    values: dict[str, Any] = {"open": found.state is RoundState.CLOSED, "classes": [], "chosen": None, "said": ""}
    if found.state in (RoundState.DRAFT, RoundState.OPEN):
        values["said"] = ctx.text("rating_teller.paper_not_closed")
        return _view(ctx, found, "paper", values)
    status = [one for one in rating.paper_status(ctx.session, found) if one.issued]
    if not status:
        values["said"] = ctx.text("rating_teller.paper_none")
    values["classes"] = [_class(found, one) for one in status]
    chosen = next((one for one in values["classes"] if str(one["index"]) == visit.query.get("class")), None)
    if chosen and values["open"] and chosen["state"] != "agreed":
        names = [one.name for one in rating.targets(ctx.session, found.id or 0)]
        typed = f"{found.id}:{ctx.member.id}:{chosen['index']}"
        values |= {
            "chosen": chosen,
            "names": names,
            "items": [one["name"] for one in found.items],
            "grades": [one["name"] for one in found.grades],
            "setup": {
                "round": found.id,
                "clerk": ctx.member.id,
                "class_index": chosen["index"],
                "targets": list(range(len(names))),
                "items": len(found.items),
                "grades": len(found.grades),
                "draft": ctx.library.signer.fingerprint("rating paper key", typed),
                "hash": found.manifest_hash,
            },
        }
    return _view(ctx, found, "paper", values)


def put_paper(visit: Visit, ctx: Context) -> Json:
    """Take what this teller typed in of a class."""
    found = _round(visit, ctx)
    index = whole(visit.field("class"))
    boxes = {whole(str(one.get("target"))): _decoded(one.get("rows")) for one in _listed(visit.field("boxes"))}
    returned, void = whole(visit.field("returned")), whole(visit.field("void"))
    typed, destroy = (index, ctx.member.id, returned, void, boxes, ctx.now), whole(visit.field("destroy"))
    try:
        with ctx.session.begin_nested():
            status = rating.put_paper(ctx.session, found, *typed, destroy=destroy)
    except RatingError as no:
        if no.key == "rating.error.few_in_all":
            return Json({"state": "destroys", "sheets": no.values["sheets"], "sentence": ctx.text(no.key, **no.values)})
        raise Refused(no.key, **no.values) from None
    stages.tell_if_over(ctx, found)
    if found.state is RoundState.VOID:
        return Json({"state": "agreed", "sentence": ctx.text(f"rating.void_reason.{found.void_reason}")})
    if found.state is not RoundState.CLOSED or status.settled:
        return Json({"state": "agreed", "sentence": ctx.text("rating_teller.paper_agreed")})
    if len(status.clerks) < 2:
        return Json({"state": "waiting", "sentence": ctx.text("rating_teller.paper_waiting")})
    where = _differences(ctx, found, index)
    return Json({"state": "different", "sentence": ctx.text("rating_teller.paper_different", where=where)})


def opening(visit: Visit, ctx: Context) -> View:
    """What is in the box, and the form that opens it in the browser."""
    found = _round(visit, ctx)
    key_of_sentence, kind = _standing(ctx, found)
    ready = found.state is RoundState.CLOSED and key_of_sentence != "paper_first"
    values: dict[str, Any] = {
        "ready": ready,
        "said": ctx.text(f"rating_teller.open_{key_of_sentence}") if key_of_sentence else "",
        "said_kind": kind,
        "result": found.state is RoundState.PUBLISHED and rating.may_approve(ctx.session, found, ctx.member.id),
        "cast": sum(found.cast),
        "paper": sum(found.paper_issued),
        "closed": found.state not in (RoundState.DRAFT, RoundState.OPEN),
        "targets": len(rating.targets(ctx.session, found.id or 0)),
    }
    if ready:
        parts = rating.parts(ctx.session, found)
        values |= {
            "manifest": found.manifest,
            "manifest_hash": found.manifest_hash,
            "sealed_parts": [
                {"target": one.target, "class_index": one.class_index, "count": one.count} for one in parts
            ],
        }
    return _view(ctx, found, "open", values)


def sealed(visit: Visit, ctx: Context) -> Attachment:
    """The sealed rows of one target and class, sorted by their bytes: no voter, no order."""
    found = _round(visit, ctx)
    target, index = whole(visit.query.get("target", "")), whole(visit.query.get("class", ""))
    with refusing():
        rows = rating.sealed_rows(ctx.session, found, target, index)
    return Attachment("rows", "application/octet-stream", rows)


def put_opening(visit: Visit, ctx: Context) -> Json:
    """Take the opened rows of the whole box; publishes when everything agrees."""
    found = _round(visit, ctx)
    boxes = {
        (whole(str(one.get("target"))), whole(str(one.get("class_index")))): _decoded(one.get("rows"))
        for one in _listed(visit.field("boxes"))
    }
    with refusing():
        opened = rating.put_opening(ctx.session, found, ctx.member.id, boxes, ctx.now)
    stages.tell_if_over(ctx, found)
    if opened.state is OpenedState.PUBLISHED:
        return Json({"state": "published", "next": f"/ratings/{found.id}/open"})
    word = {OpenedState.WAITING: "waiting", OpenedState.DIFFERENT: "different", OpenedState.PAPER: "agreed_paper"}
    return Json({"state": str(opened.state), "sentence": ctx.text(f"rating_teller.open_{word[opened.state]}")})


def _round(visit: Visit, ctx: Context) -> RatingRound:
    """The round, for its tellers; to everybody else it does not exist. A named round has nothing to open."""
    found = rating.get(ctx.session, visit.number("round"))
    if found is None or not rating.is_teller(ctx.session, found.id or 0, ctx.member.id):
        raise Refused("rating_teller.not_teller")
    if found.mode is not RoundMode.SEALED:
        raise Refused("rating_teller.named")
    return found


def _view(ctx: Context, found: RatingRound, step: str, values: dict[str, Any]) -> View:
    shared = {
        "heading": ctx.text(f"rating_teller.title_{step}"),
        "round_title": found.title,
        "number": found.id,
        "steps": _STEPS,
        "here": step,
        "over": found.state in (RoundState.PUBLISHED, RoundState.VOID),
    }
    return View(f"rating/{step}.html", {**shared, **values})


def _standing(ctx: Context, found: RatingRound) -> tuple[str, str]:
    """Which sentence says where the opening stands, and how it looks."""
    match found.state:
        case RoundState.DRAFT | RoundState.OPEN:
            return "not_closed", "warn"
        case RoundState.PUBLISHED:
            return "done", "ok"
        case RoundState.VOID:
            return "void", "warn"
    paper_done = all(one.settled for one in rating.paper_status(ctx.session, found))
    if sum(found.cast) < found.min_group and not paper_done:
        return "paper_first", "warn"
    done = rating.openings(ctx.session, found)
    if len(set(done.values())) > 1:
        return "different", "warn"
    if len(done) > 1:
        return "agreed_paper", "warn"
    if ctx.member.id in done:
        return "mine", "ok"
    return ("by", "ok") if done else ("", "")


def _class(found: RatingRound, one: PaperStatus) -> dict[str, Any]:
    state = "agreed" if one.settled else ("none", "one", "different")[min(len(one.clerks), 2)]
    name = rating.class_names(found)[one.class_index]
    return {"index": one.class_index, "name": name, "issued": one.issued, "state": state}


def _differences(ctx: Context, found: RatingRound, index: int) -> str:
    names = [one.name for one in rating.targets(ctx.session, found.id or 0)]
    said = []
    for one in rating.paper_differences(ctx.session, found, index):
        if one.target is None:
            said.append(ctx.text("rating_teller.paper_where_count"))
        else:
            rows = max(len(one.first), len(one.second))
            said.append(ctx.text("rating_teller.paper_where_row", name=names[one.target], number=rows))
    return ctx.text("rating_teller.and").join(said)


def _decoded(text: object) -> bytes:
    try:
        return sealing.unb64u(str(text))
    except ValueError:
        raise Refused("rating_teller.bad_file") from None


def _listed(text: str) -> list[dict[str, Any]]:
    """A JSON list of objects."""
    try:
        found = read_json(text)
    except (ValueError, RecursionError):
        raise Refused("rating_teller.bad_file") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Refused("rating_teller.bad_file")
    return found


PAGES = (
    Page("/ratings/{round}/key", Role.MEMBER, get=key, post=use_key, keys=True),
    Page("/ratings/{round}/paper", Role.MEMBER, get=paper, post=put_paper, max_form=_MAX_BOXES, keys=True),
    Page("/ratings/{round}/sealed", Role.MEMBER, get=sealed, keys=True),
    Page("/ratings/{round}/open", Role.MEMBER, get=opening, post=put_opening, max_form=_MAX_BOXES, keys=True),
)
