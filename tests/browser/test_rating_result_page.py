"""The result of a rating on a screen: the office's, the committee's, and one's own."""

from __future__ import annotations

import zipfile

from playwright.async_api import expect

from tests.browser.conftest import BrowserPage
from tests.browser.looks import check_looks
from tests.support.cast import OFFICE, ROADS, SECRETARY
from tests.support.rating_result import publish_member_rating, publish_named, publish_review
from tests.support.wording import pattern, sentence


async def test_the_office_compares_and_takes_the_documents(browser_page: BrowserPage) -> None:
    number = await publish_review(browser_page.served.app)
    page = await browser_page.sign_in(OFFICE, f"/ratings/{number}/result")
    await expect(page.get_by_role("cell", name="92.37")).to_be_visible()
    assert await page.locator("td > progress").count() == 3
    bars = await page.locator("td > progress").evaluate_all("all => all.map((one) => one.getBoundingClientRect().width)")
    assert min(bars) >= 100
    assert await page.locator("svg.shares rect[width]").count() > 0
    await check_looks(browser_page, "rating-result")
    for kind, start in (("xlsx", b"PK"), ("docx", b"PK"), ("pdf", b"%PDF"), ("rows", b"{")):
        async with page.expect_download() as download:
            await page.get_by_role("button", name=sentence(f"rating_result.file_{kind}")).click()
        path = await (await download.value).path()
        assert path.read_bytes().startswith(start), kind
        assert zipfile.is_zipfile(path) == (start == b"PK")


async def test_the_committee_records_a_grade_and_the_member_sees_it(browser_page: BrowserPage) -> None:
    number = await publish_member_rating(browser_page.served.app)
    page = await browser_page.sign_in(SECRETARY, f"/ratings/{number}/result")
    await check_looks(browser_page, "rating-member-result")
    await page.locator("#t0 summary").click()
    await page.locator("#t0").get_by_label(sentence("rating_result.grade")).select_option("优秀")
    await page.locator("#t0").get_by_label(sentence("rating_result.reason")).fill("全年带头抢险保畅，群众反映好。")
    await page.locator("#t0").get_by_role("button", name=sentence("rating_result.record")).click()
    await expect(page.locator("#t0 summary")).to_contain_text(pattern("rating_result.decided", grade="优秀"))
    await page.locator("#t0 summary").click()
    await check_looks(browser_page, "rating-member-decided")
    await page.get_by_role("button", name=sentence("rating_result.tell")).click()
    await expect(page.locator("#t0 summary")).to_contain_text(pattern("rating_result.told"))
    await page.goto(browser_page.served.url + "/rating/mine")
    await expect(page.get_by_text(sentence("rating_result.mine.grade", grade="优秀"))).to_be_visible()
    await check_looks(browser_page, "rating-mine-grade")


async def test_a_secretary_sees_the_own_total(browser_page: BrowserPage) -> None:
    await publish_review(browser_page.served.app)
    page = await browser_page.sign_in(SECRETARY, "/rating/mine")
    await expect(page.get_by_text("91.96").first).to_be_visible()
    await check_looks(browser_page, "rating-mine")
    await browser_page.page.context.clear_cookies()
    number = await publish_member_rating(browser_page.served.app)
    await browser_page.sign_in(OFFICE, f"/ratings/{number}/result")
    await check_looks(browser_page, "rating-member-totals")
    await page.goto(browser_page.served.url + "/ratings/totals")
    await expect(page.get_by_role("link", name=ROADS)).to_be_visible()
    await check_looks(browser_page, "rating-totals")


async def test_several_items_are_folded_by_target(browser_page: BrowserPage) -> None:
    app = browser_page.served.app
    number = await app.store.write(publish_named, app, app.clock.now())
    page = await browser_page.sign_in(SECRETARY, f"/ratings/{number}/result")
    await expect(page.get_by_text(sentence("rating_result.item_weight", name="作风", weight="3")).first).to_be_visible()
    await page.locator("summary", has_text="乙项目").click()
    await check_looks(browser_page, "rating-result-items")
