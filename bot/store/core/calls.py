"""The calls that wait for the store's writer: run together, or each in a savepoint of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection

from bot.store.core.databases import Kind
from bot.store.core.slow_calls import Holding
from bot.store.core.statements import StoreSession


class StoreUnavailable(Exception):
    """The commit failed (disk full, database gone): nothing of the call was kept. Try again later.

    Where PostgreSQL goes away in the middle of a commit, nobody can know whether it was kept."""


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

    def run(self, session: StoreSession, holding: Holding) -> None:
        """Run the work; what it raises goes on to the caller."""
        self._error = None
        holding.began(self._work, self._args)
        try:
            self._result = self._work(session, *self._args, **self._kwargs)
            if session.in_transaction():
                session.commit()
        finally:
            holding.ended()
            session.detach()

    def run_between(self, driver: Any, holding: Holding) -> None:
        """Run on the driver's connection, outside of any transaction."""
        holding.began(self._work, self._args)
        try:
            self._result = self._work(driver, *self._args, **self._kwargs)
        except Exception as error:
            self._error = error
        finally:
            holding.ended()

    def fail(self, error: BaseException) -> None:
        self._error = error

    def settle(self) -> None:
        if self.future.cancelled():
            return
        if self._error is not None:
            self.future.set_exception(self._error)
        else:
            self.future.set_result(self._result)


class RunAgain(Exception):
    """The group was undone before its commit, by no fault of a call: run it again, after a conflict call by call."""

    def __init__(self, conflict: bool) -> None:
        super().__init__()
        self.conflict = conflict


class Group:
    """Calls that are committed together, on the writer's connection."""

    def __init__(self, calls: list[Call], connection: Connection, kind: Kind, holding: Holding) -> None:
        self._calls, self._connection, self._kind, self._holding = calls, connection, kind, holding
        self._driver: Any = connection.connection.driver_connection
        self._session = StoreSession(bind=connection, join_transaction_mode="create_savepoint")

    def together(self) -> bool:
        """Run and commit all. False where one of several failed: nothing was kept, each wants a savepoint.

        Raises RunAgain, and whatever a commit raises."""
        failed: Exception | None = None
        usable = True
        try:
            with self._connection.begin():
                for call in self._calls:
                    try:
                        call.run(self._session, self._holding)
                    except Exception as error:
                        failed, usable = error, self._kind.usable(self._driver)
                        raise
        except Exception as error:
            if failed is not None:
                self._again(failed)
            if failed is None or not usable or error is not failed:
                raise
            if len(self._calls) > 1:
                return False
            self._calls[0].fail(self._told(failed))
        return True

    def each_guarded(self) -> None:
        """Run each in a savepoint and commit what did not fail. Raises RunAgain, and whatever a commit raises."""
        with self._connection.begin():
            for call in self._calls:
                self._driver.execute("SAVEPOINT call")
                try:
                    call.run(self._session, self._holding)
                except Exception as error:
                    self._again(error)
                    if not self._kind.usable(self._driver):
                        raise
                    self._driver.execute("ROLLBACK TO SAVEPOINT call")
                    call.fail(self._told(error))
                self._driver.execute("RELEASE SAVEPOINT call")

    def _again(self, error: Exception) -> None:
        if self._kind.conflict(error):
            raise RunAgain(True) from error
        if self._kind.lost(self._driver):
            raise RunAgain(False) from error

    def _told(self, error: Exception) -> Exception:
        """What the caller of a failed call gets."""
        return StoreUnavailable(type(error).__name__) if self._kind.unavailable(error) else error


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
