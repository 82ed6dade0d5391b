"""A notice to everybody through the real delivery engine and Telegram channel: `sender FOLDER API`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from msgspec.structs import replace

from benchmarks.ours.app import synchronous
from benchmarks.ours.settings import CONTENT, settings
from benchmarks.targets.base import BROADCAST_TEXT
from bot.app import App
from bot.clock import SystemClock
from bot.content import load_content
from bot.messages import Message
from bot.server import run, settle_down
from bot.store import delivery
from bot.store.core.statements import StoreSession
from bot.store.people import Audience


def notice(session: StoreSession, app: App) -> None:
    """One message for the whole committee."""
    message, now = Message(BROADCAST_TEXT), app.clock.now()
    delivery.notify(session, Audience(units=(1,)), message, "benchmark", now, immediate=True)


async def send(folder: Path, api: str) -> None:
    """Wait for the word, send to all."""
    shipped = settings(folder)
    telegram = replace(shipped.telegram, mode="webhook", api_url=api, token="1:TOKEN", webhook_secret="s" * 16)
    fast = replace(shipped.delivery, telegram_per_second=1e6)
    app = App(replace(shipped, telegram=telegram, delivery=fast), load_content(CONTENT), SystemClock())
    await app.start()
    settle_down()
    (folder / "report.json").write_text(json.dumps({"synchronous": await app.store.write(synchronous)}))
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.readline)
    await app.store.write(notice, app)
    await app.delivery.drain()
    print("done", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    await app.stop()


if __name__ == "__main__":
    run(send(Path(sys.argv[1]), sys.argv[2]))
