"""Delivery rows -> batches -> channel.send -> outcome, inside this process.

The rows carry durability (store/delivery.py); the engine only hands out batches. The pump wakes on demand and
every few seconds: expands what is due, enqueues open batches, and the workers claim a chunk, commit, send at
the platform's rate, and write the outcomes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.channels.base import Channel
from bot.clock import Clock
from bot.config import DeliverySettings
from bot.messages import Message, Outcome, Outgoing, Receipt, from_json
from bot.rules.calendar import Calendar
from bot.rules.quiet import next_allowed
from bot.store import delivery as rows
from bot.store.delivery import Claimed, Phase
from bot.store.engine import Store, StoreUnavailable
from bot.store.hot import StoreSession

_log = logging.getLogger(__name__)
CHUNK = 10
SWEEP_SECONDS = 5.0
_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Rate:
    """A platform's limits: messages a second in all, and a minute for one group chat."""

    per_second: float
    group_per_minute: float = 0.0


class Delivery:
    """The in-process engine. One instance per process; several share nothing but the store."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        rates: Mapping[str, Rate],
        clock: Clock,
        calendar: Calendar,
        settings: DeliverySettings,
    ) -> None:
        self._store, self._channels, self._rates = store, channels, rates
        self._clock, self._calendar, self._settings = clock, calendar, settings
        self._wake = asyncio.Event()
        self._batches: asyncio.Queue[tuple[int, int]] = asyncio.Queue()
        self._queued: set[tuple[int, int]] = set()
        self._messages: dict[int, Message] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._busy = 0

    async def start(self) -> None:
        """Run the sweeper and the workers until `stop`."""
        self._tasks = [asyncio.create_task(self._sweep_forever(), name="delivery-sweep")]
        self._tasks += [asyncio.create_task(self._work_forever(), name=f"delivery-{n}") for n in range(_WORKERS)]

    async def stop(self) -> None:
        """Stop between chunks' network calls; what was in flight is left to its lease."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """Something new may be due."""
        self._wake.set()

    async def drain(self) -> None:
        """Send everything that is due now and wait for it (the demo, the tests, a shutdown)."""
        while True:
            await self._sweep()
            if not self._queued and not self._busy:
                return
            await self._batches.join()

    async def _sweep_forever(self) -> None:
        while True:
            try:
                await self._sweep()
            except StoreUnavailable:
                _log.error("delivery: the store is unavailable, trying again")
            try:
                await asyncio.wait_for(self._wake.wait(), SWEEP_SECONDS)
            except TimeoutError:
                pass
            self._wake.clear()

    async def _sweep(self) -> None:
        now = self._clock.now()
        await self._store.write(rows.expire_leases, now)
        for ident, immediate, message in await self._store.read(_due, now):
            if not immediate and (later := self._polite(now)) > now:
                await self._store.write(rows.set_phase, ident, Phase.WAITING, later)
                continue
            self._messages[ident] = message
            while (batch := await self._store.write(rows.expand, ident, now)) is not None:
                self._enqueue(ident, batch)
            for batch in await self._store.read(rows.open_batches, ident, now):
                self._enqueue(ident, batch)
            if await self._store.write(rows.close_finished, ident):
                self._messages.pop(ident, None)

    def _polite(self, now: datetime) -> datetime:
        quiet = self._settings
        return next_allowed(
            now, self._calendar, not quiet.rest_days, start=quiet.quiet_from, end=quiet.quiet_until
        )

    def _enqueue(self, outgoing_id: int, batch: int) -> None:
        if (outgoing_id, batch) not in self._queued:
            self._queued.add((outgoing_id, batch))
            self._batches.put_nowait((outgoing_id, batch))

    async def _work_forever(self) -> None:
        while True:
            job = await self._batches.get()
            self._busy += 1
            try:
                await self._send_batch(*job)
            except StoreUnavailable:
                _log.error("delivery: batch %s left for the next sweep", job)
            finally:
                self._busy -= 1
                self._queued.discard(job)
                self._batches.task_done()

    async def _send_batch(self, outgoing_id: int, batch: int) -> None:
        message = self._messages.get(outgoing_id)
        if message is None:
            return
        for name in await self._store.read(rows.channels_in, outgoing_id, batch):
            channel = self._channels.get(name)
            if channel is not None:
                await self._send_channel(channel, outgoing_id, batch, message)

    async def _send_channel(self, channel: Channel, outgoing_id: int, batch: int, message: Message) -> None:
        rate = self._rates[channel.name]
        while True:
            token, chunk, wait = await self._store.write(
                _claim, outgoing_id, batch, channel.name, rate, self._clock.now()
            )
            if not chunk:
                return
            receipts = await self._send_chunk(channel, chunk, message, wait, 1 / rate.per_second)
            await self._store.write(rows.finish, token, list(zip(chunk, receipts, strict=True)), self._clock.now())
            pause = max((r.retry_after for r in receipts if r.outcome is Outcome.RATE_LIMITED), default=0.0)
            if pause:
                return

    async def _send_chunk(
        self, channel: Channel, chunk: list[Claimed], message: Message, wait: float, step: float
    ) -> list[Receipt]:
        async def one(position: int, claimed: Claimed) -> Receipt:
            delay = wait + position * step
            if delay > 0.002:
                await asyncio.sleep(delay)
            key = f"{claimed.outgoing_id}:{claimed.member_id}:{claimed.address.channel}"
            return await channel.send(Outgoing(claimed.address, message, key))

        return await asyncio.gather(*(one(position, claimed) for position, claimed in enumerate(chunk)))


def _due(session: StoreSession, now: datetime) -> list[tuple[int, bool, Message]]:
    return [
        (outgoing.id or 0, outgoing.immediate, from_json(outgoing.message))
        for outgoing in rows.due_outgoing(session, now)
    ]


def _claim(
    session: StoreSession, outgoing_id: int, batch: int, channel: str, rate: Rate, now: datetime
) -> tuple[str, list[Claimed], float]:
    """Claim a chunk and book its places under the platform's rate, in one transaction."""
    token, chunk = rows.claim(session, outgoing_id, batch, channel, CHUNK, now, rows.LEASE)
    if not chunk:
        return token, chunk, 0.0
    wait = rows.reserve(session, channel, len(chunk), rate.per_second, time.time())
    if rate.group_per_minute:
        for claimed in chunk:
            if claimed.address.group:
                key = f"{channel}:{claimed.address.chat}"
                wait = max(wait, rows.reserve(session, key, 1, rate.group_per_minute / 60, time.time()))
    return token, chunk, wait
