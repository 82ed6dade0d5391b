"""The way from the chat to the pages, and the navigation between them."""

from __future__ import annotations

import re

from tests.support.cast import DISCIPLINE, MEMBERS, OFFICE, SECRETARY
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.wording import says, sentence
from tests.test_records import at, hold

EVERYTHING = [
    "/console", "/notices", "/unknown", "/theme-day", "/attendance", "/polls", "/quiz", "/ratings", "/elections",
    "/records", "/study",
]  # fmt: skip


def menu(page: str) -> list[str]:
    """Where the navigation of a page leads, without the chat."""
    found = re.search(r"<nav.*?</nav>", page, re.S)
    return re.findall(r'href="([^"]+)"', found[0])[:-1] if found else []


async def test_the_word_gives_a_link_that_signs_in_once(chat: Chat, pages: Pages) -> None:
    assert says(await chat.say(MEMBERS[0], "网页"), "console.link_sent")
    address = chat.last[MEMBERS[0]].links[0].url
    path = address[address.index("/in/") :]
    page = await pages.http.post(path)
    assert page.url.path == "/console"
    assert sentence("console.hello", name=MEMBERS[0]) in page.text
    assert says(page.text, "console.no_notices")
    pages.http.cookies.clear()
    assert says((await pages.http.post(path)).text, "web.link_used")
    assert says((await pages.http.get("/console")).text, "web.sign_in_first")
    assert (await pages.http.get("/console")).status_code == 401


async def test_no_link_in_a_group_nor_for_a_stranger(chat: Chat) -> None:
    assert says(await chat.say(MEMBERS[0], "网页", group="公路养护党支部"), "help.private_only")
    assert not chat.last[MEMBERS[0]].links
    await chat.say("stranger", "网页")
    assert not chat.last["stranger"].links


async def test_help_names_it_and_everybody_sees_only_their_pages(chat: Chat, pages: Pages) -> None:
    assert says(await chat.say(MEMBERS[0], "帮助"), "help.line", phrase="网页", what=sentence("console.what.open"))
    seen = {who: menu((await pages.enter(who, "/console")).text) for who in (SECRETARY, DISCIPLINE, OFFICE)}
    assert seen[SECRETARY] == EVERYTHING
    assert seen[DISCIPLINE] == ["/console", "/attendance", "/polls", "/records", "/study"]
    assert seen[OFFICE] == [
        "/console", "/notices", "/unknown", "/polls", "/ratings", "/elections", "/records", "/study",
    ]  # fmt: skip
    assert menu((await pages.enter(MEMBERS[0], "/console")).text) == ["/console", "/polls", "/study"]


async def test_every_page_of_the_navigation_opens(chat: Chat, pages: Pages) -> None:
    await pages.enter(SECRETARY, "/console")
    for path in EVERYTHING:
        page = await pages.http.get(path)
        assert page.status_code == 200, path
        assert page.text.count('aria-current="page"') >= 1, path
    assert menu((await pages.http.get("/records")).text) == EVERYTHING


async def test_a_members_notices_and_whether_they_wait(chat: Chat, pages: Pages) -> None:
    for text in ("周五交材料。", "周六植树。"):
        await chat.say(SECRETARY, f"通知 {text}")
        await chat.tap(SECRETARY, "notices.do_send")
    await chat.tap(MEMBERS[0], "receipts.got_it", (await chat.inbox(MEMBERS[0]))[-1])
    page = (await pages.enter(MEMBERS[0], "/console")).text
    assert page.index("周六植树") < page.index("周五交材料")
    assert page.count(sentence("console.waiting")) == 1
    assert page.count(sentence("console.confirmed")) == 1
    assert "周五交材料" not in (await pages.enter(OFFICE, "/console")).text


async def test_answers_in_the_chat_lead_to_their_pages(chat: Chat, pages: Pages) -> None:
    async def leads_to(said: str) -> str:
        await chat.say(SECRETARY, said)
        address = chat.last[SECRETARY].links[0].url
        return (await pages.http.post(address[address.index("/in/") :])).url.path

    await chat.say(SECRETARY, "投票 去哪里")
    await chat.say(SECRETARY, "苗圃 / 江边")
    for label in ("poll.kind_single", "poll.deadline_hour", "poll.where_both"):
        await chat.tap(SECRETARY, label)
    assert await leads_to("投票情况") == "/polls"
    await chat.say(SECRETARY, "通知 周五交材料。")
    await chat.tap(SECRETARY, "notices.do_send")
    assert await leads_to("通知情况") == "/notices/1"
    await hold(chat)
    assert chat.clock.now() >= at(5, 17, 30)
    assert await leads_to("记录") == "/records/minutes/1"
    assert await leads_to("本月") == "/records/2026/11"
