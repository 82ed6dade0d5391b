"""A hall of people behind one address: the limits of guessing and of connections are no limits for them."""

from __future__ import annotations

import asyncio
import html
import json
import re
import time

import aiohttp
import pytest

from bot.process.open_files import open_more
from bot.rules.rating import sealing
from bot.web.connections import Limits
from tests.support.chat import Chat
from tests.support.rating_round import ITEMS, Plan, Round, open_round
from tests.support.serving import served

PEOPLE, CONNECTIONS, AT_ONCE = 150, 6, 30
FILES = ("azalea.css", "rating/rating.css", "rating/sheet.js", "rating/sealing.js", "rating/sheet_card.js", "rating/sheet_send.js")


@pytest.fixture
def database_kind() -> str:
    """The database has no part in it."""
    return "sqlite"


async def test_everybody_signs_in_and_hands_in_a_sheet_within_a_minute(chat: Chat) -> None:
    """Six connections each, all kept open to the end; every tenth mistypes the code at first. This one client does not
    open all of them in the same instant: it would not get round to sending its requests in time."""
    open_more()
    found = await open_round(chat.app, Plan(slips=PEOPLE, targets=5))
    everybody_in, door = asyncio.Barrier(PEOPLE), asyncio.Semaphore(AT_ONCE)
    async with served(chat.app.web, Limits(2_000, 300), keep_alive=120) as server:
        home, began = f"http://127.0.0.1:{server.port}", time.monotonic()
        done = await asyncio.gather(
            *(
                _votes(home, found, code, number % 10 == 0, door, everybody_in)
                for number, code in enumerate(found.codes)
            )
        )
        assert time.monotonic() - began < 60
    assert done == [1] * PEOPLE


async def _votes(
    home: str, found: Round, code: str, mistypes: bool, door: asyncio.Semaphore, everybody_in: asyncio.Barrier
) -> int:
    """One person's browser, from the code to the sheet; the sheet's revision."""
    lines = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=100)
    async with aiohttp.ClientSession(home, cookie_jar=aiohttp.CookieJar(unsafe=True), connector=lines) as browser:
        async with door:
            page = await _text(browser.get("/rating/code"))
            for typed in ("1" * 12, code) if mistypes else (code,):
                page = await _text(browser.post("/rating/code", data={"csrf": _csrf(page), "code": typed}))
            await asyncio.gather(*(_text(browser.get(f"/static/{name}")) for name in FILES))
        await everybody_in.wait()
        given = {name: html.unescape(value) for name, value in re.findall(r'data-([a-z]+)="([^"]*)"', page)}
        rows = [bytes([1]) * len(ITEMS)] * len(json.loads(given["manifest"])["targets"])
        sheet = sealing.b64u(sealing.seal_sheet(found.key.public, bytes.fromhex(given["hash"]), rows))
        form = {"csrf": given["csrf"], "manifest": given["hash"], "sealed": sheet}
        answer = await _text(browser.post(found.path, data=form, headers={"accept": "application/json"}))
        return int(json.loads(answer)["revision"])


async def _text(asked: object) -> str:
    async with asked as answer:  # type: ignore[attr-defined]
        text: str = await answer.text()
        return text


def _csrf(page: str) -> str:
    return re.findall(r'name="csrf" value="([^"]+)"', page)[0]
