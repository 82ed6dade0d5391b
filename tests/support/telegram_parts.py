"""What stands around a Telegram channel that is tested alone."""

from __future__ import annotations

from bot.messages import Address, Inbound, Reply


class Book:
    """A poll book in memory, for tests of the channel alone."""

    def __init__(self) -> None:
        self.noted: dict[str, tuple[Address, str, int, bool]] = {}

    async def remember(self, poll_id: str, chat: Address, message_id: str, prompt: int, multiple: bool) -> None:
        self.noted[poll_id] = (chat, message_id, prompt, multiple)

    async def find(self, poll_id: str) -> None:
        return None

    async def over(self) -> tuple[()]:
        return ()

    async def stopped(self, poll_id: str) -> None:
        del self.noted[poll_id]


class Heard:
    """Stands behind a channel in place of the program: keeps what came in, answers from a list."""

    def __init__(self, *replies: Reply) -> None:
        self.inbound: list[Inbound] = []
        self._replies = list(replies)

    async def __call__(self, inbound: Inbound) -> Reply:
        self.inbound.append(inbound)
        return self._replies.pop(0) if self._replies else Reply()
