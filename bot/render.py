"""Message x Caps -> what a platform can show: buttons, or numbered lines that are answered by a character."""

from __future__ import annotations

from bot.messages import Caps, Choice, Message, read_token

_ELLIPSIS = "…"


def render(message: Message, caps: Caps) -> Message:
    """The message as this platform can show it.

    Choices stay buttons when they fit; else they become numbered lines (typed numbers are resolved against
    the open prompt) and command buttons are written out. Links go into the text where the platform has no
    link buttons. Text over `caps.max_chars` is cut with an ellipsis, never in the middle of the choices.
    """
    if _is_plain(message) and len(message.text) <= caps.max_chars:
        return message
    buttons = message.choices if len(message.choices) <= caps.buttons else ()
    tail = [] if buttons else _numbered(message.choices)
    if not caps.link_buttons:
        tail += [f"{link.label} {link.url}" for link in message.links]
    below = "\n".join(tail)
    room = caps.max_chars - (len(below) + 1 if below else 0)
    text = message.text if len(message.text) <= room else message.text[: max(room - 1, 0)] + _ELLIPSIS
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
