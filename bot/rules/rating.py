"""The arithmetic of democratic ratings (SR-7..SR-14, DR-3), exact throughout.

A box holds the rows of one target and one rater class: a byte a mark, `items` bytes a row. 0 is a blank, 1..n the n-th
grade, 255 a void mark; a row of which nothing could be read is void in every place. The order of rows is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import reduce
from operator import and_
from typing import Any

BLANK = 0
VOID = 255
MAX_GRADES = 250
MEDIAN_NEEDS = 3

_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,4})?")
_SHARE = re.compile(r"([0-9]{1,4})/([1-9][0-9]{0,3})")
_IS_VOID = bytes(VOID) + b"\x01"


class Disclosure(StrEnum):
    """What of one target's counts may be shown (SR-14, SECRECY invariant 9)."""

    CLASSES = "classes"
    MERGED = "merged"
    TOTAL = "total"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade of the sheet; `value` is None where it does not count, as an abstention (SR-9)."""

    name: str
    value: Fraction | None


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the sheet and its weight within a class."""

    name: str
    weight: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class RaterClass:
    """A class of raters and its weight (SR-7)."""

    name: str
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a round counts by, frozen in its manifest."""

    items: tuple[Item, ...]
    grades: tuple[Grade, ...]
    classes: tuple[RaterClass, ...]
    min_group: int
    ranked: bool

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> Scheme:
        """From the manifest's values; weights and values are decimal texts. Raises ValueError, naming the part."""
        try:
            scheme = cls(
                tuple(Item(str(one["name"]), number(one["weight"])) for one in manifest["items"]),
                tuple(Grade(str(one["name"]), _value(one["value"])) for one in manifest["grades"]),
                tuple(RaterClass(str(one["name"]), number(one["weight"])) for one in manifest["classes"]),
                int(manifest["min_group"]),
                manifest["ranked"] is True,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"manifest: {error}") from None
        if not (scheme.items and scheme.classes and 0 < len(scheme.grades) <= MAX_GRADES):
            raise ValueError("manifest: items, grades and classes are needed")
        return scheme


@dataclass(frozen=True, slots=True)
class Counts:
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


@dataclass(frozen=True, slots=True)
class TargetCounts:
    """Somebody who was rated: counts in the order of the scheme's classes; `weights` override those of classes."""

    name: str
    classes: tuple[Counts, ...]
    weights: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """A target's total and rank; both None where too few answers count. `position` is its place on the sheet."""

    position: int
    name: str
    exact: Fraction | None
    rank: int | None

    @property
    def total(self) -> Decimal | None:
        """The total as it is shown and ranked by: two digits, half up (SR-11)."""
        return None if self.exact is None else rounded(self.exact)


def number(text: object) -> Fraction:
    """A weight or value such as "100" or "12.5". Raises ValueError."""
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number")
    return Fraction(text)


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
    """What may be shown of a target: its classes when each that took part answered every item `min_group` times.

    Else no class of it is shown (invariant 9). Its merged counts would give a small class away together with the
    total, so a ranked round then shows the total alone; an unranked one shows the merged counts. With fewer than
    `min_group` answers in all, nothing is shown.
    """
    if max(_answered(merge(target.classes), scheme)) < scheme.min_group:
        return Disclosure.NOTHING
    if all(min(_answered(counts, scheme)) >= scheme.min_group for counts in target.classes if counts.rows):
        return Disclosure.CLASSES
    return Disclosure.TOTAL if scheme.ranked else Disclosure.MERGED


def hidden(target: TargetCounts, scheme: Scheme) -> bool:
    """True when no class breakdown of this target may be shown."""
    return disclosure(target, scheme) is not Disclosure.CLASSES


def standings(
    targets: Sequence[TargetCounts], scheme: Scheme, name_order: Callable[[str], Any] = str
) -> tuple[Standing, ...]:
    """Targets by rank (1, 2, 2, 4); who has the same total is ordered by the share of the first grade, then by
    `name_order` (SR-12). Without enough answers there is no total, and without `ranked` none at all (DR-4)."""
    if not scheme.ranked:
        return tuple(Standing(position, one.name, None, None) for position, one in enumerate(targets))
    exact = [None if disclosure(target, scheme) is Disclosure.NOTHING else score(target, scheme) for target in targets]
    shown = [rounded(value) for value in exact if value is not None]
    found = [
        Standing(
            position, target.name, value, None if value is None else 1 + sum(one > rounded(value) for one in shown)
        )
        for position, (target, value) in enumerate(zip(targets, exact, strict=True))
    ]

    def order(one: Standing) -> tuple[Any, ...]:
        share = first_share(targets[one.position], scheme)
        return one.rank is None, one.rank or 0, -share, name_order(one.name), one.position

    return tuple(sorted(found, key=order))


def first_share(target: TargetCounts, scheme: Scheme) -> Fraction:
    """The share of the first grade among all counted answers; 0 without any."""
    marks = merge(target.classes).items
    counted = sum(answers(one, scheme.grades) for one in marks)
    return Fraction(sum(one[1] for one in marks), counted) if counted else Fraction()


def distribution(marks: Sequence[int]) -> tuple[Fraction, ...]:
    """The share of blanks and of each grade among the valid rows; all 0 without rows."""
    rows = sum(marks)
    return tuple(Fraction(count, rows) if rows else Fraction() for count in marks)


def median(found: Iterable[Standing]) -> Decimal | None:
    """The median of the totals (SR-13); None for fewer than three: of two it would tell one the other's."""
    totals = sorted(one.exact for one in found if one.exact is not None)
    if len(totals) < MEDIAN_NEEDS:
        return None
    middle = len(totals) // 2
    return rounded((totals[middle] + totals[~middle]) / 2)


def rounded(value: Fraction) -> Decimal:
    """Two digits, half up. For values that are not negative."""
    return Decimal(int(value * 100 + Fraction(1, 2))).scaleb(-2)


def cap_of(people: int, share: str) -> int | None:
    """How many of `people` may be graded excellent at most: floor(N x share) (DR-3); None without a share.

    Raises ValueError when `share` is not a fraction such as "1/3".
    """
    if not share:
        return None
    parts = _SHARE.fullmatch(share)
    if parts is None:
        raise ValueError(f"{share!r} is not a share such as 1/3")
    return people * int(parts[1]) // int(parts[2])


def _value(text: object) -> Fraction | None:
    return None if text is None else number(text)


def _answered(counts: Counts, scheme: Scheme) -> list[int]:
    return [answers(marks, scheme.grades) for marks in counts.items]


def _mean(parts: Iterable[tuple[Fraction | None, Fraction]]) -> Fraction | None:
    """The weighted mean of what is there; None when nothing with a weight is."""
    known = [(value, weight) for value, weight in parts if value is not None]
    weights = sum((weight for _, weight in known), Fraction())
    return sum((value * weight for value, weight in known), Fraction()) / weights if weights else None
