"""The theme day's form: planned, filled in, refused without a reason, announced."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import BrowserPage
from tests.browser.looks import check_looks
from tests.support.cast import MEMBERS, SECRETARY
from tests.support.meetings import day_shown
from tests.support.wording import sentence

PAGE = "/theme-day?month=2026-12"


async def test_a_day_from_the_empty_month_to_the_announcement(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in(SECRETARY, PAGE)
    await check_looks(browser_page, "theme-day-empty")
    await page.locator("main").get_by_role("button").click()
    await page.get_by_label(sentence("theme_day.page.topic"), exact=True).fill("冬季保畅")
    await page.get_by_label(sentence("theme_day.page.place")).fill("三楼会议室")
    await page.get_by_label("走访慰问困难党员群众").check()
    await page.get_by_role("button", name=sentence("theme_day.page.save"), exact=True).click()
    await expect(page.locator("p.lines").first).to_contain_text("冬季保畅")
    await check_looks(browser_page, "theme-day")
    await page.get_by_role("button", name=sentence("theme_day.page.announce")).click()
    await expect(page.locator(".tag")).to_contain_text(sentence("theme_day.page.state_announced"))
    assert "冬季保畅" in await browser_page.served.chat.say(MEMBERS[0], "主题党日")


async def test_a_moved_day_needs_a_reason(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in(SECRETARY, PAGE)
    await page.locator("main").get_by_role("button").click()
    await page.get_by_label(sentence("theme_day.page.date"), exact=True).fill("2026-12-08")
    await page.get_by_role("button", name=sentence("theme_day.page.save"), exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text(sentence("theme_day.reason_needed"))
    await check_looks(browser_page, "theme day refused")
    await expect(page.get_by_label(sentence("theme_day.page.date"), exact=True)).to_have_value("2026-12-08")
    await page.get_by_label(sentence("theme_day.page.reason")).fill("值班")
    await page.get_by_role("button", name=sentence("theme_day.page.save"), exact=True).click()
    await expect(page.locator("p.lines").first).to_contain_text(day_shown(12, 8))
    assert all("403" in error for error in browser_page.errors)
    browser_page.errors.clear()
