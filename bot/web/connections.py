"""The server's connections: how long a head and a body may take, and how many may be open at once.

A connection is *unfinished* while the head or the body of a request is awaited on it. Of one address only so many may
be unfinished, the oldest go first; a named proxy, behind which many people are, is exempt. Finished ones, which wait
for an answer or for the next request or carry a stream, count only towards the total. The total leaves files for the
store: where it is reached, a newcomer takes the place of the one that is needed least.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from typing import Any

from msgspec import Struct

from bot.web.guarded import Guarded
from bot.web.peer import address_key

_log = logging.getLogger(__name__)
_SECOND_LOOK = 0.1
_BETWEEN_LINES = 60.0


class Limits(Struct, frozen=True):
    """`total` and `unfinished` are numbers of connections, in all and of one address; the rest are seconds. An address
    that has too many unfinished is looked at after `patience`: what its requests still had to say was read by then."""

    total: int
    unfinished: int
    head: float = 10.0
    body: float = 60.0
    linger: float = 5.0
    stall: float = 60.0
    patience: float = 0.5


class Connections:
    """Which connections there are, and which must go. `is_proxy` knows the named proxies by the peer's host;
    `expect_sheets` is called before anything of a request that may bring or take sealed sheets is freed."""

    def __init__(
        self, limits: Limits, is_proxy: Callable[[str], bool], expect_sheets: Callable[[], None] = lambda: None
    ) -> None:
        self.limits, self._is_proxy, self.expect_sheets = limits, is_proxy, expect_sheets
        self._unfinished: dict[str, dict[Guarded, float]] = {}
        self._idle: dict[Guarded, None] = {}
        self._stalled: dict[Guarded, float] = {}
        self._watched: set[str] = set()
        self._closed, self._said_at = 0, float("-inf")

    def address(self, host: str) -> str:
        """What a peer is counted by: "" where it is exempt."""
        return "" if self._is_proxy(host) else address_key(host)

    def unfinished(self, one: Guarded) -> None:
        """From now on a head, and what follows it, is awaited."""
        self._idle.pop(one, None)
        group = self._unfinished.setdefault(one.address, {})
        group.pop(one, None)
        group[one] = one.loop.time()
        if one.address and len(group) > self.limits.unfinished and one.address not in self._watched:
            self._watched.add(one.address)
            one.loop.call_later(self.limits.patience, self._look, one.loop, one.address)

    def finished(self, one: Guarded) -> None:
        """All of a request has come."""
        group = self._unfinished.get(one.address)
        if group is not None:
            group.pop(one, None)
            if not group:
                del self._unfinished[one.address]

    def idle(self, one: Guarded) -> None:
        """The request is answered, and no other has begun."""
        self._idle[one] = None

    def busy(self, one: Guarded) -> None:
        self._idle.pop(one, None)

    def gone(self, one: Guarded) -> None:
        self.finished(one)
        self._idle.pop(one, None)
        self._stalled.pop(one, None)

    def stalled(self, one: Guarded) -> None:
        """What it asked for is not read any more."""
        self._stalled[one] = one.loop.time()

    def reads(self, one: Guarded) -> None:
        self._stalled.pop(one, None)

    def make_room(self, newcomer: Guarded, there: Collection[Any]) -> None:
        """Close what is needed least where too many are `there`: what was told to go, what has said too little for a
        while, what waits for nothing, what does not read, what has just begun. Where all of them are in use, the
        newcomer is turned away."""
        if len(there) <= self.limits.total:
            return
        parting = (one.transport for one in there if getattr(one, "close_sent", False))
        if (left := next((one for one in parting if not one.is_closing()), None)) is not None:
            self._end(left)
            return
        others = [next(iter(group.items())) for group in self._unfinished.values() if group]
        oldest = min(others, key=lambda pair: pair[1], default=(newcomer, 0.0))
        if self._is_old(newcomer.loop, oldest[1]):
            self._close(oldest[0])
            return
        one, since = next(iter(self._stalled.items()), (oldest[0], 0.0))
        last = one if self._is_old(newcomer.loop, since) else oldest[0]
        self._close(next(iter(self._idle), last))

    def _is_old(self, loop: asyncio.AbstractEventLoop, since: float) -> bool:
        return loop.time() - since > 4 * self.limits.patience

    def _look(self, loop: asyncio.AbstractEventLoop, address: str) -> None:
        """What is there too many goes unless it is finished at a second look, after everything was read that lay there:
        on a busy machine many are accepted before one is read."""
        group = self._unfinished.get(address, {})
        surplus = list(group.items())[: max(0, len(group) - self.limits.unfinished)]
        loop.call_later(_SECOND_LOOK, self._sweep, loop, address, surplus)

    def _sweep(self, loop: asyncio.AbstractEventLoop, address: str, surplus: list[tuple[Guarded, float]]) -> None:
        group = self._unfinished.get(address, {})
        for one, since in surplus:
            if len(group) > self.limits.unfinished and group.get(one) == since:
                self._close(one)
        self._watched.discard(address)
        if len(group) > self.limits.unfinished:
            self._watched.add(address)
            loop.call_later(self.limits.patience, self._look, loop, address)

    def _close(self, one: Guarded) -> None:
        self.gone(one)
        self._end(one.transport)

    def _end(self, transport: asyncio.Transport) -> None:
        transport.abort()
        self._closed += 1
        if time.monotonic() - self._said_at > _BETWEEN_LINES:
            _log.warning("%d connections closed: too many at once", self._closed)
            self._closed, self._said_at = 0, time.monotonic()
