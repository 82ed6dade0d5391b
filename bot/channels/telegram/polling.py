"""Long polling with our own call: the library's `get_updates` drops a whole batch, and logs what people wrote, when one
update cannot be read."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bot.channels.telegram.http import Api, Call
from bot.channels.telegram.inbound import ALLOWED

_log = logging.getLogger(__name__)
POLL_SECONDS = 30
LONGEST_PAUSE = 60.0
_LONGEST_OF_A_HURRY = 5.0
_TRIES = 4
_AT_ONCE_SECONDS = 1.0
"""An answer that brings nothing and comes faster than this was not waited for."""


class Polling:
    """Asks Telegram for updates and hands each to `accept`. Asking for a number confirms all that came before it.

    The number is asked for once. After a week without updates Telegram numbers anew, from anywhere, so a number that
    was kept would hide all that follows; asking for none loses and doubles nothing, since what was confirmed is gone.
    Nor is it kept over a failure, which may last for longer than a week: what comes once more is known by its event.
    """

    def __init__(self, api: Api, accept: Callable[[object], Awaitable[None]]) -> None:
        self._api, self._accept = api, accept
        self._newest = 0
        self._hurried = False

    async def run(self) -> None:
        """Until it is cancelled."""
        following, pause = 0, 1.0
        while True:
            began = time.monotonic()
            wanted = {"offset": following, "timeout": POLL_SECONDS, "allowed_updates": ALLOWED}
            answer = await self._api.call(Call("getUpdates", wanted), wait=POLL_SECONDS)
            if not answer.ok or not isinstance(answer.result, list):
                _log.warning("telegram: polling failed: %s", self._api.clean(answer.receipt.reason))
                await asyncio.sleep(max(pause, min(answer.receipt.retry_after, LONGEST_PAUSE)))
                following, pause = 0, min(pause * 2, LONGEST_PAUSE)
                continue
            for data in answer.result:
                await self._accept_one(data)
            confirmed, following = following, self._after(answer.result)
            if following == confirmed and time.monotonic() - began < _AT_ONCE_SECONDS:
                self._note_hurry()
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_OF_A_HURRY)
            else:
                self._hurried, pause = self._hurried and not answer.result, 1.0

    def _after(self, updates: list[object]) -> int:
        """The number that confirms these updates; 0 where there are none."""
        if not updates:
            return 0
        newest = max(_number(one) for one in updates)
        if 0 < newest < self._newest:
            _log.warning("telegram: updates are numbered anew, from %d on", newest)
        self._newest = newest or self._newest
        return newest + 1

    def _note_hurry(self) -> None:
        if not self._hurried:
            _log.warning("telegram: long polling is answered at once and brings nothing new; asking less often")
        self._hurried = True

    async def _accept_one(self, data: object) -> None:
        """The next call confirms the update, so it is worth several tries; what was kept is not done again."""
        for left in range(_TRIES - 1, -1, -1):
            try:
                await self._accept(data)
                return
            except Exception:
                _log.exception("telegram: an update could not be handled")
            if left:
                await asyncio.sleep(1.0)


def _number(data: Any) -> int:
    found = data.get("update_id", 0) if isinstance(data, dict) else 0
    return found if isinstance(found, int) else 0
