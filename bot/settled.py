"""What a question's buttons show once somebody has answered, and when an answer may mean several questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.messages import Choice
from bot.router import buttons
from bot.store.prompts import Asked


def settled(asked: Asked, options: tuple[int, ...], submit: str) -> tuple[Choice, ...]:
    """What the tapped message shows from now on: the choice made, and the others where it may be changed."""
    if asked.multiple and asked.changeable:
        return buttons(asked.id, asked.options, True, submit, bits(options))
    shown = range(len(asked.options)) if asked.changeable else options
    return tuple(
        Choice.option(asked.id, number, ("✓ " if number in options else "") + asked.options[number])
        for number in shown
    )


def which(chosen: Iterable[tuple[Asked, tuple[int, ...]]], text: Callable[..., str]) -> tuple[Choice, ...]:
    """A button for each question that was perhaps meant, with the typed option already in it."""
    return tuple(
        Choice.option(
            asked.id, options[0],
            text("help.which_label", title=asked.title[:20], option=asked.options[options[0]][:20]),
        )
        for asked, options in chosen
        if len(options) == 1
    )  # fmt: skip


def bits(options: tuple[int, ...]) -> int:
    """The bit set of these options."""
    return sum(1 << option for option in options if option >= 0)
