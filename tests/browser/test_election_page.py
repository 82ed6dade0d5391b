"""An election on a phone and on a desktop: ledger, preparation, ballots, totals, result, report."""

from __future__ import annotations

import zipfile

from playwright.async_api import Page, expect

from tests.browser.conftest import BrowserPage
from tests.browser.looks import check_looks
from tests.support.cast import DISCIPLINE, EXEMPT, MEMBERS, OFFICE, ORGANIZER, PUBLICITY, SECRETARY
from tests.support.elections import APPROVAL, CONTEST, ELECTION, SCRUTINEER, TELLER, TOTALS, UNIT, vote_heading
from tests.support.wording import pattern, sentence


async def send(page: Page, do: str, **fields: str) -> None:
    """Fill the form `do`, press its button and wait for the page that answers."""
    found = page.locator(f"form:has(input[name=do][value={do}])").first
    for name, value in fields.items():
        field = found.locator(f"[name={name}]")
        if await field.evaluate("one => one.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)
    async with page.expect_navigation():
        await found.locator("button").click()


async def type_totals(page: Page, approvals: tuple[int, ...]) -> None:
    numbers = {"issued": 10, "voted": 10, "returned": 10, "invalid": 1, "decided": 0}
    for at, votes in enumerate(approvals):
        numbers |= {f"approve_{at}": votes, f"disapprove_{at}": 9 - votes, f"abstain_{at}": 0}
    await send(page, "totals", **{name: str(number) for name, number in numbers.items()})


async def prepare(seen: BrowserPage) -> Page:
    """The secretary prepares the election on its pages."""
    page = await seen.sign_in(SECRETARY, UNIT)
    await page.get_by_role("button", name=sentence("election.page.begin")).click()
    await send(page, "contest", seats="3", approval_no=APPROVAL)
    for name in (ORGANIZER, PUBLICITY, DISCIPLINE, MEMBERS[0]):
        await send(page, "add", name=name)
    await page.get_by_role("link", name=sentence("election.page.back_to_election")).click()
    await send(page, "meeting", held_on="2026-11-02", place="三楼会议室", chair=MEMBERS[5], clause="第八条")
    await send(page, "exclude", name=EXEMPT, reason="d", approval_no=APPROVAL)
    await send(page, "role", role="scrutineer", name=SCRUTINEER)
    await send(page, "role", role="teller", name=TELLER)
    await send(page, "base")
    return page


async def test_the_ledger(browser_page: BrowserPage) -> None:
    page = await browser_page.sign_in(SECRETARY, UNIT)
    await check_looks(browser_page, "election-unit-empty")
    await send(page, "term", elected_on="2023-12-05", years="3")
    await expect(page.get_by_text(pattern("election.term_due_soon", deadline="2026-12-05"))).to_be_visible()
    await send(page, "other_date", until="2027-06-30", approval_no=APPROVAL)
    await expect(page.get_by_text(pattern("election.term_postponed", deadline="2027-06-30"))).to_be_visible()
    await send(page, "appoint", name=ORGANIZER, appointed_on="2026-11-01", approval_no=APPROVAL)
    await expect(page.get_by_text(f"{sentence('election.office.secretary')} {ORGANIZER}")).to_be_visible()
    await check_looks(browser_page, "election-unit")
    await browser_page.sign_in(OFFICE, "/elections")
    await check_looks(browser_page, "elections")


async def test_from_preparation_to_the_report(browser_page: BrowserPage) -> None:
    page = await prepare(browser_page)
    await check_looks(browser_page, "election-prepare")
    await page.goto(browser_page.served.url + CONTEST)
    await check_looks(browser_page, "election-contest")
    await send(page, "first", present="10")
    await expect(page.get_by_text(pattern("election.page.totals_open"))).to_be_visible()
    for who, approvals in ((SCRUTINEER, (9, 8, 5, 5)), (TELLER, (9, 8, 6, 4))):
        page = await browser_page.sign_in(who, TOTALS)
        await type_totals(page, approvals)
    await expect(page.get_by_text(pattern("election.page.totals_differ"))).to_be_visible()
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.locator(".differs input").first.fill("188")
    assert await page.locator(".differs input").first.evaluate("one => one.scrollWidth <= one.clientWidth")
    await check_looks(browser_page, "election-totals")
    await type_totals(page, (9, 8, 5, 5))
    await expect(page.get_by_text(pattern("election.page.totals_agreed"))).to_be_visible()
    page = await browser_page.sign_in(SECRETARY, CONTEST)
    await check_looks(browser_page, "election-vacant")
    await send(page, "reduce", consents="6")
    await expect(page.get_by_text(pattern("election.page.given_up", seats=1))).to_be_visible()
    await page.goto(browser_page.served.url + ELECTION)
    await send(page, "report", taken_on="2026-11-02", document_no="杜公支〔2026〕3号")
    await expect(page.get_by_role("cell", name=sentence("election.report.counted"))).to_be_visible()
    await check_looks(browser_page, "election-report")
    for paper in ("result", "report"):
        async with page.expect_download() as download:
            await page.get_by_role("link", name=sentence(f"election.page.{paper}_docx")).click()
        assert zipfile.is_zipfile(await (await download.value).path())


async def test_a_preliminary_round(browser_page: BrowserPage) -> None:
    page = await prepare(browser_page)
    await page.goto(browser_page.served.url + CONTEST)
    await send(page, "add", name=MEMBERS[3])
    await send(page, "settings", shortlist="4")
    await expect(page.get_by_text(pattern("election.page.shortlist_line", size=4))).to_be_visible()
    await check_looks(browser_page, "election-preliminary")
    await page.goto(f"{browser_page.served.url}/elections/ballot/1?per_page=1")
    await expect(page.get_by_role("heading", name=pattern("documents.ballot.title_preliminary"))).to_be_visible()
    await check_looks(browser_page, "election-preliminary-ballot")
    await page.goto(browser_page.served.url + CONTEST)
    await send(page, "first", present="10")
    for who in (SCRUTINEER, TELLER):
        page = await browser_page.sign_in(who, TOTALS)
        await type_totals(page, (9, 8, 7, 2, 2))
    page = await browser_page.sign_in(SECRETARY, CONTEST)
    await expect(page.get_by_text(pattern("election.page.tie_preliminary", seats=1))).to_be_visible()
    await check_looks(browser_page, "election-preliminary-tie")
    await send(page, "final", present="10")
    await expect(page.get_by_text(vote_heading(2, "first"))).to_be_visible()


async def test_the_bases_disagree(browser_page: BrowserPage) -> None:
    page = await prepare(browser_page)
    await send(page, "include")
    await send(page, "base")
    await page.goto(browser_page.served.url + CONTEST)
    await send(page, "first", present="9")
    for who in (SCRUTINEER, TELLER):
        page = await browser_page.sign_in(who, TOTALS)
        numbers = {"issued": 9, "voted": 9, "returned": 9, "invalid": 0, "decided": 0}
        for at, votes in enumerate((9, 8, 5, 5)):
            numbers |= {f"approve_{at}": votes, f"disapprove_{at}": 9 - votes, f"abstain_{at}": 0}
        await send(page, "totals", **{name: str(number) for name, number in numbers.items()})
    page = await browser_page.sign_in(SECRETARY, CONTEST)
    await expect(page.get_by_text(pattern("election.page.needs_ruling"))).to_be_visible()
    await check_looks(browser_page, "election-ruling")
    await send(page, "rule", base="present", clause="选举办法第八条")
    await expect(page.get_by_text(pattern("election.page.open_tie"))).to_be_visible()


async def test_the_ballot_on_paper(browser_page: BrowserPage) -> None:
    page = await prepare(browser_page)
    await page.goto(f"{browser_page.served.url}/elections/ballot/1?per_page=2")
    await check_looks(browser_page, "election-ballot")
    await page.emulate_media(media="print")
    await expect(page.get_by_role("link", name=sentence("election.page.back_to_election"))).to_be_hidden()
    await browser_page.screenshot("election-ballot-print", whole=True)
    paper = await page.pdf(format="A4", prefer_css_page_size=True)
    assert paper.count(b"/Type /Page\n") == 1
