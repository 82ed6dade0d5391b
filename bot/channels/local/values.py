"""What the local channel is told about people and their chats."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct
from starlette.websockets import WebSocket

from bot.pane import Pane, Someone


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
