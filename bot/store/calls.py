"""The calls that wait for SQLite's writer: run together, or each in a savepoint of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection

from bot.store.hot import StoreSession


class Call:
    """One queued write and the future that waits for its commit."""

    __slots__ = ("_args", "_error", "_kwargs", "_result", "_work", "future", "loop")

    def __init__(
        self,
        work: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._work, self._args, self._kwargs, self.loop = work, args, kwargs, loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self._result: Any = None
        self._error: BaseException | None = None

    def run(self, session: StoreSession) -> None:
        """Run the work; what it raises goes on to the caller."""
        try:
            self._result = self._work(session, *self._args, **self._kwargs)
            if session.in_transaction():
                session.commit()
        finally:
            session.detach()

    def run_guarded(self, session: StoreSession) -> None:
        """Run in a savepoint. An error of the work itself undoes only this call."""
        driver = session.driver
        driver.execute("SAVEPOINT call")
        try:
            self.run(session)
        except Exception as error:
            if not driver.in_transaction:
                raise
            driver.execute("ROLLBACK TO call")
            self._error = error
        driver.execute("RELEASE call")

    def run_between(self, driver: Any) -> None:
        """Run on the driver's connection, outside of any transaction."""
        try:
            self._result = self._work(driver, *self._args, **self._kwargs)
        except Exception as error:
            self._error = error

    def fail(self, error: BaseException) -> None:
        self._error = error

    def settle(self) -> None:
        if self.future.cancelled():
            return
        if self._error is not None:
            self.future.set_exception(self._error)
        else:
            self.future.set_result(self._result)


class _Undo(Exception):
    """A call of the group failed by itself, while the store is well."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def try_together(connection: Connection, session: StoreSession, group: list[Call]) -> bool:
    """Run all calls and commit. False when one of several failed: nothing was kept, each wants a savepoint."""
    try:
        with connection.begin():
            try:
                for call in group:
                    call.run(session)
            except Exception as error:
                if session.driver.in_transaction:
                    raise _Undo(error) from error
                raise
    except _Undo as undone:
        if len(group) > 1:
            return False
        group[0].fail(undone.error)
    return True


def resolve(group: Iterable[Call]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[Call]] = {}
    for call in group:
        by_loop.setdefault(call.loop, []).append(call)
    for loop, calls in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle_all, calls)


def _settle_all(calls: list[Call]) -> None:
    for call in calls:
        call.settle()
