"""The published result of a round, composed once for the page and for every document. What may not be shown is not in
it (SR-14)."""

from __future__ import annotations

import json

from bot.documents.rating import ClassSheets, RatedBox, RatedLine, RatingReport, plain
from bot.router import Context
from bot.rules.rating import (
    Counts,
    Disclosure,
    Scheme,
    Standing,
    TargetCounts,
    class_score,
    disclosure,
    median,
    merge,
    rounded,
    standings,
)
from bot.rules.strokes import in_order
from bot.store import people, rating
from bot.store.rating import RatingRound, RatingTarget


def report_of(ctx: Context, found: RatingRound) -> RatingReport:
    """The result in the order of rank, equal totals by share of the first grade and name strokes (SR-12)."""
    scheme, counts = rating.scheme(found), rating.counts(ctx.session, found)
    targets = rating.targets(ctx.session, found.id or 0)
    ranked = ranking(ctx, counts, scheme)
    return RatingReport(
        unit=people.unit(ctx.session, found.unit_id).name,
        title=found.title,
        kind=str(found.kind),
        mode=str(found.mode),
        held_on=found.closed_on,
        made_at=ctx.now,
        fingerprint=found.manifest_hash,
        tellers=tuple(one.name for one in rating.tellers(ctx.session, found.id or 0)),
        min_group=scheme.min_group,
        ranked=scheme.ranked,
        items=scheme.items,
        grades=scheme.grades,
        sheets=_sheets(found, scheme),
        lines=tuple(_line(targets[one.position], counts[one.position], one, scheme) for one in ranked),
        median=median(ranked),
    )


def ranking(ctx: Context, counts: list[TargetCounts], scheme: Scheme) -> tuple[Standing, ...]:
    """The totals and ranks of a round."""
    ordered = in_order([one.name for one in counts], ctx.library.content.strokes).names
    places = {name: place for place, name in enumerate(ordered)}
    return standings(counts, scheme, places.__getitem__)


def _line(target: RatingTarget, counts: TargetCounts, standing: Standing, scheme: Scheme) -> RatedLine:
    shown = disclosure(counts, scheme)
    boxes: tuple[RatedBox, ...] = ()
    if shown is Disclosure.CLASSES:
        pairs = zip(scheme.classes, counts.classes, strict=True)
        boxes = tuple(_box(rater.name, box, scheme) for rater, box in pairs)
    elif shown is Disclosure.MERGED:
        boxes = (RatedBox("", merge(counts.classes)),)
    weights = tuple((name, plain(value.numerator, value.denominator)) for name, value in counts.weights.items())
    return RatedLine(target.position, target.name, target.unit, shown, boxes, standing.total, standing.rank, weights)


def _box(rater: str, counts: Counts, scheme: Scheme) -> RatedBox:
    exact = class_score(counts, scheme) if scheme.ranked else None
    return RatedBox(rater, counts, None if exact is None else rounded(exact))


def _sheets(found: RatingRound, scheme: Scheme) -> tuple[ClassSheets, ...]:
    frozen = json.loads(found.manifest)["classes"]
    return tuple(
        ClassSheets(
            rater.name,
            plain(rater.weight.numerator, rater.weight.denominator),
            int(frozen[index]["voters"]),
            sheets.issued,
            sheets.returned,
            found.paper_returned[index],
            sheets.void,
        )
        for index, (rater, sheets) in enumerate(zip(scheme.classes, rating.sheets(found), strict=True))
    )
