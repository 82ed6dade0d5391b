"""The one cleaning of every text that comes in: forms, frames, files, arguments, backups.

What no database takes alike, no document holds, or what turns a line around so that people read something else: out.
"""

from __future__ import annotations

import json
import re
from operator import is_
from typing import Any, TypeVar

T = TypeVar("T")

_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_OUT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"
    "\ud800-\udfff"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\ufdd0-\ufdef\ufff9-\ufffb"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
)
"""Control characters but for tab and line feed; halves of characters; what sets the direction of writing; what Unicode
keeps for itself."""


def clean(text: str) -> str:
    """The text with one kind of line break, and without what is no text."""
    if text.isprintable():
        return text
    made = _OUT.sub("", _BREAKS.sub("\n", text))
    return text if made == text else made


def cleaned(value: T) -> T:
    """A value as JSON and TOML have it, with every text in it cleaned, names too; the same object where nothing was to
    be done."""
    found: Any = value
    if isinstance(found, str):
        found = clean(found)
    elif isinstance(found, (list, tuple)):
        parts = [cleaned(one) for one in found]
        found = value if all(map(is_, parts, found)) else type(found)(parts)
    elif isinstance(found, dict):
        names, parts = [cleaned(name) for name in found], [cleaned(one) for one in found.values()]
        whole = all(map(is_, names, found)) and all(map(is_, parts, found.values()))
        found = value if whole else dict(zip(names, parts, strict=True))
    return found  # type: ignore[no-any-return]


def read_json(text: str | bytes) -> Any:
    """What a JSON text says, cleaned: an escape brings in what the text itself does not hold. Raises ValueError, and
    RecursionError for one nested too deep."""
    return cleaned(json.loads(text))
