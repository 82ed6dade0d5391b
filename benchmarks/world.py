"""Simulated platforms and load, pure asyncio, its own process: `python -m benchmarks.world answers|botapi`.

Lines of JSON go to the caller on stdout; a line on stdin starts the next step.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import itertools
import json
import random
import sys
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.targets import ANSWERS
from benchmarks.targets.base import BROADCAST_TEXT, Event, Wire, account
from benchmarks.wire import HttpClient, WebSocketClient, body_of

HOST = "127.0.0.1"
CHAT = "branch-1"


def events(members: int, count: int, seed: int) -> list[Event]:
    """Return `count` events of different members, each a digit 1-4; the same seed gives the same list."""
    chosen = random.Random(seed)
    numbers = chosen.sample(range(members), count)
    return [
        Event(f"e{seed}-{at}", account(n), CHAT, str(chosen.randint(1, 4))) for at, n in enumerate(numbers)
    ]


def say(value: dict[str, Any]) -> None:
    """Tell the caller."""
    print(json.dumps(value), flush=True)


async def told() -> str:
    """Wait for the caller's next line."""
    return await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


class Load:
    """Sends events, matches answers to them and takes the times."""

    def __init__(self, wire: Wire, port: int, connections: int, window: int, patience_s: float) -> None:
        self._wire, self._port, self._window, self._patience_s = wire, port, window, patience_s
        self._count = connections * window if wire.transport == "http" else connections
        self._sockets: list[WebSocketClient] = []
        self._posters: list[HttpClient] = []
        self._waiting: dict[str, tuple[Event, int, float]] = {}
        self._queues: list[Iterator[Event]] = []
        self._progress = asyncio.Event()
        self.acknowledged = self.surplus = 0
        self.last_answer = 0.0
        self.latencies: list[float] = []

    async def connect(self, limit_s: float = 60.0) -> None:
        """Open all connections; the first is tried again until the target listens."""
        loop, host = asyncio.get_running_loop(), f"{HOST}:{self._port}"
        deadline = loop.time() + limit_s
        while len(self._sockets) + len(self._posters) < self._count:
            number = len(self._sockets) + len(self._posters)
            try:
                if self._wire.transport == "http":
                    _, poster = await loop.create_connection(lambda: HttpClient(self._hear), HOST, self._port)
                    self._posters.append(poster)
                    continue
                make = functools.partial(self._socket, host, number)
                _, socket = await loop.create_connection(make, HOST, self._port)
                await socket.open
                self._sockets.append(socket)
            except OSError:
                if loop.time() > deadline:
                    raise
                await asyncio.sleep(0.01)

    def _socket(self, host: str, number: int) -> WebSocketClient:
        def hear(frame: str) -> None:
            heard = self._wire.decode(frame)
            if heard.reply is not None:
                self._sockets[number].send(heard.reply)
            if heard.answers is not None:
                self._answered(heard.answers)

        return WebSocketClient(host, self._wire.path, self._wire.headers(number), hear)

    def _hear(self, body: str) -> None:
        heard = self._wire.decode(body)
        if heard.answers is not None:
            self._answered(heard.answers)

    def _answered(self, key: str) -> None:
        found = self._waiting.pop(key, None)
        if found is None:
            self.surplus += 1
            return
        event, connection, started = found
        self._waiting.pop(event.account if key == event.id else event.id, None)
        self.last_answer = time.monotonic()
        self.latencies.append(self.last_answer - started)
        self.acknowledged += 1
        self._progress.set()
        if self._sockets and (following := next(self._queues[connection], None)) is not None:
            self._send(following, connection)

    def _send(self, event: Event, connection: int) -> None:
        self._waiting[event.id] = self._waiting[event.account] = (event, connection, time.monotonic())
        self._sockets[connection].send(self._wire.encode(event))

    @property
    def outstanding(self) -> int:
        """Events sent and not answered."""
        return len(self._waiting) // 2

    async def phase(self, batch: Sequence[Event], burst: bool = False) -> dict[str, Any]:
        """Send a batch, in windows or all at once; wait for its last answer or until none comes."""
        self.latencies, goal, started = [], self.acknowledged + len(batch), time.monotonic()
        self._queues = [iter(batch[n :: self._count]) for n in range(self._count)]
        if self._posters:
            due = started if burst else None
            await asyncio.gather(
                *(self._post(poster, number, due) for number, poster in enumerate(self._posters))
            )
        else:
            for number, queue in enumerate(self._queues):
                for event in itertools.islice(queue, None if burst else self._window):
                    self._send(event, number)
            await self._until(goal)
        ordered = sorted(self.latencies) or [float("nan")]
        return {
            "wall_s": max(self.last_answer - started, 1e-9),
            "answered": len(self.latencies),
            "outstanding": self.outstanding,
            "surplus": self.surplus,
            "p50_ms": ordered[len(ordered) // 2] * 1000,
            "p99_ms": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000,
            "last_answer": self.last_answer,
        }

    async def _until(self, goal: int) -> None:
        while self.acknowledged < goal:
            self._progress.clear()
            try:
                async with asyncio.timeout(self._patience_s):
                    await self._progress.wait()
            except TimeoutError:
                return

    async def _post(self, poster: HttpClient, number: int, due: float | None) -> None:
        host, headers = f"{HOST}:{self._port}", self._wire.headers(number)
        for event in self._queues[number]:
            self._waiting[event.id] = self._waiting[event.account] = (event, number, due or time.monotonic())
            poster.post(host, self._wire.path + self._wire.query(event), headers, self._wire.encode(event))
            try:
                async with asyncio.timeout(self._patience_s):
                    await poster.answered.wait()
            except TimeoutError:
                return

    def close(self) -> None:
        """Close all connections."""
        for socket in self._sockets:
            socket.close()
        for poster in self._posters:
            poster.close()


async def answers(options: argparse.Namespace) -> None:
    """Warm up, then the measured events, then the burst; each step waits for a line."""
    load = Load(
        ANSWERS[options.target].wire, options.port, options.connections, options.window, options.patience
    )
    batch = events(options.members, options.warm + options.events + options.burst, options.seed)
    say({"trying": options.port})
    await load.connect()
    say(await load.phase(batch[: options.warm]))
    await told()
    say(await load.phase(batch[options.warm : options.warm + options.events]))
    await told()
    say(await load.phase(batch[options.warm + options.events :], burst=True))
    await told()
    load.close()


class BotApi(asyncio.Protocol):
    """A fake Bot API: sendMessage answers a Message and is counted by chat; anything else answers True."""

    def __init__(self, sent: dict[int, list[int]], wrong: list[str], numbers: Iterator[int]) -> None:
        self._sent, self._wrong, self._numbers, self._buffer = sent, wrong, numbers, bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self._buffer += data
        while (message := body_of(self._buffer)) is not None:
            head, body = message
            result = json.dumps({"ok": True, "result": self._result(head, body)}).encode()
            assert self._transport is not None
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                % len(result)
                + result
            )

    def _result(self, head: bytes, body: bytes) -> dict[str, Any] | bool:
        method = head.split(b" ", 2)[1].rpartition(b"/")[2]
        if method == b"getMe":
            return {"id": 1, "is_bot": True, "first_name": "bench", "username": "bench_bot"}
        if method != b"sendMessage":
            return True
        form = json.loads(body) if body.startswith(b"{") else dict(urllib.parse.parse_qsl(body.decode()))
        chat, text, number = int(form["chat_id"]), form["text"], next(self._numbers)
        self._sent.setdefault(chat, []).append(number)
        if text != BROADCAST_TEXT:
            self._wrong.append(text)
        return {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private", "first_name": "m"},
            "from": {"id": 1, "is_bot": True, "first_name": "bench", "username": "bench_bot"},
            "text": text,
        }


async def botapi() -> None:
    """Serve until told to report."""
    sent: dict[int, list[int]] = {}
    wrong: list[str] = []
    numbers = itertools.count(1)
    server = await asyncio.get_running_loop().create_server(lambda: BotApi(sent, wrong, numbers), HOST, 0)
    say({"port": server.sockets[0].getsockname()[1]})
    await told()
    say({"sent": list(sent.items()), "wrong": len(wrong)})


def main() -> None:
    """Read the arguments and play one world."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.world")
    worlds = parser.add_subparsers(dest="world", required=True)
    load = worlds.add_parser("answers")
    load.add_argument("--target", required=True)
    for name in ("port", "members", "events", "warm", "burst", "connections", "window", "seed"):
        load.add_argument(f"--{name}", type=int, required=True)
    load.add_argument(
        "--patience", type=float, required=True, help="seconds without any answer before giving up"
    )
    worlds.add_parser("botapi")
    options = parser.parse_args()
    asyncio.run(answers(options) if options.world == "answers" else botapi())


if __name__ == "__main__":
    main()
