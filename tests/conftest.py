"""Shared fixtures: a real app on SQLite and on PostgreSQL, a named cast, and a chat to talk in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot import config
from bot.app import App
from bot.clock import SHANGHAI, ShiftedClock
from bot.config import Settings
from tests.support.cast import enrol
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.postgres import drop_database, fresh_database, running_postgres

ROOT = Path(__file__).parent.parent
START = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One private PostgreSQL server for the whole run."""
    with running_postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, empty database; every test that needs one runs on both kinds."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/azalea.db"
        return
    server = request.getfixturevalue("postgres")
    url = fresh_database(server)
    yield url
    drop_database(server, url)


@pytest.fixture
def settings(store_url: str, tmp_path: Path) -> Settings:
    """The shipped configuration on a fresh database."""
    loaded = config.load(ROOT / "config.toml", {"AZALEA_STORE_URL": store_url, "AZALEA_SECRET": "s" * 40})
    return replace(loaded, store=replace(loaded.store, backup_folder=str(tmp_path / "backups")))


@pytest.fixture
def clock() -> ShiftedClock:
    """Monday 2026-11-02, 09:00 in Shanghai, and running."""
    return ShiftedClock(START)


@pytest.fixture
async def app(settings: Settings, clock: ShiftedClock) -> AsyncIterator[App]:
    """The whole program, started."""
    running = App(settings, ROOT / "content", clock)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def chat(app: App, clock: ShiftedClock) -> Chat:
    """The cast is on the roster and bound to the local channel; `chat.say(WANG, "帮助")` returns the answer."""
    await app.store.write(enrol, clock.now())
    return Chat(app, clock)


@pytest.fixture
async def pages(app: App) -> AsyncIterator[Pages]:
    """One person's browser, without scripts."""
    found = Pages(app)
    yield found
    await found.http.aclose()
