"""Two inputs at once, to two processes on one database: what a line of the table is, and how it is played.

A line begins in so many branches as there are rounds, each with people of its own, and gives two inputs. In some branches they
follow one another, in both orders: what is answered and what is stored then is allowed. In all others they are sent at once,
to two programs that share nothing but the database, and must end in one of the allowed ways.
"""

from __future__ import annotations

import asyncio
import http.cookiejar
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import count
from typing import Any, TypeVar

import httpx
import sqlalchemy as sa
from sqlmodel import select

from bot.app import App
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.messages import Address, Choice, Inbound, Message
from bot.rules.quiz import QuestionType
from bot.schedule import _run_one
from bot.store import prompts, sessions
from bot.store.core.columns import Word
from bot.store.core.engine import run_sync
from bot.store.core.statements import StoreSession
from bot.store.due import Due
from bot.store.prompts import Prompt
from bot.store.questions import NewQuestion, Verification, import_questions
from bot.store.sessions import Visitor
from bot.store.tables import METADATA
from bot.web.access import COOKIE
from tests.support.chat import button
from tests.support.races.branches import Branch, add_branches
from tests.support.shipped import START, shipped_content
from tests.support.wording import says

T = TypeVar("T")
Input = Callable[[int], Awaitable[str]]
"""Sends something to the first or the second program (0 or 1); the answer."""
Begin = Callable[["Round"], Awaitable[tuple[Input, Input]]]
Digest = Counter[tuple[str, str]]
"""How many rows of each table there are, by everything in them that has few values."""

