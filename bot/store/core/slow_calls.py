"""Names in the log whichever call holds the writer for long, while it still does: everybody else waits for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

LONG = 2.0
"""Seconds."""
_log = logging.getLogger(__name__)


class Holding:
    """What the writer does at the moment. `began` and `ended` are called around each call; a thread looks on."""

    def __init__(self, long: float = LONG) -> None:
        self._long = long
        self._call: tuple[float, Callable[..., Any], tuple[Any, ...]] | None = None
        self._over = threading.Event()
        threading.Thread(target=self._look_on, name="store-watch", daemon=True).start()

    def began(self, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._call = time.monotonic(), work, args

    def ended(self) -> None:
        self._call = None

    def close(self) -> None:
        """Look no more."""
        self._over.set()

    def _look_on(self) -> None:
        named: object = None
        while not self._over.wait(self._long / 4):
            call = self._call
            if call is None or call is named or time.monotonic() - call[0] < self._long:
                continue
            named = call
            _log.warning("%s holds the writer for more than %g s", name_of(call[1], call[2]), self._long)


def name_of(work: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """The function, and what it was given to call."""
    named = (getattr(one, "func", one) for one in (work, *args) if callable(one))
    return " ".join(f"{one.__module__}.{one.__qualname__}" for one in named if hasattr(one, "__qualname__"))
