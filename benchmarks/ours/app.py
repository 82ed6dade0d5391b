"""The real server on a folder and a port; three switches make it a negative control: `app FOLDER PORT`."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path

from benchmarks.ours.settings import CONTENT, settings
from bot.app import App
from bot.clock import SystemClock
from bot.messages import Inbound, Reply
from bot.server import run, running
from bot.store.core.statements import StoreSession


class Hurt:
    """The app's own handling with a defect put in front of it."""

    def __init__(self, app: App, sleep_ms: float, commit_each: bool, drop: int) -> None:
        self._app, self._sleep_s, self._drop = app, sleep_ms / 1000, drop
        self._one_at_a_time = asyncio.Lock() if commit_each else None
        self._seen = 0

    async def handle(self, inbound: Inbound) -> Reply:
        """Sleep, or wait for the event before to be committed, or forget the answer."""
        if self._sleep_s:
            time.sleep(self._sleep_s)
        if self._one_at_a_time is None:
            reply = await self._app.handle(inbound)
        else:
            async with self._one_at_a_time:
                reply = await self._app.handle(inbound)
        self._seen += 1
        return Reply() if self._seen == self._drop else reply


def synchronous(session: StoreSession) -> int:
    """What the connection that writes says of itself (2 is FULL)."""
    return int(session.driver.execute("PRAGMA synchronous").fetchone()[0])


async def serve(options: argparse.Namespace) -> None:
    """Serve until killed."""
    async with running(settings(options.folder, options.port), CONTENT, SystemClock()) as server:
        report = {"synchronous": await server.app.store.write(synchronous)}
        (options.folder / "report.json").write_text(json.dumps(report))
        if options.sleep_ms or options.commit_each or options.drop:
            hurt = Hurt(server.app, options.sleep_ms, options.commit_each, options.drop)
            await server.app.channels["local"].start(hurt.handle)
        await server.stopped.wait()


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--sleep-ms", type=float, default=0)
    parser.add_argument("--commit-each", action="store_true")
    parser.add_argument("--drop", type=int, default=0, help="number of the event whose reply is dropped")
    run(serve(parser.parse_args()))