QUESTIONS = [
    NewQuestion(f"q{number}", QuestionType.SINGLE, "党章", 1, f"第{number}题选哪个", ("选一", "选二", "选三"), (0,), "见原文",
                "党章", Verification.TEXT, ())
    for number in range(6)
]  # fmt: skip
IN_TURN = 1
"""Rounds in which the inputs follow one another, for each of the two orders."""
_UNCOUNTED = ("inboundevent", "openprompt", "alembic_version", "prompt", "web_session")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: the routes, jobs and forms that it shows, and how it begins."""

    shows: tuple[str, ...]
    begin: Begin

    @property
    def name(self) -> str:
        return self.begin.__name__


@dataclass(slots=True)
class Arena:
    """Two programs on one database."""

    apps: tuple[App, App]
    clock: ShiftedClock
    ids: count[int] = field(default_factory=count)

    @classmethod
    def open(cls, settings: Settings) -> Arena:
        clock = ShiftedClock(START)
        opened = cls((App(settings, shipped_content(), clock), App(settings, shipped_content(), clock)), clock)
        run_sync(opened.apps[0].store, import_questions, QUESTIONS, START)
        return opened

    def close(self) -> None:
        for app in self.apps:
            app.store.close()

    async def rounds(self, number: int) -> list[Round]:
        """New branches, each with people that nobody else has."""
        branches = await self.apps[0].store.write(add_branches, number, START)
        return [Round(self, branch) for branch in branches]

    async def digest(self) -> Digest:
        return await self.apps[0].store.read(_digest)


@dataclass(slots=True)
class Round:
    """One branch: what its people say, tap and send, each to the program `via`. `last` is each one's last answer."""

    arena: Arena
    branch: Branch
    last: dict[str, Message] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    async def event(
        self, who: str, text: str = "", token: str = "", via: int = 0, group: bool = False, account: str = ""
    ) -> Message:
        """One event of somebody of the branch, by the letter of `Branch.people`, or of an unknown account."""
        account = account or self.branch.account(who)
        address = Address("local", self.branch.group if group else account, group)
        ident = f"r{next(self.arena.ids)}"
        inbound = Inbound("local", account, address, ident, text, token, addressed=True)
        reply = await self.arena.apps[via].handle(inbound)
        message = reply.message or Message("")
        if message.text or message.choices:
            self.last[who] = message
        return message

    async def say(self, who: str, text: str, via: int = 0, group: bool = False) -> str:
        return (await self.event(who, text, via=via, group=group)).text

    async def tap(self, who: str, label: str, message: Message | None = None, via: int = 0) -> str:
        """Tap a button of a message, else of the last answer."""
        return (await self.event(who, token=button(message or self.last[who], label).token, via=via)).text

    def choice(self, who: str, label: str) -> Choice:
        """A button of the last answer."""
        return button(self.last[who], label)

    async def newest(self, table: type[Any], **fields: object) -> int:
        """The id of the branch's newest row of a table; with fields, of the newest that has these."""
        wanted = fields or {"unit_id": self.branch.id}
        query = select(table.id).filter_by(**wanted).order_by(table.id.desc())
        return int(await self.write(lambda session: session.execute(query.limit(1)).scalar_one()))

    async def asked(self, route: str, subject: int) -> int:
        """The id of a question, which everybody has been shown."""
        return await self.write(_asked, self.branch, route, subject)

    async def ask(
        self, route: str, subject: int, *options: str, multiple: bool = False, changeable: bool = False
    ) -> int:
        """Ask everybody a question, with the options' number of buttons or to be typed; its id."""
        make = partial(prompts.ask, multiple=multiple, changeable=changeable)
        await self.write(make, route, subject, "x", options)
        return await self.asked(route, subject)

    async def pick(self, who: str, asked: int, option: int, via: int = 0, group: bool = False) -> str:
        """Tap an option of a question that somebody was shown."""
        return (await self.event(who, token=Choice.option(asked, option, "").token, via=via, group=group)).text

    def picks(self, who: str, asked: int, option: int, group: bool = False) -> Input:
        return lambda via: self.pick(who, asked, option, via, group)

    def says(self, who: str, text: str) -> Input:
        return lambda via: self.say(who, text, via)

    def taps(self, who: str, label: str, message: Message | None = None) -> Input:
        shown = message or self.last[who]
        return lambda via: self.tap(who, label, shown, via)

    async def form(self, who: str, path: str, via: int = 0, **fields: str | list[str]) -> str:
        """Send a form; the status, and where it leads or what it says."""
        if who not in self.keys:
            opened = await self.arena.apps[0].store.write(
                sessions.open_session, Visitor(self.branch.account(who)), self.arena.clock.now()
            )
            self.keys[who] = opened
        app, key = self.arena.apps[via], self.keys[who]
        cookie = {"cookie": f"{COOKIE}={key}"}
        page = await _client(app).post(path, data={"csrf": app.access.csrf(key), **fields}, headers=cookie)
        assert page.status_code < 500, f"{path} {fields}: {page.status_code}"
        said = re.findall(r'<p class="(?:warn|sentence|ok)"[^>]*>(.*?)</p>', page.text)
        return " ".join([str(page.status_code), page.headers.get("location", ""), *said[:1]])

    def forms(self, who: str, path: str, **fields: str | list[str]) -> Input:
        return lambda via: self.form(who, path, via, **fields)

    def job(self, kind: str, subject: int) -> Input:
        """What is due of this kind runs, if nobody has run it."""

        async def run(via: int) -> str:
            app = self.arena.apps[via]
            return str(await app.store.write(_run_due, kind, subject, app))

        return run

    async def write(self, work: Callable[..., T], *args: Any, via: int = 0) -> T:
        return await self.arena.apps[via].store.write(work, *args)


@cache
def _client(app: App) -> httpx.AsyncClient:
    """It keeps neither connections nor cookies: one does for everybody."""
    kept = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app.web), base_url="http://127.0.0.1", cookies=kept)


def line(*shows: str) -> Callable[[Begin], Line]:
    """Make a line of a function that begins it."""
    return lambda begin: Line(shows, begin)


def alike(answer: str) -> str:
    """An answer without what tells one round from another. Words for a question that is over are not understood, or, where
    it ended while they came, are answered by saying that it is over."""
    if any(says(answer, key) for key in ("help.unknown", "help.closed", "quiz.over", "quiz.question_over")):
        return "over"
    return re.sub(r"\d+", "#", re.sub(r"(?<![0-9A-Z])[0-9A-Z]{8}(?![0-9A-Z])", "#", answer))


