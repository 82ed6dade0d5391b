"""Wipes the store's freed pages and this process's memory soon after a rating has ended, at start what a crash left;
and has memory overwritten as it is freed for as long as a sheet may be in it.

That is so from the start until the store is seen to hold none, and from the moment at which anybody asks for a page on
which sheets come and go, before the request's bytes are freed, until the store holds none and nobody has asked for an
hour: no request that brought one is still under way then.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time

from bot.store.core import memory, wiping
from bot.store.core.engine import Store

_log = logging.getLogger(__name__)
_PAUSE = 1.0
_RETRY = 30.0
_RECEIVED = 1 << 20
_LOOK_AGAIN = 600.0
QUIET = 3600.0
"""Seconds after the last request for a page of ratings; one takes minutes at most."""


class Tidying:
    """One task that looks, at start and whenever it is woken, whether a round's sheets are still to be wiped."""

    def __init__(self, store: Store, quiet: float = QUIET) -> None:
        self._store, self._quiet = store, quiet
        self._overwrites, self._asked_at = True, float("-inf")
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Something was written that may have ended a rating."""
        self._woken.set()

    def expect_sheets(self) -> None:
        """Somebody asks for a page on which sheets come and go."""
        self._asked_at = time.monotonic()
        if not self._overwrites:
            self._overwrites = True
            memory.overwrite_what_is_freed()

    async def start(self) -> None:
        """Begin, with what was left from before."""
        self._woken.set()
        self._task = asyncio.create_task(self._run(), name="tidying")

    async def stop(self) -> None:
        """End; a wipe that runs now finishes in the store's own thread."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def once(self) -> bool:
        """Wipe if there is anything to wipe; False when it has to be tried again."""
        rounds = await self._store.read(wiping.untidy)
        if not rounds:
            return True
        if not await self._store.compact():
            return False
        await _overwrite_received()
        await asyncio.to_thread(memory.overwrite_small_objects)
        await self._store.write(wiping.mark_tidy, rounds)
        return True

    async def rest(self) -> bool:
        """Leave memory as it is freed, where no sheet can be in it; True when it is left so."""
        held = not (self._overwrites and self._is_quiet()) or await self._store.read(wiping.holds_sheets)
        if not held and self._is_quiet():
            self._overwrites = False
            memory.overwrite_what_is_freed(False)
        return not self._overwrites

    def _is_quiet(self) -> bool:
        return time.monotonic() - self._asked_at >= self._quiet

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN):
                    await self._woken.wait()
            self._woken.clear()
            try:
                done = await self.once()
                await self.rest()
            except Exception:
                _log.exception("the store could not be compacted")
                done = False
            await asyncio.sleep(_PAUSE if done else _RETRY)
            if not done:
                self._woken.set()


async def _overwrite_received() -> None:
    """The event loop reads all connections into one buffer (uvloop: 256,000 bytes): the end of a long body stays in it
    until a longer one comes."""
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    with theirs:
        theirs.setblocking(False)
        sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(theirs, bytes(_RECEIVED)))
        await reader.readexactly(_RECEIVED)
        await sending
    writer.close()
    await writer.wait_closed()
