"""Message x Caps -> what a platform can show: buttons, or numbered lines that are answered by a character. What it
cannot carry is named, to the sender before anything is sent, and to whoever reads the message."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from bot.messages import Caps, Choice, Message, read_token

_ELLIPSIS = "…"
_NOTE = 120
"""Room for the sentence that says what is missing."""


def losses(message: Message, caps: Caps) -> tuple[str, ...]:
    """What of the message this platform cannot carry: `files`, `text` (its end); mostly nothing."""
    if _is_plain(message) and len(message.text) <= caps.max_chars:
        return ()
    files = ("files",) if message.attachments and not caps.files else ()
    room = _room(message, caps)
    return (*files, "text") if len(message.text) > room else files


def fit(message: Message, caps: Caps, text: Callable[..., str]) -> Message:
    """The message without what this platform cannot carry, which its text names at the end."""
    lost = losses(message, caps)
    if not lost:
        return message
    said, notes = message.text, []
    if "files" in lost:
        names = text("help.comma").join(item.name for item in message.attachments)
        notes.append(text("help.no_files", names=names[:_NOTE]))
    if "text" in lost:
        kept = max(_room(message, caps) - 2 * _NOTE, 0)
        notes.append(text("help.cut", count=len(said) - kept))
        said = said[:kept] + _ELLIPSIS
    attachments = message.attachments if caps.files else ()
    return replace(message, text="\n".join([said, *notes]), attachments=attachments)


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis in at most so many characters."""
    return text if len(text) <= most else text[: max(most - 1, 0)] + _ELLIPSIS


def _room(message: Message, caps: Caps) -> int:
    """How long the text may be, beside what is written below it."""
    below = "\n".join(_below(message, caps))
    return caps.max_chars * caps.pieces - (len(below) + 1 if below else 0)


def _below(message: Message, caps: Caps) -> list[str]:
    lines = [] if len(message.choices) <= caps.buttons else _numbered(message.choices)
    return lines if caps.link_buttons else [*lines, *(f"{link.label} {link.url}" for link in message.links)]


def render(message: Message, caps: Caps) -> Message:
    """The message as this platform can show it.

    Choices stay buttons when they fit; else they become numbered lines (typed numbers are resolved against
    the open prompt) and command buttons are written out. Links go into the text where the platform has no
    link buttons. Text over `caps.max_chars` is cut with an ellipsis, never in the middle of the choices.
    """
    if _is_plain(message) and len(message.text) <= caps.max_chars:
        return message
    buttons = message.choices if len(message.choices) <= caps.buttons else ()
    below = "\n".join(_below(message, caps))
    room = caps.max_chars - (len(below) + 1 if below else 0)
    text = shortened(message.text, room)
    return Message(
        text=f"{text}\n{below}" if below else text,
        choices=buttons,
        links=message.links if caps.link_buttons else (),
        attachments=message.attachments if caps.files else (),
        columns=message.columns,
    )


def _is_plain(message: Message) -> bool:
    return not (message.choices or message.links or message.attachments or message.awaits)


def _numbered(choices: tuple[Choice, ...]) -> list[str]:
    """Options are numbered from 1; the submit button of a multiple choice has no line."""
    lines = []
    for choice in choices:
        found = read_token(choice.token)
        if found is None:
            lines.append(choice.label)
        elif found[1] >= 0:
            lines.append(f"{found[1] + 1}. {choice.label.removeprefix('☐ ').removeprefix('☑ ')}")
    return lines
