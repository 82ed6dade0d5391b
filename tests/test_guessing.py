"""Guessing codes: only wrong ones count, by account, by address and in all; a right one is always taken."""

from __future__ import annotations

import asyncio
import re
import time
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from bot.app import App
from bot.clock import ShiftedClock
from bot.commands.doctor import Finding, examine
from bot.config import Settings
from bot.messages import Address, Inbound
from bot.store.core.statements import StoreSession
from bot.texts import load_texts
from bot.web.guesses import PER_HOUR, PER_MINUTE, Guesses
from tests.support.cast import MEMBERS, SECRETARY
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.rating_round import Plan, open_round
from tests.support.shipped import ROOT, shipped_settings
from tests.support.wording import says
from tests.test_local_channel import Door
from tests.test_local_channel import door as door

CODE = r"[A-Z0-9]{8}"
WRONG = "ABCD2345"
_ids = count()


@pytest.fixture
def settings(store_url: str, tmp_path: Path) -> Settings:
    """The shipped configuration behind a proxy on the same machine."""
    shipped = shipped_settings(store_url, tmp_path)
    return replace(shipped, server=replace(shipped.server, proxies=("127.0.0.1",)))


class Ticks:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def says_as(app: App, account: str, words: str, peer: str) -> str:
    """What a guest of the web chat is answered."""
    _, guest = app.access.guest()
    await app.access.keep_guest(account or guest.account, guest.key_hash)
    account = account or guest.account
    inbound = Inbound("local", account, Address("local", account), f"g{next(_ids)}", words)
    reply = await app.handle(_by(inbound, guest.key_hash, peer))
    assert reply.message is not None
    return reply.message.text


def _by(inbound: Inbound, key_hash: str, peer: str) -> Inbound:
    return Inbound(
        inbound.channel, inbound.account, inbound.chat, inbound.event_id, inbound.text, session=key_hash, peer=peer
    )


async def fresh_code(chat: Chat, who: str) -> str:
    """A binding code for somebody who is not bound any more."""
    await chat.say(who, "解绑")
    await chat.tap(who, "binding.unbind_yes")
    return re.findall(CODE, await chat.say(SECRETARY, f"绑定码 {who}"))[0]


def test_wrong_codes_are_counted_by_address_and_in_all_and_forgotten() -> None:
    clock = Ticks()
    found = Guesses(clock)
    assert found.pause("a", "x") == 0
    for number in range(PER_MINUTE):
        assert not found.wrong("a", f"x{number}")
    assert found.pause("a", "new") == 0
    assert found.wrong("a", "x")
    assert 0 < found.pause("a", "new") <= 5
    assert found.pause("b", "new") == found.pause("", "new") == 0
    clock.now += 61
    assert found.pause("a", "new") == 0
    for number in range(PER_HOUR):
        found.wrong(f"a{number}", f"x{number}")
    assert found.total_over() == PER_HOUR + PER_MINUTE + 1
    assert 1 <= found.pause("b", "new") <= 5
    clock.now += 3_601
    assert found.pause("b", "new") == found.total_over() == 0
    found.wrong("a", "x")
    assert not any(address in repr(vars(found)) for address in ("'a'", "a1999"))
    assert len(found._of_address) == 1


def test_the_store_is_told_once_and_now_and_then() -> None:
    found = Guesses(Ticks())
    told = []
    for number in range(PER_HOUR + 1_200):
        found.wrong(f"a{number % 50}", "x")
        told += [total] if (total := found.to_report()) else []
    assert told == [PER_HOUR + 1, PER_HOUR + 501, PER_HOUR + 1_001]


async def test_what_one_account_sends_at_once_is_looked_at_one_after_the_other() -> None:
    clock = Ticks()
    found = Guesses(clock)
    for over in range(1, 51):
        found.wrong("", "x", over)
    assert found.pause("", "x") == 5
    assert found.pause("", "y") == 0
    tries = [asyncio.create_task(found.turn("", "x")) for _ in range(300)]
    await asyncio.sleep(0)
    refused = [one.result() for one in tries if one.done()]
    assert len(refused) == 296
    assert not any(refused)
    for one in tries:
        one.cancel()


