"""The real program under uvicorn, and a real Chromium in front of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from msgspec.structs import replace
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from bot import config
from bot.app import App
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.signing import sign_in_path
from tests.support.chat import Chat

ROOT = Path(__file__).parent.parent.parent
ARTIFACTS = ROOT / "artifacts"
PHONE: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1400, "height": 900}


@dataclass(slots=True)
class Served:
    """The running program at an address, with its cast."""

    app: App
    chat: Chat
    url: str

    def entry(self, account: str, next_page: str = "/chat", *, operator: bool = False) -> str:
        """A one-time link that signs a browser in."""
        now = self.app.clock.now()
        return self.url + sign_in_path(self.app.library.signer, account, next_page, now, operator=operator)


@dataclass(slots=True)
class BrowserPage:
    """A Chromium tab and the program that it looks at. `errors` is what the console complained about."""

    page: Page
    served: Served
    errors: list[str]

    async def sign_in(self, account: str, next_page: str = "/chat", *, operator: bool = False) -> Page:
        """Open a one-time link, press the button, arrive at `next_page`."""
        await self.page.goto(self.served.entry(account, next_page, operator=operator))
        await self.page.get_by_role("button").click()
        await self.page.wait_for_url(self.served.url + next_page)
        return self.page

    async def screenshot(self, name: str, *, whole: bool = False) -> None:
        """Keep a picture of what is in view, or of the whole page, in artifacts/."""
        ARTIFACTS.mkdir(exist_ok=True)
        await self.page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=whole)


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """What a browser sees does not depend on the database."""
    return f"sqlite:///{tmp_path}/azalea.db"


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def settings(store_url: str, tmp_path: Path, port: int) -> Settings:
    """The shipped configuration on a fresh database and a free port."""
    loaded = config.load(ROOT / "config.toml", {"AZALEA_STORE_URL": store_url, "AZALEA_SECRET": "s" * 40})
    return replace(
        loaded,
        store=replace(loaded.store, backup_folder=str(tmp_path / "backups")),
        server=replace(loaded.server, port=port, public_url=f"http://127.0.0.1:{port}"),
    )


@pytest.fixture
async def served(app: App, chat: Chat, clock: ShiftedClock, port: int) -> AsyncIterator[Served]:
    """The web server, listening."""
    server = uvicorn.Server(
        uvicorn.Config(app.web, host="127.0.0.1", port=port, log_level="warning", lifespan="off")
    )
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield Served(app, chat, f"http://127.0.0.1:{port}")
    server.should_exit = True
    server.force_exit = True
    await running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, or the one that Playwright installed."""
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))),
        None,
    )
    arguments = [
        "--headless=new",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        await browser.close()


@pytest.fixture
async def browser_page(browser: Browser, served: Served) -> AsyncIterator[BrowserPage]:
    """A tab of desktop size; what the console complains about fails the test."""
    context = await browser.new_context(viewport=DESKTOP, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield BrowserPage(page, served, errors)
    await context.close()
    assert not errors, errors


@asynccontextmanager
async def phone(browser: Browser, served: Served, size: ViewportSize = PHONE) -> AsyncIterator[BrowserPage]:
    """A phone with a touch screen; what its console complains about is for the test to look at."""
    context = await browser.new_context(
        viewport=size, has_touch=True, is_mobile=True, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield BrowserPage(page, served, errors)
    await context.close()


@pytest.fixture
async def hand(browser: Browser, served: Served) -> AsyncIterator[BrowserPage]:
    """A phone on whose console nothing may be complained about."""
    async with phone(browser, served) as seen:
        yield seen
        assert not seen.errors, seen.errors
