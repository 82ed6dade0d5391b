"""The list of sends whose outcome nobody knows, on a phone and on a desk."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import BrowserPage
from tests.browser.looks import check_looks
from tests.support.cast import SECRETARY
from tests.support.wording import sentence
from tests.test_unknown import ME, lose


async def test_several_are_ticked_and_settled(browser_page: BrowserPage) -> None:
    chat = browser_page.served.chat
    for key in ("theme_day:9:short:2026-11-05", "study_push:3"):
        await lose(chat, key=key)
    await lose(chat, key="quiz:1:start", group=True)
    page = await browser_page.sign_in(SECRETARY, "/unknown")
    await check_looks(browser_page, "unknown")
    for box in await page.get_by_role("checkbox", name=ME).all():
        await box.check()
    await page.get_by_role("button", name=sentence("unknown.do_again")).click()
    await expect(page.get_by_role("checkbox")).to_have_count(1)
    assert len(await chat.inbox(ME)) == 2
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name=sentence("unknown.do_received")).click()
    await expect(page.get_by_text(sentence("unknown.none"))).to_be_visible()
