"""The store's engine: synchronous SQLModel behind `await store.write(fn)` and `await store.read(fn)`.

One thread writes, on SQLite and on PostgreSQL. It drains its queue, runs the calls one after the other in the order in
which they came, commits once for all of them and only then resolves their futures: an answer given is an answer kept.
Where a call fails, the group is undone and run again with a savepoint around each, so that only the failed one is lost.
Where PostgreSQL undoes the group because it met another process, or is restarted, the calls are run again. A call may
thus be run more than once: it changes nothing but the store. Other processes write to the same database at the same
time: what two of them could do at once is decided by conditional statements and row locks, never by look, then write.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

from bot.rules.audit import ChainKey
from bot.store.core.calls import Call, Group, RunAgain, StoreUnavailable, resolve
from bot.store.core.databases import kind_of
from bot.store.core.slow_calls import LONG, Holding
from bot.store.core.statements import CHAIN, StoreSession

__all__ = ["Store", "StoreUnavailable", "open_store", "run_sync"]

P = ParamSpec("P")
T = TypeVar("T")
Work = Callable[Concatenate[StoreSession, P], T]

_log = logging.getLogger(__name__)
_MAX_GROUP = 256
_WARY_GROUPS = 16
_READERS = 2
_TRIES = 8


def open_store(url: str, chain: ChainKey | None = None) -> Store:
    """The store behind a `sqlite:///…` or `postgresql+psycopg://…` URL; raises ValueError for any other. Who
    records what was done gives the key of the audit log."""
    return Store(url, chain)


class Store:
    """One writer thread with group commit and a few reader threads. What the rest of the program sees of a database.
    A call that holds the writer over `long` seconds is named in the log."""

    def __init__(self, url: str, chain: ChainKey | None = None, long: float = LONG) -> None:
        self._kind = kind_of(url, {CHAIN: chain})
        self._queue: queue.SimpleQueue[list[Call] | None] = queue.SimpleQueue()
        self._gathered: dict[asyncio.AbstractEventLoop, list[Call]] = {}
        self._chores: queue.SimpleQueue[Call] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._wary = 0
        self._holding = Holding(long)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")
        self._writer = threading.Thread(target=self._run, name="store-write", daemon=True)
        self._writer.start()

    @property
    def engine(self) -> Engine:
        """For what needs connections of its own: migrations, backups."""
        return self._kind.engine

    async def write(self, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(session, …)` in a write transaction; return after its commit.

        Raises what the work raises, and StoreUnavailable."""
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
        """Run `work(session, …)` on a snapshot; it must not write.

        Raises what the work raises, and StoreUnavailable."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: self._look(work, args, kwargs))

    def _look(self, work: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        try:
            with self._kind.reader() as connection, connection.begin():
                session = StoreSession(bind=connection, join_transaction_mode="create_savepoint")
                try:
                    return work(session, *args, **kwargs)
                finally:
                    session.detach()
        except Exception as error:
            if self._kind.unavailable(error):
                raise StoreUnavailable(type(error).__name__) from error
            raise

    async def compact(self) -> bool:
        """Make unreadable what was deleted: freed pages, the log of writes, what connections keep of both in memory.
        False: in use, try again later."""
        call = Call(self._kind.wipe, (), {}, asyncio.get_running_loop())
        self._chores.put(call)
        self._queue.put([])
        done: bool = await call.future
        return done

    def close(self) -> None:
        """Finish what is queued and close all connections."""
        for loop in tuple(self._gathered):
            self._hand_over(loop)
        self._queue.put(None)
        self._writer.join()
        self._holding.close()
        self._readers.shutdown()
        self.engine.dispose()

    def _run(self) -> None:
        """Commit group after group until the end of the program. Connect for the first call, not before: whoever makes
        the tables has the database for itself."""
        more = True
        while more and (first := self._queue.get()) is not None:
            group, more = self._drain(first)
            if group:
                self._commit(group, _TRIES)
                resolve(group)
            self._do_chores()
        self._disconnect()

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

    def _commit(self, calls: list[Call], tries: int) -> None:
        """Run and commit, as often as the database undoes it; whoever waits is told where that is of no use."""
        try:
            self._try(calls)
        except RunAgain as again:
            _log.info("%d calls undone by %s", len(calls), "a conflict" if again.conflict else "a lost connection")
            if not again.conflict:
                self._disconnect()
            if tries <= 1:
                self._refuse(calls, again)
            elif again.conflict:
                for call in calls:
                    self._commit([call], tries - 1)
            else:
                self._commit(calls, tries - 1)
        except Exception as error:
            self._disconnect()
            self._refuse(calls, error)

    def _try(self, calls: list[Call]) -> None:
        group = Group(calls, self._connect(), self._kind, self._holding)
        self._wary = max(self._wary - 1, 0)
        if self._wary or not group.together():
            self._wary = self._wary or (_WARY_GROUPS if len(calls) > 1 else 0)
            group.each_guarded()

    def _refuse(self, calls: list[Call], error: Exception) -> None:
        _log.error("commit failed: %s", type(error).__name__)
        for call in calls:
            call.fail(StoreUnavailable(type(error).__name__))

    def _do_chores(self) -> None:
        while not self._chores.empty():
            chore = self._chores.get()
            try:
                chore.run_between(self._connect().connection.driver_connection, self._holding)
                self._disconnect()
                self.engine.dispose()
            except Exception as error:
                _log.error("no connection: %s", type(error).__name__)
                chore.fail(StoreUnavailable(type(error).__name__))
            resolve([chore])

    def _connect(self) -> Connection:
        """The writer's connection; where there is none that works, the next call tries again."""
        if self._connection is None:
            self._connection = self._kind.writer()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is None:
            return
        try:
            self._connection.invalidate()
            self._connection.close()
        except Exception as error:
            _log.info("connection not closed: %s", type(error).__name__)
        self._connection = None


def run_sync(store: Store, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one write from a program without an event loop (the command line)."""

    async def once() -> T:
        return await store.write(work, *args, **kwargs)

    return asyncio.run(once())
