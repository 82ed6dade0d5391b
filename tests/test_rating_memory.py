"""What the server's own memory, and PostgreSQL's log of writes, still hold of sealed sheets after publication. The
numbers stand in docs/secrecy.md."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from msgspec.structs import replace

from benchmarks.workloads import free_port
from bot.clock import SystemClock
from bot.rules.rating.sealing import b64u, sealed_length
from bot.server import running
from bot.store.core import memory
from tests.support.databases import Holds
from tests.support.process_memory import row, rows_in, rows_in_bytes
from tests.support.shipped import ROOT, shipped_settings

ITEMS = 3
LONG, SHORT = (12, 56), (32, 21)
"""Voters and targets. A long sheet is longer than what a teller brings, and its end could stay where connections are
read; a short one is below 2,000 bytes: PostgreSQL compresses longer ones, and these would look like nothing it knows."""
MOST_IN_MEMORY = 16
"""Of 672 rows, 0 to 6 were found; 545 before memory was overwritten."""
LENGTH = sealed_length(ITEMS)
OTHERS = 5000
"""Rows of the test of the log: segments that the server has kept from another test hold rows as well."""

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read as Linux shows it")


@pytest.fixture
def holds() -> Holds:
    return Holds.CAST


class Served:
    """A server with an open round, as its voters and tellers see it."""

    def __init__(self, process: subprocess.Popen[str], port: int, shape: tuple[int, int]) -> None:
        assert process.stdout is not None
        self.process, self._said = process, process.stdout
        self._made: dict[str, Any] = json.loads(self._said.readline())
        self._voters, self._targets = shape
        self._base = f"http://127.0.0.1:{port}"
        self._path = f"/ratings/{self._made['round']}"

    async def cast(self, first: int = 0) -> None:
        """Every voter hands a sheet in; its rows are numbered from `first`."""
        for voter, (key, csrf) in enumerate(self._made["booths"]):
            sheet = b"".join(row(first + voter * self._targets + place, LENGTH) for place in range(self._targets))
            fields = {"csrf": csrf, "sealed": b64u(sheet), "manifest": self._made["manifest"]}
            async with self._browser(key) as browser:
                done = await browser.post(f"/rating/{self._made['round']}", data=fields)
            assert done.json() == {"revision": 1}

    async def close_and_open(self) -> None:
        """The round is closed; both tellers take all rows, and bring what they found."""
        os.kill(self.process.pid, signal.SIGUSR1)
        assert (await asyncio.to_thread(self._said.readline)) == "closed\n"
        rows = b64u(bytes(range(1, ITEMS + 1)) * self._voters)
        boxes = json.dumps([{"target": place, "class_index": 0, "rows": rows} for place in range(self._targets)])
        for key, csrf in self._made["tellers"]:
            async with self._browser(key) as browser:
                for place in range(self._targets):
                    sealed = await browser.get(f"{self._path}/sealed", params={"target": place, "class": 0})
                    assert len(sealed.content) == LENGTH * self._voters
                done = await browser.post(f"{self._path}/open", data={"csrf": csrf, "boxes": boxes})
        assert done.json()["state"] == "published"
        assert (await asyncio.to_thread(self._said.readline)) == "wiped\n"

    def _browser(self, key: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._base, cookies={"azalea": key}, timeout=60)


@pytest.fixture
def served(store_url: str, tmp_path: Path, shape: tuple[int, int]) -> Iterator[Served]:
    """The program in a process of its own, which knows nothing of how sheets are recognised here."""
    port = free_port()
    arguments = [store_url, str(tmp_path), str(port), *map(str, shape)]
    command = [sys.executable, "-m", "tests.support.rating_server", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield Served(process, port, shape)
        process.kill()


@pytest.mark.parametrize("shape", [LONG])
async def test_memory_holds_next_to_nothing_of_what_was_destroyed(served: Served) -> None:
    await served.cast()
    await served.close_and_open()
    assert len(rows_in(served.process.pid)) <= MOST_IN_MEMORY


async def test_memory_is_overwritten_from_the_first_request_for_a_page_with_sheets(
    store_url: str, tmp_path: Path
) -> None:
    settings = shipped_settings(store_url, tmp_path)
    port = free_port()
    settings = replace(settings, server=replace(settings.server, port=port))
    try:
        async with running(settings, ROOT / "content", SystemClock()), httpx.AsyncClient() as http:
            async with asyncio.timeout(20):
                while overwritten():
                    await asyncio.sleep(0.02)
            await http.get(f"http://127.0.0.1:{port}/ratings")
            assert not overwritten()
            await http.post(f"http://127.0.0.1:{port}/%72ating/7", data={"sealed": "x"})
            assert overwritten()
    finally:
        memory.overwrite_what_is_freed(False)


def overwritten() -> bool:
    """Whether glibc fills what it gives out and takes back; above 1,032 bytes a thread keeps no pieces of its own."""
    size, library = 3000, ctypes.CDLL(None)
    library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    for _ in range(2):
        piece = library.malloc(size)
        found = ctypes.string_at(piece, size)
        ctypes.memset(piece, 7, size)
        library.free(piece)
    return len(set(found)) == 1 and found[0] != 7


@pytest.mark.parametrize("shape", [SHORT])
@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_the_log_of_writes_keeps_sheets_unless_it_is_not_recycled(served: Served, store_url: str) -> None:
    """By default PostgreSQL gives old segments a new name and writes over them some day."""
    url = re.sub(r"\+psycopg", "", store_url)
    with psycopg.connect(url, autocommit=True) as server:
        log = Path(server.execute("SHOW data_directory").fetchone()[0]) / "pg_wal"  # type: ignore[index]
        server.execute("ALTER SYSTEM SET wal_recycle = off")
        server.execute("SELECT pg_reload_conf()")
        try:
            await served.cast(OTHERS)
            before = len(written(log))
            await served.close_and_open()
            left = written(log)
        finally:
            server.execute("ALTER SYSTEM RESET wal_recycle")
            server.execute("SELECT pg_reload_conf()")
    assert before == SHORT[0] * SHORT[1]
    assert left == set()


def written(log: Path) -> set[int]:
    found: set[int] = set()
    for path in log.iterdir():
        if path.is_file():
            found |= rows_in_bytes(path.read_bytes())
    return {number for number in found if number >= OTHERS}
