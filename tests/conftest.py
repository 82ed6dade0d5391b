"""Shared fixtures: a real app on SQLite and on PostgreSQL, a named cast, and a chat to talk in.

Hypothesis tries few examples by hand, other ones each time, and in CI (where the variable CI is set) all of them, the
same ones each time.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from bot.app import App
from bot.clock import ShiftedClock
from bot.config import Settings
from tests.support.chat import Chat
from tests.support.databases import Databases, Holds
from tests.support.memory import memory_folder
from tests.support.pages import Pages
from tests.support.postgres import running_postgres
from tests.support.shipped import START, shipped_content, shipped_settings

# Whether an example is fast, and whether Hypothesis finds enough of them in time, depends on the machine.
_ANY_MACHINE = {"deadline": None, "suppress_health_check": list(HealthCheck)}
hypothesis_settings.register_profile("all", derandomize=True, **_ANY_MACHINE)
hypothesis_settings.register_profile("few", max_examples=20, **_ANY_MACHINE)
hypothesis_settings.load_profile("all" if os.environ.get("CI") else "few")
if memory := memory_folder():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One private PostgreSQL server for the whole run; one for each process where tests run in several."""
    with running_postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """New databases, copied from templates; PostgreSQL is started by the first test that needs it."""
    return Databases(tmp_path_factory.mktemp("databases"), lambda: request.getfixturevalue("postgres"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The kind of database; every test that needs one runs on both."""
    return str(request.param)


@pytest.fixture
def holds(request: pytest.FixtureRequest) -> Holds:
    """What the test's database holds at first: the cast where somebody talks, else nothing but tables."""
    return Holds.CAST if "chat" in request.fixturenames else Holds.TABLES


@pytest.fixture
def store_url(database_kind: str, holds: Holds, databases: Databases, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own."""
    url = databases.make(database_kind, tmp_path / "azalea.db", holds)
    yield url
    databases.drop(url)


@pytest.fixture
def settings(store_url: str, tmp_path: Path) -> Settings:
    """The shipped configuration on a database of the test's own."""
    return shipped_settings(store_url, tmp_path)


@pytest.fixture
def clock() -> ShiftedClock:
    """Monday 2026-11-02, 09:00 in Shanghai, and running."""
    return ShiftedClock(START)


@asynccontextmanager
async def started(settings: Settings, clock: ShiftedClock) -> AsyncIterator[App]:
    """The whole program with the shipped content, until the block ends."""
    running = App(settings, shipped_content(), clock)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


@pytest.fixture
async def app(settings: Settings, clock: ShiftedClock) -> AsyncIterator[App]:
    """The whole program, started."""
    async with started(settings, clock) as running:
        yield running


@pytest.fixture
def chat(app: App, clock: ShiftedClock) -> Chat:
    """The cast is on the roster and bound to the local channel; `chat.say(WANG, "帮助")` returns the answer."""
    return Chat(app, clock)


@pytest.fixture
async def pages(app: App) -> AsyncIterator[Pages]:
    """One person's browser, without scripts."""
    found = Pages(app)
    yield found
    await found.http.aclose()
