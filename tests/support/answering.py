"""A child process for the kill -9 test: writes rows and prints each key once its write was answered."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from bot.clock import SHANGHAI
from bot.store import due
from bot.store.engine import open_store
from bot.store.schema import bring_up_to_date


async def main(url: str) -> None:
    """Write for ever, 20 at a time."""
    store = open_store(url)
    bring_up_to_date(store.engine)
    at = datetime(2026, 11, 2, tzinfo=SHANGHAI)

    async def one(worker: int) -> None:
        number = 0
        while True:
            key = f"{worker}-{number}"
            await store.write(due.plan, key, at, "kind", number)
            print(key, flush=True)
            number += 1

    await asyncio.gather(*(one(worker) for worker in range(20)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
