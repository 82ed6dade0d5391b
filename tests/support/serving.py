"""The whole program behind a real socket, with limits short enough to be waited for; and what a stranger sends to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from bot.web.access import COOKIE
from bot.web.connections import Connections, Limits
from bot.web.guarded import Guarded
from bot.web.peer import Peers


@dataclass(slots=True)
class Wire:
    """One TCP connection, byte by byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def line(self) -> str:
        """The first line of the answer; "" where the connection was closed without one."""
        try:
            async with asyncio.timeout(30):
                return (await self.reader.readline()).decode().strip()
        except ConnectionError:
            return ""

    async def ended(self) -> bool:
        """Read to the end; True when the other side has closed."""
        try:
            async with asyncio.timeout(30):
                await self.reader.read()
        except ConnectionError:
            return True
        return self.reader.at_eof()

    @property
    def closed(self) -> bool:
        """Whether the end, or an error, has arrived by now."""
        return self.reader.at_eof() or self.reader.exception() is not None


@dataclass(slots=True)
class Served:
    """A server and the connections that were opened to it."""

    port: int
    wires: list[Wire] = field(default_factory=list)

    async def dial(self, data: bytes = b"") -> Wire:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        wire = Wire(reader, writer)
        self.wires.append(wire)
        if data:
            wire.send(data)
        return wire

    async def stream(self, path: str, cookie: str) -> str:
        """Open an event stream and leave it open: the first line of the answer."""
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {COOKIE}={cookie}\r\n\r\n"
        return await (await self.dial(head.encode())).line()


@asynccontextmanager
async def served(
    app: ASGIApp, limits: Limits, proxies: tuple[str, ...] = (), keep_alive: int = 5
) -> AsyncIterator[Served]:
    """Serve until the block ends; connections that wait for another request are closed after `keep_alive` seconds."""
    connection: Any = partial(Guarded, Connections(limits, Peers(proxies).is_proxy))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1_000)
        config = uvicorn.Config(
            app, http=connection, log_level="critical", lifespan="off", proxy_headers=False, timeout_keep_alive=keep_alive
        )  # fmt: skip
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        found = Served(listener.getsockname()[1])
        try:
            yield found
        finally:
            for wire in found.wires:
                wire.writer.transport.abort()
            server.should_exit = server.force_exit = True
            await running
