"""The way from the chat to the pages, and the navigation between them."""

from __future__ import annotations

import re

from tests.support.cast import DISCIPLINE, MEMBERS, OFFICE, SECRETARY
from tests.support.chat import Chat
from tests.support.pages import Pages
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
    assert "只能用一次" in await chat.say(MEMBERS[0], "网页")
    address = chat.last[MEMBERS[0]].links[0].url
    path = address[address.index("/in/") :]
    page = await pages.http.post(path)
    assert page.url.path == "/console"
    assert f"{MEMBERS[0]}，您好" in page.text
    assert "还没有发给您的通知" in page.text
    pages.http.cookies.clear()
    assert "已用过" in (await pages.http.post(path)).text
    assert "网页" in (await pages.http.get("/console")).text
    assert (await pages.http.get("/console")).status_code == 401


async def test_no_link_in_a_group_nor_for_a_stranger(chat: Chat) -> None:
    assert "私聊" in await chat.say(MEMBERS[0], "网页", group="公路养护党支部")
    assert not chat.last[MEMBERS[0]].links
    await chat.say("stranger", "网页")
    assert not chat.last["stranger"].links


async def test_help_names_it_and_everybody_sees_only_their_pages(chat: Chat, pages: Pages) -> None:
    assert "网页：打开网页版" in await chat.say(MEMBERS[0], "帮助")
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
        await chat.tap(SECRETARY, "发送")
    await chat.tap(MEMBERS[0], "收到", (await chat.inbox(MEMBERS[0]))[-1])
    page = (await pages.enter(MEMBERS[0], "/console")).text
    assert page.index("周六植树") < page.index("周五交材料")
    assert page.count("等您确认") == 1
    assert page.count("已收到") == 1
    assert "周五交材料" not in (await pages.enter(OFFICE, "/console")).text


async def test_answers_in_the_chat_lead_to_their_pages(chat: Chat, pages: Pages) -> None:
    async def leads_to(said: str) -> str:
        await chat.say(SECRETARY, said)
        address = chat.last[SECRETARY].links[0].url
        return (await pages.http.post(address[address.index("/in/") :])).url.path

    await chat.say(SECRETARY, "投票 去哪里")
    await chat.say(SECRETARY, "苗圃 / 江边")
    for label in ("只选一个", "1 小时后", "发到群里和每个人"):
        await chat.tap(SECRETARY, label)
    assert await leads_to("投票情况") == "/polls"
    await chat.say(SECRETARY, "通知 周五交材料。")
    await chat.tap(SECRETARY, "发送")
    assert await leads_to("通知情况") == "/notices/1"
    await hold(chat)
    assert chat.clock.now() >= at(5, 17, 30)
    assert await leads_to("记录") == "/records/minutes/1"
    assert await leads_to("本月") == "/records/2026/11"
