"""Databases to start from: each is made once in a run of the tests, and every test gets a copy of its own.

Migrating an empty database takes longer than most tests. The migrations have tests of their own, which begin with a
database without tables.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from enum import Enum, auto
from functools import cache, cached_property, partial
from pathlib import Path

from sqlalchemy import make_url

from bot.store import audit
from bot.store.core.engine import open_store
from bot.store.core.schema import bring_up_to_date
from bot.store.core.statements import StoreSession
from tests.support.cast import enrol
from tests.support.postgres import drop_database, new_database
from tests.support.shipped import CHAIN, START


class Holds(Enum):
    """What a new database holds."""

    NOTHING = auto()
    """Not even tables."""
    TABLES = auto()
    """The tables of the newest revision, without a row."""
    CAST = auto()
    """The cast of `support/cast.py`, bound to the local channel at START, and its group chats."""


class Databases:
    """Copies of the templates, of SQLite and of PostgreSQL.

    `folder` keeps the SQLite templates. `postgres` gives the URL of the server, and starts it where it does not run yet.
    """

    def __init__(self, folder: Path, postgres: Callable[[], str]) -> None:
        self._folder = folder
        self._start_postgres = postgres
        self._sqlite_template = cache(self._make_sqlite_template)
        self._postgres_template = cache(self._make_postgres_template)

    def make(self, kind: str, path: Path, holds: Holds = Holds.TABLES) -> str:
        """Make a database of a kind, "sqlite" at a path or "postgresql" with a name of its own; its URL."""
        if kind == "postgresql":
            return new_database(self._server, "" if holds is Holds.NOTHING else self._postgres_template(holds))
        if kind != "sqlite":
            raise ValueError(f"no kind of database: {kind}")
        if holds is not Holds.NOTHING:
            shutil.copyfile(self._sqlite_template(holds), path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        """Drop a database of PostgreSQL, and end whoever is still connected to it; a file goes with its folder."""
        if url.startswith("postgresql"):
            drop_database(self._server, url)

    @cached_property
    def _server(self) -> str:
        return self._start_postgres()

    def _make_sqlite_template(self, holds: Holds) -> Path:
        path = self._folder / f"{holds.name.lower()}.db"
        path.unlink(missing_ok=True)  # what an attempt that failed has left
        _fill(f"sqlite:///{path}", holds)
        return path

    def _make_postgres_template(self, holds: Holds) -> str:
        url = new_database(self._server)
        _fill(url, holds)
        return make_url(url).database or ""


def _fill(url: str, holds: Holds) -> None:
    store = open_store(url, CHAIN)
    bring_up_to_date(store.engine, partial(audit.start, START))
    if holds is Holds.CAST:
        with store.engine.begin() as connection, StoreSession(connection) as session:
            enrol(session, START)
            session.commit()
    store.close()
