"""One browser's WebSocket: an ordered, bounded queue of frames."""

from __future__ import annotations

import asyncio
import logging

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.channels.local.frames import dump
from bot.channels.local.values import Visitor

_log = logging.getLogger(__name__)
SLOW = 4408
MAX_FRAMES = 5_000
MAX_CHARS = 16_000_000


class Connection:
    """One browser; frames are written in order by one task, and a reader that hangs is dropped."""

    def __init__(self, socket: WebSocket, visitor: Visitor) -> None:
        self.socket, self.visitor = socket, visitor
        self.names: dict[str, str] = {}
        self.chats: set[str] = set()
        self.joined: set[tuple[str, str]] = set()
        self.malformed = 0
        self.closing = 0
        self.writer: asyncio.Task[None] | None = None
        self._frames: asyncio.Queue[str] = asyncio.Queue()
        self._chars = 0

    def push(self, text: str) -> None:
        """Queue a frame; a browser that leaves too many unread loses its connection and may come back."""
        if self.closing:
            return
        self._chars += len(text)
        self._frames.put_nowait(text)
        if self._chars > MAX_CHARS or self._frames.qsize() > MAX_FRAMES:
            self.drop(SLOW)

    def drop(self, code: int) -> None:
        """End the connection with this close code; what was still queued is let go."""
        self.closing = code
        self._frames = asyncio.Queue()
        if self.writer:
            self.writer.cancel()

    def refuse(self, frame_id: str, error: str) -> None:
        self.push(dump({"op": "error", "id": frame_id, "error": error}))

    async def write_forever(self) -> None:
        try:
            while True:
                text = await self._frames.get()
                await self.socket.send({"type": "websocket.send", "text": text})
                self._chars -= len(text)
        except (WebSocketDisconnect, RuntimeError):
            _log.debug("a browser went away")

    async def close(self) -> None:
        """Say goodbye; a browser that does not listen is not waited for."""
        try:
            async with asyncio.timeout(2):
                await self.socket.close(self.closing)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            _log.debug("a browser was dropped")
