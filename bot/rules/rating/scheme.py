"""What a round counts by: items, grades, classes of raters (SR-7, SR-8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from msgspec import Struct

MAX_GRADES = 250
NAMED = "named"

_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,4})?")


class Grade(Struct, frozen=True):
    """A grade of the sheet; `value` is None where it does not count, as an abstention (SR-9)."""

    name: str
    value: Fraction | None


class Item(Struct, frozen=True):
    """A line of the sheet and its weight within a class."""

    name: str
    weight: Fraction = Fraction(1)


class RaterClass(Struct, frozen=True):
    """A class of raters and its weight (SR-7)."""

    name: str
    weight: Fraction


class Scheme(Struct, frozen=True):
    """What a round counts by, frozen in its manifest."""

    items: tuple[Item, ...]
    grades: tuple[Grade, ...]
    classes: tuple[RaterClass, ...]
    min_group: int
    ranked: bool

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> Scheme:
        """From the manifest's values; weights and values are decimal texts. Nothing is withheld in a named round:
        everybody was told so before the first mark. Raises ValueError, naming the part."""
        try:
            scheme = cls(
                tuple(Item(str(one["name"]), number(one["weight"])) for one in manifest["items"]),
                tuple(Grade(str(one["name"]), _value(one["value"])) for one in manifest["grades"]),
                tuple(RaterClass(str(one["name"]), number(one["weight"])) for one in manifest["classes"]),
                0 if manifest["mode"] == NAMED else int(manifest["min_group"]),
                manifest["ranked"] is True,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"manifest: {error}") from None
        if not (scheme.items and scheme.classes and 0 < len(scheme.grades) <= MAX_GRADES):
            raise ValueError("manifest: items, grades and classes are needed")
        return scheme


def number(text: object) -> Fraction:
    """A weight or value such as "100" or "12.5". Raises ValueError."""
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number")
    return Fraction(text)


def _value(text: object) -> Fraction | None:
    return None if text is None else number(text)
