"""A theme day's morning as the demo shows it, at desktop and at phone width."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import PHONE, BrowserPage
from tests.browser.test_chat_page import pane, say
from tests.support.cast import MEMBERS, ROADS, SECRETARY
from tests.support.wording import pattern, sentence


async def test_a_vote_in_the_chat(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in("operator", operator=True)
    await say(page, SECRETARY, "投票 周末植树去哪里")
    await expect(pane(page, SECRETARY).get_by_text(pattern("poll.ask_options"))).to_be_visible()
    await say(page, SECRETARY, "城南苗圃 / 江边公园 / 东山林场")
    for key in ("poll.kind_single", "poll.deadline_hour", "poll.where_both"):
        await pane(page, SECRETARY).get_by_role("button", name=sentence(key), exact=True).click()
    await browser_page.served.app.delivery.drain()
    for name in MEMBERS[:2]:
        await pane(page, name).get_by_role("button", name="江边公园").first.click()
        await expect(pane(page, name).get_by_text(pattern("poll.noted", chosen="江边公园"))).to_be_visible()
    await pane(page, MEMBERS[0]).get_by_role("tab", name=ROADS).click()
    await pane(page, MEMBERS[0]).get_by_role("button", name="东山林场").last.click()
    await expect(pane(page, MEMBERS[0]).locator(".toast")).to_contain_text(pattern("poll.noted", chosen="东山林场"))
    await say(page, MEMBERS[0], "我带两把铁锹")
    await say(page, SECRETARY, "投票情况")
    await expect(pane(page, SECRETARY).get_by_text(pattern("poll.missing"))).to_be_visible()
    await browser_page.screenshot("demo-desktop")
    await page.emulate_media(color_scheme="dark")
    await browser_page.screenshot("demo-dark")
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size(PHONE)
    await page.locator("#switch").get_by_role("button", name=MEMBERS[0]).click()
    await expect(pane(page, MEMBERS[0])).to_be_visible()
    await expect(pane(page, SECRETARY)).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await browser_page.screenshot("demo-phone-group")
    await page.locator("#switch").get_by_role("button", name=SECRETARY).click()
    await browser_page.screenshot("demo-phone")
