"""Study materials: the list, the search, one material, "I have read it"."""

from __future__ import annotations

from playwright.async_api import expect

from bot.content import load_content
from bot.learning.material import load_materials
from bot.store import study
from tests.browser.conftest import ROOT, BrowserPage
from tests.browser.looks import check_looks
from tests.support.cast import MEMBERS
from tests.support.wording import sentence


async def test_a_material_is_found_and_read(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in(MEMBERS[0], "/study")
    await check_looks(browser_page, "study-empty")
    app = browser_page.served.app
    materials = load_materials(ROOT / "content" / "study", load_content(ROOT / "content").marks)
    await app.store.write(study.import_materials, materials, app.clock.now())
    await page.reload()
    await expect(page.locator("main section.card")).to_have_count(4)
    await check_looks(browser_page, "study-list")
    await page.get_by_role("searchbox").fill("安全")
    await page.get_by_role("button", name=sentence("study.page.search")).click()
    await expect(page.locator("mark").first).to_have_text("安全")
    await check_looks(browser_page, "study-found")
    await page.locator("main h2 a").first.click()
    await page.get_by_role("button", name=sentence("study.read")).click()
    await expect(page.get_by_text(sentence("study.page.read_already"))).to_be_visible()
    await check_looks(browser_page, "study-one")
    await page.goto(browser_page.served.url + "/study?q=没有这个词呀")
    await expect(page.locator("main section.card")).to_have_count(0)
    await check_looks(browser_page, "study-nothing")
