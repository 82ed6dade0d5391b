"""What the local channel is told about people and their chats."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from starlette.websockets import WebSocket

from bot.messages import Message


class Visitor(Protocol):
    """Who a browser is (store/sessions.py): `key_hash` names its session, which is `kept` in the store or is not."""

    @property
    def account(self) -> str: ...

    @property
    def operator(self) -> bool: ...

    @property
    def key_hash(self) -> str: ...

    @property
    def kept(self) -> bool: ...


class Past(Struct, frozen=True):
    """A message that was sent before: its chat, its id, when, and the message as it stands now."""

    chat: str
    message_id: str
    at: datetime | None
    message: Message


class Pane(Struct, frozen=True):
    """What a person sees when a pane opens: a name (empty: unbound), where they belong, chats as (chat,
    title), what was sent before, and the numbers of what nobody has opened before. All of it is theirs only as long as
    their `standing` stays the same."""

    name: str
    branch: str
    chats: tuple[tuple[str, str], ...]
    history: tuple[Past, ...]
    unopened: tuple[int, ...] = ()
    standing: object = None


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


class Door(Struct, frozen=True):
    """How browsers are let in. `is_ours`: a page of ours opens the socket, for one of another site must not speak with
    this browser's cookie. `address`: where it comes from. `authenticate`: who it is. `keep`: store the session of a
    guest who says something (account, hash of the key). `standing`: which of these sessions go on, and how their
    people stand; None where the store is at fault. `used`: these sessions are in use."""

    is_ours: Callable[[WebSocket], bool]
    address: Callable[[WebSocket], str]
    authenticate: Callable[[WebSocket], Awaitable[Visitor | None]]
    keep: Callable[[str, str], Awaitable[None]]
    standing: Callable[[Sequence[str]], Awaitable[Mapping[str, object] | None]]
    used: Callable[[Sequence[str]], Awaitable[None]]


OpenPane = Callable[[str], Awaitable[Pane]]
NoteOpened = Callable[[tuple[int, ...]], Awaitable[None]]
FindPeople = Callable[[str, int], Awaitable[People]]
