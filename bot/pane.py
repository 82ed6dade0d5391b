"""What the local chat shows of a person: the store reads it, the channel shows it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from bot.messages import Message


class Past(Struct, frozen=True):
    """A message that was sent before: its chat, its id, when, and the message with its buttons as they stand now."""

    chat: str
    message_id: str
    at: datetime | None
    message: Message


class Pane(Struct, frozen=True):
    """What a person sees when a pane opens: a name (empty: unbound), the branch, chats as (chat, title), what was sent
    before, oldest first, and the numbers of what nobody has opened before. All of it is theirs only as long as their
    `standing` stays the same."""

    name: str
    branch: str
    chats: tuple[tuple[str, str], ...]
    history: tuple[Past, ...]
    unopened: tuple[int, ...] = ()
    standing: object = None


class Someone(Struct, frozen=True):
    """A person with a local account, for whom the operator of the demo may speak."""

    account: str
    name: str
    branch: str
    posts: tuple[str, ...]
