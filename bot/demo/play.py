"""Sets the sample bureau up, starts the server, plays the month, shows the summary, and goes on serving."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import aiohttp
from msgspec.structs import replace
from rich.console import Console

from bot.app import App
from bot.clock import SHANGHAI, ShiftedClock
from bot.commands.imports import import_bank, import_materials
from bot.commands.roster_import import RosterImport
from bot.config import Settings
from bot.demo.month import Month
from bot.demo.review import Review
from bot.demo.roster import load_demo_bureau, write_demo_roster
from bot.demo.script import Script, load_script
from bot.demo.stage import Stage, StageError
from bot.demo.summary import Line, show
from bot.process.listening import PortTaken, authority, listen
from bot.server import Running, first_link, running
from bot.shipped import found
from bot.signing import sign_in_path
from bot.store import sessions
from bot.texts import Texts, texts_of
from bot.web.access import COOKIE

BEGIN = datetime(2026, 11, 2, 8, 30, tzinfo=SHANGHAI)


async def play(settings: Settings, content: Path, console: Console, *, once: bool) -> bool:
    """Play the month; True when every number of the summary is what the store says. Without `once` the server
    goes on until it is interrupted."""
    texts, script = texts_of(content), load_script(found(content, "demo/script.toml"))
    settings = _prepared(settings, once)
    folder = Path(settings.store.backup_folder).parent
    bureau = load_demo_bureau(found(content, "demo/bureau.toml"))
    settings = replace(settings, bureau=replace(settings.bureau, committee=bureau.committee))
    write_demo_roster(folder / "roster.xlsx", bureau)
    console.rule(script.line("act_setup"))
    if not await asyncio.to_thread(_import_everything, settings, content, texts, folder, console):
        return False
    clock = ShiftedClock(BEGIN)
    async with running(settings, content, clock) as server:
        agreed = await _play(server, clock, script, console, folder, once)
        if once or not agreed:
            return agreed
        await _invite(server, clock, script, console)
        await server.stopped.wait()
    return True


def _prepared(settings: Settings, once: bool) -> Settings:
    """A fresh folder beside the real one; a free port when the configured one is taken or nobody will look."""
    folder = Path(settings.store.backup_folder).parent / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    server = settings.server
    port = _free_port(server.host, 0 if once else server.port)
    return replace(
        settings,
        server=replace(server, port=port, public_url=f"http://{authority(server.host, port)}"),
        store=replace(settings.store, url=f"sqlite:///{folder}/azalea.db", backup_folder=str(folder / "backups")),
        telegram=replace(settings.telegram, mode="off"),
    )


def _free_port(host: str, wanted: int) -> int:
    for port in (wanted, 0):
        try:
            with listen(host, port) as listener:
                return int(listener.getsockname()[1])
        except PortTaken:
            continue
    return wanted


def _import_everything(settings: Settings, content: Path, texts: Texts, folder: Path, console: Console) -> bool:
    """The three imports of a new office, exactly as the commands do them."""
    if not RosterImport(settings, content, texts, console).run(folder / "roster.xlsx", False, lambda: True):
        return False
    import_bank(settings, content, found(content, "quiz"), BEGIN)
    import_materials(settings, content, found(content, "study"), BEGIN)
    return True


async def _play(
    server: Running, clock: ShiftedClock, script: Script, console: Console, folder: Path, once: bool
) -> bool:
    async with _stage(server.app) as stage:
        playing = asyncio.create_task(_acts(Month(server.app, stage, clock, script, console), folder, once))
        stopped = asyncio.create_task(server.stopped.wait())
        await asyncio.wait({playing, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not playing.done():
            playing.cancel()
            return False
        try:
            lines, hint = playing.result()
        except StageError as error:
            console.print(script.line("failed", error=error), style="red", markup=False)
            return False
    agreed = show(lines, script, console)
    console.print(hint, highlight=False, markup=False, soft_wrap=True)
    return agreed


async def _acts(month: Month, folder: Path, once: bool) -> tuple[list[Line], str]:
    """The month, then the review; without `once` another rating stays open, and the text says how to try it."""
    lines = await month.play()
    review = Review(month.scenes, folder)
    lines += await review.play()
    return lines, "" if once else await review.leave_open()


@asynccontextmanager
async def _stage(app: App) -> AsyncIterator[Stage]:
    """The operator's WebSocket, signed in with a session cookie like any browser."""
    key = await app.store.write(sessions.open_session, sessions.Visitor("operator", True), app.clock.now())
    settings = app.settings.server
    async with (
        aiohttp.ClientSession(cookies={COOKIE: key}, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
        session.ws_connect(f"http://{settings.host}:{settings.port}/local/ws", max_msg_size=0) as socket,
    ):
        await _sign_in_first_administrator(app, session)
        stage = Stage(socket)
        listening = asyncio.create_task(stage.listen())
        try:
            yield stage
        finally:
            listening.cancel()


async def _sign_in_first_administrator(app: App, session: aiohttp.ClientSession) -> None:
    """Open the first administrator's link as a browser does; the office can give out codes from then on."""
    first = await first_link(app)
    async with session.post(app.settings.server.public_url + first.path, allow_redirects=False) as response:
        if response.status != 303:
            raise StageError(f"the first link answered {response.status}")


async def _invite(server: Running, clock: ShiftedClock, script: Script, console: Console) -> None:
    """The one-time link of the operator's chat window."""
    app = server.app
    path = sign_in_path(app.library.signer, "operator", "/chat", clock.now(), operator=True)
    console.print(script.line("open_link"))
    console.print(app.settings.server.public_url + path, soft_wrap=True, highlight=False)
    console.print(script.line("stop_hint"))
