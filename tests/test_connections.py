"""Whoever does not come to the point is not waited for, and does not keep out those who do."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from bot.web.connections import Limits
from bot.web.statics import Statics
from tests.support.serving import Served, Wire, served

GET = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"GET /hello HTTP/1.1\r\nHost: x\r\nX-More: "
POST = b"POST /read HTTP/1.1\r\nHost: x\r\n"
OPEN = Path("/proc/self/fd")
PATIENT = Limits(total=100, unfinished=100)


async def _hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def _read(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def _much(request: Request) -> StreamingResponse:
    return StreamingResponse(iter([b"x" * 1_000_000] * 100))


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.receive_text()


async def _shut(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close(4401)


APP = Starlette(
    routes=[
        Route("/hello", _hello),
        Route("/read", _read, methods=["POST"]),
        Route("/much", _much),
        WebSocketRoute("/socket", _socket),
        WebSocketRoute("/shut", _shut),
    ]
)


def _upgrade(path: str) -> bytes:
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
    return (head + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode()


async def _answer(server: Served) -> str:
    return await (await server.dial(GET)).line()


async def _settled(wires: list[Wire], most: int) -> list[Wire]:
    """The wires still open, once they are no more than `most`."""
    async with asyncio.timeout(30):
        while len(left := [wire for wire in wires if not wire.closed]) > most:
            await asyncio.sleep(0.05)
    return left


async def test_a_head_that_does_not_come_to_an_end() -> None:
    async with served(APP, Limits(100, 100, head=0.3)) as server:
        silent, slow = await server.dial(), await server.dial(HALF)
        again = await server.dial(GET)
        assert await again.line() == "HTTP/1.1 200 OK"
        again.send(b"\r\n\r\n")  # no request yet, and no end of the waiting for one
        assert await slow.line() == "HTTP/1.1 408 Request Timeout"
        assert await silent.ended()
        assert await again.ended()


@pytest.mark.parametrize("how", [b"Content-Length: 50\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"])
async def test_a_body_that_does_not_come_to_an_end(how: bytes) -> None:
    async with served(APP, Limits(100, 100, body=0.3, linger=0.3)) as server:
        read, unread = await server.dial(POST + how), await server.dial(POST.replace(b"read", b"hello") + how)
        assert await read.ended()
        assert "405" in await unread.line()
        assert await unread.ended()


async def test_heads_and_bodies_without_end() -> None:
    async with served(APP, PATIENT) as server:
        head = await server.dial(HALF + b"x" * 200_000)
        assert await head.ended()
        body = await server.dial(POST.replace(b"read", b"hello") + b"Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        while not body.closed and sent < 100:
            body.send(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
            sent += 1
            try:
                async with asyncio.timeout(30):
                    await body.writer.drain()
            except ConnectionError:
                break
        assert sent < 100, "the server goes on reading what nobody wants"


async def test_so_many_of_one_address_are_unfinished_and_no_more() -> None:
    async with served(APP, Limits(400, 20, patience=0.1)) as server:
        halves = [
            await server.dial(HALF if number % 2 else POST + b"Content-Length: 9\r\n\r\n") for number in range(150)
        ]
        assert await _answer(server) == "HTTP/1.1 200 OK"
        left = await _settled(halves, 20)
        assert left == halves[-20:]
        left[-1].send(b"1\r\n\r\n")
        assert await left[-1].line() == "HTTP/1.1 200 OK"


async def test_finished_ones_and_those_of_a_proxy_are_not_counted() -> None:
    async with served(APP, Limits(400, 20, patience=0.1)) as server:
        people = await asyncio.gather(*(server.dial(GET) for _ in range(120)))
        assert {await one.line() for one in people} == {"HTTP/1.1 200 OK"}
    async with served(APP, Limits(400, 20, patience=0.1), ("127.0.0.0/8",)) as server:
        halves = [await server.dial(HALF) for _ in range(60)]
        await asyncio.sleep(0.4)
        assert not any(one.closed for one in halves)


async def test_at_the_total_whoever_waits_for_nothing_gives_way() -> None:
    async with served(APP, Limits(30, 1_000, patience=0.05)) as server:
        streams = [await server.dial(_upgrade("/socket")) for _ in range(10)]
        assert {await one.line() for one in streams} == {"HTTP/1.1 101 Switching Protocols"}
        idle = [await server.dial(GET) for _ in range(10)]
        assert {await one.line() for one in idle} == {"HTTP/1.1 200 OK"}
        halves = [await server.dial(HALF) for _ in range(100)]
        assert await _answer(server) == "HTTP/1.1 200 OK"
        await _settled(halves, 20)
        assert not any(one.closed for one in streams)
        assert await _answer(server) == "HTTP/1.1 200 OK"


async def test_at_the_total_a_socket_that_was_told_to_go_is_not_waited_for() -> None:
    async with served(APP, Limits(10, 1_000)) as server:
        refused = [await server.dial(_upgrade("/shut")) for _ in range(10)]
        assert {await one.line() for one in refused} == {"HTTP/1.1 101 Switching Protocols"}
        assert await _answer(server) == "HTTP/1.1 200 OK"


async def test_at_the_total_whoever_does_not_read_gives_way() -> None:
    async with served(APP, Limits(5, 1_000, patience=0.05)) as server:
        deaf = [await server.dial(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(5)]
        assert {await one.line() for one in deaf} == {"HTTP/1.1 200 OK"}
        async with asyncio.timeout(30):
            while await _answer(server) != "HTTP/1.1 200 OK":
                await asyncio.sleep(0.05)


@pytest.mark.skipif(not OPEN.exists(), reason="this system does not list a process's open files")
async def test_what_is_being_sent_holds_no_file_open(tmp_path: Path) -> None:
    (tmp_path / "much.js").write_bytes(b"x" * 20_000_000)
    async with served(Starlette(routes=[Mount("/static", Statics(directory=tmp_path))]), PATIENT) as server:
        asked = b"GET /static/much.js HTTP/1.1\r\nHost: x\r\n"
        deaf = [await server.dial(asked + b"\r\n") for _ in range(5)]
        assert {await one.line() for one in deaf} == {"HTTP/1.1 200 OK"}
        assert not [one for one in OPEN.iterdir() if one.resolve().is_relative_to(tmp_path.resolve())]
        async with asyncio.timeout(30):
            head = (await deaf[0].reader.readuntil(b"\r\n\r\n")).decode().lower()
            assert len(await deaf[0].reader.readexactly(20_000_000)) == 20_000_000
        mark = re.findall(r"etag: (\S+)", head)[0]
        again = await server.dial(asked + f"If-None-Match: {mark}\r\n\r\n".encode())
        assert await again.line() == "HTTP/1.1 304 Not Modified"
        assert "javascript" in head


async def test_whoever_does_not_read_is_not_waited_for() -> None:
    async with served(APP, Limits(100, 100, stall=0.3)) as server:
        deaf = await server.dial(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await deaf.line() == "HTTP/1.1 200 OK"
        await asyncio.sleep(1.5)
        async with asyncio.timeout(30):
            came = await deaf.reader.read()
        assert len(came) < 90_000_000


async def test_requests_do_not_pile_up() -> None:
    async with served(APP, PATIENT) as server:
        fair, unfair = await server.dial(GET * 10), await server.dial(GET * 5_000)
        async with asyncio.timeout(30):
            for _ in range(10):
                await fair.reader.readuntil(b"hello")
            answered = 0
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while answered < 100:
                    await unfair.reader.readuntil(b"hello")
                    answered += 1
        assert answered < 100
