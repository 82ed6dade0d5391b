"""What may be written on a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.rules import rating as rules
from bot.store.rating.words import RatingError

LONGEST = 100
_MOST_MINUTES = 240
_LARGEST_GROUP = 50


def name(text: str) -> str:
    """A name without surrounding spaces; raises RatingError when it is empty or too long."""
    found = " ".join(text.split())
    if not found:
        raise RatingError("no_name")
    if len(found) > LONGEST:
        raise RatingError("long_name", name=found[:12], most=LONGEST)
    return found


def names(given: Sequence[str], most: int) -> None:
    """Raises RatingError unless there are 1 to `most` names, none twice."""
    found = [name(one) for one in given]
    if not 0 < len(found) <= most:
        raise RatingError("how_many", most=most)
    for one in found:
        if found.count(one) > 1:
            raise RatingError("name_twice", name=one)


def number(text: str) -> str:
    """A weight or value as plain decimal text, "12.50" as "12.5"; raises RatingError."""
    try:
        rules.number(text.strip())
    except ValueError:
        raise RatingError("no_number", text=text[:12]) from None
    whole, _, digits = text.strip().partition(".")
    digits = digits.rstrip("0")
    return f"{int(whole)}.{digits}" if digits else str(int(whole))


def total(one: str, other: str) -> str:
    """The sum of two weights, as text."""
    return number(str(Decimal(one) + Decimal(other)))


def minutes(value: int) -> int:
    """Minutes a speaker has; 0 for no timer."""
    if not 0 <= value <= _MOST_MINUTES:
        raise RatingError("minutes", most=_MOST_MINUTES)
    return value


def group(value: int) -> int:
    """The smallest class that is shown (SE-5)."""
    if not 3 <= value <= _LARGEST_GROUP:
        raise RatingError("min_group", least=3, most=_LARGEST_GROUP)
    return value


def cap(text: str) -> str:
    """The share of the first grade, such as "1/3"; empty for none (DR-3)."""
    try:
        rules.cap_of(1, text)
    except ValueError:
        raise RatingError("cap") from None
    return text
