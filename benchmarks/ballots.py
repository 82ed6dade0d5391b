"""Ballots of a rating and what they add up to: the truth that every counter is held against. Standard library only."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

CLASSES = (("班子成员", "40", 1), ("支部书记", "30", 3), ("党员代表", "30", 6))
"""Name, weight, and its part of ten voters."""
GRADES = (("优秀", "100"), ("良好", "85"), ("一般", "60"), ("较差", "30"), ("弃权", None))
VOID = 255
MARKS = (*range(len(GRADES) + 1), VOID)
"""A blank, the grades, a void mark: what a byte of a row may be."""
_WEIGHTS = (3, 40, 30, 15, 8, 3, 1)
"""How often each mark comes; the grades' weights are turned by one from target to target, so that totals differ."""


@dataclass(frozen=True, slots=True)
class Ballots:
    """The rows of each target and class, in the voters' order: a byte a mark, `items` bytes a row."""

    voters: int
    items: int
    boxes: tuple[tuple[bytes, ...], ...]

    @property
    def marks(self) -> int:
        """How many there are."""
        return sum(len(box) for target in self.boxes for box in target)

    def each(self) -> Iterator[tuple[int, int, int, int, int]]:
        """Target, class, voter of the class, item and mark of every mark."""
        for target, classes in enumerate(self.boxes):
            for index, box in enumerate(classes):
                for place, mark in enumerate(box):
                    yield target, index, *divmod(place, self.items), mark


Result = dict[str, Any]
"""`counts`: by target, class and item how often each of MARKS came. `totals` with two digits and `ranks`, by target."""


def draw(voters: int, targets: int, items: int, seed: int = 1, void: bool = True) -> Ballots:
    """The same arguments give the same ballots; without `void`, no mark is void."""
    chosen = random.Random(seed)
    sizes = [voters * part // 10 for _, _, part in CLASSES]
    sizes[-1] += voters - sum(sizes)
    boxes = []
    for target in range(targets):
        turn = target % len(GRADES)
        grades = _WEIGHTS[1:-1]
        weights = (_WEIGHTS[0], *grades[turn:], *grades[:turn], _WEIGHTS[-1] * void)
        boxes.append(tuple(bytes(chosen.choices(MARKS, weights, k=size * items)) for size in sizes))
    return Ballots(voters, items, tuple(boxes))


def truth(ballots: Ballots) -> Result:
    """The result, counted mark by mark."""
    found = Counter((target, index, item, mark) for target, index, _, item, mark in ballots.each())
    counts = [
        [
            [[found[target, index, item, mark] for mark in MARKS] for item in range(ballots.items)]
            for index in range(len(CLASSES))
        ]
        for target in range(len(ballots.boxes))
    ]
    return concluded(counts, [_total(classes) for classes in counts])


def concluded(counts: Sequence[Any], totals: Sequence[Fraction | float]) -> Result:
    """The result with totals rounded half up to two digits, ranked by what is shown: 1, 2, 2, 4."""
    shown = [int(total * 100 + Fraction(1, 2)) for total in totals]
    return {
        "counts": counts,
        "totals": [f"{value // 100}.{value % 100:02}" for value in shown],
        "ranks": [1 + sum(other > value for other in shown) for value in shown],
    }


def differences(expected: Result, found: Result) -> int:
    """How many counts, totals and ranks are not what they must be; a result of another shape differs in all."""
    want, got = _flat(expected), _flat(found)
    if len(want) != len(got):
        return len(want)
    return sum(one != other for one, other in zip(want, got, strict=True))


def counted(found: Result) -> int:
    """How many marks a result is made of."""
    return sum(int(value) for value in _flat(found["counts"]))


def _total(classes: Sequence[Sequence[Sequence[int]]]) -> Fraction:
    """Items weigh the same; an item, or a class, without an answer that counts drops out."""
    scores = []
    for items, (_, weight, _) in zip(classes, CLASSES, strict=True):
        each = [score for marks in items if (score := _score(marks)) is not None]
        if each:
            scores.append((sum(each, Fraction()) / len(each), int(weight)))
    points = sum((score * weight for score, weight in scores), Fraction())
    return points / sum(weight for _, weight in scores)


def _score(marks: Sequence[int]) -> Fraction | None:
    valued = [(count, int(value)) for count, (_, value) in zip(marks[1:], GRADES, strict=False) if value is not None]
    answers = sum(count for count, _ in valued)
    return Fraction(sum(count * value for count, value in valued), answers) if answers else None


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for key in ("counts", "totals", "ranks") for leaf in _flat(value[key])]
    if isinstance(value, list | tuple):
        return [leaf for each in value for leaf in _flat(each)]
    return [value]
