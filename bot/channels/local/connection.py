"""One browser's WebSocket: an ordered, bounded queue of frames."""

from __future__ import annotations

import asyncio
import logging

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.channels.local.frames import dump
from bot.channels.local.values import Visitor

_log = logging.getLogger(__name__)
SLOW, GONE = 4408, 1001
MAX_FRAMES = 5_000
SHOWN_SECONDS = 1.0
MAX_CHARS = 16_000_000


class Connection:
    """One browser; frames are written in order by one task, and a reader that hangs is dropped. `peer` is the address
    it comes from, `kept` whether its session is in the store, `talked` whether something was said lately, `standing`
    who its person was when they joined."""

    def __init__(self, socket: WebSocket, visitor: Visitor, peer: str) -> None:
        self.socket, self.visitor, self.peer = socket, visitor, peer
        self.kept, self.talked = visitor.kept, False
        self.standing: object = None
        self.names: dict[str, str] = {}
        self.chats: set[str] = set()
        self.joined: set[tuple[str, str]] = set()
        self.malformed = 0
        self.closing = 0
        self.stalled = False
        self.writer: asyncio.Task[None] | None = None
        self._frames: asyncio.Queue[tuple[str, asyncio.Future[bool] | None]] = asyncio.Queue()
        self._chars = 0

    def push(self, text: str) -> None:
        """Queue a frame; a browser that leaves too many unread loses its connection and may come back."""
        self._put(text, None)

    def show(self, text: str) -> asyncio.Future[bool]:
        """Queue a frame as `push` does. Done once the frame is written, or, with False, once it never will be."""
        written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._put(text, written)
        return written

    def _put(self, text: str, written: asyncio.Future[bool] | None) -> None:
        if self.closing:
            _settle(written, False)
            return
        self._chars += len(text)
        self._frames.put_nowait((text, written))
        if self._chars > MAX_CHARS or self._frames.qsize() > MAX_FRAMES:
            self.drop(SLOW)

    def drop(self, code: int) -> None:
        """End the connection with this close code; what was still queued is let go."""
        self.closing = code
        self._let_go()
        if self.writer:
            self.writer.cancel()

    def refuse(self, frame_id: str, error: str) -> None:
        self.push(dump({"op": "error", "id": frame_id, "error": error}))

    async def write_forever(self) -> None:
        try:
            while True:
                text, written = await self._frames.get()
                try:
                    await self.socket.send({"type": "websocket.send", "text": text})
                except BaseException:
                    _settle(written, False)
                    raise
                self._chars -= len(text)
                self.stalled = False
                _settle(written, True)
        except (WebSocketDisconnect, RuntimeError):
            _log.debug("a browser went away")
        finally:
            self.closing = self.closing or GONE
            self._let_go()

    def _let_go(self) -> None:
        while not self._frames.empty():
            _settle(self._frames.get_nowait()[1], False)

    async def close(self) -> None:
        """Say goodbye; a browser that does not listen is not waited for."""
        try:
            async with asyncio.timeout(2):
                await self.socket.close(self.closing)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            _log.debug("a browser was dropped")


async def first_shown(shown: list[tuple[Connection, asyncio.Future[bool]]]) -> bool:
    """Whether one of these browsers has taken its frame (`show`). None is waited for longer than SHOWN_SECONDS, and one
    that has taken nothing for so long is not waited for at all, until it does."""
    waiting = {written for connection, written in shown if not connection.stalled or written.done()}
    ends = asyncio.get_running_loop().time() + SHOWN_SECONDS
    while waiting:
        rest = ends - asyncio.get_running_loop().time()
        done, waiting = await asyncio.wait(waiting, timeout=max(rest, 0), return_when=asyncio.FIRST_COMPLETED)
        if any(written.result() for written in done):
            return True
        if not done:
            break
    for connection, written in shown:
        connection.stalled = connection.stalled or not written.done()
    return False


def _settle(written: asyncio.Future[bool] | None, done: bool) -> None:
    if written is not None and not written.done():
        written.set_result(done)
