"""One-time links: whose they are, when they are refused, and leaving."""

from __future__ import annotations

import asyncio
from datetime import datetime

import httpx
import pytest
from msgspec.structs import replace
from starlette.requests import HTTPConnection

from bot.clock import ShiftedClock
from bot.config import Settings
from bot.signing import sign_in_path
from bot.store import binding, people, sessions
from bot.store.core.statements import StoreSession
from bot.store.sessions import Visitor
from bot.web.browser import from_us
from tests.conftest import started
from tests.support.cast import MEMBERS, ROADS, SECRETARY, enrol
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.wording import says, sentence

SHEET = "/rating/1"
HER, HIM = MEMBERS[0], MEMBERS[1]


def link(chat: Chat, who: str, path: str = SHEET, *, operator: bool = False) -> str:
    """A one-time link for somebody."""
    return sign_in_path(chat.app.library.signer, who, path, chat.clock.now(), operator=operator)


async def whose(chat: Chat, pages: Pages) -> str:
    """The account that is signed in in a browser; empty for nobody."""
    key = pages.http.cookies.get("azalea", "")
    visitor = await chat.app.access.visitor(key)
    return visitor.account if visitor else ""


async def follow(pages: Pages, address: str, **fields: str) -> httpx.Response:
    """Press the button of a one-time link."""
    return await pages.http.post(address, data=fields, follow_redirects=False)


async def test_a_link_says_whose_it_is_and_works_once(chat: Chat, pages: Pages) -> None:
    address = link(chat, HER)
    shown = await pages.http.get(address)
    assert sentence("web.sign_in_as", name=HER) in shown.text
    assert await whose(chat, pages) == ""
    assert (await follow(pages, address)).headers["location"] == SHEET
    assert await whose(chat, pages) == HER
    again = await follow(Pages(chat.app), address)
    assert again.status_code == 403
    assert says(again.text, "web.link_used")


