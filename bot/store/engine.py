"""The store's engine: synchronous SQLModel behind `await store.write(fn)` and `await store.read(fn)`.

SQLite has one writer thread. It drains its queue, runs the calls one after the other, commits once for all of them
and only then resolves their futures: an answer given is an answer kept. Where a call fails, the group is undone and
run again with a savepoint around each, so that only the failed one is lost. PostgreSQL runs each call in a
transaction of its own on a pool of threads. A call may thus be run more than once: it changes nothing but the store.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlmodel import create_engine

from bot.store import tidy
from bot.store.calls import Call, resolve, try_together
from bot.store.hot import StoreSession

P = ParamSpec("P")
T = TypeVar("T")
Work = Callable[Concatenate[StoreSession, P], T]

_log = logging.getLogger(__name__)
_MAX_GROUP = 256
_WARY_GROUPS = 16
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000", "cache_size=-8000",
            "wal_autocheckpoint=8000", "secure_delete=ON", "mmap_size=268435456")  # fmt: skip
"""Up to 256 MB are mapped: in the store of a large bureau a page that nobody has read yet costs no call and no copy."""
_READERS = 2
_PG_THREADS = 8
_RETRIES = 8


class StoreUnavailable(Exception):
    """The commit failed (disk full, database gone): nothing of the call was kept. Try again later."""


class Store(Protocol):
    """What the rest of the program sees of a database."""

    engine: Engine

    async def write(self, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(session, …)` in a write transaction; return after its commit."""
        ...

    async def read(self, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(session, …)` on a snapshot; it must not write."""
        ...

    async def compact(self) -> bool:
        """Make unreadable what was deleted: freed pages and the log of writes. False: in use, try again later."""
        ...

    def close(self) -> None:
        """Finish what is queued and close all connections."""
        ...


def open_store(url: str) -> Store:
    """The store behind a `sqlite:///…` or `postgresql+psycopg://…` URL; raises ValueError for any other."""
    if url.startswith("sqlite:"):
        return SqliteStore(url)
    if url.startswith("postgresql"):
        return PostgresStore(url)
    raise ValueError(f"unsupported store URL: {url.split(':', 1)[0]}:…")


class SqliteStore:
    """One writer thread with group commit (WAL, synchronous=FULL) and a few reader threads."""

    def __init__(self, url: str) -> None:
        if database := make_url(url).database:
            Path(database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = create_engine(
            url, connect_args={"check_same_thread": False}, pool_size=_READERS + 2, hide_parameters=True
        )
        event.listen(self.engine, "connect", _prepare_sqlite)
        event.listen(self.engine, "begin", _begin_sqlite)
        self._queue: queue.SimpleQueue[list[Call] | None] = queue.SimpleQueue()
        self._gathered: dict[asyncio.AbstractEventLoop, list[Call]] = {}
        self._chores: queue.SimpleQueue[Call] = queue.SimpleQueue()
        self._wary = 0
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")
        self._writer = threading.Thread(target=self._run, name="store-write", daemon=True)
        self._writer.start()

    async def write(self, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        call = Call(work, args, kwargs, loop)
        gathered = self._gathered.get(loop)
        if gathered is None:
            self._gathered[loop] = [call]
            loop.call_soon(self._hand_over, loop)
        else:
            gathered.append(call)
        result: T = await call.future
        return result

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """What one turn of the loop has gathered wakes the writer once."""
        if calls := self._gathered.pop(loop, None):
            self._queue.put(calls)

    async def read(self, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._readers, lambda: _in_transaction(self.engine, work, args, kwargs)
        )

    async def compact(self) -> bool:
        call = Call(tidy.wipe_sqlite, (), {}, asyncio.get_running_loop())
        self._chores.put(call)
        self._queue.put([])
        done: bool = await call.future
        return done

    def close(self) -> None:
        for loop in tuple(self._gathered):
            self._hand_over(loop)
        self._queue.put(None)
        self._writer.join()
        self._readers.shutdown()
        self.engine.dispose()

    def _run(self) -> None:
        """Connect for the first call, not before: whoever makes the tables has the database for itself. Where it cannot
        be opened, who waits is told so, and the next call tries again."""
        while (first := self._queue.get()) is not None:
            try:
                connection = self.engine.connect()
            except Exception as error:
                _log.error("no connection: %s", type(error).__name__)
                self._refuse(first, StoreUnavailable(type(error).__name__))
                continue
            with connection:
                self._write_on(connection.execution_options(azalea_writer=True), first)
            return

    def _write_on(self, connection: Connection, first: list[Call] | None) -> None:
        """Commit group after group until the end of the program."""
        while first is not None:
            group, more = self._drain(first)
            if group:
                self._commit_group(connection, group)
            self._do_chores(connection)
            first = self._queue.get() if more else None

    def _refuse(self, group: list[Call], error: StoreUnavailable) -> None:
        while not self._chores.empty():
            group.append(self._chores.get())
        for call in group:
            call.fail(error)
        resolve(group)

    def _do_chores(self, connection: Connection) -> None:
        while not self._chores.empty():
            chore = self._chores.get()
            chore.run_between(connection.connection.driver_connection)
            resolve([chore])

    def _drain(self, first: list[Call]) -> tuple[list[Call], bool]:
        group = list(first)
        while len(group) < _MAX_GROUP:
            try:
                calls = self._queue.get_nowait()
            except queue.Empty:
                break
            if calls is None:
                return group, False
            group += calls
        return group, True

    def _commit_group(self, connection: Connection, group: list[Call]) -> None:
        try:
            session = StoreSession(bind=connection, join_transaction_mode="create_savepoint")
            self._wary = max(self._wary - 1, 0)
            if self._wary or not try_together(connection, session, group):
                self._wary = self._wary or (_WARY_GROUPS if len(group) > 1 else 0)
                with connection.begin():
                    for call in group:
                        call.run_guarded(session)
        except Exception as error:
            _log.error("commit failed: %s", type(error).__name__)
            for call in group:
                call.fail(StoreUnavailable(str(type(error).__name__)))
        resolve(group)


class PostgresStore:
    """Every call is its own transaction on a pool of threads; conflicts are retried."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url, pool_size=_PG_THREADS, pool_pre_ping=True, hide_parameters=True)
        self._driver: Any = self.engine.dialect.dbapi
        self._pool = ThreadPoolExecutor(_PG_THREADS, thread_name_prefix="store")

    async def write(self, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: self._retry(work, args, kwargs))

    async def read(self, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.write(work, *args, **kwargs)

    async def compact(self) -> bool:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, tidy.wipe_postgres, self.engine)

    def close(self) -> None:
        self._pool.shutdown()
        self.engine.dispose()

    def _retry(self, work: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        for left in range(_RETRIES, -1, -1):
            try:
                return _in_transaction(self.engine, work, args, kwargs)
            except (DBAPIError, self._driver.Error) as error:
                cause = error.orig if isinstance(error, DBAPIError) else error
                if left and getattr(cause, "sqlstate", "") in ("40001", "40P01"):
                    continue
                if isinstance(cause, self._driver.OperationalError):
                    raise StoreUnavailable(type(cause).__name__) from error
                raise
        raise StoreUnavailable("conflict")


def _in_transaction(
    engine: Engine, work: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> T:
    with engine.connect() as connection, connection.begin():
        session = StoreSession(bind=connection, join_transaction_mode="create_savepoint")
        try:
            result = work(session, *args, **kwargs)
            if session.in_transaction():
                session.commit()
            return result
        finally:
            session.detach()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writer = connection.get_execution_options().get("azalea_writer")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")


def run_sync(store: Store, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one write from a program without an event loop (the command line)."""

    async def once() -> T:
        return await store.write(work, *args, **kwargs)

    return asyncio.run(once())
