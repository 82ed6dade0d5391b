"""What differs between SQLite and PostgreSQL for the engine: connecting, what an error means, wiping."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlmodel import create_engine

from bot.store.core import wiping
from bot.store.core.lost import refuse_lost_log

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000", "cache_size=-8000",
            "wal_autocheckpoint=8000", "secure_delete=ON", "mmap_size=268435456")  # fmt: skip
"""Up to 256 MB are mapped: in the store of a large bureau a page that nobody has read yet costs no call and no copy."""
_REACHABLE = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""libpq, s and ms: a server that can no longer be reached holds the writer for half a minute, not for two hours."""
_CONFLICTS = ("40001", "40P01")
_WRITER = "azalea_writer"
_SQLITE_FAULTS = frozenset(
    {
        sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOTADB,
    }
)  # fmt: skip
"""What is no fault of a statement. A table that is gone is none either: the file was taken away or replaced."""
_PG_FAULTS = frozenset({"25006", "3D000", "42P01"})
"""Read-only, no such database, no such table: the server was changed under us. XX: its files are damaged."""


class Kind(Protocol):
    """What the engine asks of a database."""

    engine: Engine

    def writer(self) -> Connection:
        """A connection of the writer's own."""
        ...

    def reader(self) -> Connection:
        """A connection whose transactions see one snapshot."""
        ...

    def usable(self, driver: Any) -> bool:
        """After a call has failed: whether its transaction can go on, once the call is undone."""
        ...

    def lost(self, driver: Any) -> bool:
        """Whether the connection is gone, with everything in its transaction."""
        ...

    def conflict(self, error: BaseException) -> bool:
        """Whether the transaction met another one and is to be run again."""
        ...

    def unavailable(self, error: BaseException) -> bool:
        """Whether the database, not the work, is at fault."""
        ...

    def wipe(self, driver: Any) -> bool:
        """`wiping.wipe_…`, between the writer's transactions."""
        ...


def kind_of(url: str, options: Mapping[str, object]) -> Kind:
    """The kind of database behind a URL; its connections carry the options. Raises ValueError for one that is not
    supported."""
    if url.startswith("sqlite:"):
        return _Sqlite(url, options)
    if url.startswith("postgresql"):
        return _Postgres(url, options)
    raise ValueError(f"unsupported store URL: {url.split(':', 1)[0]}:…")


class _Sqlite:
    def __init__(self, url: str, options: Mapping[str, object]) -> None:
        refuse_lost_log(make_url(url))
        if database := make_url(url).database:
            Path(database).parent.mkdir(parents=True, exist_ok=True)
        local = {"check_same_thread": False}
        self.engine = create_engine(url, connect_args=local, hide_parameters=True, execution_options=options)
        event.listen(self.engine, "connect", _prepare_sqlite)
        event.listen(self.engine, "begin", _begin_sqlite)

    def writer(self) -> Connection:
        return self.engine.connect().execution_options(**{_WRITER: True})

    def reader(self) -> Connection:
        return self.engine.connect()

    def usable(self, driver: Any) -> bool:
        """A full disk ends the whole transaction."""
        return bool(driver.in_transaction)

    def lost(self, driver: Any) -> bool:
        return False

    def conflict(self, error: BaseException) -> bool:
        """Never: the transaction has the file for itself from its beginning."""
        return False

    def unavailable(self, error: BaseException) -> bool:
        cause = _cause(error)
        if isinstance(cause, sqlite3.Error):
            code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
            return code in _SQLITE_FAULTS or str(cause).startswith("no such table")
        return isinstance(cause, TimeoutError)

    def wipe(self, driver: Any) -> bool:
        return wiping.wipe_sqlite(driver)


class _Postgres:
    def __init__(self, url: str, options: Mapping[str, object]) -> None:
        given = make_url(url).query
        reachable = {name: value for name, value in _REACHABLE.items() if name not in given}
        self.engine = create_engine(
            url, connect_args=reachable, pool_pre_ping=True, hide_parameters=True, execution_options=options
        )
        self._snapshot = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._driver: Any = self.engine.dialect.dbapi

    def writer(self) -> Connection:
        return self.engine.connect()

    def reader(self) -> Connection:
        return self._snapshot.connect()

    def usable(self, driver: Any) -> bool:
        return not driver.closed

    def lost(self, driver: Any) -> bool:
        return bool(driver.closed)

    def conflict(self, error: BaseException) -> bool:
        return getattr(_cause(error), "sqlstate", None) in _CONFLICTS

    def unavailable(self, error: BaseException) -> bool:
        cause = _cause(error)
        state = getattr(cause, "sqlstate", None) or ""
        wrong = (self._driver.OperationalError, self._driver.InterfaceError, TimeoutError)
        return isinstance(cause, wrong) or state in _PG_FAULTS or state.startswith("XX")

    def wipe(self, driver: Any) -> bool:
        return wiping.wipe_postgres(driver)


def _cause(error: BaseException) -> BaseException | None:
    """The driver's own error: statements of the hot path raise it bare."""
    return error.orig if isinstance(error, DBAPIError) else error


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writer = connection.get_execution_options().get(_WRITER)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")
