"""The owner's pages of a rating, as tests use them: beginning one, sending forms, reading what is shown."""

from __future__ import annotations

import re
from html import unescape

import httpx

from bot.rules.rating import sealing
from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingRound, Target
from bot.web.access import COOKIE
from tests.support import rating as rounds
from tests.support.cast import (
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.pages import Pages

TITLE = "2026年度民主评议党员"
KEY = sealing.make_key()


async def begun(pages: Pages, who: str = SECRETARY, **fields: str) -> httpx.Response:
    """A new rating, of members unless said otherwise; the page that prepares it."""
    page = await pages.enter(who, "/ratings")
    unit = re.findall(r'name="unit" value="(\d+)"', page.text)
    given = {"title": TITLE, "unit": unit[0] if unit else "0", "kind": "member_rating", "mode": "sealed", **fields}
    return await pages.send(page, "/ratings", **given)


async def forged(pages: Pages, path: str, **fields: str) -> httpx.Response:
    """A form of somebody who is signed in, whether or not a page offers it to them."""
    token = pages.app.access.csrf(pages.http.cookies[COOKIE])
    return await pages.http.post(path, data={"csrf": token, **fields})


def shown(page: httpx.Response) -> str:
    """The words of a page, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def hidden(page: httpx.Response, name: str) -> str:
    """The value of a hidden field."""
    return unescape(re.findall(rf'name="{name}" value="([^"]*)"', page.text)[0])


def rows_of(page: httpx.Response, form: str, field: str) -> list[str]:
    """The values of a field that comes several times in the form with this id."""
    part = page.text.split(f'id="{form}"', 1)[1].split("</form>", 1)[0]
    return [unescape(text) for text in re.findall(rf'name="{field}" value="([^"]*)"', part)]


def stored(session: StoreSession, round_id: int) -> RatingRound:
    found = rating.get(session, round_id)
    assert found is not None
    session.expunge(found)
    return found


def rated(session: StoreSession, round_id: int) -> list[Target]:
    return [
        Target(one.name, one.unit, one.member_id, one.note, one.weights) for one in rating.targets(session, round_id)
    ]


def prove(session: StoreSession, round_id: int, teller: str, chat: Chat) -> None:
    """What the teller's page does: a key, and the proof that it opens."""
    found, ident, now = rating.get(session, round_id), rounds.member_id(session, teller), chat.clock.now()
    assert found is not None
    rounds.bring_key(session, found, ident, KEY, now)


def number_of(page: httpx.Response) -> int:
    return int(page.url.path.rsplit("/", 1)[1])
