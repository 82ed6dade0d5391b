"""A list from the office's spreadsheet: first what it would bring, then, on a second click, all of it or nothing."""

from __future__ import annotations

import json
from typing import Any

from bot.incoming import read_json
from bot.messages import Role
from bot.roster import load_roster_words
from bot.router import Context, Library, Refused
from bot.services.rating.roll import Finding, ListWords, Matched, PeopleList, match_targets, match_voters, read_list
from bot.store import rating
from bot.store.rating import RatingRound, Target
from bot.web.page import FileForm, Page, Reading, Upload, View, Visit
from bot.web.pages.rating import setup
from bot.web.pages.rating.shared import checked, known_under, own_round

MAX_BYTES = 2_500_000
_SHOWN = 300
_LARGEST = 2**31 - 1


def preview(visit: Visit, ctx: Context) -> View:
    """Show what the file would bring. Nothing is stored."""
    found, kind = own_round(ctx, visit.number("round")), visit.field("action")
    file = visit.files.get("file")
    if kind not in ("voters", "targets"):
        raise Refused("rating_console.unknown_action")
    if file is None or not isinstance(file.content, PeopleList):
        here = Visit(visit.params, visit.query, {"action": [f"take_{kind}"]})
        return setup.view(ctx, found, "", ctx.text("rating_console.upload.no_file"), here)
    given = file.content
    words = load_roster_words(ctx.library.content.file("roster.toml"), ctx.library.content.marks)
    known = known_under(ctx, found.unit_id)
    if kind == "targets":
        return _shown(ctx, found, kind, match_targets(given, known, words))
    return _shown(ctx, found, kind, match_voters(given, known, rating.class_names(found), words))


def take_voters(visit: Visit, ctx: Context, found: RatingRound) -> str:
    """The roll becomes what was shown; slips stay."""
    names = rating.class_names(found)
    rows = []
    for member_id, label, at in _unpacked(visit, (int, str, int)):
        if not 0 <= at < len(names):
            raise Refused("rating_console.upload.changed")
        rows.append((member_id or None, checked(ctx, label), names[at]))
    return ctx.text("rating_console.upload.taken", count=rating.set_roll(ctx.session, found, rows))


def take_targets(visit: Visit, ctx: Context, found: RatingRound) -> str:
    """Who is rated becomes what was shown, in that order."""
    rows = [
        Target(checked(ctx, name), checked(ctx, unit), member_id or None, checked(ctx, note))
        for member_id, name, unit, note in _unpacked(visit, (int, str, str, str))
    ]
    rating.set_targets(ctx.session, found, rows)
    return ctx.text("rating_console.upload.taken", count=len(rows))


def _shown(ctx: Context, found: RatingRound, kind: str, matched: Matched) -> View:
    several = len({one.sheet for one in matched.findings} | {one.line.sheet for one in matched.placed}) > 1
    errors = [_sentence(ctx, one, several) for one in matched.findings if one.error]
    notes = [_sentence(ctx, one, several) for one in matched.findings if not one.error]
    voters = kind == "voters"
    names = rating.class_names(found)
    packed: list[tuple[object, ...]] = []
    rows: list[tuple[str, ...]] = []
    for one in matched.placed:
        line, member = one.line, one.member.id if one.member else 0
        branch = one.member.branch if one.member else line.unit
        packed.append((member, line.name, one.class_index) if voters else (member, line.name, line.unit, line.note))
        rows.append((line.name, branch, names[one.class_index]) if voters else (line.name, line.unit, line.note))
    last = "running.voter_class" if voters else "setup.target_note"
    values = {
        "number": found.id,
        "section": kind,
        "action": f"take_{kind}",
        "errors": errors[:_SHOWN],
        "notes": notes[:_SHOWN],
        "count": ctx.text(f"rating_console.upload.{kind}", count=len(rows)),
        "replaces": ctx.text(f"rating_console.upload.replaces_{kind}"),
        "packed": json.dumps(packed, ensure_ascii=False, separators=(",", ":")),
        "titles": [ctx.text(f"rating_console.{key}") for key in ("running.voter", "setup.target_unit", last)],
        "rows": rows,
    }
    return View("rating/console_upload.html", values, 422 if errors else 200)


def _sentence(ctx: Context, one: Finding, several: bool) -> str:
    what = ctx.text(f"rating_console.list.{one.key}", value=one.value)
    if not one.row:
        return what
    if several:
        return ctx.text("rating_console.upload.sheet_row", sheet=one.sheet, row=one.row, what=what)
    return ctx.text("rating_console.upload.row", row=one.row, what=what)


def _unpacked(visit: Visit, kinds: tuple[type, ...]) -> list[Any]:
    """The rows that the preview put into its form; refused unless they have its shape."""
    try:
        rows = read_json(visit.field("list"))
    except (ValueError, RecursionError):
        raise Refused("rating_console.upload.changed") from None
    if not isinstance(rows, list) or not rows:
        raise Refused("rating_console.upload.changed")
    for row in rows:
        if not isinstance(row, list) or [type(one) for one in row] != list(kinds):
            raise Refused("rating_console.upload.changed")
        if not all(0 <= one <= _LARGEST for one in row if isinstance(one, int)):
            raise Refused("rating_console.upload.changed")
    return rows


def _admit(visit: Visit, ctx: Context) -> None:
    own_round(ctx, visit.number("round"))


def _read(file: Upload, library: Library) -> Reading:
    words = load_roster_words(library.content.file("roster.toml"), library.content.marks)
    return Reading(read_list, (file.data, file.name, ListWords.of(library.content.texts, words)))


_FILE = FileForm(_admit, _read)
PAGES: tuple[Page, ...] = (
    Page("/ratings/{round}/upload", Role.MEMBER, post=preview, max_form=MAX_BYTES, files=True, file_form=_FILE),
)
