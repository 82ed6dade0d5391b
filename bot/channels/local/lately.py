"""What was sent a moment ago: a browser that opens a pane meanwhile finds it neither in the history nor on its line."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Set

from bot.messages import Outgoing

_SECONDS, _MOST = 10.0, 5_000


class Lately:
    """The messages of the last seconds, for at most so many."""

    def __init__(self) -> None:
        self._sent: deque[tuple[float, Outgoing]] = deque(maxlen=_MOST)

    def note(self, outgoing: Outgoing) -> None:
        """It is being sent now; what is older than those seconds is let go."""
        now = time.monotonic()
        while self._sent and self._sent[0][0] < now - _SECONDS:
            self._sent.popleft()
        self._sent.append((now, outgoing))

    def missed(self, chats: Set[str], known: Set[str]) -> list[Outgoing]:
        """What was sent to these chats but for the keys that are known. A history has a message only once its sending
        is written down, and is read before its browser is among those that are shown what comes."""
        since = time.monotonic() - _SECONDS
        return [
            outgoing
            for at, outgoing in self._sent
            if at >= since and outgoing.address.chat in chats and outgoing.key not in known
        ]
