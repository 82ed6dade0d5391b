"""The sheet that a voter fills in on a phone, the page where a code is typed, and "is my vote secret?"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.rules.rating import cap_of
from bot.rules.rating.sealing import unb64u
from bot.store import access, rating, sessions
from bot.store.rating import RatingError, RatingRound, RoundMode, RoundState, Voter
from bot.store.sessions import Visitor
from bot.web.page import Json, Page, Redirect, Result, View, Visit
from bot.web.pages.rating.shared import short

_TRIES = "rating code"
_WORDS = "rating_sheet.js."
_SECRET_PARTS = (("how", 4), ("kept", 4), ("who", 7), ("trust", 6), ("you", 3), ("named", 1))
_OVER = (RoundState.CLOSED, RoundState.PUBLISHED, RoundState.VOID)
_REFUSALS = {
    "no_voter": "not_on_roll",
    "other_code": "by_code",
    "has_paper": "on_paper",
    "not_present": "absent",
    "other_manifest": "other_manifest",
    "wrong_length": "empty_form",
    "state_draft": "not_open",
    **{f"state_{state}": "closed" for state in _OVER},
}
"""Why the store takes no sheet -> the sentence for a voter."""


def sheet(visit: Visit, ctx: Context) -> View:
    """The sheet of whoever is signed in here; or why there is none. The address names nobody (invariant 11)."""
    found = rating.get(ctx.session, visit.number("round"))
    if found is None:
        return _none(ctx, "not_found", 404)
    voter = _voter(visit, ctx)
    if found.state in _OVER or rating.is_over_time(found, ctx.now):
        return _none(ctx, "closed", title=found.title if voter else "", wipe=found.id)
    if voter is None:
        return _none(ctx, "not_on_roll", 403) if ctx.person else _none(ctx, "sign_in_first", 401)
    if found.state is RoundState.DRAFT:
        return _none(ctx, "not_open", title=found.title)
    if voter.replaced:
        return _none(ctx, "by_code", 403)
    if voter.paper:
        return _none(ctx, "on_paper", title=found.title)
    if not voter.present:
        return _none(ctx, "absent", title=found.title)
    return _open_sheet(ctx, found, voter)


def send(visit: Visit, ctx: Context) -> Json:
    """Take a sealed sheet, or the marks of a named round; it replaces the one before."""
    voter = _voter(visit, ctx)
    if voter is None:
        raise Refused("rating_sheet.not_on_roll" if ctx.person else "rating_sheet.sign_in_first")
    name = "marks" if visit.field("marks") else "sealed"
    try:
        given = unb64u(visit.field(name))
    except ValueError:
        raise Refused("rating_sheet.empty_form") from None
    cast = rating.cast_named if name == "marks" else rating.cast
    try:
        revision = cast(ctx.session, voter.round_id, voter.id, given, visit.field("manifest"), ctx.now, voter.ticket)
    except RatingError as error:
        raise Refused(f"rating_sheet.{_REFUSALS[error.key.rpartition('.')[2]]}") from None
    return Json({"revision": revision})


def live(visit: Visit, ctx: Context) -> Mapping[str, object]:
    """How many targets may be rated now, and whether sheets are still taken."""
    found = rating.get(ctx.session, visit.number("round"))
    voter = _voter(visit, ctx)
    if found is None or voter is None or voter.replaced:
        raise Refused("rating_sheet.not_found")
    taken = found.state is RoundState.OPEN and not rating.is_over_time(found, ctx.now)
    return {"released": found.released, "open": taken}


def code(visit: Visit, ctx: Context) -> View:
    """Where somebody without an account types the code of a slip."""
    return _code_form("")


def entered(visit: Visit, ctx: Context) -> Result:
    """A code was typed: it signs this browser in as its voter, in the place of whoever was. A wrong one is counted,
    by browser, as nobody is known here, and by address only in memory (SE-4)."""
    browser = visit.field("csrf")
    if access.tries(ctx.session, _TRIES, browser, ctx.now) >= ctx.settings.binding.tries_per_hour:
        return _code_form("rating_sheet.code.too_many", 429)
    voter = rating.redeem_code(ctx.session, visit.field("code"))
    if voter is None:
        access.count_try(ctx.session, _TRIES, browser, ctx.now)
        return replace(_code_form("rating_sheet.code.wrong", 403), wrong_code=True)
    key = sessions.open_session(ctx.session, Visitor(rating.account_of(voter.id, voter.ticket)), ctx.now)
    return Redirect(f"/rating/{voter.round_id}", key)


def secret(visit: Visit, ctx: Context) -> View:
    """Who could know what, and what trust remains (SECRECY 3)."""
    back = whole(visit.query.get("round", ""))
    found = rating.get(ctx.session, back) if back > 0 else None
    values = {
        "parts": _SECRET_PARTS,
        "least": found.min_group if found else ctx.settings.rating.min_group,
        "days": ctx.settings.privacy.raw_sheet_days,
        "backups": ctx.settings.store.backups_kept,
        "back": back if back > 0 else "",
    }
    return View("rating/secret.html", values)


def _open_sheet(ctx: Context, found: RatingRound, voter: Voter) -> View:
    manifest: dict[str, Any] = json.loads(found.manifest)
    targets = manifest["targets"]
    cap = cap_of(len(targets), manifest["cap"])
    cast = rating.has_cast(ctx.session, found, voter.id)
    sign = ctx.library.signer.fingerprint
    whose = f"{found.id}:{voter.id}"
    given = {
        "manifest": found.manifest,
        "hash": found.manifest_hash,
        "round": found.id,
        "own": "" if voter.own_target is None else voter.own_target,
        "released": found.released,
        "cast": int(cast),
        "cap": "" if cap is None else cap,
        "voter": sign("rating draft", whose)[:16],
        "draft": sign("rating draft key", whose),
    }
    values = {
        "title": found.title,
        "given": given,
        "words": _words(ctx),
        "named": found.mode is RoundMode.NAMED,
        "per_speaker": found.per_speaker,
        "cast": cast,
        "abstain": next((one["name"] for one in manifest["grades"] if one["value"] is None), ""),
        "own": "" if voter.own_target is None else targets[voter.own_target]["name"],
        "until": found.closes_at.strftime("%m-%d %H:%M") if found.closes_at else "",
        "fingerprint": short(found.manifest_hash),
    }
    return View("rating/sheet.html", values)


def _voter(visit: Visit, ctx: Context) -> Voter | None:
    member = ctx.person.id if ctx.person else None
    return rating.voter_for(ctx.session, visit.number("round"), member, ctx.address.chat)


def _none(ctx: Context, key: str, status: int = 200, title: str = "", wipe: int | None = None) -> View:
    values = {
        "title": title or ctx.text("web.title"),
        "sentence": ctx.text(f"rating_sheet.{key}"),
        "wipe": wipe or "",
        "signed_in": bool(ctx.address.chat),
    }
    return View("rating/sheet_no.html", values, status)


def _code_form(wrong: str, status: int = 200) -> View:
    return View("rating/code.html", {"wrong": wrong}, status)


def _words(ctx: Context) -> dict[str, str]:
    """The sentences that the page's script says, by name; it fills in their values itself."""
    texts = ctx.library.content.texts.sentences
    return {key.removeprefix(_WORDS).replace("_", "-"): texts[key] for key in texts if key.startswith(_WORDS)}


PAGES = (
    Page("/rating/code", Role.ANYONE, get=code, post=entered, codes=True, crowd=True),
    Page("/rating/secret", Role.ANYONE, get=secret),
    Page("/rating/{round}", Role.ANYONE, get=sheet, post=send, watch=live, crowd=True),
)
