"""One HTTP connection that must come to its point: uvicorn's own protocol, with limits of time and of bytes."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from bot.web.connections import Connections

_HEAD, _BODY, _DONE = range(3)
MAX_HEAD = 65_536
"""Bytes of a head: cookies, addresses and the browser's own lines take a few thousand."""
MAX_REQUEST = 16_000_000
"""Bytes of a whole request, framing included: above what any route takes."""
MAX_UNREAD = 1_000_000
"""Bytes that may still come once the request was answered: whoever sends must have the time to see the answer."""
MAX_PIPELINED = 16
"""Requests that may wait behind the one that is being answered; browsers send none before they have their answer."""
_SHEETS = re.compile(rb"/ratings?/")
"""Addresses of pages on which sealed sheets, and what was in them, come and go."""
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Guarded(HttpToolsProtocol):
    """`address` is what `Connections` counts it by."""

    def __init__(self, book: Connections, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._book = book
        self.address = ""
        self._stage, self._bytes, self._unread = _HEAD, 0, 0
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = self._book.address(self.client[0] if self.client else "")
        self._await_head()
        self._watch()
        self._book.make_room(self, self.connections)

    def connection_lost(self, exc: Exception | None) -> None:
        self._book.gone(self)
        self._unwatch()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._bytes += len(data)
        if self._stage == _DONE and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._stage == _HEAD and self._bytes > MAX_HEAD:
            self._end(_TOO_LONG)
        elif self._bytes > MAX_REQUEST or self._unread > MAX_UNREAD:
            self.transport.abort()
        elif self._stage == _DONE:
            self._unwatch()
        else:
            self._watch()

    def handle_websocket_upgrade(self) -> None:
        self._finish()
        self._unwatch()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._stage == _DONE:
            self._await_head()

    def on_headers_complete(self) -> None:
        """What is raised here ends the parsing, and the connection with a 400. What this request brings is still in
        the piece that was read, or yet to come."""
        if _SHEETS.search(unquote_to_bytes(self.url)):
            self._book.expect_sheets()
        if len(self.pipeline) >= MAX_PIPELINED:
            raise ValueError("too many requests at once")
        self._stage = _BODY
        self._unwatch()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self.cycle is not None and self.cycle.response_complete:
            self._unread += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._finish()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self._stage == _BODY:
            self._unwatch()
            self._timer = self.loop.call_later(self._book.limits.linger, self.transport.close)
        elif self._stage == _DONE and self.timeout_keep_alive_task is not None:
            self._book.idle(self)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._timer = self.loop.call_later(self._book.limits.linger, self.transport.abort)

    def pause_writing(self) -> None:
        """Whoever does not read what they asked for is not waited for."""
        super().pause_writing()
        self._book.stalled(self)
        if self._stalled is None:
            self._stalled = self.loop.call_later(self._book.limits.stall, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._book.reads(self)
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _await_head(self) -> None:
        self._stage, self._bytes, self._unread = _HEAD, 0, 0
        self._book.unfinished(self)

    def _finish(self) -> None:
        self._stage = _DONE
        self._book.finished(self)
        self._book.busy(self)

    def _watch(self) -> None:
        """Begin to count the seconds of this head or this body."""
        if self._timer is None:
            limits = self._book.limits
            self._timer = self.loop.call_later(limits.head if self._stage == _HEAD else limits.body, self._late)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        """A body that we have not read ourselves is not late."""
        self._timer = None
        if self._stage == _BODY and self.flow.read_paused:
            self._watch()
        else:
            self._end(_TOO_SLOW if self._stage == _HEAD and self._bytes else b"")

    def _end(self, answer: bytes) -> None:
        self._book.gone(self)
        self._unwatch()
        if answer and (self.cycle is None or self.cycle.response_complete):
            self.transport.write(answer)
        self.transport.close()
        self._timer = self.loop.call_later(self._book.limits.linger, self.transport.abort)
