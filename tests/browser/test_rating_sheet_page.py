"""The rating sheet on a phone: filled in with a thumb, a keyboard, a screen reader, and looked over."""

from __future__ import annotations

from playwright.async_api import Browser, ViewportSize, expect

from bot.store.rating import RoundMode
from tests.browser.conftest import BrowserPage, Served, phone
from tests.browser.looks import check_looks
from tests.browser.sheet import (
    ABSTAIN,
    AVERAGE,
    FAIR,
    GOOD,
    HER,
    HIM,
    POOR,
    Thumb,
    at_card,
    expected,
    fill_card,
    first_card_and_the_rest,
    fits,
    grade,
    named_rows,
    opened,
    submit,
)
from tests.support.rating_round import CAPPED, ITEMS, MEMBER_AT, Plan, name_of, open_round
from tests.support.wording import pattern, sentence

NARROW: ViewportSize = {"width": 320, "height": 568}
DIFFERENT = {3: {1: FAIR}, 7: {4: AVERAGE}, 11: {0: FAIR}, 15: {5: FAIR}, 19: {2: ABSTAIN}, 22: {1: POOR}}
"""Target -> item -> grade: what is not 好."""


def chosen_first(first: str, rest: str) -> str:
    """How a card is summed up of which the first item has one grade and the other five another."""
    one = sentence("rating_sheet.js.choice", grade=first, items=ITEMS[0])
    return f"{one}；{sentence('rating_sheet.js.rest', count=5, grade=rest)}"


