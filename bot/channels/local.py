"""The local web chat: one WebSocket, several people side by side. Needs no account anywhere.

Frames are JSON objects with an `op`. A browser says `join`, `say` and `tap`; the server says `joined`, `ack`
(the answer to one event), `message` (a delivery), `talk` (what another person said in a group) and `error`.
A signed-in browser speaks for its own account; the demo's operator may speak for any.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.channels.base import Handle
from bot.messages import Address, Caps, Choice, Inbound, Message, Outcome, Outgoing, Receipt, Reply
from bot.render import render

_log = logging.getLogger(__name__)
NAME = "local"
MAX_FRAME = 64_000
_PENDING = 256


class Visitor(Protocol):
    """Who a browser is (store/access.py)."""

    @property
    def account(self) -> str: ...

    @property
    def operator(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Pane:
    """What a person sees when a pane opens: a name (empty: unbound), chats as (chat, title), and what was sent
    before as (chat, message id, message)."""

    name: str
    chats: tuple[tuple[str, str], ...]
    history: tuple[tuple[str, str, Message], ...]


Authenticate = Callable[[WebSocket], Awaitable[Visitor | None]]
OpenPane = Callable[[str], Awaitable[Pane]]


class LocalChannel:
    """The channel behind the web chat."""

    name = NAME
    caps = Caps(buttons=40, edit=True, link_buttons=True, files=True, max_chars=20_000)

    def __init__(self, authenticate: Authenticate, open_pane: OpenPane) -> None:
        self._authenticate, self._open_pane = authenticate, open_pane
        self._handle: Handle | None = None
        self._by_chat: dict[str, set[_Connection]] = {}

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/local/ws", self._serve)]

    async def start(self, handle: Handle) -> None:
        self._handle = handle

    async def stop(self) -> None:
        for connection in {one for group in self._by_chat.values() for one in group}:
            await connection.socket.close(1001)

    async def send(self, outgoing: Outgoing) -> Receipt:
        """Show the message where the chat is open; it also stays in the store and is shown when a pane opens."""
        frame = {"op": "message", "chat": outgoing.address.chat, "message": as_json(render(outgoing.message, self.caps), outgoing.key)}
        self._show(outgoing.address.chat, frame)
        return Receipt(Outcome.SENT, message_id=outgoing.key)

    def _show(self, chat: str, frame: dict[str, Any], but: _Connection | None = None) -> None:
        text = _dump(frame)
        for connection in self._by_chat.get(chat, ()):
            if connection is not but:
                connection.push(text)

    async def _serve(self, socket: WebSocket) -> None:
        visitor = await self._authenticate(socket)
        if visitor is None:
            await socket.close(4401)
            return
        await socket.accept()
        connection = _Connection(socket, visitor)
        writer = asyncio.create_task(connection.write_forever())
        answering: set[asyncio.Task[None]] = set()
        try:
            while True:
                frame = _parse(await socket.receive_text())
                if len(answering) >= _PENDING:
                    await asyncio.wait(answering, return_when=asyncio.FIRST_COMPLETED)
                task = asyncio.create_task(self._answer(connection, frame))
                answering.add(task)
                task.add_done_callback(answering.discard)
        except WebSocketDisconnect:
            pass
        finally:
            writer.cancel()
            for chats in self._by_chat.values():
                chats.discard(connection)

    async def _answer(self, connection: _Connection, frame: dict[str, Any]) -> None:
        account = str(frame.get("as") or connection.visitor.account)
        if account != connection.visitor.account and not connection.visitor.operator:
            connection.push(_dump({"op": "error", "id": frame.get("id"), "error": "forbidden"}))
            return
        op = frame.get("op")
        if op == "join":
            await self._join(connection, account)
        elif op in ("say", "tap") and (inbound := _inbound(frame, account)) is not None:
            await self._event(connection, frame, inbound)
        else:
            connection.push(_dump({"op": "error", "id": frame.get("id"), "error": "malformed"}))

    async def _join(self, connection: _Connection, account: str) -> None:
        pane = await self._open_pane(account)
        for chat, _ in pane.chats:
            self._by_chat.setdefault(chat, set()).add(connection)
        frame = {
            "op": "joined",
            "as": account,
            "name": pane.name,
            "chats": [{"chat": chat, "title": title} for chat, title in pane.chats],
            "history": [
                {"chat": chat, "message": as_json(render(message, self.caps), message_id)}
                for chat, message_id, message in pane.history
            ],
        }
        connection.push(_dump(frame))

    async def _event(self, connection: _Connection, frame: dict[str, Any], inbound: Inbound) -> None:
        assert self._handle is not None
        if inbound.chat.group and inbound.text:
            talk = {"op": "talk", "chat": inbound.chat.chat, "from": inbound.account, "text": inbound.text[:2000]}
            self._show(inbound.chat.chat, talk, but=connection)
        reply = await self._handle(inbound)
        connection.push(_dump(self._ack(frame, inbound, reply)))

    def _ack(self, frame: dict[str, Any], inbound: Inbound, reply: Reply) -> dict[str, Any]:
        ack: dict[str, Any] = {"op": "ack", "id": frame["id"], "as": inbound.account, "chat": inbound.chat.chat}
        if reply.duplicate:
            ack["duplicate"] = True
        if reply.message is not None:
            ack["message"] = as_json(render(reply.message, self.caps), f"r:{frame['id']}")
        if reply.settled is not None:
            ack["settled"] = {"message": inbound.message_id, "choices": _choices(reply.settled)}
        return ack


class _Connection:
    """One browser; frames are written in order by one task, and a reader that hangs is dropped."""

    def __init__(self, socket: WebSocket, visitor: Visitor) -> None:
        self.socket, self.visitor = socket, visitor
        self._frames: asyncio.Queue[str] = asyncio.Queue()

    def push(self, text: str) -> None:
        self._frames.put_nowait(text)

    async def write_forever(self) -> None:
        try:
            while True:
                await self.socket.send_text(await self._frames.get())
        except (WebSocketDisconnect, RuntimeError):
            _log.debug("a browser went away")


def as_json(message: Message, message_id: str) -> dict[str, Any]:
    """A message as the browser gets it; files travel as base64."""
    data: dict[str, Any] = {"id": message_id, "text": message.text}
    if message.choices:
        data["choices"] = _choices(message.choices)
        data["columns"] = message.columns
    if message.links:
        data["links"] = [{"label": link.label, "url": link.url} for link in message.links]
    if message.attachments:
        data["files"] = [
            {"name": item.name, "mime": item.mime, "data": base64.b64encode(item.data).decode()}
            for item in message.attachments
        ]
    return data


def _choices(choices: tuple[Choice, ...]) -> list[dict[str, str]]:
    return [{"label": choice.label, "token": choice.token} for choice in choices]


def _parse(text: str) -> dict[str, Any]:
    if len(text) > MAX_FRAME:
        return {}
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}


def _inbound(frame: dict[str, Any], account: str) -> Inbound | None:
    """The event in a frame; None when a field is missing or has the wrong type."""
    event_id, chat, text, token = frame.get("id"), frame.get("chat"), frame.get("text", ""), frame.get("token", "")
    message_id = frame.get("message", "")
    if not all(isinstance(value, str) for value in (event_id, chat, text, token, message_id)):
        return None
    if not event_id or len(event_id) > 64 or not chat or len(chat) > 64 or len(token) > 64:
        return None
    group = chat.startswith("g:")
    if not group and chat != account:
        return None
    return Inbound(
        NAME, account, Address(NAME, chat, group), event_id, text, token,
        addressed=not group or text.startswith("@"), message_id=message_id,
    )  # fmt: skip


def _dump(frame: dict[str, Any]) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
