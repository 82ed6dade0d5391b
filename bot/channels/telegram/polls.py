"""Native polls: what has to be remembered of them, and stopping those whose question is closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from bot.channels.telegram.http import Api, Call
from bot.channels.telegram.inbound import NotedPoll
from bot.messages import Address, Outcome

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 5.0


class RunningPoll(Protocol):
    """A poll that still looks open, and the message that shows it."""

    @property
    def poll_id(self) -> str: ...

    @property
    def chat(self) -> str: ...

    @property
    def message_id(self) -> str: ...


class PollBook(Protocol):
    """Remembers which prompt and chat a native poll stands for, as Telegram's answers name only the poll; and which
    polls have to be stopped because their question is closed."""

    async def remember(self, poll_id: str, chat: Address, message_id: str, prompt: int, multiple: bool) -> None: ...

    async def find(self, poll_id: str) -> NotedPoll | None: ...

    async def over(self) -> Sequence[RunningPoll]: ...

    async def stopped(self, poll_id: str) -> None: ...


class PollStopper:
    """Looks every few seconds for polls to stop. They stand in the book until they are, so a restart loses none."""

    def __init__(self, api: Api, book: PollBook) -> None:
        self._api, self._book = api, book
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look until `stop`."""
        self._task = asyncio.create_task(self._run(), name="telegram-polls")

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Stop the polls whose question is closed. What Telegram refuses is gone or is stopped already; anything else
        is tried again the next time."""
        for poll in await self._book.over():
            wanted = {"chat_id": int(poll.chat), "message_id": int(poll.message_id)}
            answer = await self._api.call(Call("stopPoll", wanted))
            if answer.receipt.outcome in (Outcome.SENT, Outcome.REJECTED):
                await self._book.stopped(poll.poll_id)

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:
                _log.exception("telegram: closed polls could not be stopped, trying again")
            await asyncio.sleep(_PAUSE_SECONDS)
