"""The month on one page, its files, and the minutes: written, signed, corrected."""

from __future__ import annotations

import zipfile

from playwright.async_api import expect

from tests.browser.conftest import BrowserPage
from tests.browser.looks import check_looks
from tests.support.cast import OFFICE, SECRETARY
from tests.support.wording import pattern, sentence
from tests.test_records import CONTENT, hold

MONTH = "/records/2026/11"


async def test_the_month_and_its_files(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in(SECRETARY, MONTH)
    await check_looks(browser_page, "records-empty")
    await hold(browser_page.served.chat)
    await page.reload()
    await expect(page.get_by_role("cell", name="27.3%").first).to_be_visible()
    await check_looks(browser_page, "records")
    for name in (sentence("records.page.docx"), sentence("records.page.xlsx")):
        async with page.expect_download() as download:
            await page.get_by_role("link", name=name).click()
        assert zipfile.is_zipfile(await (await download.value).path())
    await browser_page.sign_in(OFFICE, MONTH)
    await check_looks(browser_page, "records-all")


async def test_minutes_are_written_signed_and_corrected(browser_page: BrowserPage) -> None:
    await hold(browser_page.served.chat)
    page = await browser_page.sign_in(SECRETARY, MONTH)
    await page.locator("main table a").first.click()
    await page.locator("textarea[name=rewrite]").fill(CONTENT)
    await page.get_by_label(sentence("records.page.decision")).fill("通过除雪方案 赞成3")
    await page.locator("button[value=save]").click()
    await expect(page.locator("main").get_by_text("通过除雪方案").first).to_be_visible()
    await check_looks(browser_page, "records-minutes")
    await page.locator("button[value=sign]").click()
    await expect(page.get_by_text(pattern("records.signed_by", name=SECRETARY))).to_be_visible()
    place = sentence("records.field.place")
    await page.locator("textarea[name=correction]").fill(f"{place}：应为二楼会议室 原因：笔误")
    await page.locator("button[value=correct]").click()
    correction = sentence("records.correction", field=place, text="应为二楼会议室", reason="笔误")
    await expect(page.get_by_text(correction).first).to_be_visible()
    await check_looks(browser_page, "records-signed")
