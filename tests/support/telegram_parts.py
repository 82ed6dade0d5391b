"""What stands around a Telegram channel that is tested alone."""

from __future__ import annotations

from bot.messages import Address, Inbound, Reply


class Book:
    """A poll book in memory, for tests of the channel alone."""

    def __init__(self) -> None:
        self.noted: dict[str, tuple[Address, int, bool]] = {}

    async def remember(self, poll_id: str, chat: Address, prompt: int, multiple: bool) -> None:
        self.noted[poll_id] = (chat, prompt, multiple)

    async def find(self, poll_id: str) -> None:
        return None


class Heard:
    """Stands behind a channel in place of the program: keeps what came in, answers from a list."""

    def __init__(self, *replies: Reply) -> None:
        self.inbound: list[Inbound] = []
        self._replies = list(replies)

    async def __call__(self, inbound: Inbound) -> Reply:
        self.inbound.append(inbound)
        return self._replies.pop(0) if self._replies else Reply()
