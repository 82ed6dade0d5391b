"""The big screen in a browser: the turnout follows a sign-in, and the code follows the clock."""

from __future__ import annotations

from datetime import timedelta

from playwright.async_api import expect

from tests.browser.conftest import PHONE, BrowserPage
from tests.support.cast import MEMBERS, SECRETARY
from tests.support.meetings import code, opened
from tests.support.wording import pattern, sentence


async def test_the_big_screen_is_live(browser_page: BrowserPage) -> None:
    chat = browser_page.served.chat
    meeting = await opened(chat)
    page = await browser_page.sign_in(SECRETARY, f"/screen/{meeting}")
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await expect(page.locator("#turnout")).to_have_text(sentence("attendance.screen_turnout", came=0, expected=11))
    shown = await page.locator("#code").inner_text()
    assert await page.evaluate("document.getElementById('qr').naturalWidth") > 0
    await chat.say(MEMBERS[0], code(chat, meeting))
    await expect(page.locator("#turnout")).to_have_text(sentence("attendance.screen_turnout", came=1, expected=11))
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    await browser_page.screenshot("attendance-screen")
    chat.clock.set(chat.clock.now() + timedelta(minutes=2))
    await expect(page.locator("#code")).not_to_have_text(shown)
    await page.set_viewport_size(PHONE)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await browser_page.screenshot("attendance-screen-phone")
    await chat.say(SECRETARY, "签到 结束")
    await expect(page.locator("#closed")).to_be_visible()
    await expect(page.locator("#code")).to_be_hidden()


async def test_the_list_fits_a_phone(browser_page: BrowserPage) -> None:
    chat = browser_page.served.chat
    meeting = await opened(chat)
    page = await browser_page.sign_in(SECRETARY, f"/attendance/{meeting}")
    await page.set_viewport_size(PHONE)
    row = page.get_by_role("row", name=MEMBERS[0])
    await row.get_by_role("button", name=sentence("attendance.on_behalf")).click()
    await expect(page.get_by_role("status")).to_contain_text(pattern("sign_in.on_behalf", name=MEMBERS[0]))
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await browser_page.screenshot("attendance-list-phone")
