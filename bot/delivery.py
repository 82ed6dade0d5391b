"""Delivery rows -> jobs -> channel.send -> outcome, inside this process.

The rows carry durability (store/delivery.py); the engine only hands out jobs. The sweep runs on demand and
every few seconds: it writes out the audience of what is due and queues what can be sent. Each channel has its
own queue, small jobs first, and workers that claim a chunk, commit, send at the platform's rate, and write
the outcomes together with the next claim.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec import Struct

from bot.channels.base import Channel
from bot.clock import Clock
from bot.config import DeliverySettings
from bot.content import Content
from bot.messages import Message, Outcome, Outgoing, Receipt
from bot.render import fit
from bot.rules.quiet import next_allowed
from bot.store import delivery as outbox
from bot.store import expansion, late, rates, sending
from bot.store.core.engine import Store, StoreUnavailable
from bot.store.core.statements import StoreSession
from bot.store.delivery import Due, Phase
from bot.store.sending import Claimed, OpenJob

_log = logging.getLogger(__name__)
HANDFUL = 16
"""A job of so few rows goes one by one, so that a crash leaves as few as possible unknown."""
LARGEST_CHUNK = 64
_CHUNK_SECONDS, _WORKERS = 0.1, 2
SWEEP_SECONDS = 5.0
LONGEST_WAIT = 5.0
"""A worker holds claimed rows for no longer than this (seconds); a longer pause is waited for unclaimed."""
_GOODBYE_SECONDS = 10.0
_UNLIMITED = 1e6


class Rate(Struct, frozen=True):
    """A platform's limits: messages a second in all, and a minute for one group chat."""

    per_second: float
    group_per_minute: float = 0.0


@dataclass(slots=True)
class _Lane:
    """The queue of one channel, as (0 small | 1 large, number, job), and its workers."""

    jobs: asyncio.PriorityQueue[tuple[int, int, OpenJob]] = field(default_factory=asyncio.PriorityQueue)
    waiting: set[tuple[int, int]] = field(default_factory=set)
    workers: list[asyncio.Task[None]] = field(default_factory=list)


class _Chunk(Struct, frozen=True):
    """Claimed rows with the seconds to wait before each; or, without rows, how long the platform pauses."""

    token: str
    rows: tuple[tuple[Claimed, float], ...]
    pause: float


_Results = list[tuple[Claimed, Receipt]]
_Done = tuple[str, _Results]
_NOTHING: _Done = ("", [])


