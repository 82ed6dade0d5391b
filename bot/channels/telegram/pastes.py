"""Telegram's own programs cut a long text into several messages: they are known by their lengths and their time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from bot.messages import Inbound, Reply

LONGEST_TEXT = 4096
_SHORTEST_CUT = 2_000
"""The front is never shorter: Telegram Desktop looks for the end of a paragraph in the second half of the room."""
_TOGETHER_SECONDS = 5
_TRIMMED = 96
"""So many blanks may be lost where the text is cut."""
_MOST = 2_000


@dataclass(slots=True)
class Part:
    """The newest text of somebody in a chat: its number there, its time and length (UTF-16 units, as Telegram counts),
    and the questions that the answer to it opened, once it is `answered`."""

    number: int
    at: float
    length: int
    prompts: tuple[int, ...] = ()
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    def settle(self, reply: Reply | None) -> None:
        """The answer is known; None where there is none."""
        self.prompts = reply.message.prompts if reply is not None and reply.message is not None else ()
        self.answered.set()


class Pastes:
    """Remembers everybody's newest text, as the next may be its other half, also where the halves change places."""

    def __init__(self) -> None:
        self._newest: OrderedDict[tuple[str, str], Part] = OrderedDict()

    def note(self, inbound: Inbound, at: float) -> tuple[Part, Part | None]:
        """Remember a text; itself, and the one before it where both are parts of one."""
        key = (inbound.chat.chat, inbound.account)
        before = self._newest.pop(key, None)
        part = self._newest[key] = Part(int(inbound.message_id or 0), at, length_of(inbound.text))
        if len(self._newest) > _MOST:
            self._newest.popitem(last=False)
        return part, before if before is not None and _are_one(before, part) else None


def _are_one(one: Part, other: Part) -> bool:
    """Two that would have fitted into one message are two; what was cut off at the front is long by itself."""
    front = one if one.number < other.number else other
    near = abs(one.at - other.at) <= _TOGETHER_SECONDS
    near = near and one.number != other.number
    return near and front.length >= _SHORTEST_CUT and one.length + other.length > LONGEST_TEXT - _TRIMMED


def length_of(text: str) -> int:
    """The length as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