async def play(arena: Arena, line: Line, at_once: int) -> None:
    """All rounds of a line. Raises AssertionError where one ends in a way in which no order one after the other does."""
    arena.clock.set(START)
    rounds = await arena.rounds(at_once + 2 * IN_TURN)
    inputs = await asyncio.gather(*(line.begin(one) for one in rounds))
    allowed: dict[tuple[str, str], list[Digest]] = {}
    before = await arena.digest()
    for place, (one, two) in enumerate(inputs[: 2 * IN_TURN]):
        if place % 2:
            second = await two(0)
            answers = (alike(await one(1)), alike(second))
        else:
            first = await one(0)
            answers = (alike(first), alike(await two(1)))
        after = await arena.digest()
        allowed.setdefault(answers, []).append(_change(before, after))
        before = after
    _unbroken(line, list(allowed))
    ends = await asyncio.gather(*(_race(one, two, place % 2) for place, (one, two) in enumerate(inputs[2 * IN_TURN :])))
    change = _change(before, await arena.digest())
    _unbroken(line, ends)
    strange = Counter(end for end in ends if end not in allowed)
    assert not strange, f"{line.name}: {strange}\nallowed: {list(allowed)}"
    _check_change(line, [allowed[end] for end in ends], change)


async def _race(one: Input, two: Input, first: int) -> tuple[str, str]:
    answers = await asyncio.gather(one(first), two(1 - first))
    return alike(answers[0]), alike(answers[1])


def _unbroken(line: Line, ends: list[tuple[str, str]]) -> None:
    broken = [
        answer
        for end in ends
        for answer in end
        if says(answer, "help.broken") or says(answer, "help.store_unavailable")
    ]
    assert not broken, f"{line.name}: {broken[0]}"


def _check_change(line: Line, allowed: list[list[Digest]], change: Digest) -> None:
    """What all rounds have changed is the sum of what one after the other changes."""
    for key in {*change, *(key for some in allowed for one in some for key in one)}:
        least = sum(min(one[key] for one in some) for some in allowed)
        most = sum(max(one[key] for one in some) for some in allowed)
        assert least <= change[key] <= most, f"{line.name}: {key} {change[key]}, allowed {least}..{most}"


def _change(before: Digest, after: Digest) -> Digest:
    return Counter({key: after[key] - before[key] for key in {*before, *after} if after[key] != before[key]})


def _run_due(session: StoreSession, kind: str, subject: int, app: App) -> int:
    row = session.execute(select(Due.id).filter_by(kind=kind, subject=subject)).scalar()
    return _run_one(session, row, app.router, app.library, app.clock) if row is not None else 0


def _asked(session: StoreSession, branch: Branch, route: str, subject: int) -> int:
    found = session.execute(select(Prompt.id).filter_by(route=route, subject=subject)).scalar_one()
    for who in "书副组办甲":
        prompts.show(session, Address("local", branch.account(who)), branch.people[who], found, START)
    return int(found)


def _digest(session: StoreSession) -> Digest:
    connection = session.connection()
    found = connection.exec_driver_sql(_counting(connection.dialect))
    return Counter({(name, few): number for name, few, number in found})


@cache
def _counting(dialect: sa.Dialect) -> str:
    """One statement for all tables, compiled once."""
    parts = []
    for table in METADATA.sorted_tables:
        if table.name in _UNCOUNTED:
            continue
        few = [sa.cast(one, sa.String) for one in table.columns if isinstance(one.type, (Word, sa.Boolean))]
        few += [sa.cast(one.is_(None), sa.String) for one in table.columns if one.nullable]
        shown: Any = sa.literal("", sa.String)
        for one in few:
            shown = shown + sa.literal("|", sa.String) + sa.func.coalesce(one, sa.literal("", sa.String))
        parts.append(
            sa.select(sa.literal(table.name, sa.String), shown.label("few"), sa.func.count())
            .group_by("few")
            .select_from(table)
        )
    return str(sa.union_all(*parts).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
