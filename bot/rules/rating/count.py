"""Counting boxes, scores, and what of them may be shown (SR-9, SR-11, SR-14).

A box holds the rows of one target and one rater class: a byte a mark, `items` bytes a row. 0 is a blank, 1..n the n-th
grade, 255 a void mark; a row of which nothing could be read is void in every place. The order of rows is nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from functools import reduce
from operator import and_

from msgspec import Struct, field

from bot.rules.rating.scheme import Grade, Scheme

BLANK = 0
VOID = 255

_IS_VOID = bytes(VOID) + b"\x01"


class Disclosure(StrEnum):
    """What of one target's counts may be shown (SR-14, SECRECY invariant 9)."""

    CLASSES = "classes"
    MERGED = "merged"
    TOTAL = "total"
    NOTHING = "nothing"


class Counts(Struct, frozen=True):
    """One box counted: all rows, those that are void in every place, and for each item the numbers of 0, 1, ... n."""

    rows: int
    void: int
    items: tuple[tuple[int, ...], ...]

    @property
    def valid(self) -> int:
        """Rows that are not void as a whole."""
        return self.rows - self.void

    def void_marks(self, item: int) -> int:
        """Rows whose mark for this item is void (SR-9); with its counts they add up to the rows."""
        return self.rows - sum(self.items[item])


class TargetCounts(Struct, frozen=True):
    """Somebody who was rated: counts in the order of the scheme's classes; `weights` override those of classes."""

    name: str
    classes: tuple[Counts, ...]
    weights: Mapping[str, Fraction] = field(default_factory=dict)


def tally(rows: bytes, items: int, grades: int) -> Counts:
    """Count a box. Raises ValueError for a row that is cut off or an unknown mark."""
    if items < 1 or len(rows) % items:
        raise ValueError(f"{len(rows)} bytes are not rows of {items}")
    total = len(rows) // items
    columns = [rows[item::items] for item in range(items)]
    counts = tuple(tuple(column.count(mark) for mark in range(grades + 1)) for column in columns)
    if sum(map(sum, counts)) + rows.count(VOID) != len(rows):
        raise ValueError("a row holds a mark that is no grade")
    void = reduce(and_, (int.from_bytes(column.translate(_IS_VOID)) for column in columns)).bit_count()
    return Counts(total, void, counts)


def merge(counts: Sequence[Counts]) -> Counts:
    """The boxes of one target as if they were one class."""
    columns = zip(*(box.items for box in counts), strict=True)
    return Counts(
        sum(box.rows for box in counts),
        sum(box.void for box in counts),
        tuple(tuple(map(sum, zip(*marks, strict=True))) for marks in columns),
    )


def answers(marks: Sequence[int], grades: Sequence[Grade]) -> int:
    """How many answers to an item count: neither blank nor a grade without value (SR-9)."""
    return sum(count for count, grade in zip(marks[1:], grades, strict=True) if grade.value is not None)


def item_score(marks: Sequence[int], grades: Sequence[Grade]) -> Fraction | None:
    """S of one item: the counted answers' mean value; None without any (SR-11)."""
    counted = answers(marks, grades)
    if not counted:
        return None
    points = sum(
        (count * grade.value for count, grade in zip(marks[1:], grades, strict=True) if grade.value is not None),
        Fraction(),
    )
    return points / counted


def class_score(counts: Counts, scheme: Scheme) -> Fraction | None:
    """S of one class: its items' scores by their weights; items without answers drop out."""
    scores = (item_score(marks, scheme.grades) for marks in counts.items)
    return _mean((score, item.weight) for score, item in zip(scores, scheme.items, strict=True))


def score(target: TargetCounts, scheme: Scheme) -> Fraction | None:
    """T: the classes' scores by their weights; a class without answers drops out and the rest is rescaled (SR-11)."""
    return _mean(
        (class_score(counts, scheme), target.weights.get(rater.name, rater.weight))
        for counts, rater in zip(target.classes, scheme.classes, strict=True)
    )


def disclosure(target: TargetCounts, scheme: Scheme) -> Disclosure:
    """What may be shown of a target: its classes when each that took part has `min_group` valid answers or more to
    every item. The item with the fewest decides: of a class of five where four leave an item blank, that item's counts
    are one person's mark, and hiding the item alone would let it be subtracted.

    Else no class of it is shown (invariant 9). Its merged counts would give a small class away together with the
    total, so a ranked round then shows the total alone, when `min_group` answers carry it (SE-6); an unranked one
    shows the merged counts, when every item has `min_group` answers in all. Otherwise nothing is shown.
    """
    merged = merge(target.classes)
    if max(_answered(merged, scheme)) < scheme.min_group:
        return Disclosure.NOTHING
    if all(min(_answered(counts, scheme)) >= scheme.min_group for counts in target.classes if counts.rows):
        return Disclosure.CLASSES
    if scheme.ranked:
        return Disclosure.TOTAL if _carrying(target, scheme) >= scheme.min_group else Disclosure.NOTHING
    return Disclosure.MERGED if min(_answered(merged, scheme)) >= scheme.min_group else Disclosure.NOTHING


def first_share(target: TargetCounts, scheme: Scheme) -> Fraction:
    """The share of the first grade among all counted answers; 0 without any."""
    marks = merge(target.classes).items
    counted = sum(answers(one, scheme.grades) for one in marks)
    return Fraction(sum(one[1] for one in marks), counted) if counted else Fraction()


def _answered(counts: Counts, scheme: Scheme) -> list[int]:
    """The number of valid answers to each item. The largest says how many rows hold one at least: which items belong
    to one row is not known any more."""
    return [answers(marks, scheme.grades) for marks in counts.items]


def _carrying(target: TargetCounts, scheme: Scheme) -> int:
    """At least so many rows make up the total: classes and items without weight do not, and hide nobody in it."""
    weighed = [
        counts
        for counts, rater in zip(target.classes, scheme.classes, strict=True)
        if target.weights.get(rater.name, rater.weight)
    ]
    if not weighed:
        return 0
    found = zip(_answered(merge(weighed), scheme), scheme.items, strict=True)
    return max((count for count, item in found if item.weight), default=0)


def _mean(parts: Iterable[tuple[Fraction | None, Fraction]]) -> Fraction | None:
    """The weighted mean of what is there; None when nothing with a weight is."""
    known = [(value, weight) for value, weight in parts if value is not None]
    weights = sum((weight for _, weight in known), Fraction())
    return sum((value * weight for value, weight in known), Fraction()) / weights if weights else None
