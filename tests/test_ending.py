"""SIGTERM ends the program within its grace, whatever it is stuck in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.support.databases import Databases, Holds
from tests.support.shipped import ROOT

PROGRAM = """
import asyncio, sys, threading, time, logging
from bot.process.ending import ended_by_signals
logging.basicConfig()

async def main():
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    with ended_by_signals(stopped, 0.5):
        print("ready", flush=True)
        {stuck}
        await stopped.wait()

asyncio.run(main())
"""
STORE = """
import asyncio, sys
from sqlalchemy import text
from bot.process.ending import ended_by_signals
from bot.store.core.engine import open_store

async def main():
    stopped = asyncio.Event()
    store = open_store(sys.argv[1])
    with ended_by_signals(stopped, 0.5):
        writing = asyncio.create_task(store.write(lambda session: session.execute(text("DELETE FROM attempt"))))
        await asyncio.sleep(0.5)
        print("ready", flush=True)
        await stopped.wait()
        store.close()

asyncio.run(main())
"""


def ended(program: str, *arguments: str) -> tuple[int, float]:
    """The exit code after a SIGTERM, and how many seconds it took."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        time.sleep(0.3)
        sent = time.monotonic()
        running.send_signal(signal.SIGTERM)
        try:
            code = running.wait(30)
        finally:
            running.kill()
    return code, time.monotonic() - sent


@pytest.mark.parametrize(
    ("stuck", "returns"),
    [
        ("pass", True),
        ("threading.Thread(target=threading.Lock().acquire).start()", True),
        ("loop.run_in_executor(None, time.sleep, 1000)", False),
        ("held = threading.Lock(); held.acquire(); threading.Thread(target=held.acquire).start()", False),
        ("sum(iter(int, 1))", False),
        ("threading.Thread(target=sum, args=[iter(int, 1)], daemon=True).start()", False),
    ],
)
def test_whatever_it_is_stuck_in(stuck: str, returns: bool) -> None:
    code, seconds = ended(PROGRAM.format(stuck=stuck))
    assert code in ((0,) if returns else (1, -signal.SIGKILL))
    assert seconds < 20


def test_a_writer_that_waits_for_the_database(databases: Databases, tmp_path: Path) -> None:
    url = databases.make("postgresql", tmp_path, Holds.TABLES)
    engine = create_engine(url)
    with engine.connect() as other, other.begin():
        other.execute(text("LOCK TABLE attempt IN ACCESS EXCLUSIVE MODE"))
        found, seconds = ended(STORE, url)
        assert (found, seconds < 20) == (1, True)
    engine.dispose()
    databases.drop(url)
