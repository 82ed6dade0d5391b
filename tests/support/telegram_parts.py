"""What stands around a Telegram channel that is tested alone."""

from __future__ import annotations

from bot.messages import Inbound, Reply


class Heard:
    """Stands behind a channel in place of the program: keeps what came in, answers from a list."""

    def __init__(self, *replies: Reply) -> None:
        self.inbound: list[Inbound] = []
        self._replies = list(replies)

    async def __call__(self, inbound: Inbound) -> Reply:
        self.inbound.append(inbound)
        return self._replies.pop(0) if self._replies else Reply()
