"""How much of a request's body is read: counted as it comes, and little of it before somebody is let in.

Every body may have SMALL bytes. What takes more allows it by `body_of(scope).allow(...)`, once it knows who asks.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any

from python_multipart.multipart import parse_options_header
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALL = 65_536
_KEY = "azalea.body"
_PARTS = b"multipart/form-data"
_BOUNDARY = re.compile(rb"[ !#-\[\]-~]{1,200}")


class TooLarge(Exception):
    """The body has more bytes than may be read. What came so far is let go."""


class Body:
    """The body of one request. `declared` is its Content-Length, None where it is sent without one."""

    __slots__ = ("_ahead", "_count", "_most", "_receive", "declared")

    def __init__(self, receive: Receive, declared: int | None) -> None:
        self._receive, self.declared = receive, declared
        self._ahead: deque[Message] = deque()
        self._count, self._most = 0, SMALL

    @property
    def small(self) -> bool:
        """True when it is known, before anything is read, that SMALL is enough."""
        return self.declared is not None and self.declared <= SMALL

    def allow(self, most: int) -> None:
        """Read up to so many bytes from now on. Raises TooLarge at once where more are declared."""
        self._most = most
        self._check(max(self.declared or 0, self._count))

    async def receive(self) -> Message:
        """ASGI's receive. Raises TooLarge."""
        return self._ahead.popleft() if self._ahead else await self._next()

    async def beginning(self) -> tuple[bytes, bool]:
        """The first SMALL bytes and what came with the last of them, kept for whoever reads the body; and whether they
        are all of it."""
        found = bytearray()
        while True:
            message = await self._take()
            self._ahead.append(message)
            found += message.get("body", b"")
            more = message["type"] == "http.request" and message.get("more_body", False)
            if not more or len(found) >= SMALL:
                return bytes(found), not more

    async def _next(self) -> Message:
        self._check(self.declared or 0)
        message = await self._take()
        self._check(self._count)
        return message

    async def _take(self) -> Message:
        message = await self._receive()
        self._count += len(message.get("body", b""))
        return message

    def _check(self, size: int) -> None:
        if size > self._most:
            self._ahead.clear()
            raise TooLarge


class BodyLimits:
    """Counts the body of every request, whatever its route, and has forms read as UTF-8."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            body = scope[_KEY] = Body(receive, _declared(scope))
            scope["headers"] = [_plain(name, value) for name, value in scope["headers"]]
            receive = body.receive
        await self._app(scope, receive, send)


def body_of(scope: Scope) -> Body:
    """The counted body of a request."""
    found: Body = scope[_KEY]
    return found


def _plain(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header of the request. A form is UTF-8, as our pages are: a sender who may name the codec can name one that
    fails, or that takes minutes."""
    if name != b"content-type":
        return name, value
    kind, options = parse_options_header(value)
    if kind == _PARTS:
        boundary = options.get(b"boundary", b"")
        value = _PARTS + (b'; boundary="%s"' % boundary if _BOUNDARY.fullmatch(boundary) else b"")
    return name, value


def _declared(scope: dict[str, Any] | Scope) -> int | None:
    given = dict(scope["headers"]).get(b"content-length", b"")
    return int(given) if given.isdigit() and len(given) < 20 else None
