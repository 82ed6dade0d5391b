"""The two fonts that PDF files carry, and what neither of them can print (docs/fonts.md)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from bot.documents.labels import safe_text

if TYPE_CHECKING:
    from reportlab.pdfbase.ttfonts import TTFont

SONG, RARE = "Azalea Song", "Azalea Rare"
"""The font of every day, and the one for rare characters; the first that has a character prints it."""

MISSING = "\u3013"
"""Printed for a character that neither font has."""

_FOLDER = Path(__file__).parent / "fonts"
_FILES = {SONG: "song.ttf", RARE: "rare.ttf"}
_DOTS = dict.fromkeys(map(ord, "\u22c5\u2219\u2024\u2e31\ua78f\u0387"), "\u00b7")
"""Other ways in which keyboards write the dot of a name."""
_SIGNS = frozenset("\n\u00a0")
_ACCENTED = re.compile("[^\\W\\d_][\u0300-\u036f]+")


def printable(text: str) -> str:
    """The text as it is printed: without what is invisible, with MISSING for what neither font has."""
    return "".join(char if font_of(char) else MISSING for char in _visible(text))


def lacking(texts: Iterable[str]) -> tuple[str, ...]:
    """Those of the texts, each once, with a character that neither font has."""
    return tuple(dict.fromkeys(text for text in texts if not all(font_of(char) for char in _visible(text))))


def runs(text: str) -> list[tuple[str, str]]:
    """The printable text as (font, part) pairs."""
    shown = printable(text)
    return [(font, "".join(part)) for font, part in groupby(shown, lambda char: font_of(char) or SONG)]


def font_of(char: str) -> str:
    """The font that prints a character; empty where neither does."""
    if char in _SIGNS:
        return SONG
    return next((name for name in _FILES if ord(char) in fonts()[name].face.charToGlyph), "")


@cache
def fonts() -> dict[str, TTFont]:
    """Both fonts by name, read once in a process and made known to ReportLab."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    class Searchable(TTFont):
        """ReportLab writes a character above FFFF as five digits into the table that readers copy text with, where the
        format wants UTF-16: such a name could not be searched or copied."""

        def addObjects(self, doc: object) -> None:  # noqa: N802 - ReportLab calls it
            super().addObjects(doc)
            known: dict[str, object] = doc.idToObject  # type: ignore[attr-defined]
            for name, stream in known.items():
                if name.startswith("toUnicodeCMap:"):
                    stream.content = _WIDE.sub(_utf16, stream.content)  # type: ignore[attr-defined]

    made: dict[str, TTFont] = {}
    for name, file in _FILES.items():
        made[name] = Searchable(name, str(_FOLDER / file))
        pdfmetrics.registerFont(made[name])
    return made


_WIDE = re.compile("<([0-9A-F]{5,6})>")


def _utf16(found: re.Match[str]) -> str:
    return f"<{chr(int(found[1], 16)).encode('utf-16-be').hex().upper()}>"


def _visible(text: str) -> str:
    """Without joiners, marks of direction and variation selectors, which print nothing; accents on their
    letters, every dot of a name as one that there is."""
    safe = _ACCENTED.sub(lambda found: unicodedata.normalize("NFC", found[0]), safe_text(text)).replace("\t", " ")
    return "".join(char for char in safe.translate(_DOTS) if not _invisible(char))


def _invisible(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
