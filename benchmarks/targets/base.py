"""What a target must offer to be measured. A target is always a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "benchmarks" / "peers"


@dataclass(frozen=True, slots=True)
class Event:
    """One answer of one member: `text` is the digit that the member types."""

    id: str
    account: str
    chat: str
    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What a frame from the target means: `answers` is an event's id or account, `reply` is owed to it."""

    answers: str | None = None
    reply: str | None = None


class Wire(Protocol):
    """How events travel; it runs in the load generator's process."""

    transport: Literal["ws", "http"]
    path: str

    def headers(self, connection: int) -> dict[str, str]:
        """Return extra headers of the handshake (ws) or of every request (http)."""

    def query(self, event: Event) -> str:
        """Return the query string of a request, with its `?`, or nothing."""

    def encode(self, event: Event) -> str:
        """Return the frame or the request body that carries the event."""

    def decode(self, frame: str) -> Heard:
        """Read one frame or one response body."""


class AnswerTarget(Protocol):
    """A bot that records one unique answer of each member and confirms it."""

    name: str
    wire: Wire
    share: float
    """The part of the usual number of events that it gets, so that a slow target's round stays short."""

    def prepare(self, folder: Path, members: int) -> None:
        """Fill `folder` with a store that knows `account(0) ... account(members - 1)`; done once."""

    def command(self, folder: Path, port: int) -> Sequence[str]:
        """Return the command that serves `folder`, a fresh copy of the prepared one, on 127.0.0.1:port."""

    def rows(self, folder: Path) -> dict[str, str]:
        """Return account -> recorded digit, read from the store after the process has ended."""

    def synchronous(self, folder: Path) -> int:
        """Return `PRAGMA synchronous` as the process read it on the connection that writes (2 is FULL)."""


class BroadcastTarget(Protocol):
    """A sender: prints `ready`, waits for a line, sends to everybody, prints `done`, waits for a line."""

    name: str
    durable: bool
    """False for a yardstick that keeps no rows: its receipts are then a file."""
    share: float

    def prepare(self, folder: Path, recipients: int) -> None:
        """Fill `folder` with a store that knows the chats `chat(0) ... chat(recipients - 1)`; done once."""

    def command(self, folder: Path, api: str) -> Sequence[str]:
        """Return the command that sends from `folder` to the Bot API at `api` (`http://127.0.0.1:port`)."""

    def rows(self, folder: Path) -> dict[int, int]:
        """Return chat -> message id that the Bot API gave, for every message recorded as sent."""

    def synchronous(self, folder: Path) -> int:
        """Return `PRAGMA synchronous` as read back on the connection that writes."""


class SearchTarget(Protocol):
    """A search: prints `ready`, then answers each JSON string with a JSON list of document numbers."""

    name: str

    def prepare(self, folder: Path, documents: Sequence[str]) -> None:
        """Fill `folder` with a store of the documents, numbered from 0; done once."""

    def command(self, folder: Path) -> Sequence[str]:
        """Return the command that answers queries on `folder`."""


def account(number: int) -> str:
    """Return the account of a member; digits only, because OneBot wants integers."""
    return str(10_000_000 + number)


def session_key(number: int) -> str:
    """Return the session cookie of a member's browser."""
    return f"benchmark-session-{number}"


def chat(number: int) -> int:
    """Return the chat id of a broadcast's recipient."""
    return 20_000_000 + number


BROADCAST_TEXT = "主题党日通知:本月二十五日下午三时在党员活动室召开支部党员大会,请准时参加并携带学习笔记。"
"""A notice is one text for all: what every sender must send to every chat."""
