"""The real program under uvicorn, and a real Chromium in front of it.

One Chromium serves all tests of a process, each in a context of its own. Playwright's objects belong to the event loop
in which they were made, so all tests of this folder, and the programs that they look at, run in one loop.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from msgspec.structs import replace
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from bot.app import App
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.signing import sign_in_path
from tests.conftest import started
from tests.support.chat import Chat
from tests.support.shipped import ROOT, shipped_settings

ARTIFACTS = ROOT / "artifacts"
HERE = Path(__file__).parent
expect.set_options(timeout=20_000)  # five seconds, as it is otherwise, are short beside other work
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and no others, as browser tests that share a loop."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture
def database_kind() -> str:
    """What a browser sees does not depend on the database."""
    return "sqlite"


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A free port, held from the start: between looking for one and listening, another process could take it."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield held


@pytest.fixture
def settings(store_url: str, tmp_path: Path, listening: socket.socket) -> Settings:
    """The shipped configuration on a database of the test's own and a free port."""
    shipped, port = shipped_settings(store_url, tmp_path), int(listening.getsockname()[1])
    return replace(shipped, server=replace(shipped.server, port=port, public_url=f"http://127.0.0.1:{port}"))


@pytest_asyncio.fixture(loop_scope="session")
async def app(settings: Settings, clock: ShiftedClock) -> AsyncIterator[App]:
    """The whole program, started in the loop that Chromium is driven from."""
    async with started(settings, clock) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def served(app: App, chat: Chat, listening: socket.socket) -> AsyncIterator[Served]:
    """The web server, listening."""
    server = uvicorn.Server(uvicorn.Config(app.web, log_level="warning", lifespan="off"))
    running = asyncio.create_task(server.serve([listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield Served(app, chat, app.settings.server.public_url)
    server.should_exit = True
    server.force_exit = True
    await running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
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


@pytest_asyncio.fixture(loop_scope="session")
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


@pytest_asyncio.fixture(loop_scope="session")
async def hand(browser: Browser, served: Served) -> AsyncIterator[BrowserPage]:
    """A phone on whose console nothing may be complained about."""
    async with phone(browser, served) as seen:
        yield seen
        assert not seen.errors, seen.errors