async def test_a_used_link_does_not_sign_in_again_in_another_spelling(chat: Chat) -> None:
    address = link(chat, HER, "/console")
    assert (await follow(Pages(chat.app), address)).status_code == 303
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    near = letters[letters.index(address[-1]) // 16 * 16 :][:16]
    for other in (*(address[:-1] + one for one in near), address + "~~~~", address + "=", address.replace(".", "~.")):
        browser = Pages(chat.app)
        assert (await follow(browser, other)).status_code == 403, other
        assert await whose(chat, browser) == ""


async def test_a_bad_link_is_refused_before_its_button_is_pressed(chat: Chat, pages: Pages) -> None:
    assert says((await pages.http.get("/in/x")).text, "web.link_malformed")
    assert says((await pages.http.get(link(chat, HER)[:-3] + "AAA")).text, "web.link_forged")


async def test_the_form_of_another_site_signs_nobody_in(chat: Chat, pages: Pages) -> None:
    address = link(chat, HER)
    answer = await pages.http.post(address, headers={"sec-fetch-site": "cross-site"})
    assert sentence("web.sign_in_as", name=HER) in answer.text
    assert await whose(chat, pages) == ""
    assert (await follow(pages, address)).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:8080"},
        {"origin": "http://127.0.0.1.example"},
        {"origin": "http://["},
        {"origin": "http://127.0.0.1:x"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_who_sends_the_form_is_looked_at(chat: Chat, pages: Pages, headers: dict[str, str]) -> None:
    """Signing in, and signing out: neither is another site's to do."""
    address = link(chat, HER)
    answer = await pages.http.post(address, headers=headers)
    assert sentence("web.sign_in_as", name=HER) in answer.text
    assert await whose(chat, pages) == ""
    ours = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
    assert (await pages.http.post(address, headers=ours, follow_redirects=False)).status_code == 303
    await pages.http.post("/out", headers=headers)
    assert await whose(chat, pages) == HER
    await pages.http.post("/out", headers=ours, follow_redirects=False)
    assert await whose(chat, pages) == ""


def test_an_address_has_several_spellings() -> None:
    """Behind a proxy that names itself as the host, only the public address says which pages are ours."""
    for public, origin in (
        ("https://Bot.example", "https://bot.example"),
        ("https://bot.example:443/", "https://bot.example"),
        ("http://[::1]:80", "http://[::1]"),
    ):
        headers = [(b"host", b"127.0.0.1:8080"), (b"origin", origin.encode())]
        sent = HTTPConnection({"type": "http", "headers": headers})
        assert from_us(sent, public), public
        assert not from_us(sent, "https://other.example"), public
        assert not from_us(sent, public.replace("http", "ftp")), public


async def test_no_address_leads_to_another_host(pages: Pages) -> None:
    for path in (
        "/console/",
        "/chat/",
        "/rating/1/",
        "/static",
        "//evil.example/",
        "/%5Cevil.example/",
        "/",
        "/x/?a=1",
    ):
        answer = await pages.http.get(path, headers={"host": "evil.example"}, follow_redirects=False)
        told = answer.headers.get("location", "/")
        assert told.startswith("/"), path
        assert not told.startswith(("//", "/\\")), path
        assert answer.status_code in (303, 404), path
    assert (await pages.http.get("/console/?a=1", follow_redirects=False)).headers["location"] == "/console?a=1"


@pytest.fixture
def https(settings: Settings) -> Settings:
    """The shipped settings behind a proxy with a certificate."""
    return replace(settings, server=replace(settings.server, public_url="https://azalea.example"))


async def test_under_https_cookies_are_this_hosts_alone(https: Settings, clock: ShiftedClock) -> None:
    async with started(https, clock) as app:
        await app.store.write(enrol, clock.now())
        transport = httpx.ASGITransport(app=app.web)
        async with httpx.AsyncClient(transport=transport, base_url="https://azalea.example") as http:
            shown = await http.get("/chat")
            assert shown.headers["strict-transport-security"] == "max-age=31536000"
            entered = await http.post(sign_in_path(app.library.signer, HER, "/console", clock.now()))
            for answer in (shown, entered, await http.post("/out")):
                for cookie in answer.headers.get_list("set-cookie"):
                    assert cookie.startswith("__Host-azalea")
                    assert {"secure", "httponly", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
                    assert "domain" not in cookie.lower()
            assert entered.status_code == 303
            assert (await http.get("/console")).status_code == 401
            await http.post(sign_in_path(app.library.signer, HER, "/console", clock.now()))
            assert (await http.get("/console")).status_code == 200
            key = http.cookies["__Host-azalea"]
            http.cookies.clear()
            assert (await http.get("/console", headers={"cookie": f"azalea={key}"})).status_code == 401
            assert (await http.get("/console", headers={"cookie": f"__Host-azalea={key}"})).status_code == 200
            assert (await http.get("/none")).headers["strict-transport-security"]


async def test_without_https_nothing_is_promised(pages: Pages) -> None:
    assert "strict-transport-security" not in (await pages.http.get("/chat")).headers


async def test_a_sheet_is_not_opened_where_somebody_else_is_signed_in(chat: Chat, pages: Pages) -> None:
    await follow(pages, link(chat, HER))
    his = link(chat, HIM)
    for answer in (await pages.http.get(his), await follow(pages, his)):
        assert answer.status_code == 403
        assert sentence("web.other_leaves", other=HER, name=HIM) in answer.text
    assert await whose(chat, pages) == HER

    left = pages.http.cookies["azalea"]
    assert (await follow(pages, his, leave="1")).headers["location"] == SHEET
    assert await whose(chat, pages) == HIM
    assert await chat.app.access.visitor(left) is None


async def test_other_pages_of_hers_and_her_own_sheet_open_beside_one_another(chat: Chat, pages: Pages) -> None:
    await follow(pages, link(chat, HER))
    assert (await follow(pages, link(chat, HER))).status_code == 303
    assert (await follow(pages, link(chat, HIM, "/console"))).status_code == 303
    assert await whose(chat, pages) == HIM


async def test_a_member_with_two_accounts_is_nobody_else(chat: Chat, pages: Pages) -> None:
    await follow(pages, link(chat, HER))
    await chat.app.store.write(_second_account, HER, chat.clock.now())
    assert (await follow(pages, link(chat, "m-two"))).status_code == 303
    assert await whose(chat, pages) == "m-two"


async def test_a_guest_of_the_chat_is_nobody(chat: Chat, pages: Pages) -> None:
    await pages.http.get("/chat")
    assert (await whose(chat, pages)).startswith("guest-")
    assert (await follow(pages, link(chat, HER))).status_code == 303


def _second_account(session: StoreSession, who: str, now: datetime) -> None:
    person = people.identify(session, "local", who)
    assert person is not None
    binding.give_web_account(session, person.id, "m-two", now)


async def test_a_browser_that_came_in_by_a_code_is_somebody(chat: Chat, pages: Pages) -> None:
    key = await chat.app.store.write(sessions.open_session, Visitor("v7"), chat.clock.now())
    pages.http.cookies.set("azalea", key)
    answer = await follow(pages, link(chat, HER))
    assert answer.status_code == 403
    assert says(answer.text, "web.somebody")


async def test_the_operator_of_the_demo_opens_everybodys_sheet(chat: Chat, pages: Pages) -> None:
    await follow(pages, link(chat, HER, "/chat", operator=True))
    assert (await follow(pages, link(chat, HER))).status_code == 303
    assert (await follow(pages, link(chat, HIM))).status_code == 303
    assert await whose(chat, pages) == HIM
    await follow(pages, "/out")
    assert await whose(chat, pages) == ""
    visitor = await chat.app.access.visitor(pages.http.cookies["azalea_operator"])
    assert visitor is not None
    assert visitor.operator


async def test_signing_out_ends_the_session_and_leads_only_to_our_own_pages(chat: Chat, pages: Pages) -> None:
    await follow(pages, link(chat, HER, "/console"))
    key = pages.http.cookies["azalea"]
    out = await follow(pages, "/out", to="https://example.org/")
    assert out.headers["location"] == "/chat"
    assert await chat.app.access.visitor(key) is None
    assert (await follow(pages, "/out", to="/rating/code")).headers["location"] == "/rating/code"
    assert ROADS not in (await pages.http.get("/console")).text


async def test_what_a_page_streams_ends_with_the_session(chat: Chat, pages: Pages) -> None:
    """The browser comes back by itself and is then told to sign in."""
    await pages.enter(SECRETARY, "/quiz")
    shown = asyncio.create_task(pages.http.get("/quiz/events"))
    done, _ = await asyncio.wait({shown}, timeout=0.5)
    assert not done
    await chat.app.store.write(sessions.close_sessions, SECRETARY)
    async with asyncio.timeout(20):
        assert (await shown).text.startswith("data: ")
    assert (await pages.http.get("/quiz/events")).status_code == 401
