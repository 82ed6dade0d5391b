"""What the program asks of a platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.routing import BaseRoute

from bot.messages import Caps, Inbound, Outgoing, Receipt, Reply

Handle = Callable[[Inbound], Awaitable[Reply]]


class Channel(Protocol):
    """A platform: it hands what it receives to `handle`, and sends what the delivery rows tell it to."""

    name: str
    caps: Caps

    def routes(self) -> list[BaseRoute]:
        """The web addresses that the platform calls."""
        ...

    async def start(self, handle: Handle) -> None:
        """Begin to receive."""
        ...

    async def send(self, outgoing: Outgoing) -> Receipt:
        """Send one message. Never raises: what went wrong is in the receipt, and whether to try again."""
        ...

    async def stop(self) -> None:
        """Stop receiving and let go of connections."""
        ...
