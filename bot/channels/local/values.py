"""What the local channel is told about people and their chats."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from starlette.websockets import WebSocket

from bot.messages import Message


class Visitor(Protocol):
    """Who a browser is (store/sessions.py)."""

    @property
    def account(self) -> str: ...

    @property
    def operator(self) -> bool: ...


class Past(Struct, frozen=True):
    """A message that was sent before: its chat, its id, when, and the message as it stands now."""

    chat: str
    message_id: str
    at: datetime | None
    message: Message


class Pane(Struct, frozen=True):
    """What a person sees when a pane opens: a name (empty: unbound), where they belong, chats as (chat,
    title), what was sent before, and the numbers of what nobody has opened before."""

    name: str
    branch: str
    chats: tuple[tuple[str, str], ...]
    history: tuple[Past, ...]
    unopened: tuple[int, ...] = ()


class Someone(Struct, frozen=True):
    """A person whom the operator may speak for."""

    account: str
    name: str
    branch: str
    posts: tuple[str, ...]


class People(Struct, frozen=True):
    """One page of the people; `panes` are the accounts that the demo opens with."""

    people: tuple[Someone, ...]
    more: bool
    panes: tuple[str, ...]


IsOurs = Callable[[WebSocket], bool]
Authenticate = Callable[[WebSocket], Awaitable[Visitor | None]]
OpenPane = Callable[[str], Awaitable[Pane]]
NoteOpened = Callable[[tuple[int, ...]], Awaitable[None]]
FindPeople = Callable[[str, int], Awaitable[People]]