class Delivery:
    """The in-process engine. One instance per process; several share nothing but the store."""

    def __init__(
        self, store: Store, channels: Mapping[str, Channel], rates: Mapping[str, Rate], clock: Clock,
        content: Content, settings: DeliverySettings,
    ) -> None:  # fmt: skip
        self._store, self._channels, self._rates = store, channels, rates
        self._clock, self._content, self._settings = clock, content, settings
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._wake = asyncio.Event()
        self._one_sweep = asyncio.Lock()
        self._lanes: dict[str, _Lane] = {}
        self._messages: dict[int, Message] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._queued = 0
        self._stopping = False

    async def start(self) -> None:
        """Sweep until `stop`; it may be started again afterwards."""
        self._stopping = False
        self._lanes.clear()
        self._sweeper = asyncio.create_task(self._sweep_forever(), name="delivery-sweep")

    async def stop(self) -> None:
        """Claim nothing more and let finish what is being sent; what hangs is left to its lease."""
        self._stopping = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        lanes = list(self._lanes.values())
        rest = [asyncio.ensure_future(lane.jobs.join()) for lane in lanes]
        if rest:
            await asyncio.wait(rest, timeout=_GOODBYE_SECONDS)
        tasks = [*rest, *(worker for lane in lanes for worker in lane.workers)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Something new may be due."""
        self._wake.set()

    async def drain(self) -> None:
        """Send everything that is due now and wait for it (the demo, the tests)."""
        found = True
        while found and not self._stopping:
            found = await self._sweep()
            for lane in list(self._lanes.values()):
                await lane.jobs.join()

    async def _sweep_forever(self) -> None:
        while True:
            try:
                await self._sweep()
            except StoreUnavailable:
                _log.error("delivery: the store is unavailable, trying again")
            except Exception:
                _log.exception("delivery: sweep failed, trying again")
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._wake.wait()
            self._wake.clear()

    async def _sweep(self) -> bool:
        """Look once at everything that is due; True when something can be sent."""
        async with self._one_sweep:
            now, after, live = self._clock.now(), 0, set[int]()
            await self._store.write(sending.expire_leases, now)
            while page := await self._store.read(outbox.due, now, after):
                for due in page:
                    if await self._look_at(due, now):
                        live.add(due.id)
                after = page[-1].id
            self._messages = {ident: said for ident, said in self._messages.items() if ident in live}
            return bool(live)

    async def _look_at(self, due: Due, now: datetime) -> bool:
        if due.expired:
            await self._store.write(outbox.set_phase, due.id, Phase.CANCELLED)
            return False
        if due.late and await self._store.write(late.hold, due.id, now):
            return False
        if not due.immediate and (later := self._polite(now)) > now:
            await self._store.write(outbox.postpone, due.id, later)
            return False
        if due.opens:
            while not await self._store.write(expansion.expand, due.id, now):
                pass
        jobs = await self._store.read(sending.open_jobs, due.id, now)
        if not jobs:
            await self._store.write(sending.close_finished, due.id)
            return False
        if due.opens or due.id not in self._messages:  # SQLite may give the number of a forgotten message to a new one
            message = await self._store.read(outbox.message_of, due.id)
            self._messages[due.id] = message or Message("")
        for job in jobs:
            self._enqueue(job)
        return True

    def _polite(self, now: datetime) -> datetime:
        quiet, calendar = self._settings, self._content.calendar
        return next_allowed(now, calendar, not quiet.rest_days, start=quiet.quiet_from, end=quiet.quiet_until)

    def _enqueue(self, job: OpenJob) -> None:
        lane = self._lanes.setdefault(job.channel, _Lane())
        while len(lane.workers) < min(_WORKERS, self._settings.concurrency // self._chunk(job.channel)):
            lane.workers.append(asyncio.create_task(self._work_forever(lane), name=f"delivery-{job.channel}"))
        if (job.outgoing_id, job.batch) not in lane.waiting:
            lane.waiting.add((job.outgoing_id, job.batch))
            self._queued += 1
            lane.jobs.put_nowait((int(job.rows > HANDFUL), self._queued, job))

    def _rate(self, channel: str) -> Rate:
        return self._rates.get(channel, Rate(_UNLIMITED))

    def _chunk(self, channel: str) -> int:
        """How many rows a worker claims at once: what a tenth of a second takes, for a crash leaves them unknown."""
        fits = int(self._rate(channel).per_second * _CHUNK_SECONDS)
        return max(1, min(fits, LARGEST_CHUNK, self._settings.concurrency))

    async def _work_forever(self, lane: _Lane) -> None:
        while True:
            _, _, job = await lane.jobs.get()
            try:
                if await self._send_job(job):
                    self._wake.set()
            except StoreUnavailable:
                _log.error("delivery: message %s batch %s left for the next sweep", job.outgoing_id, job.batch)
            except Exception:
                _log.exception("delivery: message %s batch %s failed", job.outgoing_id, job.batch)
                await asyncio.sleep(SWEEP_SECONDS)
            finally:
                lane.waiting.discard((job.outgoing_id, job.batch))
                lane.jobs.task_done()

    async def _send_job(self, job: OpenJob) -> int:
        """Send the job's rows; how many were attempted."""
        said, channel = self._messages.get(job.outgoing_id), self._channels.get(job.channel)
        if said is None:
            return 0
        message = said if channel is None else fit(said, channel.caps, self._content.texts)
        done, attempted = _NOTHING, 0
        most = self._chunk(job.channel) if job.rows > HANDFUL else 1
        while True:
            chunk = await self._next_chunk(job, done, most)
            done = _NOTHING
            if not chunk.rows and (self._stopping or not chunk.pause):
                return attempted
            if not chunk.rows:
                await asyncio.sleep(min(chunk.pause, LONGEST_WAIT))
                continue
            receipts = await asyncio.gather(*(_send(channel, row, delay, message) for row, delay in chunk.rows))
            attempted += len(receipts)
            done = (chunk.token, list(zip((row for row, _ in chunk.rows), receipts, strict=True)))

    async def _next_chunk(self, job: OpenJob, done: _Done, most: int) -> _Chunk:
        """Write outcomes and claim the next rows in one transaction; outcomes are worth several tries."""
        rate = self._rate(job.channel)
        for left in range(5, -1, -1):
            wanted = 0 if self._stopping else most
            try:
                return await self._store.write(_turn, job, done, wanted, rate, self._lease, self._clock.now())
            except StoreUnavailable:
                if not left or not done[1]:
                    raise
                await asyncio.sleep(1.0)
        raise AssertionError("unreachable")


async def _send(channel: Channel | None, claimed: Claimed, delay: float, message: Message) -> Receipt:
    """Send one copy at its place under the rate."""
    if channel is None:
        return Receipt(Outcome.REJECTED, reason="this platform is switched off")
    if delay > 0.002:
        await asyncio.sleep(delay)
    key = f"{claimed.outgoing_id}:{claimed.member_id}:{claimed.address.channel}"
    return await channel.send(Outgoing(claimed.address, message, key))


def _turn(
    session: StoreSession,
    job: OpenJob,
    done: _Done,
    most: int,
    rate: Rate,
    lease: timedelta,
    now: datetime,
) -> _Chunk:
    """Write what became of the last chunk, claim the next, and book its places under the platform's rate."""
    seconds = time.time()
    if done[1]:
        sending.finish(session, *done, now)
        _hold_back(session, job.channel, done[1], seconds)
    pause = rates.wait_for(session, job.channel, seconds)
    if not most or pause > LONGEST_WAIT:
        return _Chunk("", (), pause)
    token, claimed = sending.claim(session, job, most, now, lease)
    if not claimed:
        return _Chunk(token, (), 0.0)
    wait = rates.reserve(session, job.channel, len(claimed), rate.per_second, seconds)
    rows = []
    for position, row in enumerate(claimed):
        delay = wait + position / rate.per_second
        if row.address.group and rate.group_per_minute:
            key, per_second = _chat_key(row), rate.group_per_minute / 60
            if (later := rates.wait_for(session, key, seconds)) > LONGEST_WAIT:
                pace = Receipt(Outcome.RATE_LIMITED, retry_after=later, reason="pace of this group")
                sending.finish(session, token, [(row, pace)], now)
                continue
            delay = max(delay, rates.reserve(session, key, 1, per_second, seconds))
        rows.append((row, delay))
    return _Chunk(token, tuple(rows), 0.0)


def _hold_back(session: StoreSession, channel: str, results: _Results, seconds: float) -> None:
    """After too many requests: hold that group, or for a private chat the whole platform, for as long."""
    for row, receipt in results:
        if receipt.outcome is Outcome.RATE_LIMITED:
            key = _chat_key(row) if row.address.group else channel
            rates.hold(session, key, seconds + min(receipt.retry_after, rates.LONGEST_HOLD))


def _chat_key(row: Claimed) -> str:
    return f"{row.address.channel}:{row.address.chat}"
