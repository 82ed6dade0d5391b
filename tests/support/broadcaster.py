"""A process that sends what is queued, for tests that kill it: store URL, fake's URL, a folder to keep things in."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from msgspec.structs import replace
from sqlmodel import col, select

from bot.app import App
from bot.clock import SystemClock
from bot.config import Settings
from bot.store.core.statements import StoreSession
from bot.store.delivery import OutgoingMessage, Phase
from tests.support.shipped import shipped_content, shipped_settings
from tests.support.telegram_chat import on_telegram

LEASE_SECONDS = 3
PER_SECOND = 150.0


def settings_for(store_url: str, api_url: str, folder: Path) -> Settings:
    """The shipped configuration, with Telegram at the fake, a short lease and an even pace."""
    settings = on_telegram(shipped_settings(store_url, folder), api_url, "http://127.0.0.1")
    delivery = replace(settings.delivery, lease_seconds=LEASE_SECONDS, telegram_per_second=PER_SECOND)
    return replace(settings, delivery=delivery)


async def run(settings: Settings) -> None:
    """Start the whole program; stop when every message is done."""
    app = App(settings, shipped_content(), SystemClock())
    await app.start()
    while await app.store.read(_unfinished):
        await asyncio.sleep(0.1)
    await app.stop()


def _unfinished(session: StoreSession) -> int:
    query = select(OutgoingMessage.id).where(col(OutgoingMessage.phase) != Phase.DONE)
    return len(session.exec(query).all())


if __name__ == "__main__":
    asyncio.run(run(settings_for(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
