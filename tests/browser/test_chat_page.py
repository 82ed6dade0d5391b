"""The chat page in a real browser: several people, buttons, groups, reconnecting, phone width."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime

from playwright.async_api import Locator, Page, WebSocketRoute, expect
from sqlmodel import col, select

from bot.messages import Attachment, Choice, Link, Message
from bot.store import delivery
from bot.store.core.statements import StoreSession
from bot.store.people import Audience, Unit
from tests.browser.conftest import PHONE, BrowserPage
from tests.support.cast import MEMBERS, ROADS, SECRETARY
from tests.support.wording import pattern, sentence

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf50"
    "0f0003860180a5e3bb4d0000000049454e44ae426082"
)


def pane(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


async def say(page: Page, name: str, text: str) -> None:
    box = pane(page, name).get_by_role("textbox")
    await box.fill(text)
    await box.press("Enter")


async def test_three_people_side_by_side(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in("operator", operator=True)
    for name in (SECRETARY, *MEMBERS[:2]):
        await expect(pane(page, name)).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_count(1)
    await say(page, SECRETARY, "帮助")
    codes = pattern("help.line", phrase="绑定码", what=sentence("binding.what.new_codes"))
    await expect(pane(page, SECRETARY).locator(".item.bot .bubble").last).to_contain_text(codes)
    await say(page, MEMBERS[0], "解绑")
    await pane(page, MEMBERS[0]).get_by_role("button", name=sentence("binding.unbind_no")).click()
    await expect(pane(page, MEMBERS[0]).locator("button.chosen")).to_have_text("✓ " + sentence("binding.unbind_no"))
    await browser_page.screenshot("chat-desktop")


async def test_group_talk_reaches_the_other_panes_with_a_badge(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in("operator", operator=True)
    await pane(page, SECRETARY).get_by_role("tab", name=ROADS).click()
    await say(page, SECRETARY, "明天下午三点开会")
    await expect(pane(page, MEMBERS[0]).locator(".tab .badge").last).to_have_text("1")
    await pane(page, MEMBERS[0]).get_by_role("tab", name=ROADS).click()
    await expect(pane(page, MEMBERS[0]).locator(".item.other .bubble")).to_have_text("明天下午三点开会")
    await expect(pane(page, MEMBERS[0]).locator(".tab .badge").last).to_be_hidden()


async def test_the_operator_finds_adds_and_removes_people(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in("operator", operator=True)
    await page.get_by_role("button", name=sentence("chat.people")).click()
    await page.get_by_label(sentence("chat.people_search")).fill("渡口")
    await expect(page.locator(".person")).to_have_count(2)
    await browser_page.screenshot("chat-people")
    await page.locator(".person").filter(has_text="渡口书记").click()
    await expect(pane(page, "渡口书记")).to_be_visible()
    await pane(page, "渡口书记").get_by_role("button", name=sentence("chat.remove")).click()
    await expect(pane(page, "渡口书记")).to_have_count(0)


async def test_cards_pictures_files_and_phone_width(browser_page: BrowserPage) -> None:
    await browser_page.page.set_viewport_size(PHONE)
    page = await browser_page.sign_in(MEMBERS[0])
    message = Message(
        "主题党日：学习《条例》并讨论养护计划。\n时间：11 月 5 日（周四）15:00\n地点：三楼会议室\n请确认能否参加。",
        (Choice.command("帮助"),),
        (Link("看学习材料", "/chat"),),
        (Attachment("会场.png", "image/png", PIXEL), Attachment("通知.txt", "text/plain", "内容".encode())),
    )
    await browser_page.served.app.store.write(_notify, browser_page.served.app.clock.now(), message)
    await browser_page.served.app.delivery.drain()
    await expect(page.locator(".link-card")).to_contain_text("看学习材料")
    assert await page.locator(".link-card").get_attribute("rel") == "noopener noreferrer"
    await expect(page.locator("img.picture")).to_have_js_property("naturalWidth", 1)
    async with page.expect_download() as download:
        await page.locator(".file-chip").click()
    assert (await (await download.value).path()).read_text(encoding="utf-8") == "内容"
    await page.locator(".choices.quick button").click()
    await expect(page.locator(".item.me .bubble")).to_have_text("帮助")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await browser_page.screenshot("chat-phone")


async def test_what_is_sent_before_the_chat_is_there_goes_out_when_it_is(browser_page: BrowserPage) -> None:
    typed = asyncio.Event()
    late: list[asyncio.Task[None]] = []

    def slow(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        async def forward(frame: str | bytes) -> None:
            await typed.wait()
            socket.send(frame)

        server.on_message(lambda frame: late.append(asyncio.create_task(forward(frame))))

    await browser_page.page.route_web_socket("**/local/ws", slow)
    page = await browser_page.sign_in(MEMBERS[0])
    box = page.get_by_role("textbox")
    await box.fill("帮助")
    await box.press("Enter")
    await expect(page.locator(".item")).to_have_count(0)
    await expect(box).to_have_value("帮助")
    typed.set()
    await expect(page.locator(".item.me .bubble")).to_have_text("帮助")
    await expect(page.locator(".item.bot")).to_have_count(1)
    await expect(box).to_have_value("")
    await asyncio.gather(*late)


async def test_what_was_typed_offline_is_sent_once_after_reconnecting(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in(MEMBERS[0])
    await expect(pane(page, MEMBERS[0])).to_be_visible()
    channel = browser_page.served.app.channels["local"]
    await channel.stop()
    await expect(page.get_by_text(pattern("chat.offline"))).to_be_visible()
    await say(page, MEMBERS[0], "帮助")
    await expect(page.locator(".item.me[data-state=sent]")).to_have_count(1)
    await expect(page.locator(".item.bot")).to_have_count(1)
    await expect(page.get_by_text(pattern("chat.offline"))).to_be_hidden()


async def test_a_guest_is_told_how_to_bind_and_becomes_a_member(browser_page: BrowserPage) -> None:
    chat = browser_page.served.chat
    await chat.say(MEMBERS[0], "解绑")
    await chat.tap(MEMBERS[0], "binding.unbind_yes")
    code = re.findall(r"[A-Z0-9]{8}", await chat.say(SECRETARY, f"绑定码 {MEMBERS[0]}"))[0]
    page = browser_page.page
    await page.goto(browser_page.served.url + "/")
    await say(page, sentence("chat.guest"), code)
    await page.get_by_role("button", name=sentence("binding.agree")).click()
    await expect(pane(page, MEMBERS[0])).to_be_visible()
    await expect(page.get_by_role("tab", name=ROADS)).to_be_visible()


async def test_the_operator_stays_operator_beside_a_members_page(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in("operator", operator=True)
    await expect(pane(page, SECRETARY)).to_be_visible()
    await browser_page.sign_in(SECRETARY, "/polls")
    await expect(page.get_by_role("button", name=sentence("poll.page.send"))).to_be_visible()
    await page.goto(browser_page.served.url + "/chat")
    await expect(pane(page, MEMBERS[0])).to_be_visible()
    await page.goto(browser_page.served.url + "/polls")
    await expect(page.get_by_role("button", name=sentence("poll.page.send"))).to_be_visible()


def _notify(session: StoreSession, now: datetime, message: Message) -> None:
    unit = session.exec(select(Unit).where(col(Unit.name) == ROADS)).one()
    delivery.notify(session, Audience((unit.id or 0,)), message, "test", now)


async def test_a_long_paste_is_refused_whole_and_a_pasted_picture_with_a_word(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in(SECRETARY)
    box = pane(page, SECRETARY).get_by_role("textbox")
    await box.focus()
    await page.keyboard.insert_text("通知 " + "长" * 6300)
    await box.press("Enter")
    refusal = pattern("help.too_long", limit=4000)
    await expect(pane(page, SECRETARY).locator(".item.bot .bubble").last).to_contain_text(refusal)
    await box.evaluate(
        """box => {
          const data = new DataTransfer();
          data.items.add(new File(["x"], "a.png", { type: "image/png" }));
          box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    await expect(page.locator(".toast")).to_have_text(sentence("chat.text_only"))