async def test_many_guesses_from_one_address(chat: Chat) -> None:
    """Each with an account of its own. The right code is taken in the middle of it; members do not wait."""
    app, here = chat.app, "198.51.100.7"
    good = await fresh_code(chat, MEMBERS[0])
    answers = [await says_as(app, "", WRONG, here) for _ in range(PER_MINUTE + 5)]
    assert [says(one, "binding.wrong_code") for one in answers] == [True] * PER_MINUTE + [False] * 5
    assert all(says(one, "binding.too_many") for one in answers[PER_MINUTE:])
    for number in range(15):
        app.access.guesses.wrong(here, f"guest-{number}")
    flood = [asyncio.create_task(says_as(app, "", WRONG, here)) for _ in range(10)]
    began = time.monotonic()
    await says_as(app, MEMBERS[1], "帮助", here)
    assert time.monotonic() - began < app.access.guesses.pause(here, "guest-new")
    assert not any(one.done() for one in flood)
    assert says(await says_as(app, "guest-late", good, here), "binding.privacy")
    agreed = await says_as(app, "guest-late", f"同意绑定 {good}", here)
    assert MEMBERS[0] in agreed
    assert all(says(one, "binding.too_many") for one in await asyncio.gather(*flood))


async def test_a_right_code_is_taken_after_too_many_wrong_ones(chat: Chat) -> None:
    good = await fresh_code(chat, MEMBERS[0])
    answers = [await chat.say("clumsy", WRONG) for _ in range(8)]
    limit = chat.app.settings.binding.tries_per_hour
    assert [says(one, "binding.wrong_code") for one in answers] == [True] * limit + [False] * (8 - limit)
    assert says(await chat.say("clumsy", good), "binding.privacy")
    assert MEMBERS[0] in await chat.tap("clumsy", "binding.agree")


async def test_too_many_in_all_make_doctor_speak(chat: Chat, settings: Settings, clock: ShiftedClock) -> None:
    access_ = chat.app.access
    assert _guessing(settings, clock).ok
    for number in range(PER_HOUR + 1):
        await access_.wrong_code(f"2001:db8::{number:x}", f"guest-{number}")
    assert 1 <= access_.guesses.pause("203.0.113.1", "guest-new") < 2
    found = _guessing(settings, clock)
    assert not found.ok
    assert says(found.sentence, "cli.doctor.guessing_some", count=PER_HOUR + 1)
    rows = await chat.app.store.read(lambda session: session.execute(text("SELECT * FROM attempt")).all())
    assert "db8" not in repr(rows)
    began = time.monotonic()
    assert says(await says_as(chat.app, "", "你好", "203.0.113.1"), "binding.how")
    assert time.monotonic() - began >= 1
    for who, slower in (("stranger on a platform", True), (MEMBERS[0], False)):
        reply = await chat.event(who, "你好")
        assert (reply.pause >= 1) is slower


def _guessing(settings: Settings, clock: ShiftedClock) -> Finding:
    texts = load_texts(ROOT / "content" / "texts")
    return next(
        one for one in examine(settings, ROOT / "content", texts, clock.now()) if one.item == "cli.doctor.guessing"
    )


async def test_slips_are_guessed_no_faster(chat: Chat) -> None:
    """Another code that somebody unknown types: a browser of its own for each try helps nobody."""
    found = await open_round(chat.app, Plan(slips=1))
    for _ in range(PER_MINUTE - 1):
        chat.app.access.guesses.wrong("127.0.0.1", "x")
    answers = []
    for _ in range(4):
        browser = Pages(chat.app)
        form = await browser.http.get("/rating/code")
        answers.append(await browser.send(form, "/rating/code", code="1" * 12))
    assert [one.status_code for one in answers] == [403, 429, 429, 429]
    assert says(answers[-1].text, "web.too_many_codes")
    browser = Pages(chat.app)
    page = await browser.send(await browser.http.get("/rating/code"), "/rating/code", code=found.codes[0])
    assert page.url.path == found.path


async def test_the_address_is_what_a_named_proxy_says(door: Door) -> None:
    guesses = door.app.access.guesses
    for address in ("203.0.113.1", "6.6.6.6, 203.0.113.1", "203.0.113.2"):
        key, guest = door.app.access.guest()
        line = await door.knock({"Cookie": f"azalea={key}", "X-Forwarded-For": address})
        answer = await line.ask(op="say", id="1", chat=guest.account, text=WRONG)
        assert says(answer["message"]["text"], "binding.wrong_code")
    assert sorted(len(times) for times in guesses._of_address.values()) == [1, 2]


async def test_a_guest_is_stored_once_something_is_said(door: Door) -> None:
    key, guest = door.app.access.guest()
    line = await door.knock({"Cookie": f"azalea={key}"})
    await line.send(op="join")
    await line.op("joined")
    assert await door.app.store.read(_sessions, guest.account) == 0
    for number in range(3):
        await line.ask(op="say", id=str(number), chat=guest.account, text="你好")
    assert await door.app.store.read(_sessions, guest.account) == 1


def _sessions(session: StoreSession, account: str) -> int:
    query = text("SELECT count(*) FROM web_session WHERE account = :account")
    return int(session.execute(query, {"account": account}).scalar_one())
