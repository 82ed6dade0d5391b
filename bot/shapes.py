"""What a TOML table or a form says -> a Struct, by `msgspec.convert`; what does not fit is named in plain words."""

from __future__ import annotations

import re
from enum import EnumType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

T = TypeVar("T")

_PLACE = re.compile(r" - at `\$\.?(.*)`$")
_HEAD = re.compile(r"\s*\[+[^\[\],]+\]+\s*(#.*)?$")
_STEP = re.compile(r"\.\.\.|[^.\[\]]+")
_FIELD = re.compile(r"Object (missing required|contains unknown) field `(.*)`")
_KIND = re.compile(r"Expected `(.*)`, got `(.*)`")
_NAMES = {"array": "a list", "object": "a table"}


class Misfit(ValueError):
    """A value does not fit. `path` leads to it, by the names of fields and the places in lists, from 0; `what` says
    why."""

    def __init__(self, path: tuple[str | int, ...], what: str) -> None:
        super().__init__(what)
        self.path, self.what = path, what

    @property
    def names(self) -> tuple[str, ...]:
        """The path by fields alone."""
        return tuple(step for step in self.path if isinstance(step, str))

    def __str__(self) -> str:
        place = "".join(f".{step}" if isinstance(step, str) else f"[{step + 1}]" for step in self.path)
        return f"{place.removeprefix('.')}: {self.what}" if place else self.what

    def line(self, text: str) -> int:
        """The line of a TOML text on which the value stands, or the last on the way to it that is found."""
        lines, first = text.splitlines(), 0
        last = len(lines)
        for step, place in zip(self.path, (*self.path[1:], 0), strict=True):
            if isinstance(step, str) and (ahead := _standing(lines[:last], first, step)):
                first = ahead[min(place if isinstance(place, int) else 0, len(ahead) - 1)]
                if lines[first].lstrip().startswith("["):
                    heads = (number for number in range(first + 1, last) if _HEAD.match(lines[number]))
                    last = next((number for number in heads if f"{step}." not in lines[number]), last)
        return first + 1


def _standing(lines: list[str], first: int, name: str) -> list[int]:
    """Where a table of this name begins, or a value of this name stands, from a line on."""
    name = re.escape(name)
    stands = re.compile(rf'\s*(\[+\s*([^\]]*\.)?{name}\s*\]|"?{name}"?\s*=)')
    return [number for number in range(first, len(lines)) if stands.match(lines[number])]


def converted(data: object, kind: type[T]) -> T:
    """The data as `kind`; nothing is turned into another type but whole numbers into broken ones. Raises Misfit."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise _misfit(str(error), kind) from None


def _misfit(told: str, kind: type) -> Misfit:
    place = _PLACE.search(told)
    steps = _STEP.findall(place[1]) if place else ()
    path = tuple(int(step) if step.isdecimal() else step for step in steps if step != "...")
    told = told[: place.start()] if place else told
    if field := _FIELD.fullmatch(told):
        return Misfit((*path, field[2]), "missing" if field[1].startswith("missing") else "unknown key")
    if wrong := _KIND.fullmatch(told):
        return Misfit(path, f"must be {_NAMES.get(wrong[1], wrong[1])}, not {_NAMES.get(wrong[2], wrong[2])}")
    if told.startswith("Invalid enum value") and (words := _words_of(kind, path)):
        return Misfit(path, f"must be one of {', '.join(words)}")
    return Misfit(path, told)


def _words_of(kind: Any, path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The words that a field may say, where its type lists them."""
    for step in path:
        if isinstance(step, str):
            kind = get_type_hints(kind).get(step) if isinstance(kind, type) else None
        else:
            kind = get_args(kind)[0] if get_origin(kind) in (tuple, list) else None
    kind = get_args(kind)[1] if get_origin(kind) is dict else kind
    if get_origin(kind) is Literal:
        return tuple(map(str, get_args(kind)))
    return tuple(map(str, kind)) if isinstance(kind, EnumType) else ()
