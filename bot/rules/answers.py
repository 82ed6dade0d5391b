"""Reading the option numbers that a member typed: "2", "2 4", "ac", or words given by the caller."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from enum import StrEnum

from msgspec import Struct

MAX_LENGTH = 200
"""Longer texts are no answer and are not looked at."""

_SEPARATORS = re.compile("[\\s,.;:/+&!()\\[\\]\u3001\u3002\u3010\u3011]+")
_STOPS = " .!~\u3002"


class Problem(StrEnum):
    """Why a text is not an answer."""

    EMPTY = "empty"
    NOT_UNDERSTOOD = "not_understood"
    OUT_OF_RANGE = "out_of_range"


class Parsed(Struct, frozen=True):
    """The chosen options as indices from 0, ascending and unique; none when there is a problem."""

    indices: tuple[int, ...] = ()
    problem: Problem | None = None

    @property
    def ok(self) -> bool:
        """Whether the text was read."""
        return self.problem is None


def parse_choice(text: str, count: int, words: Mapping[str, int], fillers: Collection[str] = ()) -> Parsed:
    """Read which of `count` options a text names; any text gives a result, never an exception.

    Understood: numbers from 1, letters from A, keys of `words` (values are option numbers from 1), several of
    them with separators. Written together ("24", "ac") they are several options when each is in range and
    none repeats; digits only where there are fewer than ten options. `fillers` are words to pass over.
    Anything else in a text rejects it as a whole. Keys and fillers are in the form that `fold` gives.
    Raises ValueError when `count` is less than 1.
    """
    if count < 1:
        raise ValueError("there must be at least one option")
    if len(text) > MAX_LENGTH:
        return Parsed(problem=Problem.NOT_UNDERSTOOD)
    tokens = [token for token in _SEPARATORS.split(fold(text)) if token]
    if not tokens:
        return Parsed(problem=Problem.EMPTY)
    chosen: set[int] = set()
    for token in tokens:
        numbers = _numbers(token, count, words) or _between_fillers(token, count, words, fillers)
        if numbers is None:
            return Parsed(problem=Problem.NOT_UNDERSTOOD)
        chosen.update(numbers)
    if not chosen:
        return Parsed(problem=Problem.NOT_UNDERSTOOD)
    if not all(1 <= number <= count for number in chosen):
        return Parsed(problem=Problem.OUT_OF_RANGE)
    return Parsed(tuple(sorted(number - 1 for number in chosen)))


def fold(text: str) -> str:
    """The form in which answers and words are compared: NFKC, case folded, trimmed, nothing invisible."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if unicodedata.category(char) != "Cf").strip()


def spoken(text: str) -> str:
    """The form in which a typed label is compared with the label itself: folded, without the stops at its end."""
    return fold(text).rstrip(_STOPS)


def _numbers(token: str, count: int, words: Mapping[str, int]) -> list[int]:
    """The option numbers of one token, from 1, possibly out of range; empty when it is not understood."""
    if token in words:
        return [words[token]]
    if token.isascii() and token.isdigit():
        return _digits(token, count)
    if token.isascii() and token.isalpha():
        letters = [ord(char) - ord("a") + 1 for char in token]
        return letters if len(letters) == 1 else _several(letters, count)
    if all(char in words for char in token):
        return _several([words[char] for char in token], count)
    return []


def _digits(token: str, count: int) -> list[int]:
    whole = int(token)
    if whole <= count or count > 9:
        return [whole]
    return _several([int(char) for char in token], count) or [whole]


def _several(numbers: list[int], count: int) -> list[int]:
    distinct = len(set(numbers)) == len(numbers)
    return numbers if distinct and all(1 <= number <= count for number in numbers) else []


def _between_fillers(
    token: str, count: int, words: Mapping[str, int], fillers: Collection[str]
) -> list[int] | None:
    """The numbers of a token without its fillers, none when it is all fillers; None when not understood."""
    for filler in sorted(fillers, key=len, reverse=True):
        token = token.replace(filler, " ")
    found: list[int] = []
    for part in token.split():
        numbers = _numbers(part, count, words)
        if not numbers:
            return None
        found.extend(numbers)
    return found


def whole(text: str) -> int:
    """A whole number of up to nine digits, as forms, links and commands carry it; -1 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def code_of(text: str) -> str:
    """The digits of a text that is nothing but digits (of any width, spaces between them); else empty."""
    said = unicodedata.normalize("NFKC", text).replace(" ", "")
    return said if said.isascii() and said.isdigit() else ""
