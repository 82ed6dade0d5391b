"""Rows of several boxes in one byte string, in the order of the boxes: for each its number of rows (4 bytes) and the
rows, sorted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from bot.rules.rating import VOID
from bot.store.rating.words import RatingError

_COUNT = 4


def canonical(rows: bytes, items: int, grades: int) -> bytes:
    """The rows sorted, so that they have no order; raises RatingError `bad_rows` for a row that is cut off or holds a
    byte that is neither a blank, a grade nor a void mark (an item with two marks is void by itself, SR-9)."""
    if len(rows) % items or set(rows) - {*range(grades + 1), VOID}:
        raise RatingError("bad_rows")
    return b"".join(sorted(rows[at : at + items] for at in range(0, len(rows), items)))


def pack(boxes: Sequence[bytes], items: int) -> bytes:
    """The boxes in one byte string."""
    return b"".join((len(rows) // items).to_bytes(_COUNT, "big") + rows for rows in boxes)


def unpack(packed: bytes, items: int) -> list[bytes]:
    """The boxes that `pack` was given."""
    boxes, at = [], 0
    while at < len(packed):
        end = at + _COUNT + int.from_bytes(packed[at : at + _COUNT], "big") * items
        boxes.append(packed[at + _COUNT : end])
        at = end
    return boxes


def digest(packed: bytes) -> str:
    """What two people compare."""
    return hashlib.sha256(packed).hexdigest()


def only_one(one: bytes, other: bytes, items: int) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The rows that only the first, and that only the second of two boxes has."""
    first, second = (Counter(box[at : at + items] for at in range(0, len(box), items)) for box in (one, other))
    return tuple((first - second).elements()), tuple((second - first).elements())
