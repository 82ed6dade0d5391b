"""The raw limit: Starlette, one writer thread, group commit, plain sqlite3.

Three switches make it a negative control.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import queue
import re
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

SCHEMA = """
CREATE TABLE member (id INTEGER PRIMARY KEY, account TEXT NOT NULL UNIQUE);
CREATE TABLE answer (
    id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL, prompt_id INTEGER NOT NULL, choice TEXT NOT NULL,
    at TEXT NOT NULL,
    UNIQUE (prompt_id, member_id)
);
"""
TOKEN = "benchmark-token"
_FIND = "SELECT id FROM member WHERE account = ?"
_INSERT = "INSERT INTO answer (member_id, prompt_id, choice, at) VALUES (?, 1, ?, ?) ON CONFLICT DO NOTHING"
_XML = re.compile(r"<(FromUserName|ToUserName|Content)><!\[CDATA\[(.*?)\]\]></\1>")

Job = tuple[str, str, Callable[[str], None]]


class Writer:
    """One thread that commits all that waits, then lets the answers go."""

    def __init__(self, folder: Path, largest_batch: int) -> None:
        self._folder, self._largest = folder, largest_batch
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def submit(self, account: str, choice: str, done: Callable[[str], None]) -> None:
        """Queue one answer; `done(reply)` runs in the loop after its commit."""
        self._jobs.put((account, choice, done))

    def close(self) -> None:
        """Finish what waits and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        connection = sqlite3.connect(self._folder / "limit.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        report = {"synchronous": connection.execute("PRAGMA synchronous").fetchone()[0]}
        (self._folder / "report.json").write_text(json.dumps(report))
        while (job := self._jobs.get()) is not None:
            batch: list[Job | None] = [job]
            while len(batch) < self._largest and not self._jobs.empty():
                batch.append(self._jobs.get())
            jobs = [each for each in batch if each is not None]
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            connection.execute("BEGIN IMMEDIATE")
            replies = [self._record(connection, account, choice, now) for account, choice, _ in jobs]
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(self._release, jobs, replies)
            if None in batch:
                break
        connection.close()

    @staticmethod
    def _record(connection: sqlite3.Connection, account: str, choice: str, now: str) -> str:
        member = connection.execute(_FIND, (account,)).fetchone()
        if member is None or choice not in {"1", "2", "3", "4"}:
            return "unknown"
        fresh = connection.execute(_INSERT, (member[0], choice, now)).rowcount
        return f"recorded {choice}" if fresh else "already recorded"

    @staticmethod
    def _release(jobs: list[Job], replies: list[str]) -> None:
        for (_, _, done), reply in zip(jobs, replies, strict=True):
            done(reply)


class Site:
    """The two ways in: a WebSocket of pipelined events, and a webhook like WeChat's, answered at once."""

    def __init__(self, folder: Path, sleep_ms: float, largest_batch: int, drop: int) -> None:
        self._folder, self._sleep_s, self._largest, self._drop = folder, sleep_ms / 1000, largest_batch, drop
        self._seen = 0
        self._writer: Writer

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Run the writer as long as the site."""
        self._writer = Writer(self._folder, self._largest)
        yield
        self._writer.close()

    def _hurt(self) -> bool:
        """Apply the controls; True says that this event's reply is to be dropped."""
        if self._sleep_s:
            time.sleep(self._sleep_s)
        self._seen += 1
        return self._seen == self._drop

    async def socket(self, websocket: WebSocket) -> None:
        """Record events as they come and answer each after its commit."""
        if not hmac.compare_digest(websocket.headers.get("x-token", ""), TOKEN):
            await websocket.close(1008)
            return
        await websocket.accept()
        replies: asyncio.Queue[str] = asyncio.Queue()

        async def speak() -> None:
            while True:
                await websocket.send_text(await replies.get())

        speaker = asyncio.create_task(speak())
        try:
            async for text in websocket.iter_text():
                event = json.loads(text)

                def done(reply: str, identity: str = event["id"], dropped: bool = self._hurt()) -> None:
                    if not dropped:
                        replies.put_nowait(json.dumps({"to": identity, "text": reply}))

                self._writer.submit(event["as"], event["text"], done)
        finally:
            speaker.cancel()

    async def webhook(self, request: Request) -> PlainTextResponse:
        """Verify the signature, record, answer in the response."""
        query = request.query_params
        parts = sorted([TOKEN, query["timestamp"], query["nonce"]])
        if not hmac.compare_digest(hashlib.sha1("".join(parts).encode()).hexdigest(), query["signature"]):
            return PlainTextResponse("forbidden", 403)
        fields = dict(_XML.findall((await request.body()).decode()))
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        dropped = self._hurt()
        self._writer.submit(fields["FromUserName"], fields["Content"], answered.set_result)
        reply = await answered
        if dropped:
            return PlainTextResponse("")
        return PlainTextResponse(
            f"<xml><ToUserName><![CDATA[{fields['FromUserName']}]]></ToUserName>"
            f"<FromUserName><![CDATA[{fields['ToUserName']}]]></FromUserName><CreateTime>{int(time.time())}</CreateTime>"
            f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{reply}]]></Content></xml>"
        )


def main() -> None:
    """Serve one folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--sleep-ms", type=float, default=0)
    parser.add_argument("--commit-each", action="store_true")
    parser.add_argument("--drop", type=int, default=0, help="number of the event whose reply is dropped")
    options = parser.parse_args()
    site = Site(options.folder, options.sleep_ms, 1 if options.commit_each else 1000, options.drop)
    routes = [WebSocketRoute("/ws", site.socket), Route("/wechat", site.webhook, methods=["POST"])]
    app = Starlette(routes=routes, lifespan=site.lifespan)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
