"""APScheduler triggers. What is due are rows in the store, never pickled jobs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.clock import SHANGHAI, Clock
from bot.messages import Address
from bot.router import Context, Library
from bot.routes import Router
from bot.rules.lateness import too_late
from bot.store import due
from bot.store.core import turns
from bot.store.core.engine import Store, StoreUnavailable
from bot.store.core.statements import StoreSession

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

_log = logging.getLogger(__name__)
RETRY_AFTER = timedelta(minutes=5)
BEGIN_AFTER_S = 5.0
_NOBODY = Address("", "")
"""A job belongs to no person and no chat."""


class Schedule:
    """Looks every minute at what is due, and runs the nightly work."""

    def __init__(
        self, store: Store, router: Router, library: Library, clock: Clock, wake: Callable[[], None]
    ) -> None:
        self._store, self._router, self._library, self._clock, self._wake = (
            store,
            router,
            library,
            clock,
            wake,
        )
        self._beginning: asyncio.TimerHandle | None = None
        self._scheduler: AsyncIOScheduler | None = None

    def start(self, nightly: Callable[[], object], after_s: float = BEGIN_AFTER_S) -> None:
        """Begin in some seconds, so that the first answers do not wait until APScheduler is loaded. `nightly` is a
        coroutine function that does what the last night's work still lacks: it is asked at half past every hour, so
        that a machine that is off at 03:30, or a night that failed, is made up for."""
        self._beginning = asyncio.get_running_loop().call_later(after_s, self._begin, nightly)

    def _begin(self, nightly: Callable[[], object]) -> None:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler
        from apscheduler.triggers.cron import CronTrigger
        from apscheduler.triggers.interval import IntervalTrigger

        defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone=SHANGHAI, job_defaults=defaults)
        self._scheduler.add_job(self._run_due, IntervalTrigger(minutes=1, timezone=SHANGHAI), id="due")
        self._scheduler.add_job(nightly, CronTrigger(minute=30, timezone=SHANGHAI), id="nightly")
        self._scheduler.start()

    def stop(self) -> None:
        """Stop the triggers; a job that runs now finishes."""
        if self._beginning is not None:
            self._beginning.cancel()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)

    async def _run_due(self) -> None:
        try:
            await self.run_due()
        except StoreUnavailable:
            _log.error("schedule: the store is unavailable, trying again in a minute")

    async def run_due(self) -> int:
        """Run everything that is due at the clock's present, one transaction each; how many ran."""
        done = 0
        while True:
            row_id = await self._store.read(_peek, self._clock)
            if row_id is None:
                break
            try:
                done += await self._store.write(_run_one, row_id, self._router, self._library, self._clock)
            except Exception:
                _log.exception("due row %s failed", row_id)
                await self._store.write(due.postpone, row_id, self._clock.now() + RETRY_AFTER)
        if done:
            self._wake()
        return done


def _peek(session: StoreSession, clock: Clock) -> int | None:
    return due.next_due(session, clock.now())


def _run_one(session: StoreSession, row_id: int, router: Router, library: Library, clock: Clock) -> int:
    turns.take(session)
    row = due.claim(session, row_id)
    if row is None:
        return 0
    job, now = router.job(row.kind), clock.now()
    if job is None:
        raise LookupError(f"no job {row.kind}")
    if too_late(row.at, job.last, now):
        due.ask_about(session, row, now)
    else:
        job.run(row.subject, Context(session, now, library, _NOBODY))
    return 1
