"""Every route that writes, and every form: two inputs at once, to two programs on one database, end as they do one after
the other."""

from __future__ import annotations

import gc
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.features import FEATURES, pages
from bot.web.page import Page
from bot.web.pages.election import contest, ledger, prepare, totals
from bot.web.pages.rating import console
from tests.support.databases import Databases
from tests.support.races import Arena, Line, play
from tests.support.races.table import LINES
from tests.support.shipped import shipped_settings

AT_ONCE = {"postgresql": 30, "sqlite": 2}
LINES_EACH = 12


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def arena_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Arenas:
    """An arena for the next line: a new one for every few lines, for what all lines have left makes each statement slow."""

    def __init__(self, kind: str, databases: Databases, folder: Path) -> None:
        self._kind, self._databases, self._folder = kind, databases, folder
        self._opened: tuple[str, Arena] | None = None
        self._played = 0

    def next(self) -> Arena:
        if self._opened is None or self._played == LINES_EACH:
            self.close()
            url = self._databases.make(self._kind, self._folder / "azalea.db")
            self._opened = url, Arena.open(shipped_settings(url, self._folder))
            self._played = 0
        self._played += 1
        return self._opened[1]

    def close(self) -> None:
        if self._opened is not None:
            url, arena = self._opened
            arena.close()
            self._databases.drop(url)
            self._opened = None


@pytest.fixture(scope="module")
def arenas(arena_kind: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arenas]:
    made = Arenas(arena_kind, databases, tmp_path_factory.mktemp("races"))
    often = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)  # as the program does: many rows are read, and none of them is a cycle
    yield made
    gc.set_threshold(*often)
    made.close()


@pytest.fixture
def arena(arenas: Arenas) -> Arena:
    return arenas.next()


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
async def test_two_at_once_end_as_one_after_the_other(arena: Arena, arena_kind: str, line: Line) -> None:
    await play(arena, line, AT_ONCE[arena_kind])


READS = {
    "theme_day.show", "receipts.status", "unknown.show", "attendance.status", "leave.pending", "make_up.waiting",
    "study.look", "study.counts", "practice.mine", "quiz.take", "poll.status", "poll.results", "rating.show", "rating.own",
    "rating.graded", "election.show", "election.totals", "election.paper", "records.export", "records.month",
    "reminders.show", "console.open", "mine.show", "help.show",
}  # fmt: skip
"""What changes nothing but what the asking person was shown."""
LIKE = {
    "/ratings/{round}/upload": "only shows what was read; what is taken is sent by the forms take_voters and take_targets",
    "/polls": "opens a draft of its own, as `poll.where` does",
    "/notices": "makes a draft of its own, as `notices.text` does; sending it is /notices/{id}",
    "theme_day.topic": "asks for a topic under a key that is used once, as every message to others has; jobs are claimed once",
    "theme_day.short": "as `theme_day.topic`",
    "theme_day.notice": "as `theme_day.topic`",
    "theme_day.month": "as `theme_day.topic`",
    "late.ask": "as `theme_day.topic`",
    "late.message": "as `theme_day.topic`",
    "late.decide": "as `late.decide_message`: takes a turn, then looks whether it still waits",
    "late.when": "as `late.when_message`",
    "binding.group_lost": "as `theme_day.topic`",
    "binding.group_moved": "as `theme_day.topic`",
    "binding.group_trouble": "as `theme_day.topic`",
    "poll.tell": "as `theme_day.topic`",
    "quiz.results": "as `theme_day.topic`",
    "receipts.inbox": "notes the first opening by the statement of /n/{id}",
    "theme_day.record": "as `theme_day.topic`",
    "theme_day.make_up": "as `theme_day.topic`",
    "attendance.missed": "as `theme_day.topic`",
    "attendance.absences": "as `theme_day.topic`",
    "practice.daily": "as `theme_day.topic`; plans the next day under a key that is used once",
    "election.first": "as `theme_day.topic`",
    "election.due_soon": "as `theme_day.topic`",
    "mine.overdue": "as `theme_day.topic`",
    "mine.forget": "deletes what is there, as `mine.left` does",
}
"""Why two inputs at once are of one kind with another line."""


def test_every_route_that_writes_and_every_form_has_a_line() -> None:
    wanted = set()
    for load in FEATURES.values():
        feature = load()
        wanted |= {route.name for route in feature.routes} | set(feature.jobs)
    for page in pages():
        if page.post is not None:
            wanted |= {f"{page.path}:{do}" for do in forms_of(page)} or {page.path}
    shown = {name for line in LINES for name in line.shows}
    missing = {one for one in wanted - READS - set(LIKE) if re.sub(r"\{.*?\}", "{}", one) not in plain(shown)}
    assert not missing
    assert not (READS | set(LIKE)) & shown, "what has a line needs no word"
    assert (READS | set(LIKE)) <= wanted, "what is no longer there"
    assert len(LIKE) < len(LINES) / 5


def plain(names: set[str]) -> set[str]:
    return {re.sub(r"\{.*?\}", "{}", name) for name in names}


def forms_of(page: Page) -> set[str]:
    """The forms of a page, where it has several: the values of its field `do` or `action` in its module."""
    if page.path == "/ratings/{round}":
        return {"approve", "cancel", *console._PREPARING, *console._RUNNING}
    names = {
        "/elections/unit/{unit}": ledger, "/elections/contest/{contest}": contest,
        "/elections/totals/{vote}": totals, "/elections/{election}": prepare,
    }  # fmt: skip
    if page.path not in names:
        return set()
    found = re.findall(r'(?:do|visit\.field\("do"\)) (?:==|in) (\(.*?\)|"\w+")', inspect.getsource(names[page.path]))
    return {name for part in found for name in re.findall(r'"(\w+)"', part)}
