"""Ctrl+C and SIGTERM: first the program is asked to stop, and after the grace it is ended, whatever it is stuck in.

Three clocks, each for what the one before it cannot end: a thread, which says in the log what did not return; a thread
of C, where no thread of Python comes to its turn any more; and a process of its own that is told of the signal by C,
where Python itself does not even learn of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

GRACE_SECONDS = 8.0
"""Between the wish and the end. What was being sent counts as unknown then, as after a power cut."""
_log = logging.getLogger(__name__)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_WATCH = """
import os, select, signal, sys
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
parent, left = os.getppid(), None
while True:
    ready = select.select([0], [], [], left)[0]
    if ready and not os.read(0, 65536):
        break
    if not ready:
        if os.getppid() == parent:
            os.kill(parent, signal.SIGKILL)
        break
    left = float(sys.argv[1]) if left is None else left
"""


@contextlib.contextmanager
def ended_by_signals(stopped: asyncio.Event, grace: float = GRACE_SECONDS) -> Iterator[None]:
    """Within the block a signal sets `stopped` and starts the clocks, which nothing stops again: not the loop, nor a
    thread that never returns, nor the interpreter that waits for one. Other threads than the main one get no signals:
    there nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()

    def end(*_: object) -> None:
        if not stopped.is_set():
            _end_after(grace)
        loop.call_soon_threadsafe(stopped.set)

    before = [(number, signal.signal(number, end)) for number in _SIGNALS]
    try:
        with _watched(stopped, grace + 2):
            yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@contextlib.contextmanager
def _watched(stopped: asyncio.Event, seconds: float) -> Iterator[None]:
    """A process that reads what faulthandler writes when a signal comes, and ends when this process does."""
    if sys.platform == "win32":
        yield
        return
    watcher = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _WATCH, str(seconds)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    assert watcher.stdin is not None
    for number in _SIGNALS:
        faulthandler.register(number, file=watcher.stdin, all_threads=False, chain=True)
    try:
        yield
    finally:
        for number in _SIGNALS:
            faulthandler.unregister(number)
        if not stopped.is_set():
            watcher.stdin.close()
            watcher.wait()


def _end_after(seconds: float) -> None:
    clock = threading.Timer(seconds, _end, (seconds,))
    clock.daemon = True
    clock.start()
    faulthandler.dump_traceback_later(seconds + 1, exit=True, file=sys.__stderr__ or sys.stderr)


def _end(seconds: float) -> None:
    _log.error("not stopped within %.0f s, ended: something does not return", seconds)
    faulthandler.dump_traceback(file=sys.__stderr__ or sys.stderr)
    logging.shutdown()
    os._exit(1)
