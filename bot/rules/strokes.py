"""The order of names by surname strokes, as they are printed on a ballot (EL-12).

Names are compared character by character: fewer strokes first, then the strokes in writing order (horizontal,
vertical, left-falling, dot, turning). A given name of one character has a blank before it, so that among people of
one surname it comes before all given names of two. A compound surname counts by its first character, then its second.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cmp_to_key
from itertools import pairwise

from msgspec import Struct

_BLANK = ""


class StrokesError(ValueError):
    """The table of strokes cannot be read; the text says which line."""


class Strokes(Struct, frozen=True):
    """`orders` gives a character's strokes (digits 1 to 5), `counts` the characters of which only the number of
    strokes is known, `compound` the surnames of two characters."""

    orders: Mapping[str, str]
    counts: Mapping[int, str]
    compound: frozenset[str]

    def count(self, char: str) -> int | None:
        """How many strokes the character has; None when it is not in the table."""
        if order := self.orders.get(char):
            return len(order)
        return next((number for number, chars in self.counts.items() if char in chars), None)


class Ordered(Struct, frozen=True):
    """The names in order. `unknown` are those with a character that the table lacks, `doubtful` those that the table
    cannot tell from a neighbour: where they stand is for a person to say."""

    names: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


def read_strokes(text: str, compound: Iterable[str]) -> Strokes:
    """Read `content/strokes.txt`; raises StrokesError."""
    orders: dict[str, str] = {}
    counts: dict[int, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        key, _, chars = line.partition("\t")
        if key.startswith("=") and key[1:].isascii() and key[1:].isdigit() and chars:
            counts[int(key[1:])] = chars
        elif key and chars and not key.strip("12345"):
            orders.update(dict.fromkeys(chars, key))
        else:
            raise StrokesError(f"line {number}: strokes (1 to 5, or = and a number), a tab and characters are needed")
    return Strokes(orders, counts, frozenset(compound))


def in_order(names: Sequence[str], strokes: Strokes, places: Mapping[str, int] | None = None) -> Ordered:
    """The names by surname strokes; one with a place (from 1) stands there whatever its strokes. Those that nobody has
    placed and the table does not know come last, in the order given."""
    places = places or {}
    spelled = {name: _spelled(name, strokes.compound) for name in names}
    free = [name for name in names if name not in places]
    unknown = [name for name in free if not _known(spelled[name], strokes)]
    by_strokes = [name for name in free if name not in unknown]

    def compared(one: str, other: str) -> int:
        return _compare(spelled[one], spelled[other], strokes)

    by_strokes.sort(key=cmp_to_key(compared))
    doubtful: dict[str, None] = {}
    for one, other in pairwise(by_strokes):
        if not compared(one, other):
            doubtful |= {one: None, other: None}
    ordered = [*by_strokes, *unknown]
    for name in sorted((one for one in names if one in places), key=lambda one: places[one]):
        ordered.insert(max(places[name] - 1, 0), name)
    return Ordered(tuple(ordered), tuple(unknown), tuple(doubtful))


def _spelled(name: str, compound: frozenset[str]) -> tuple[str, ...]:
    """The characters to compare, with the blank of a short given name; numbers of namesakes and dots left out."""
    chars = "".join(char for char in unicodedata.normalize("NFC", name) if unicodedata.category(char) == "Lo")
    surname = chars[:2] if chars[:2] in compound and len(chars) > 2 else chars[:1]
    given = chars[len(surname) :]
    return (*surname, _BLANK, *given) if len(given) == 1 else (*surname, *given)


def _known(chars: tuple[str, ...], strokes: Strokes) -> bool:
    return bool(chars) and all(char == _BLANK or strokes.count(char) for char in chars)


def _compare(one: tuple[str, ...], other: tuple[str, ...], strokes: Strokes) -> int:
    """Below 0 when `one` comes first, 0 when the table cannot tell."""
    for left, right in zip(one, other, strict=False):
        if left == right:
            continue
        counts = _number(left, strokes), _number(right, strokes)
        if counts[0] != counts[1]:
            return counts[0] - counts[1]
        orders = strokes.orders.get(left), strokes.orders.get(right)
        if orders[0] is None or orders[1] is None or orders[0] == orders[1]:
            return 0
        return -1 if orders[0] < orders[1] else 1
    return len(one) - len(other)


def _number(char: str, strokes: Strokes) -> int:
    return 0 if char == _BLANK else strokes.count(char) or 0
