"""Everybody in a hall rates at once, each over a connection of their own: `python -m benchmarks.crowd PORT BOX VOTERS`.

Tells the caller when it may begin; a line starts it; then it says what the browsers saw.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import re
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.ours.sealed import SealedBox
from benchmarks.targets.base import session_key
from benchmarks.wire import body_of
from benchmarks.world import HOST, say, told
from bot.rules.rating.sealing import b64u

PATH = "/rating/1"
_CSRF, _HASH = (re.compile(rb'data-%s="([^"]+)"' % name) for name in (b"csrf", b"hash"))


@dataclass(slots=True)
class Seen:
    """What has come back: seconds from a voter's post to its answer, the other answers, the time of the last one."""

    waits: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    page_bytes: int = 0
    last: float = 0.0


class Browser:
    """One voter's connection."""

    def __init__(self, port: int, number: int) -> None:
        self._port = port
        self._head = f"Host: {HOST}:{port}\r\nCookie: azalea={session_key(number)}\r\n"
        self._buffer = bytearray()

    async def look(self) -> bytes:
        """Get the sheet."""
        self._reader, self._writer = await asyncio.open_connection(HOST, self._port)
        return await self._ask(f"GET {PATH} HTTP/1.1\r\n{self._head}\r\n".encode())

    async def vote(self, sheet: bytes, seen: Seen) -> None:
        """Get the sheet, post it back sealed."""
        page = await self.look()
        csrf, manifest = _CSRF.search(page), _HASH.search(page)
        if csrf is None or manifest is None:
            seen.refused.append(page[:200].decode(errors="replace"))
            return
        seen.page_bytes = len(page)
        form = {"csrf": csrf[1].decode(), "manifest": manifest[1].decode(), "sealed": b64u(sheet)}
        body = urllib.parse.urlencode(form).encode()
        kind = "Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n"
        head = f"POST {PATH} HTTP/1.1\r\n{self._head}{kind}Content-Length: {len(body)}\r\n\r\n"
        started = time.monotonic()
        answer = await self._ask(head.encode() + body)
        seen.last = time.monotonic()
        if json.loads(answer).get("revision") == 1:
            seen.waits.append(seen.last - started)
        else:
            seen.refused.append(answer[:200].decode(errors="replace"))

    async def _ask(self, request: bytes) -> bytes:
        self._writer.write(request)
        while (message := body_of(self._buffer)) is None:
            data = await self._reader.read(1 << 16)
            if not data:
                raise ConnectionError("closed before an answer")
            self._buffer += data
        return message[1]


async def crowd(options: argparse.Namespace) -> None:
    """All of them, then the figures."""
    sheets = SealedBox(options.box).sheets()[: options.voters]
    await _serves(options.port)
    say({"ready": len(sheets)})
    await told()
    seen, started = Seen(), time.monotonic()
    browsers = [Browser(options.port, number).vote(sheet, seen) for number, sheet in enumerate(sheets)]
    ended = await asyncio.gather(*browsers, return_exceptions=True)
    broken = [repr(error) for error in ended if error is not None]
    waits = sorted(seen.waits) or [math.nan]
    say(
        {
            "acknowledged": len(seen.waits),
            "refused": (seen.refused + broken)[:3],
            "wall_s": seen.last - started,
            "p99_ms": waits[min(len(waits) - 1, int(len(waits) * 0.99))] * 1000,
            "page_bytes": seen.page_bytes,
        }
    )


async def _serves(port: int, limit_s: float = 60.0) -> None:
    """Wait until one voter has seen the sheet: what the server loads at the first page, it has loaded."""
    deadline = time.monotonic() + limit_s
    while True:
        try:
            await Browser(port, 0).look()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowd")
    parser.add_argument("port", type=int)
    parser.add_argument("box", type=Path)
    parser.add_argument("voters", type=int)
    asyncio.run(crowd(parser.parse_args()))
