"""What the documents of a rating show, frozen, and their tables: the same for Word, Excel and PDF.

Only what may be shown is in here (SR-14): the writers withhold nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from bot.documents.grid import Cell, Column, Table
from bot.documents.labels import Wording
from bot.rules.rating import Counts, Disclosure, Grade, Item

_TEXT = 20.0
_NUMBER = 9.0


class ClassSheets(Struct, frozen=True):
    """The sheets of one class of raters (SR-9): `issued` to everybody who was there, `returned` on `paper` or not, and
    of these the valid and the void."""

    name: str
    weight: str
    voters: int
    issued: int
    returned: int
    paper: int
    void: int

    @property
    def valid(self) -> int:
        return self.returned - self.void


class RatedBox(Struct, frozen=True):
    """What one class said of a target; `rater` is empty for all classes together. No `score` in an unranked round."""

    rater: str
    counts: Counts
    score: Decimal | None = None


class RatedLine(Struct, frozen=True):
    """A target. `boxes` is one a class, one of all merged, or none, as `disclosure` allows; `weights` are those
    weights of classes that are its own."""

    position: int
    name: str
    unit: str
    disclosure: Disclosure
    boxes: tuple[RatedBox, ...]
    total: Decimal | None = None
    rank: int | None = None
    weights: tuple[tuple[str, str], ...] = ()


class RatingReport(Struct, frozen=True):
    """The result of one round. `lines` stand in their order of rank; without `ranked` in the order of the sheet."""

    unit: str
    title: str
    kind: str
    mode: str
    held_on: date | None
    made_at: datetime
    fingerprint: str
    tellers: tuple[str, ...]
    min_group: int
    ranked: bool
    items: tuple[Item, ...]
    grades: tuple[Grade, ...]
    sheets: tuple[ClassSheets, ...]
    lines: tuple[RatedLine, ...]
    median: Decimal | None = None

    def __post_init__(self) -> None:
        if self.made_at.utcoffset() is None:
            raise ValueError("made_at must be an aware datetime")


def rating_title(report: RatingReport, say: Wording) -> str:
    """The title of the document."""
    return say("rating.title", unit=report.unit, title=report.title)


def rating_facts(report: RatingReport, say: Wording) -> list[tuple[str, str]]:
    """The head of the document as (label, value) pairs."""
    values = {
        "unit": report.unit,
        "kind": say(f"rating.kind_{report.kind}"),
        "mode": say(f"rating.mode_{report.mode}"),
        "date": say.day(report.held_on),
        "tellers": say("format.name_separator").join(report.tellers) or say("format.none"),
        "grades": say("rating.separator").join(_grade(grade, report.ranked, say) for grade in report.grades),
        "fingerprint": report.fingerprint,
        "made_at": say.moment(report.made_at),
    }
    label = {"grades": "grades" if report.ranked else "grades_unscored"}
    return [(say(f"rating.{label.get(key, key)}"), value) for key, value in values.items()]


class RatingParts(Struct, frozen=True):
    """`before` stands first; `signed` is what the signatures stand under; `annex` begins on a page of its own."""

    before: tuple[Table, ...]
    signed: Table
    annex: tuple[Table, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        """All of them, in order."""
        return (*self.before, self.signed, *self.annex)


def rating_parts(report: RatingReport, say: Wording) -> RatingParts:
    """The ranks and the signatures; the sheets of each class and all counts that may be shown are an annex. Where
    nobody is ranked the counts are the result, and are signed."""
    sheets, counts = _sheets(report, say), _counts(report, say)
    if report.ranked:
        return RatingParts((), _ranks(report, say), (sheets, counts))
    return RatingParts((sheets,), counts, ())


def rating_notes(report: RatingReport, say: Wording) -> list[str]:
    """How blanks, void marks and small classes were treated (SR-9, SR-11, SR-14)."""
    withheld = [line.name for line in report.lines if line.disclosure is not Disclosure.CLASSES]
    notes = [say("rating.note_blank" if report.ranked else "rating.note_blank_unranked"), say("rating.note_void")]
    if report.ranked:
        notes.append(say("rating.note_total"))
    for line in report.lines:
        if line.weights:
            listed = say("format.name_separator").join(f"{name} {weight}" for name, weight in line.weights)
            notes.append(say("rating.note_weights", name=line.name, weights=listed))
    if withheld:
        names = say("format.name_separator").join(withheld)
        notes.append(say("rating.note_withheld", minimum=report.min_group, names=names))
    return notes


def rating_basis(report: RatingReport, say: Wording) -> str:
    """What the result is not: a grade (SR-3, DR-4)."""
    return say(f"rating.basis_{report.kind}")


def rating_signatures(report: RatingReport, say: Wording) -> tuple[str, ...]:
    """The lines to sign on: two tellers, and the office; a rating of members is the branch's own (DR-4, DR-9)."""
    own = report.kind == "member_rating"
    return (say("rating.sign_tellers"), say("rating.sign_date" if own else "rating.sign_office"))


