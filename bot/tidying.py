"""Wipes the store's freed pages and this process's memory soon after a rating has ended, at start what a crash left."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket

from bot.store import forgetting, tidy
from bot.store.engine import Store

_log = logging.getLogger(__name__)
_PAUSE = 1.0
_RETRY = 30.0
_RECEIVED = 1 << 20


class Tidying:
    """One task that looks, at start and whenever it is woken, whether a round's sheets are still to be wiped."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Something was written that may have ended a rating."""
        self._woken.set()

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
        rounds = await self._store.read(tidy.untidy)
        if not rounds:
            return True
        if not await self._store.compact():
            return False
        await _overwrite_received()
        await asyncio.to_thread(forgetting.overwrite_small_objects)
        await self._store.write(tidy.mark_tidy, rounds)
        return True

    async def _run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                done = await self.once()
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
