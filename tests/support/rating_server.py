"""A child process for the test of memory: the whole program, serving a round that opens once freed memory is left as it
is. It prints what a client needs."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from bot.app import App
from bot.clock import ShiftedClock
from bot.rules.rating.sealing import make_key
from bot.server import run, running
from bot.store import rating, sessions
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingRound, RoundState
from bot.store.sessions import Visitor
from tests.support.rating import TELLERS, open_round
from tests.support.shipped import ROOT, START, shipped_settings

CLASS = "党员"


async def main(url: str, folder: str, port: str, voters: str, targets: str) -> None:
    """Serve until it is killed."""
    settings = shipped_settings(url, Path(folder))
    settings = replace(settings, server=replace(settings.server, port=int(port)))
    clock = ShiftedClock(START)
    async with running(settings, ROOT / "content", clock) as server:
        if not await server.app.tidying.rest():
            raise RuntimeError("memory is overwritten before there is a round")
        made = await server.app.store.write(_prepare, server.app, clock, int(voters), int(targets))
        loop = asyncio.get_running_loop()
        close = partial(_close, server.app, clock, int(str(made["round"])))
        loop.add_signal_handler(signal.SIGUSR1, lambda: loop.create_task(close()))
        print(json.dumps(made), flush=True)
        await server.stopped.wait()


def _prepare(session: StoreSession, app: App, clock: ShiftedClock, voters: int, targets: int) -> dict[str, object]:
    names = tuple(f"书记{number}" for number in range(targets))
    items = ("总体评价", "组织生活", "作风")
    opened = open_round(session, app, clock.now(), make_key(), targets=names, items=items, classes={CLASS: voters})

    def browser(account: str) -> tuple[str, str]:
        key = sessions.open_session(session, Visitor(account), clock.now())
        return key, app.access.csrf(key)

    booths = [browser(f"v{one}") for one in opened.everybody()]
    tellers = [browser(name) for name in TELLERS]
    return {"round": opened.id, "manifest": opened.manifest_hash, "booths": booths, "tellers": tellers}


async def _close(app: App, clock: ShiftedClock, number: int) -> None:
    def close(session: StoreSession) -> None:
        rating.close(session, session.get_one(RatingRound, number), None, clock.now())

    await app.store.write(close)
    print("closed", flush=True)
    while not await app.store.read(_is_wiped, number):
        await asyncio.sleep(0.05)
    print("wiped", flush=True)


def _is_wiped(session: StoreSession, number: int) -> bool:
    found = session.get_one(RatingRound, number)
    return found.state is RoundState.PUBLISHED and found.tidy


if __name__ == "__main__":
    run(main(*sys.argv[1:]))