async def test_card_by_card_in_under_sixty_taps_and_scrolls(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    thumb = Thumb(page)
    await thumb.tap(page.locator("#begin"))
    for at in range(25):
        await at_card(page, name_of(at))
        await fill_card(thumb, DIFFERENT.get(at, {}))
    await expect(page.locator("#complete")).to_contain_text(pattern("rating_sheet.js.complete", all=25))
    await thumb.tap(page.locator("#submit"))
    await expect(page.locator("#sent-said")).to_contain_text(pattern("rating_sheet.js.sent_once"))
    assert thumb.taps + thumb.scrolls < 60, thumb
    assert await opened(hand.served, found) == [expected(DIFFERENT)]


async def test_with_the_rest_alike_in_far_fewer(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    thumb = Thumb(page)
    await thumb.tap(page.locator("#begin"))
    await first_card_and_the_rest(thumb)
    for at, marks in DIFFERENT.items():
        await thumb.tap(page.locator("button.target").nth(at))
        await at_card(page, name_of(at))
        for item, mark in marks.items():
            await thumb.tap(grade(page, item, mark))
        await thumb.tap(page.locator("#return"))
    await thumb.tap(page.locator("#submit"))
    await expect(page.locator("#sent-said")).to_contain_text(pattern("rating_sheet.js.sent_once"))
    assert thumb.taps + thumb.scrolls < 45, thumb
    assert await opened(hand.served, found) == [expected(DIFFERENT)]


async def test_nothing_is_chosen_that_was_not_tapped_and_helpers_say_what_they_do(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    chosen = page.locator("#items input:checked")
    await page.locator("#begin").tap()
    await expect(chosen).to_have_count(0)
    await expect(page.locator("#fill")).to_be_hidden()
    await grade(page, 2, FAIR).tap()
    await expect(chosen).to_have_count(1)
    await expect(page.locator("#fill")).to_have_text(sentence("rating_sheet.js.fill", count=5, grade="较好"))
    await page.locator("#fill").tap()
    await at_card(page, name_of(1))
    await expect(chosen).to_have_count(0)
    await page.locator("#copy").tap()
    question = page.locator("#ask-text")
    choices = sentence("rating_sheet.js.everything", grade="较好")
    asked = pattern("rating_sheet.js.copy_ask", count=24, first=name_of(1), last=name_of(24), choices=choices)
    await expect(question).to_contain_text(asked)
    await page.get_by_role("button", name=sentence("rating_sheet.button.no")).tap()
    await expect(chosen).to_have_count(0)
    await page.locator("#copy").tap()
    await page.locator("#ask-yes").tap()
    await expect(page.locator("#note")).to_contain_text(pattern("rating_sheet.js.copied", count=24))
    await page.locator("button.target").nth(4).tap()
    await grade(page, 0, POOR).tap()
    await page.locator("#return").tap()
    await page.locator("#undo").tap()
    await expect(page.locator("#note")).to_contain_text(pattern("rating_sheet.js.undone", count=23))
    await expect(page.locator("button.target", has_text=sentence("rating_sheet.js.all_blank"))).to_have_count(23)
    await expect(page.locator("button.target").nth(4)).to_contain_text(chosen_first("差", "较好"))


async def test_what_was_filled_in_is_there_after_a_reload_and_gone_after_sending(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    await page.locator("#begin").tap()
    await fill_card(Thumb(page), {1: FAIR})
    await at_card(page, name_of(1))
    await grade(page, 0, GOOD).tap()
    await expect(page.locator("#items input:checked")).to_have_count(1)
    await page.reload()
    await expect(page.locator("#resumed")).to_contain_text(pattern("rating_sheet.js.resumed", done=1, all=25))
    kept = await page.evaluate("Object.values(localStorage).join()")
    assert kept
    assert "rows" not in kept
    await page.locator("#begin").tap()
    await at_card(page, name_of(1))
    await expect(page.locator("#items input:checked")).to_have_count(1)
    await page.locator("#back").tap()
    await expect(grade(page, 1, FAIR).locator("input")).to_be_checked()
    await page.locator("#next").tap()
    await page.locator("#fill").wait_for(state="attached")
    await grade(page, 1, GOOD).tap()
    await page.locator("#fill").tap()
    await at_card(page, name_of(2))
    await page.locator("#copy").tap()
    await page.locator("#ask-yes").tap()
    await submit(page)
    assert await page.evaluate("localStorage.length") == 0
    await page.reload()
    await expect(page.locator("#begin")).to_have_text(sentence("rating_sheet.js.again"))
    await expect(page.get_by_text(pattern("rating_sheet.sent_before"))).to_be_visible()


async def test_clearing_asks_and_forgets(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    await page.locator("#begin").tap()
    await fill_card(Thumb(page), {})
    await at_card(page, name_of(1))
    await page.reload()
    await page.locator("#clear-start").tap()
    await page.get_by_role("button", name=sentence("rating_sheet.button.no")).tap()
    await expect(page.locator("#begin")).to_have_text(sentence("rating_sheet.js.resume"))
    await page.locator("#clear-start").tap()
    await page.get_by_role("button", name=sentence("rating_sheet.js.clear_yes")).tap()
    await expect(page.locator("#begin")).to_have_text(sentence("rating_sheet.js.begin"))
    assert await page.evaluate("localStorage.length") == 0


async def test_a_sheet_may_be_sent_with_blanks_and_says_what_they_mean(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    await page.locator("#begin").tap()
    await page.locator("#look-over").tap()
    await expect(page.locator("#missing")).to_contain_text(pattern("rating_sheet.js.nothing"))
    await page.locator("#to-cards").tap()
    await grade(page, 0, FAIR).tap()
    await page.locator("#look-over").tap()
    await expect(page.locator("#missing")).to_contain_text(pattern("rating_sheet.js.missing", count=149))
    blank = sentence("rating_sheet.js.blank")
    await expect(page.locator("button.target").first).to_contain_text(chosen_first("较好", blank))
    await submit(page)
    assert await opened(hand.served, found) == [[bytes([FAIR, 0, 0, 0, 0, 0]), *[bytes(6)] * 24]]


async def test_with_the_keyboard_alone(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app, Plan(targets=2))
    page = await hand.sign_in(HER, found.path)
    press = page.keyboard.press
    await page.locator("#begin").focus()
    await press("Enter")
    await at_card(page, name_of(0))
    for _ in ITEMS:
        await press("Tab")
        await press("Space")
        await press("ArrowRight")
    await page.wait_for_timeout(800)
    await at_card(page, name_of(0))
    await expect(page.locator("#progress")).to_contain_text(pattern("rating_sheet.js.progress", done=1, all=2))
    await press("Tab")
    await expect(page.locator("#look-over")).to_be_focused()
    await press("Tab")
    await expect(page.locator("#next")).to_be_focused()
    await press("Enter")
    await at_card(page, name_of(1))
    await press("Tab")
    await press("Space")
    await page.locator("#fill").focus()
    await press("Enter")
    await expect(page.locator("#next")).to_be_focused()
    await press("Enter")
    await expect(page.locator("#targets")).to_contain_text(sentence("rating_sheet.js.everything", grade="较好"))
    await page.locator("#submit").focus()
    await press("Enter")
    await expect(page.locator("#sent-said")).to_contain_text(pattern("rating_sheet.js.sent_once"))


async def test_what_a_screen_reader_is_told(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    await page.locator("#begin").tap()
    group = page.get_by_role("group", name="1. 总体评价")
    await expect(group.get_by_role("radio")).to_have_count(5)
    await expect(page.get_by_role("heading", name=name_of(0))).to_be_focused()
    await group.get_by_role("radio", name="较好").check(force=True)
    await expect(group.get_by_role("radio", name="较好")).to_be_checked()
    progress = sentence("rating_sheet.js.progress", done=0, all=25)
    await expect(page.get_by_role("status").filter(has_text=progress)).to_be_visible()


async def test_nobodys_own_card_and_the_warning_of_the_cap(hand: BrowserPage) -> None:
    plan = Plan(items=("综合评价",), grades=CAPPED, cap="1/3", rated=HIM)
    found = await open_round(hand.served.app, plan)
    page = await hand.sign_in(HIM, found.path)
    await expect(page.get_by_text(pattern("rating_sheet.own", name=HIM))).to_be_visible()
    await page.locator("#begin").tap()
    await check_looks(hand, "rating-sheet-one-item")
    await grade(page, 0, GOOD).tap()
    await at_card(page, name_of(1))
    await page.locator("#copy").tap()
    await page.locator("#ask-yes").tap()
    await expect(page.locator("button.target")).to_have_count(24)
    await expect(page.locator("#targets")).not_to_contain_text(HIM)
    assert name_of(MEMBER_AT) not in await page.locator("#targets").inner_text()
    warning = sentence("rating_sheet.js.over_cap", item="综合评价", grade="优秀", count=24, cap=8)
    await expect(page.locator("#over-cap")).to_contain_text(warning)
    await check_looks(hand, "rating-sheet-cap")
    await submit(page)


async def test_a_named_round_says_so_in_large_letters_first(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app, Plan(mode=RoundMode.NAMED))
    page = await hand.sign_in(HER, found.path)
    large = page.get_by_text(sentence("rating_sheet.named"))
    await expect(large).to_be_visible()
    assert await large.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)") >= 24
    await check_looks(hand, "rating-sheet-named")
    thumb = Thumb(page)
    await thumb.tap(page.locator("#begin"))
    await expect(page.locator("#card .tag")).to_have_text(sentence("rating_sheet.named_tag"))
    await first_card_and_the_rest(thumb)
    await submit(page)
    kept = await hand.served.app.store.read(named_rows, found)
    assert kept == expected({})


async def test_how_it_looks_from_320_pixels_on(browser: Browser, served: Served) -> None:
    found = await open_round(served.app)
    async with phone(browser, served, NARROW) as seen:
        page = await seen.sign_in(HER, found.path)
        await expect(page.locator("#begin")).to_be_visible()
        await fits(page)
        await check_looks(seen, "rating-sheet-start")
        await page.set_viewport_size(NARROW)
        await page.locator("#begin").tap()
        await fits(page)
        await seen.screenshot("rating-sheet-card-320")
        thumb = Thumb(page)
        await grade(page, 0, FAIR).tap()
        await check_looks(seen, "rating-sheet-card")
        await page.set_viewport_size(NARROW)
        await page.locator("#fill").tap()
        await at_card(page, name_of(1))
        await thumb.tap(page.locator("#copy"))
        await fits(page)
        await check_looks(seen, "rating-sheet-ask")
        await page.set_viewport_size(NARROW)
        await page.locator("#ask-yes").tap()
        await page.locator("button.target").nth(2).tap()
        await thumb.tap(grade(page, 5, ABSTAIN))
        await page.locator("#return").tap()
        await fits(page)
        await check_looks(seen, "rating-sheet-review")
        for name in ("secret", "code"):
            await page.set_viewport_size(NARROW)
            await page.goto(f"{served.url}/rating/{name}")
            await fits(page)
            await check_looks(seen, f"rating-sheet-{name}")
        assert not seen.errors, seen.errors
