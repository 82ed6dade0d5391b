"""A world with ratings in every state before publication, and everything that everybody can see of it.

Two worlds differ in nothing but how the voters marked: whoever sees a difference sees a mark.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import httpx
from msgspec import structs
from sqlmodel import col, select

from bot import features
from bot.app import App
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.messages import Message
from bot.rules.people import Post as PostKind
from bot.rules.rating import sealing
from bot.rules.rating.sealing import Key
from bot.store import rating, sessions
from bot.store.core.statements import StoreSession
from bot.store.people import Fact, Post, Unit
from bot.store.rating import RatingRound, RoundMode
from bot.store.sessions import Visitor
from bot.web.access import COOKIE
from tests.support.cast import (
    COMMITTEE,
    FERRY_MEMBER,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    ORGANIZER,
    ROADS,
    SECRETARY,
)  # fmt: skip
from tests.support.chat import Chat
from tests.support.rating import Opened, approve_twice, bring_key, draft, member_id, open_box, opened
from tests.support.shipped import START, shipped_content

ITEMS = tuple(f"第 {number} 项" for number in range(1, 13))
VOTER, OTHER_VOTER, TARGET, TELLER, SECOND_TELLER, BYSTANDER = MEMBERS
SECOND_OFFICE = FERRY_MEMBER
PEOPLE = (
    BYSTANDER, VOTER, TARGET, TELLER, SECOND_TELLER, ORGANIZER, SECRETARY, OFFICE, FERRY_SECRETARY, "operator", "guest-1",
)  # fmt: skip
"""A member, a voter, somebody who is rated, the tellers, the committee, the owner, the office, another branch's
secretary, the demo's operator, and a browser that nobody knows. The slip's account is added: it is not known before."""
NAMES = ("draft", "open", "closed", "opened", "named", "office", "office closed")
"""The rounds: a draft, an open one, a closed one, one that a teller has opened, a named one, two of the Party office."""
SAID = ("评议", "评议 好", "3", "我的评议结果", "我的", "网页", "评议 提醒")
_RANDOM = (
    (r"/in/[^\"\s<]+", "/in/-"),
    (r'(name="csrf" value|data-csrf)="[^"]*"', r'\1="-"'),
)


class StillClock(ShiftedClock):
    """Always the same moment: two worlds must not differ by the time they took."""

    def now(self) -> datetime:
        return self._start


@dataclass(frozen=True, slots=True)
class World:
    """A running program with its rounds by name, and the account of the slip that was used."""

    app: App
    chat: Chat
    rounds: Mapping[str, Opened]
    slip: str

    async def type_in(self, name: str, clerk: str, row: bytes) -> None:
        """A teller types in the one sheet of paper of a round."""
        one = self.rounds[name]
        boxes = json.dumps([{"target": at, "rows": sealing.b64u(row)} for at in range(one.targets)])
        form = {"class": "0", "returned": "1", "void": "0", "boxes": boxes}
        await post(self, clerk, f"/ratings/{one.id}/paper", form)


@asynccontextmanager
async def world(
    settings: Settings, url: str, key: Key, row: bytes, names: Sequence[str] = NAMES, absent: str = ""
) -> AsyncIterator[World]:
    """A fresh world on a database with the cast, in which everybody marked everything like `row`. One of the peers stays
    away: the member `absent`, or somebody without an account."""
    clock = StillClock(START)
    app = App(structs.replace(settings, store=structs.replace(settings.store, url=url)), shipped_content(), clock)
    await app.start()
    try:
        made = World(app, Chat(app, clock), await app.store.write(_prepare, app, clock.now(), key, names), "")
        if "open" in names:
            made = replace(made, slip=rating.account_of(made.rounds["open"].voters["同行"][-1]))
        await _vote(made, row, absent)
        yield made
    finally:
        await app.stop()


async def seen_pages(made: World) -> dict[tuple[str, str], tuple[int, str]]:
    """Status and body of every page, download and event stream about ratings, by person and path."""
    paths = [path for one in made.rounds.values() for path in _paths(one.id)] + list(_ABOUT_NO_ROUND)
    found = {}
    for who in (*PEOPLE, made.slip):
        visitor = Visitor(who, who == "operator")
        cookie = await made.app.store.write(sessions.open_session, visitor, made.app.clock.now())
        for path in paths:
            if path.endswith("/events"):
                found[who, path] = await _first_event(made.app, path, cookie)
            else:
                found[who, path] = await _page(made.app, path, cookie)
    return {place: (status, _steady(body)) for place, (status, body) in found.items()}


async def seen_chat(made: World) -> dict[str, list[str]]:
    """What everybody is answered, what they were sent, and what "what is kept about me" says."""
    found: dict[str, list[str]] = {}
    for who in PEOPLE[:-2]:
        found[who] = [_told((await made.chat.event(who, words)).message) for words in SAID]
        found[who].append(await made.chat.say(who, "评议", group=ROADS))
        found[who] += [_told(message) for message in await made.chat.inbox(who)]
        found[who] += [repr(fact) for fact in await made.app.store.read(_facts, who)]
    found["group"] = [_told(message) for message in await made.chat.group_inbox()]
    return found


async def hand_in(made: World, name: str, teller: str) -> None:
    """A teller opens the box of a round and hands in what is in it."""
    one = made.rounds[name]
    boxes = await made.app.store.read(open_box, one.id, one.key)
    sent = [{"target": at, "class_index": of, "rows": sealing.b64u(rows)} for (at, of), rows in boxes.items()]
    await post(made, teller, f"/ratings/{one.id}/open", {"boxes": json.dumps(sent)})


async def page_of(made: World, who: str, path: str) -> tuple[int, str]:
    """Status and body of a page as somebody sees it."""
    cookie = await made.app.store.write(sessions.open_session, Visitor(who), made.app.clock.now())
    status, body = await _page(made.app, path, cookie)
    return status, _steady(body)


async def post(made: World, who: str, path: str, form: Mapping[str, str]) -> None:
    """Send a form as somebody; it must be taken."""
    cookie = await made.app.store.write(sessions.open_session, Visitor(who), made.app.clock.now())
    async with _browser(made.app, cookie) as browser:
        answer = await browser.post(path, data={"csrf": made.app.access.csrf(cookie), **form})
    assert answer.status_code in (200, 303), answer.text


_ABOUT_NO_ROUND = (
    "/ratings", "/ratings/totals", "/rating/mine", "/rating/code", "/rating/secret", "/console", "/records",
)  # fmt: skip


def _paths(number: int) -> list[str]:
    """Every address about one round."""
    found = []
    for page in features.pages():
        path = page.path.replace("{round}", str(number))
        if path == page.path:
            continue
        if page.watch:
            found.append(f"{path}/events")
        kinds = ("xlsx", "docx", "pdf", "rows") if "{kind}" in path else ("",)
        if page.get and not path.endswith("/sealed"):
            found += [path.replace("{kind}", kind) for kind in kinds]
    return [*found, f"/ratings/{number}/sealed?target=0&class=1", f"/ratings/{number}/paper?class=1"]


async def _page(app: App, path: str, cookie: str) -> tuple[int, str]:
    async with _browser(app, cookie) as browser:
        answer = await browser.get(path)
    if answer.headers.get("content-type") == "application/octet-stream":
        return answer.status_code, f"{len(answer.content)} bytes"
    return answer.status_code, answer.text


def _browser(app: App, cookie: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app.web)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies={COOKIE: cookie})


async def _first_event(app: App, path: str, cookie: str) -> tuple[int, str]:
    """The first event of a stream; then the browser goes away."""
    got, status, body = asyncio.Event(), [0], [b""]

    async def receive() -> dict[str, Any]:
        await got.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        status[0] = message.get("status", status[0])
        body[0] += message.get("body", b"")
        if message["type"] == "http.response.body":
            got.set()

    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
        "headers": [(b"cookie", f"{COOKIE}={cookie}".encode())], "asgi": {"version": "3.0"},
    }  # fmt: skip
    await app.web(scope, receive, send)
    return status[0], body[0].decode()


def _told(message: Message | None) -> str:
    shown = "" if message is None else repr((message.text, message.choices, message.links, message.attachments))
    return _steady(shown)


def _steady(text: str) -> str:
    """Without what is random in every world: one-time links and the tokens of forms."""
    for pattern, instead in _RANDOM:
        text = re.sub(pattern, instead, text)
    return text


def _facts(session: StoreSession, name: str) -> Sequence[Fact]:
    return rating.about_member(session, member_id(session, name))


def _prepare(session: StoreSession, app: App, now: datetime, key: Key, names: Sequence[str]) -> dict[str, Opened]:
    committee = session.exec(select(Unit.id).where(col(Unit.name) == COMMITTEE)).one() or 0
    session.add(Post(member_id=member_id(session, SECOND_OFFICE), unit_id=committee, kind=PostKind.PARTY_OFFICE))
    session.flush()
    rounds = {}
    for name in names:
        found = _draft(session, app, now, name)
        if name.startswith("office"):
            found.unit_id, found.made_by = committee, member_id(session, OFFICE)
            session.add(found)
        if found.mode is RoundMode.SEALED:
            teller = member_id(session, TELLER)
            bring_key(session, found, teller, key, now)
        if name != "draft":
            approvers = (OFFICE, SECOND_OFFICE) if name.startswith("office") else (SECRETARY, ORGANIZER)
            approve_twice(session, found, now, approvers)
            rating.mark_present(session, found)
        rounds[name] = opened(session, found, key)
    return rounds


def _draft(session: StoreSession, app: App, now: datetime, name: str) -> RatingRound:
    mode = RoundMode.NAMED if name == "named" else RoundMode.SEALED
    voters = {"同行": (VOTER, OTHER_VOTER, TARGET)}
    found = draft(session, app, now, targets=("甲书记", TARGET), items=ITEMS, members=voters, mode=mode)
    rating.set_options(session, found, title=f"试评 {name}")
    rating.set_tellers(session, found, [member_id(session, one) for one in (TELLER, SECOND_TELLER)])
    rating.add_slips(session, found, 1, 1)
    return found


async def _vote(made: World, row: bytes, absent: str) -> None:
    """All cast but one, who is reminded, and one with a sheet of paper; then rounds are closed, one is opened by one
    teller and its paper typed in by one."""
    write, now = made.app.store.write, made.app.clock.now()
    for name, one in made.rounds.items():
        if name != "draft":
            await write(_cast, one, name == "named", row, absent, now)
        if "closed" in name or name == "opened":
            owner = OFFICE if "office" in name else SECRETARY
            if absent:
                await post(made, owner, f"/ratings/{one.id}", {"action": "remind"})
            await post(made, owner, f"/ratings/{one.id}", {"action": "close", "sure": "1"})
    if "opened" not in made.rounds:
        return
    await hand_in(made, "opened", TELLER)
    await made.type_in("opened", TELLER, row)


def _cast(session: StoreSession, one: Opened, named: bool, row: bytes, absent: str, now: datetime) -> None:
    found = session.get_one(RatingRound, one.id)
    away = rating.voter_for(session, one.id, member_id(session, absent), "") if absent else None
    paper = one.voters["领导"][0]
    if not named:
        rating.mark_paper(session, found, paper)
    rating.mark_present(session, found, [one.voters["同行"][-1]])
    for voter in one.everybody():
        if voter in (paper, away.id if away else one.voters["同行"][0]):
            continue
        rows = [bytes(len(row)) if one.own.get(at) == voter else row for at in range(one.targets)]
        if named:
            rating.cast_named(session, one.id, voter, b"".join(rows), one.manifest_hash, now)
        else:
            rating.cast(session, one.id, voter, one.seal(rows), one.manifest_hash, now)
