"""Whom a written name means among the people of a roster."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from msgspec import Struct

_BRACKETED = re.compile(r"\([^)]*\)")
_PARTS = re.compile(r"[\s()\[\]/,]+")
_LOOSE = re.compile(r"[^\w\u00b7]+|_+")
_DOTS = dict.fromkeys(map(ord, "\u2022\u2027\u22c5\u30fb\uff65\u2219\u0387\u2024"), "\u00b7")


class Named(Struct, frozen=True):
    """Somebody on the roster, with the branch and whether they may elect and stand (EL-6). The name of a namesake
    carries a number in brackets or, within one unit's list, the branch behind a space."""

    id: int
    name: str
    branch: str
    able: bool


def same(text: str) -> str:
    """A name as it is compared: full width as half width, one kind of middle dot, no spaces, nothing invisible."""
    return "".join(char for char in _plain(text) if unicodedata.category(char)[0] not in "ZC").casefold()


def meant(name: str, people: Iterable[Named]) -> list[Named]:
    """Those whom the name means: whoever is listed under it, or has it with the branch (or a part of the branch's
    name) behind a space or in brackets; else the namesakes whom only a number in brackets tells apart."""
    wanted, listed = same(name), list(people)
    parts = [same(part) for part in _PARTS.split(_plain(name)) if part]
    exact = [one for one in listed if same(one.name) == wanted or _with_branch(one, parts)]
    return exact or [one for one in listed if _BRACKETED.sub("", same(one.name)) == wanted]


def close_to(name: str, people: Iterable[Named]) -> list[Named]:
    """Those whose name somebody wrote together with something that is not their branch as it is called: "name-branch",
    the branch in front, a number, a remark in quotation marks. Whether it is them only a person can tell."""
    parts = [same(part) for part in _LOOSE.split(_plain(name)) if part]
    heads = {"".join(parts[:count]) for count in range(1, len(parts) + 1)}
    heads |= {*parts, *(head.rstrip("0123456789") for head in heads)}
    return [one for one in people if _BRACKETED.sub("", same(one.name)) in heads]


def beginnings(name: str) -> set[str]:
    """The characters with which the stored name of whoever is meant, or close to it, may begin: those with which a part
    of the written one begins, small and large."""
    firsts = {same(part)[:1] for part in (name, *_LOOSE.split(_plain(name)))} - {""}
    return firsts | {first.upper() for first in firsts}


def _with_branch(one: Named, parts: list[str]) -> bool:
    return len(parts) > 1 and same(one.name) == parts[0] and "".join(parts[1:]) in same(one.branch)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(_DOTS)).translate(_DOTS)
