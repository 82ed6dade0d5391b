"""What `doctor` finds."""

from __future__ import annotations

from msgspec import Struct


class Finding(Struct, frozen=True):
    """One line of the report: the item (a text key), whether it is fine, and a sentence."""

    item: str
    ok: bool
    sentence: str
