"""The store's search on a folder: a JSON string a line in, a JSON list of numbers a line out."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from benchmarks.ours.settings import settings
from bot.store.core import search
from bot.store.core.engine import open_store


async def answer(folder: Path) -> None:
    """Answer until the input ends; every query is a read of its own."""
    store = open_store(settings(folder).store.url)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(await store.read(search.find, json.loads(line))), flush=True)
    store.close()


if __name__ == "__main__":
    asyncio.run(answer(Path(sys.argv[1])))
