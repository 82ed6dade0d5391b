"""Totals and ranks (SR-11..SR-13), and the cap on excellent (DR-3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from msgspec import Struct

from bot.rules.rating.count import Disclosure, TargetCounts, disclosure, first_share, merge, score
from bot.rules.rating.scheme import Scheme

MEDIAN_NEEDS = 3
ROWS_FORMAT = "azalea-rating-rows/1"
"""What a rows file calls itself: `stated` and the published rows, to be counted again without this program."""

_SHARE = re.compile(r"([0-9]{1,4})/([1-9][0-9]{0,3})")


class Standing(Struct, frozen=True):
    """A target's total and rank; both None where too few answers count. `position` is its place on the sheet."""

    position: int
    name: str
    exact: Fraction | None
    rank: int | None

    @property
    def total(self) -> Decimal | None:
        """The total as it is shown and ranked by: two digits, half up (SR-11)."""
        return None if self.exact is None else rounded(self.exact)


def standings(
    targets: Sequence[TargetCounts], scheme: Scheme, name_order: Callable[[str], Any] = str
) -> tuple[Standing, ...]:
    """Targets by rank (1, 2, 2, 4); who has the same total is ordered by the share of the first grade, then by
    `name_order` (SR-12). Without enough answers there is no total, nor does the share show in the order; without
    `ranked` there is no total at all (DR-4)."""
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
        share = Fraction() if one.rank is None else first_share(targets[one.position], scheme)
        return one.rank is None, one.rank or 0, -share, name_order(one.name), one.position

    return tuple(sorted(found, key=order))


def stated(targets: Sequence[TargetCounts], scheme: Scheme) -> list[dict[str, Any]]:
    """What a rows file says of each target, in the order of the sheet: valid and void rows, total, rank."""
    found = sorted(standings(targets, scheme), key=lambda one: one.position)
    lines = []
    for target, one in zip(targets, found, strict=True):
        rows = merge(target.classes)
        total = None if one.total is None else str(one.total)
        lines.append({"target": one.position, "valid": rows.valid, "void": rows.void, "total": total, "rank": one.rank})
    return lines


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
