"""Notices: the start page, writing one, live counts, and the member's own page."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import BrowserPage
from tests.browser.looks import check_looks
from tests.support.cast import MEMBERS, SECRETARY
from tests.support.wording import pattern, says, sentence

TEXT = "周五下午三点在三楼会议室开主题党日。\n请带笔记本，学习《条例》，讨论冬季养护计划。"
GROUP = sentence("notices.to_group", name="第一党小组")


async def test_the_word_leads_to_the_start_page_and_on(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in(SECRETARY)
    await page.get_by_role("textbox").fill("网页")
    await page.keyboard.press("Enter")
    card = page.locator(".link-card")
    await page.goto(await card.get_attribute("href") or "")
    await page.get_by_role("button", name=sentence("web.sign_in_as", name=SECRETARY)).click()
    await expect(page.get_by_role("heading", name=sentence("console.hello", name=SECRETARY))).to_be_visible()
    await page.keyboard.press("Tab")
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    await check_looks(browser_page, "console")
    await page.get_by_role("navigation").get_by_role("link", name=sentence("console.menu.notices")).click()
    await expect(page.get_by_text(sentence("notices.page_none"))).to_be_visible()
    await check_looks(browser_page, "notices-empty")


async def test_a_notice_from_the_form_to_the_counts(browser_page: BrowserPage) -> None:
    chat = browser_page.served.chat
    page = await browser_page.sign_in(SECRETARY, "/notices")
    await page.get_by_label(sentence("notices.page_text")).fill(TEXT)
    await page.get_by_label(sentence("notices.page_audience")).select_option(GROUP)
    await page.get_by_role("button", name=sentence("notices.page_preview")).click()
    preview = pattern("notices.preview", audience=GROUP, people=sentence("notices.reach_all", people=3))
    await expect(page.get_by_text(preview)).to_be_visible()
    await check_looks(browser_page, "notices-draft")
    await page.get_by_role("button", name=sentence("notices.page_send")).click()
    await expect(page.locator("span[data-count=confirmed]")).to_have_text("0")
    await chat.tap(MEMBERS[0], "receipts.got_it", (await chat.inbox(MEMBERS[0]))[-1])
    await expect(page.locator("span[data-count=confirmed]")).to_have_text("1")
    await expect(page.locator("span[data-count=sent]")).to_have_text("1")
    await page.reload()
    await expect(page.locator("span[data-count=unopened]")).to_have_text("2")
    await expect(page.get_by_text(MEMBERS[1])).to_be_visible()
    await check_looks(browser_page, "notices-one")
    await page.get_by_role("button", name=sentence("receipts.do_chase")).click()
    await chat.inbox(MEMBERS[1])
    await page.goto(browser_page.served.url + "/notices")
    await expect(page.get_by_text(sentence("notices.page_progress", done=1, all=3))).to_be_visible()
    await check_looks(browser_page, "notices-list")


async def test_a_member_reads_and_confirms(browser_page: BrowserPage) -> None:
    chat = browser_page.served.chat
    await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.tap(SECRETARY, "notices.do_send")
    await chat.inbox(MEMBERS[0])
    page = await browser_page.sign_in(MEMBERS[0], "/console")
    await expect(page.get_by_text(sentence("console.waiting"))).to_be_visible()
    await check_looks(browser_page, "console-member")
    async with page.expect_response(lambda got: got.request.method == "POST") as noted:
        await page.get_by_role("link", name="周五下午三点").click()
    assert (await noted.value).status == 303
    assert says(await chat.say(SECRETARY, "通知情况"), "receipts.counts", opened=1)
    await expect(page.get_by_role("button", name=sentence("receipts.got_it"))).to_be_visible()
    await check_looks(browser_page, "notices-read")
    await page.get_by_role("button", name=sentence("receipts.got_it")).click()
    await expect(page.get_by_text(sentence("receipts.thanks"))).to_be_visible()
    assert sentence("receipts.confirmed", done=1, all=13) in await chat.say(SECRETARY, "通知情况")
