"""The rating sheet on a phone: sent, sent again, and the phones and moments in which it cannot be."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from bot.store import rating
from bot.store.rating import RoundMode
from tests.browser.conftest import PHONE, BrowserPage, Served, phone
from tests.browser.looks import check_looks
from tests.browser.sheet import (
    FAIR,
    HER,
    HIM,
    POOR,
    Thumb,
    at_card,
    change,
    expected,
    fill_card,
    first_card_and_the_rest,
    forgotten,
    grade,
    named_rows,
    opened,
    submit,
)
from tests.support.rating_round import Plan, Round, name_of, open_round
from tests.support.wording import pattern, sentence


async def test_a_minute_without_network(browser: Browser, served: Served) -> None:
    found = await open_round(served.app)
    async with phone(browser, served) as seen:
        page = await seen.sign_in(HER, found.path)
        thumb = Thumb(page)
        await thumb.tap(page.locator("#begin"))
        await first_card_and_the_rest(thumb)
        await page.context.set_offline(True)
        await page.locator("#submit").tap()
        waiting = page.locator("#waiting-said")
        await expect(waiting).to_contain_text(pattern("rating_sheet.js.offline"))
        await expect(waiting).to_contain_text(pattern("rating_sheet.js.retry", count=3), timeout=10_000)
        await check_looks(seen, "rating-sheet-offline")
        assert await opened(served, found) == []
        await page.locator("#stop").tap()
        await expect(page.locator("#review")).to_be_visible()
        await page.locator("#submit").tap()
        await expect(waiting).to_contain_text(pattern("rating_sheet.js.offline"))
        await page.context.set_offline(False)
        await expect(page.locator("#sent-said")).to_contain_text(pattern("rating_sheet.js.sent_once"))
        assert await opened(served, found) == [expected({})]
        assert all("ERR_INTERNET_DISCONNECTED" in error for error in seen.errors), seen.errors


async def test_an_answer_that_was_lost_is_fetched_by_sending_the_same_again(browser: Browser, served: Served) -> None:
    found = await open_round(served.app)
    async with phone(browser, served) as seen:
        page = await seen.sign_in(HER, found.path)
        lost = await lose_the_first_answer(page.context, found)
        thumb = Thumb(page)
        await thumb.tap(page.locator("#begin"))
        await first_card_and_the_rest(thumb)
        await submit(page)
        assert lost == [200]
        assert await opened(served, found) == [expected({})]


async def lose_the_first_answer(context: BrowserContext, found: Round) -> list[int]:
    """The server gets the first sheet, but its answer does not arrive; the status that was lost."""
    lost: list[int] = []

    async def handle(route) -> None:
        if route.request.method == "POST" and not lost:
            answer = await route.fetch()
            lost.append(answer.status)
            await route.abort()
            return
        await route.continue_()

    await context.route(f"**{found.path}", handle)
    return lost


async def test_sending_again_replaces_and_the_receipt_proves_nothing(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.post_data or "") if asked.method == "POST" else None)
    thumb = Thumb(page)
    await thumb.tap(page.locator("#begin"))
    await first_card_and_the_rest(thumb)
    await submit(page)
    await check_looks(hand, "rating-sheet-sent")
    said = await page.locator("#sent").inner_text()
    assert not any(grade in said for grade in ("好；", "“好”", "较好"))
    assert not any(mark.isdigit() for mark in said)
    await page.locator("#again").tap()
    await at_card(page, name_of(0))
    await expect(page.locator("#items input:checked")).to_have_count(0)
    await grade(page, 0, POOR).tap()
    await page.locator("#fill").tap()
    await at_card(page, name_of(1))
    await thumb.tap(page.locator("#copy"))
    await thumb.tap(page.locator("#ask-yes"))
    await expect(page.locator("#replaces")).to_contain_text(pattern("rating_sheet.js.replaces"))
    await submit(page, "sent_again", revision=2)
    assert await opened(hand.served, found) == [[bytes([POOR] * 6)] * 25]
    assert len(sent) == 2
    assert len(sent[0]) == len(sent[1])


async def test_closed_while_filling_in_is_said_and_the_draft_is_wiped(browser: Browser, served: Served) -> None:
    found = await open_round(served.app)
    async with phone(browser, served) as seen:
        page = await seen.sign_in(HER, found.path)
        thumb = Thumb(page)
        await thumb.tap(page.locator("#begin"))
        await first_card_and_the_rest(thumb)
        await change(served, found, lambda session, one: rating.close(session, one, None, served.app.clock.now()))
        await page.locator("#submit").tap()
        await expect(page.locator("#refused")).to_be_visible()
        await check_looks(seen, "rating-sheet-refused")
        assert await page.evaluate("localStorage.length") == 1
        await page.get_by_role("link", name=sentence("rating_sheet.reload")).tap()
        await expect(page.get_by_text(pattern("rating_sheet.closed"))).to_be_visible()
        await forgotten(page)
        await check_looks(seen, "rating-sheet-closed")


@pytest.mark.parametrize("hide", ["delete Crypto.prototype.subtle", "delete SubtleCrypto.prototype.deriveBits"])
async def test_a_phone_that_cannot_seal_is_told_so_and_sends_nothing(hand: BrowserPage, hide: str) -> None:
    found = await open_round(hand.served.app)
    await hand.page.add_init_script(hide)
    page = await hand.sign_in(HER, found.path)
    await expect(page.locator("#loading")).to_contain_text(pattern("rating_sheet.js.unable"))
    await expect(page.locator("#begin")).to_be_hidden()
    assert await opened(hand.served, found) == []
    await check_looks(hand, "rating-sheet-old-phone")


async def test_a_named_round_needs_no_sealing(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app, Plan(mode=RoundMode.NAMED))
    await hand.page.add_init_script("delete Crypto.prototype.subtle")
    page = await hand.sign_in(HER, found.path)
    thumb = Thumb(page)
    await thumb.tap(page.locator("#begin"))
    await first_card_and_the_rest(thumb)
    await submit(page)
    assert await hand.served.app.store.read(named_rows, found) == expected({})


async def test_without_scripts_the_page_says_where_to_go(browser: Browser, served: Served) -> None:
    found = await open_round(served.app)
    context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(served.entry(HER, found.path))
    await page.get_by_role("button").click()
    await expect(page.get_by_text(pattern("rating_sheet.too_old"))).to_be_visible()
    await expect(page.locator("#begin")).to_be_hidden()
    await context.close()


async def test_another_sheet_than_the_one_announced_cannot_be_filled_in(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)

    async def alter(route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, body=(await answer.text()).replace("查摆问题整改", "查摆问题"))

    page = await hand.sign_in(HER, found.path)
    await page.context.route(f"**{found.path}", alter)
    await page.reload()
    await expect(page.locator("#loading")).to_contain_text(pattern("rating_sheet.js.altered"))
    await expect(page.locator("#begin")).to_be_hidden()


async def test_two_people_with_one_phone(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    await page.locator("#begin").tap()
    await fill_card(Thumb(page), {})
    await at_card(page, name_of(1))

    his = hand.served.entry(HIM, found.path)
    hand.errors.clear()
    await page.goto(his)
    await expect(page.get_by_text(pattern("web.other_signed_in", other=HER))).to_be_visible()
    hand.errors.clear()
    await check_looks(hand, "rating-sheet-somebody-else")
    await page.get_by_role("button", name=sentence("web.other_leaves", other=HER, name=HIM)).tap()
    await expect(page.locator("#begin")).to_have_text(sentence("rating_sheet.js.begin"))
    thumb = Thumb(page)
    await thumb.tap(page.locator("#begin"))
    await expect(page.locator("#items input:checked")).to_have_count(0)
    await first_card_and_the_rest(thumb)
    await submit(page)
    await page.get_by_role("button", name=sentence("rating_sheet.button.leave")).tap()
    await expect(page.get_by_role("heading", name=sentence("rating_sheet.code.title"))).to_be_visible()

    await hand.sign_in(HER, found.path)
    await expect(page.locator("#resumed")).to_contain_text(pattern("rating_sheet.js.resumed", done=1, all=25))
    await page.locator("#begin").tap()
    await fill_card(Thumb(page), {})
    await at_card(page, name_of(2))
    await page.locator("#copy").tap()
    await page.locator("#ask-yes").tap()
    await submit(page)
    assert len(await opened(hand.served, found)) == 2


async def test_speaker_by_speaker(hand: BrowserPage) -> None:
    served = hand.served
    found = await open_round(served.app, Plan(per_speaker=True))
    page = await hand.sign_in(HER, found.path)

    async def speak(place: int) -> None:
        await change(served, found, lambda session, one: rating.speak(session, one, place, served.app.clock.now()))

    await expect(page.locator("#begin")).to_be_disabled()
    await expect(page.locator("#none-released")).to_be_visible()
    await speak(0)
    await expect(page.locator("#begin")).to_be_enabled()
    thumb = Thumb(page)
    await thumb.tap(page.locator("#begin"))
    await fill_card(thumb, {})
    await expect(page.locator("#complete")).to_contain_text(pattern("rating_sheet.js.speaker_over"))
    await expect(page.locator("button.target")).to_have_count(1)
    await submit(page, "sent_part")
    await expect(page.locator("#sent-more")).to_be_visible()
    await speak(1)
    await expect(page.locator("#released-go")).to_have_text(sentence("rating_sheet.js.released", name=name_of(1)))
    await check_looks(hand, "rating-sheet-released")
    await page.locator("#released-go").tap()
    await at_card(page, name_of(1))
    await fill_card(thumb, {0: FAIR})
    await expect(page.locator("button.target")).to_have_count(2)
    await submit(page, "sent_again", revision=2)
    rows = (await opened(served, found))[0]
    assert rows[:3] == [bytes([1] * 6), bytes([2, 1, 1, 1, 1, 1]), bytes(6)]
    await change(served, found, lambda session, one: rating.close(session, one, None, served.app.clock.now()))
    await expect(page.get_by_text(pattern("rating_sheet.closed"))).to_be_visible()
    await forgotten(page)


async def test_a_slip_is_typed_in_and_the_tablet_passed_on(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app, Plan(slips=2))
    page = hand.page
    for code in found.codes:
        await page.goto(f"{hand.served.url}/rating/code")
        await page.get_by_label(sentence("rating_sheet.code.label"), exact=True).fill(code)
        await page.get_by_role("button", name=sentence("rating_sheet.code.enter")).tap()
        await expect(page.locator("#begin")).to_have_text(sentence("rating_sheet.js.begin"))
        assert code not in page.url
        thumb = Thumb(page)
        await thumb.tap(page.locator("#begin"))
        await first_card_and_the_rest(thumb)
        await submit(page)
        await page.get_by_role("button", name=sentence("rating_sheet.button.leave")).tap()
        await expect(page.get_by_role("heading", name=sentence("rating_sheet.code.title"))).to_be_visible()
    assert len(await opened(hand.served, found)) == 2
