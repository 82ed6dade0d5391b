"""The demo's hands: a browser's WebSocket that speaks for the sample people, as the operator's page does."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp

Frame = dict[str, Any]
_PATIENCE = 30.0
_IN_FLIGHT = 100


class StageError(Exception):
    """Something that the script expected did not happen; the text says what."""


@dataclass(slots=True)
class Stage:
    """Says and taps for people, and keeps what each was answered and sent."""

    socket: aiohttp.ClientWebSocketResponse
    inbox: dict[str, list[Frame]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    _answers: dict[str, asyncio.Future[Frame]] = field(default_factory=dict)
    _joining: dict[str, asyncio.Future[Frame]] = field(default_factory=dict)
    _ids: count[int] = field(default_factory=count)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_IN_FLIGHT))

    async def listen(self) -> None:
        """Read frames until the socket closes."""
        async for message in self.socket:
            frame: Frame = json.loads(message.data)
            if frame["op"] == "message":
                self.inbox.setdefault(frame["chat"], []).append(frame["message"])
            elif frame["op"] in ("ack", "error") and (waiting := self._answers.pop(frame.get("id", ""), None)):
                waiting.set_result(frame)
            elif frame["op"] == "joined" and (joining := self._joining.pop(frame["as"], None)):
                joining.set_result(frame)

    async def join(self, account: str) -> None:
        """Open the pane of an account; its messages arrive from now on."""
        self._joining[account] = asyncio.get_running_loop().create_future()
        waiting = self._joining[account]
        await self.socket.send_json({"op": "join", "as": account})
        async with asyncio.timeout(_PATIENCE):
            frame = await waiting
        for chat in frame["chats"]:
            if chat["chat"] != account:
                self.groups[account] = chat["chat"]

    async def say(self, account: str, text: str, *, in_group: bool = False) -> Frame:
        """Say something; the message that answers (an empty text when there is none)."""
        return await self._event(account, {"op": "say", "text": text}, in_group)

    async def tap(self, account: str, label: str, message: Frame, *, in_group: bool = False) -> Frame:
        """Tap the button whose label contains `label`; the message that answers."""
        for choice in message.get("choices", ()):
            if label in choice["label"]:
                frame = {"op": "tap", "token": choice["token"], "message": message["id"]}
                return await self._event(account, frame, in_group)
        raise StageError(f"{account}: no button {label!r} under {message['text'][:60]!r}")

    def last(self, chat: str, containing: str = "") -> Frame:
        """The newest message sent to a chat that contains a text."""
        for message in reversed(self.inbox.get(chat, ())):
            if containing in message["text"]:
                return message
        raise StageError(f"nothing with {containing!r} was sent to {chat}")

    async def _event(self, account: str, frame: Frame, in_group: bool) -> Frame:
        ident = f"demo-{next(self._ids)}"
        waiting: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._answers[ident] = waiting
        chat = self.groups[account] if in_group else account
        async with self._places:
            await self.socket.send_json({**frame, "id": ident, "as": account, "chat": chat})
            async with asyncio.timeout(_PATIENCE):
                answer = await waiting
        if answer["op"] == "error":
            raise StageError(f"{account}: {answer['error']}")
        message: Frame = answer.get("message") or {"id": "", "text": ""}
        return message
