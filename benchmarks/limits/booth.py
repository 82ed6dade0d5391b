"""The limit of casting: Starlette takes the same form over HTTP and stores the same bytes, a group a commit."""

from __future__ import annotations

import argparse
import asyncio
import base64
import sqlite3
import urllib.parse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from benchmarks.limits.app import Writer

SCHEMA = """
CREATE TABLE voter (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
CREATE TABLE envelope (voter_id INTEGER PRIMARY KEY, revision INTEGER NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID;
"""
PAGE = '<!doctype html><title>limit</title><div data-csrf="benchmark" data-hash="benchmark"></div>'
_FIND = "SELECT id FROM voter WHERE key = ?"
_PUT = (
    "INSERT INTO envelope VALUES (?, 1, ?) ON CONFLICT DO UPDATE SET revision = revision + 1, sealed = excluded.sealed"
    " RETURNING revision"
)


class Box(Writer):
    """The writer of limits/app.py, with envelopes instead of answers."""

    @staticmethod
    def _record(connection: sqlite3.Connection, account: str, choice: str, now: str) -> str:
        voter = connection.execute(_FIND, (account,)).fetchone()
        sealed = base64.urlsafe_b64decode(choice + "=" * (-len(choice) % 4))
        return str(connection.execute(_PUT, (voter[0], sealed)).fetchone()[0])


class Site:
    """A page that says the least, and the box."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._box: Box

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Run the writer as long as the site."""
        self._box = Box(self._folder, largest_batch=1000)
        yield
        self._box.close()

    async def sheet(self, request: Request) -> HTMLResponse:
        """Show the same page to everybody."""
        return HTMLResponse(PAGE)

    async def cast(self, request: Request) -> JSONResponse:
        """Keep a sheet, answer after its commit."""
        fields = urllib.parse.parse_qs((await request.body()).decode())
        kept: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._box.submit(request.cookies["azalea"], fields["sealed"][0], kept.set_result)
        return JSONResponse({"revision": int(await kept)})


def main() -> None:
    """Serve one folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    site = Site(options.folder)
    routes = [Route("/rating/1", site.sheet), Route("/rating/1", site.cast, methods=["POST"])]
    app = Starlette(routes=routes, lifespan=site.lifespan)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
