"""Who may stay: a socket is open for long, and what its browser may hear is looked at again and again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from bot.channels.local.connection import Connection
from bot.channels.local.values import Door, Visitor

_log = logging.getLogger(__name__)
SIGN_IN, MOVED = 4401, 4409
SWEEP_SECONDS = 1.0


class Standings:
    """All connections, and what becomes of those whose session is over, or who are no longer who they were."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._all: set[Connection] = set()

    def add(self, connection: Connection) -> None:
        self._all.add(connection)

    def discard(self, connection: Connection) -> None:
        self._all.discard(connection)

    async def is_stranger(self, visitor: Visitor) -> bool:
        """Whether this account is nobody's; where the store cannot be asked, it may be somebody's."""
        if visitor.operator or not visitor.kept:
            return not visitor.operator
        found = await self._door.standing([visitor.key_hash])
        return found is not None and found.get(visitor.key_hash) is None

    def end(self, key_hash: str) -> None:
        """This session was signed out just now."""
        for connection in tuple(self._all):
            if connection.visitor.key_hash == key_hash:
                connection.drop(SIGN_IN)

    async def check(self, connections: Iterable[Connection]) -> bool:
        """Drop those of the connections that may not stay; False where the store could not be asked. A guest of whom
        nothing is stored has nothing to lose."""
        asked = [one for one in connections if one.kept and not one.closing]
        if not asked:
            return True
        found = await self._door.standing([one.visitor.key_hash for one in asked])
        if found is None:
            return False
        for one in asked:
            key = one.visitor.key_hash
            if key not in found:
                one.drop(SIGN_IN)
            elif one.standing is not None and one.standing != found[key]:
                one.drop(MOVED)
        return True

    async def watch(self) -> None:
        """For ever: whoever says nothing is looked at too."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.check(tuple(self._all))
                await self._note_use()
            except Exception:
                _log.exception("nobody looked at who may stay")

    async def _note_use(self) -> None:
        """Who has said something goes on using their session."""
        talked = [one for one in self._all if one.talked and one.kept]
        for one in talked:
            one.talked = False
        if talked:
            await self._door.used([one.visitor.key_hash for one in talked])
