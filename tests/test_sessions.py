"""Web sessions: how long they last, what puts their end off, and what a guest leaves in the store."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import func, select

from bot.clock import ShiftedClock
from bot.store import binding, people, sessions
from bot.store.core.statements import StoreSession
from bot.store.sessions import Visitor, WebSession
from tests.support.cast import MEMBERS
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.wording import says

HER = MEMBERS[0]


def rows(session: StoreSession) -> int:
    return session.exec(select(func.count()).select_from(WebSession)).one()


async def test_use_puts_the_end_off_but_not_for_ever(chat: Chat, pages: Pages, clock: ShiftedClock) -> None:
    await pages.enter(HER, "/console")
    began = clock.now()
    for days in (29, 58, 87, 116, 145, 174, 179):
        clock.set(began + timedelta(days=days))
        await chat.app.store.write(sessions.forget_old, clock.now())
        assert (await pages.http.get("/console")).status_code == 200, days
    clock.set(began + timedelta(days=180, minutes=1))
    assert (await pages.http.get("/console")).status_code == 401


async def test_the_chat_puts_the_end_off_too(chat: Chat, pages: Pages, clock: ShiftedClock) -> None:
    await pages.enter(HER, "/console")
    key, began = pages.http.cookies["azalea"], clock.now()
    for days in (20, 40):
        clock.set(began + timedelta(days=days))
        assert (await chat.app.access.chatter({"azalea": key}))[1] is not None
    clock.set(began + timedelta(days=60))
    assert (await pages.http.get("/console")).status_code == 200


async def test_without_use_it_ends_and_streams_are_no_use(chat: Chat, pages: Pages, clock: ShiftedClock) -> None:
    await pages.enter(HER, "/console")
    key, began = pages.http.cookies["azalea"], clock.now()
    clock.set(began + timedelta(days=29))
    assert await chat.app.access.visitor(key) is not None
    clock.set(began + timedelta(days=31))
    assert await chat.app.access.visitor(key) is None
    assert (await pages.http.get("/console")).status_code == 401


async def test_opening_a_sheet_is_not_noted(chat: Chat, pages: Pages, clock: ShiftedClock) -> None:
    """When somebody was last at a sheet is nobody's to know."""
    await pages.enter(HER, "/console")
    before = await chat.app.store.read(_times)
    clock.set(clock.now() + timedelta(hours=3))
    for path in ("/rating/1", "/rating/code", "/rating/secret", "/rating/mine"):
        await pages.http.get(path)
    assert await chat.app.store.read(_times) == before
    await pages.http.get("/console")
    assert await chat.app.store.read(_times) != before


def _times(session: StoreSession) -> list[tuple[datetime, datetime]]:
    return [(one.expires_at, one.fresh_until) for one in session.exec(select(WebSession))]


async def test_pages_of_keys_are_for_a_browser_in_use(chat: Chat, pages: Pages, clock: ShiftedClock) -> None:
    await pages.enter(HER, "/console")
    began = clock.now()
    for hours in (11, 22, 33):
        clock.set(began + timedelta(hours=hours))
        assert (await pages.http.get("/ratings/1/key")).status_code == 403
    clock.set(began + timedelta(hours=45, minutes=5))
    assert (await pages.http.get("/console")).status_code == 200
    token = chat.app.access.csrf(pages.http.cookies["azalea"])
    for name in ("key", "open", "paper", "sealed"):
        answer = await pages.http.get(f"/ratings/1/{name}")
        assert answer.status_code == 401, name
        assert says(answer.text, "web.idle_too_long")
    for name in ("key", "open", "paper"):
        assert (await pages.http.post(f"/ratings/1/{name}", data={"csrf": token})).status_code == 401, name
    await pages.enter(HER, "/console")
    assert (await pages.http.get("/ratings/1/key")).status_code == 403


async def test_who_only_looks_leaves_no_row(chat: Chat, clock: ShiftedClock) -> None:
    for _ in range(20):
        browser = Pages(chat.app)
        shown = await browser.http.get("/chat")
        assert shown.status_code == 200
        key = browser.http.cookies["azalea"]
        first = await chat.app.access.visitor(key)
        assert first is not None
        assert first.account.startswith("guest-")
        await browser.http.get("/chat")
        assert browser.http.cookies["azalea"] == key
        await browser.http.post("/out")
    assert await chat.app.store.read(rows) == 0
    clock.set(clock.now() + timedelta(days=31))
    assert await chat.app.access.visitor(key) is None


async def test_a_guests_key_is_nothing_once_the_account_is_somebodys(chat: Chat) -> None:
    """Whoever is bound is known by a session that can be ended."""
    key, guest = chat.app.access.guest()
    await chat.app.access.keep_guest(guest.account, guest.key_hash)
    await chat.app.store.write(_bind, HER, guest.account, chat.clock.now())
    found = await chat.app.access.visitor(key)
    assert found is not None
    assert found.account == guest.account
    await chat.app.access.close(key)
    assert await chat.app.access.visitor(key) is None
    forged = key[:-1] + ("A" if key[-1] != "A" else "B")
    assert await chat.app.access.visitor(forged) is None


def _bind(session: StoreSession, who: str, account: str, now: datetime) -> None:
    person = people.identify(session, "local", who)
    assert person is not None
    binding.bind(session, person.id, "local", account, account, now)


async def test_guests_are_forgotten_the_next_night(chat: Chat, clock: ShiftedClock) -> None:
    keys = []
    for _ in range(3):
        key, guest = chat.app.access.guest()
        keys.append(key)
        await chat.app.access.keep_guest(guest.account, guest.key_hash)
    await chat.app.store.write(_bind, HER, guest.account, clock.now())
    clock.set(clock.now() + timedelta(hours=13))
    await chat.app.store.write(binding.forget_guests, clock.now())
    assert await chat.app.store.read(rows) == 1
    assert None not in [await chat.app.access.visitor(key) for key in keys]


async def test_who_talks_in_the_chat_uses_their_session(chat: Chat, clock: ShiftedClock) -> None:
    """A socket stays open for long; nobody who talks there is told to sign in."""
    access, began = chat.app.access, clock.now()
    key = await chat.app.store.write(sessions.open_session, Visitor(HER), began)
    for days in (29, 58):
        clock.set(began + timedelta(days=days))
        await access.used([sessions.hash_of(key)])
    assert await access.visitor(key) is not None
    clock.set(began + timedelta(days=181))
    await access.used([sessions.hash_of(key)])
    assert await access.visitor(key) is None
