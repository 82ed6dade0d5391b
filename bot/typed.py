"""How a typed text is read before anybody answers it."""

from __future__ import annotations

from bot.content import AnswerWords
from bot.router import Route, Where
from bot.rules.answers import parse_choice, spoken
from bot.store.prompts import Asked


def options_of(text: str, asked: Asked, words: AnswerWords) -> tuple[int, ...]:
    """The options that a typed text means: numbers, letters, yes/no words or the label itself."""
    if len(text) == 1 and text.isascii() and text.isdigit():
        number = int(text) - 1
        return (number,) if 0 <= number < len(asked.options) else ()
    if text in asked.options:
        return (asked.options.index(text),)
    labels = [spoken(label) for label in asked.options]
    if (said := spoken(text)) in labels:
        return (labels.index(said),)
    known = words.two_options if len(asked.options) == 2 else words.numerals
    chosen = parse_choice(text, len(asked.options), known, words.fillers).indices
    return () if len(chosen) > 1 and not asked.multiple else chosen


def may_be_talk(route: Route, args: str) -> bool:
    """Group talk that is not meant for the bot but begins like a command."""
    return bool(args) and (route.where is Where.PRIVATE or route.everyday)


def awaits_text(asked: Asked) -> bool:
    """The newest question takes any text: words that happen to begin like a command are the answer to it."""
    return asked.free_text and not asked.answered and not asked.digits