def rating_names(report: RatingReport) -> tuple[str, ...]:
    """Everything in the document that somebody's spelling decided: to be looked at when a font lacks a character."""
    people = [text for line in report.lines for text in (line.name, line.unit)]
    asked = [*(one.name for one in report.items), *(one.name for one in report.grades)]
    asked += [one.name for one in report.sheets]
    return (report.unit, report.title, *report.tellers, *asked, *people)


def _grade(grade: Grade, ranked: bool, say: Wording) -> str:
    """A grade with its value; where nothing is scored a value would mean nothing (DR-4)."""
    if not ranked:
        return grade.name
    if grade.value is None:
        return say("rating.grade_uncounted", name=grade.name)
    return say("rating.grade", name=grade.name, value=plain(grade.value.numerator, grade.value.denominator))


def plain(numerator: int, denominator: int) -> str:
    """A weight or value as people write it: no exponent, no trailing zeros."""
    text = f"{Decimal(numerator) / Decimal(denominator):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _ranks(report: RatingReport, say: Wording) -> Table:
    classes = [column.name for column in report.sheets]
    columns = (
        Column(say("rating.rank"), _NUMBER),
        Column(say("rating.name"), _TEXT),
        Column(say("rating.target_unit"), _TEXT),
        *(Column(say("rating.class_score", name=name), _NUMBER + 4) for name in classes),
        Column(say("rating.total"), _NUMBER + 2),
    )
    rows = tuple(
        (_or_dash(line.rank, say), line.name, line.unit, *_class_scores(line, classes, say), _or_dash(line.total, say))
        for line in report.lines
    )
    note = "" if report.median is None else say("rating.median", median=report.median)
    return Table(say("rating.heading_ranks"), columns, rows, note)


def _class_scores(line: RatedLine, classes: Sequence[str], say: Wording) -> list[Cell]:
    known = {box.rater: box.score for box in line.boxes}
    return [_or_dash(known.get(name), say) for name in classes]


def _sheets(report: RatingReport, say: Wording) -> Table:
    keys = ("class", *(("weight",) if report.ranked else ()), "voters", "issued", "returned", "paper", "valid", "void")
    columns = tuple(Column(say(f"rating.{key}"), _TEXT if key == "class" else _NUMBER) for key in keys)
    numbers = keys[-6:]
    rows: list[tuple[Cell, ...]] = [
        (one.name, *((one.weight,) if report.ranked else ()), *(getattr(one, key) for key in numbers))
        for one in report.sheets
    ]
    if len(rows) > 1:
        sums = [sum(getattr(one, key) for one in report.sheets) for key in numbers]
        rows.append((say("rating.sum"), *(("",) if report.ranked else ()), *sums))
    return Table(say("rating.heading_sheets"), columns, tuple(rows))


def _counts(report: RatingReport, say: Wording) -> Table:
    several = len(report.items) > 1
    columns = [Column(say("rating.name"), _TEXT), Column(say("rating.class"), _TEXT)]
    columns += [Column(say("rating.item"), _TEXT + 8)] if several else []
    columns += [Column(grade.name, _NUMBER) for grade in report.grades]
    columns += [Column(say("rating.blank"), _NUMBER), Column(say("rating.void_marks"), _NUMBER)]
    rows: list[tuple[Cell, ...]] = []
    for line in sorted(report.lines, key=lambda one: one.position):
        for box in line.boxes:
            for number, item in enumerate(report.items):
                marks = box.counts.items[number]
                head = (line.name, box.rater or say("rating.merged"), *((_item(item, say),) if several else ()))
                rows.append((*head, *marks[1:], marks[0], box.counts.void_marks(number)))
        if not line.boxes:
            rows.append((line.name, say("rating.withheld"), *[""] * (len(columns) - 2)))
    return Table(say("rating.heading_counts"), tuple(columns), tuple(rows))


def _item(item: Item, say: Wording) -> str:
    if item.weight == 1:
        return item.name
    weight = plain(item.weight.numerator, item.weight.denominator)
    return say("rating.item_weight", name=item.name, weight=weight)


def _or_dash(value: Cell, say: Wording) -> Cell:
    return say("format.unknown") if value is None else value
