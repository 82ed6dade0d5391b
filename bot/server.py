"""Runs the web server, the engine and the schedule in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import uvicorn
from msgspec import Struct

from bot.app import App
from bot.clock import Clock
from bot.config import Settings
from bot.content import load_content
from bot.process.ending import ended_by_signals
from bot.process.listening import listen
from bot.process.open_files import open_more, room_for_connections
from bot.signing import sign_in_path
from bot.store import binding, people
from bot.store.core import memory
from bot.store.core.statements import StoreSession
from bot.web.connections import Connections, Limits
from bot.web.guarded import Guarded
from bot.web.peer import Peers

_log = logging.getLogger(__name__)

T = TypeVar("T")
_COLLECT_AFTER = 10_000


class Say(Protocol):
    """Prints a sentence of content/texts."""

    def __call__(self, key: str, **values: object) -> None: ...


class Running(Struct, frozen=True):
    """The app while it serves; `stopped` is set by Ctrl+C or SIGTERM."""

    app: App
    stopped: asyncio.Event


def run(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on uvloop where there is one."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)


def settle_down() -> None:
    """What was loaded stays for good: the collector, off while it was loaded, need not look at it again."""
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    gc.enable()


async def serve(settings: Settings, content: Path, clock: Clock, say: Say) -> None:
    """Serve until interrupted. Prints the first administrator's link while the office has no account."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("bot").setLevel(logging.INFO)
    async with running(settings, content, clock) as server:
        await _greet(server.app, say)
        await server.stopped.wait()


@contextlib.asynccontextmanager
async def running(settings: Settings, content: Path, clock: Clock) -> AsyncIterator[Running]:
    """The app, started and listening, with the content of a folder; raises ContentError, ConfigError, PortTaken."""
    memory.overwrite_what_is_freed()
    loaded = load_content(content)
    if loaded.texts.unknown:
        _log.warning("texts that are not known, left out: %s", ", ".join(loaded.texts.unknown))
    listener = listen(settings.server.host, settings.server.port)
    app = App(settings, loaded, clock)
    server = _Server(_guarded(app))
    stopped = asyncio.Event()
    with ended_by_signals(stopped):
        await app.start()
        settle_down()
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield Running(app, stopped)
        finally:
            server.should_exit = True
            await task
            await app.stop()


def _guarded(app: App) -> uvicorn.Config:
    """uvicorn's settings, with limits for whoever does not come to the point."""
    open_more()
    settings = app.settings.server
    limits = Limits(room_for_connections(), settings.unfinished_per_address)
    book = Connections(limits, Peers(settings.proxies).is_proxy, app.tidying.expect_sheets)
    connection = partial(Guarded, book)
    return uvicorn.Config(
        app.web, http=cast("type[asyncio.Protocol]", connection), log_level="warning", access_log=False, lifespan="off",
        timeout_graceful_shutdown=2, ws_max_size=1_000_000, ws_per_message_deflate=False, server_header=False,
        proxy_headers=False,
    )  # fmt: skip


class _Server(uvicorn.Server):
    """Leaves signals to us: the store must close after the last answer."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        return contextlib.nullcontext()


class FirstLink(Struct, frozen=True):
    """How many people are on the roster; and a one-time link (a path) for somebody of the Party office, while
    nobody of it has an account."""

    people: int
    name: str = ""
    path: str = ""


async def first_link(app: App) -> FirstLink:
    """The first administrator's link, as Jupyter prints one at start."""
    return await app.store.write(_first_link, app)


async def _greet(app: App, say: Say) -> None:
    url = app.settings.server.public_url.rstrip("/")
    first = await first_link(app)
    if not first.people:
        say("cli.first_import")
    elif first.path:
        say("cli.first_link", name=first.name, url=url + first.path)
    say("cli.serving", url=url)


def _first_link(session: StoreSession, app: App) -> FirstLink:
    count, office = people.office_without_account(session)
    if office is None:
        return FirstLink(count)
    account, now = f"m{office.id}", app.clock.now()
    binding.give_web_account(session, office.id, account, now)
    return FirstLink(count, office.name, sign_in_path(app.library.signer, account, "/chat", now))
