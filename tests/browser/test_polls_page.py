"""The polls page: the secretary puts a vote out, a member answers in the chat, the bars follow."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import PHONE, BrowserPage
from tests.support.cast import MEMBERS, ROADS, SECRETARY
from tests.support.wording import sentence


async def test_a_vote_from_the_form_to_the_bars(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in(SECRETARY, "/polls")
    await page.get_by_label(sentence("poll.page.field_title")).fill("周末植树去哪里")
    await page.get_by_label(sentence("poll.page.field_options")).fill("城南苗圃\n江边公园")
    await page.get_by_label(sentence("poll.page.closes")).fill("2026-11-02T18:00")
    await page.get_by_role("button", name=sentence("poll.page.send")).click()
    await expect(page.get_by_role("heading", name="周末植树去哪里")).to_be_visible()
    chat = browser_page.served.chat
    assert "江边公园" in (await chat.group_inbox(ROADS))[-1].choices[1].label
    await chat.inbox(MEMBERS[0])
    await chat.say(MEMBERS[0], "2")
    await page.reload()
    await expect(page.locator(".bars .number").nth(1)).to_have_text(sentence("poll.page.count", count=1))
    await browser_page.screenshot("polls-desktop")
    await page.set_viewport_size(PHONE)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await browser_page.screenshot("polls-phone")


async def test_a_wrong_form_is_refused_and_a_member_sees_no_form(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in(SECRETARY, "/polls")
    await page.get_by_label(sentence("poll.page.field_title")).fill("周末植树去哪里")
    await page.get_by_label(sentence("poll.page.field_options")).fill("只有一个")
    await page.get_by_label(sentence("poll.page.closes")).fill("2026-11-02T18:00")
    await page.get_by_role("button", name=sentence("poll.page.send")).click()
    await expect(page.get_by_text(sentence("poll.one_option"))).to_be_visible()
    await browser_page.sign_in(MEMBERS[0], "/polls")
    await expect(page.get_by_text(sentence("poll.page.none"))).to_be_visible()
    await expect(page.get_by_role("button", name=sentence("poll.page.send"))).to_have_count(0)
    browser_page.errors.clear()
