"""The bare sender: aiohttp posts with 32 in flight; its receipts are a file written at the end."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp

from benchmarks.targets.base import BROADCAST_TEXT, chat

IN_FLIGHT = 32


async def work(
    session: aiohttp.ClientSession, url: str, chats: Iterator[int], receipts: dict[int, int]
) -> None:
    """Send until no chat is left."""
    for chat_id in chats:
        async with session.post(url, json={"chat_id": chat_id, "text": BROADCAST_TEXT}) as response:
            receipts[chat_id] = (await response.json())["result"]["message_id"]


async def send(folder: Path, api: str, recipients: int) -> None:
    """Wait for the word, send to all."""
    receipts: dict[int, int] = {}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        chats = iter(range(chat(0), chat(recipients)))
        url = f"{api}/botTOKEN/sendMessage"
        await asyncio.gather(*(work(session, url, chats, receipts) for _ in range(IN_FLIGHT)))
    print("done", flush=True)
    sys.stdin.readline()
    (folder / "receipts.json").write_text(json.dumps(list(receipts.items())))


def main() -> None:
    """Send with uvloop where it exists."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("api")
    parser.add_argument("recipients", type=int)
    options = parser.parse_args()
    try:
        import uvloop
    except ImportError:
        runner = asyncio.Runner()
    else:
        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with runner:
        runner.run(send(options.folder, options.api, options.recipients))


if __name__ == "__main__":
    main()
