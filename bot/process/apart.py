"""Runs a function in a short-lived process of its own: for what reads a file that a stranger may have made.

`python -m bot.process.apart` is that process: a pickled function with its arguments on stdin, what it returned or
raised on stdout. It has limits of time and of memory, cannot write to the terminal and does
not know the program's secrets.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

MEMORY = 1 << 30
"""Bytes of address space."""
_ANSWER = 1 << 26
_SECRETS = "AZALEA_"


class TooMuch(Exception):
    """The work took more time or more memory than it may, or its process broke down."""


class _Undone(Exception):
    """The work failed; what it raised cannot be passed on as it is."""


async def apart(seconds: float, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` returns, of at most 64 MB; it must be importable by its name, and all values must be picklable.

    Raises what it raises, and TooMuch."""
    asked = pickle.dumps((seconds, work, args, kwargs))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "bot.process.apart", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, env=_environment(),
    )  # fmt: skip
    try:
        async with asyncio.timeout(2 * seconds):
            answer = await _talk(process, asked)
            if answer:  # it ends by itself; to kill it now would take its end away from the loop, which would complain
                await process.wait()
    except TimeoutError:
        raise TooMuch from None
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    if not answer:
        raise TooMuch
    done, found = pickle.loads(answer)
    if done:
        return cast(T, found)
    raise TooMuch if isinstance(found, MemoryError | RecursionError) else found


def apart_at_once(seconds: float, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for a program without an event loop (the command line)."""
    return asyncio.run(apart(seconds, work, *args, **kwargs))


async def _talk(process: asyncio.subprocess.Process, asked: bytes) -> bytes:
    """Say what is to be done; the answer, "" for one that is too long or was never given."""
    assert process.stdin is not None
    assert process.stdout is not None
    answer = bytearray()
    try:
        process.stdin.write(asked)
        process.stdin.close()
        while part := await process.stdout.read(1 << 20):
            answer += part
            if len(answer) > _ANSWER:
                return b""
    except (BrokenPipeError, ConnectionResetError):
        return b""
    return bytes(answer)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SECRETS)}
    places = [str(Path(__file__).parent.parent.parent), kept.get("PYTHONPATH", "")]
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, places))}


def main() -> None:
    """Read, limit, work, answer."""
    answering = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _limit_memory()
    outcome: tuple[bool, object]
    try:
        seconds, work, args, kwargs = pickle.load(sys.stdin.buffer)
        _limit_time(seconds)
        outcome = True, work(*args, **kwargs)
    except Exception as error:
        outcome = False, error
    try:
        answer = pickle.dumps(outcome)
        pickle.loads(answer)
    except Exception:
        answer = pickle.dumps((False, _Undone(type(outcome[1]).__name__)))
    with answering:
        answering.write(answer)
    os._exit(0)


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        with contextlib.suppress(ValueError, OSError):  # macOS has no limit of address space
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.nice(5)


def _limit_time(seconds: float) -> None:
    if sys.platform != "win32":
        import resource

        most = max(int(seconds), 1)
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))


if __name__ == "__main__":
    main()
