"""The rating sheet on a phone: filled in with a thumb, kept, looked over, sent, sent again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect
from sqlmodel import select

from bot import sealing
from bot.store import rating
from bot.store.hot import StoreSession
from bot.store.rating import RatingRound, RoundMode, envelopes
from tests.browser.conftest import PHONE, BrowserPage, Served
from tests.browser.looks import check_looks
from tests.support.cast import MEMBERS
from tests.support.rating import member_id
from tests.support.rating_round import CAPPED, ITEMS, MEMBER_AT, Plan, Round, name_of, open_round

pytestmark = pytest.mark.browser

HER, HIM = MEMBERS[0], MEMBERS[1]
NARROW: ViewportSize = {"width": 320, "height": 568}
GOOD, FAIR, AVERAGE, POOR, ABSTAIN = range(1, 6)
DIFFERENT = {3: {1: FAIR}, 7: {4: AVERAGE}, 11: {0: FAIR}, 15: {5: FAIR}, 19: {2: ABSTAIN}, 22: {1: POOR}}
"""Target -> item -> grade: what is not 好."""


@dataclass(slots=True)
class Thumb:
    """Taps and scrolls like a thumb, and counts: what is not in sight must be scrolled to."""

    page: Page
    taps: int = 0
    scrolls: int = 0

    async def tap(self, what: Locator) -> None:
        """Scroll until the middle of it can be touched, then touch it."""
        await expect(what).to_be_visible()
        for _ in range(20):
            if not (away := await what.evaluate(_AWAY)):
                break
            self.scrolls += 1
            await self.page.mouse.wheel(0, away)
            await self.page.wait_for_timeout(100)
        box = await what.bounding_box()
        assert box is not None
        self.taps += 1
        await self.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


_AWAY = """
(one) => {
  const box = one.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const there = document.elementFromPoint(x, y);
  if (there && (one.contains(there) || there.contains(one))) return 0;
  return (y > innerHeight / 2 ? 0.6 : -0.6) * innerHeight;
}
"""


@asynccontextmanager
async def phone(browser: Browser, served: Served, size: ViewportSize = PHONE) -> AsyncIterator[BrowserPage]:
    """A phone with a touch screen; what its console complains about is for the test to look at."""
    context = await browser.new_context(
        viewport=size, has_touch=True, is_mobile=True, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield BrowserPage(page, served, errors)
    await context.close()


@pytest.fixture
async def hand(browser: Browser, served: Served) -> AsyncIterator[BrowserPage]:
    """A phone on whose console nothing may be complained about."""
    async with phone(browser, served) as seen:
        yield seen
        assert not seen.errors, seen.errors


def grade(page: Page, item: int, mark: int) -> Locator:
    """The button of a grade."""
    return page.locator("fieldset.item").nth(item).locator("label.grade").nth(mark - 1)


async def at_card(page: Page, name: str) -> None:
    """Wait for somebody's card."""
    await expect(page.locator("#card-title")).to_have_text(name)


async def fill_card(thumb: Thumb, different: dict[int, int]) -> None:
    """What is different first, then one 好, then the rest."""
    for item, mark in different.items():
        await thumb.tap(grade(thumb.page, item, mark))
    first = next(item for item in range(len(ITEMS)) if item not in different)
    await thumb.tap(grade(thumb.page, first, GOOD))
    await thumb.tap(thumb.page.locator("#fill"))


async def first_card_and_the_rest(thumb: Thumb) -> None:
    """One card, and the same for all others, after the question."""
    await fill_card(thumb, {})
    await at_card(thumb.page, name_of(1))
    await thumb.tap(thumb.page.locator("#copy"))
    await thumb.tap(thumb.page.locator("#ask-yes"))
    await expect(thumb.page.locator("#review")).to_be_visible()


async def submit(page: Page, said: str = "交好了") -> None:
    """Send what is shown in the review."""
    await page.locator("#submit").click()
    await expect(page.locator("#sent-said")).to_contain_text(said)


async def opened(served: Served, found: Round) -> list[list[bytes]]:
    """Every sealed sheet of the round, opened: its rows."""
    return await served.app.store.read(_open_all, found)


def _open_all(session: StoreSession, found: Round) -> list[list[bytes]]:
    stored = session.get_one(RatingRound, found.id)
    table = envelopes.of(found.id).table
    sheets = [bytes(row) for row in session.execute(select(table.c.sealed)).scalars()]  # type: ignore[call-overload]
    digest = bytes.fromhex(stored.manifest_hash)
    return [
        [sealing.open_row(found.key, digest, at, row) for at, row in enumerate(sealing.cut_sheet(one, 25, len(ITEMS)))]
        for one in sheets
    ]


def expected(different: dict[int, dict[int, int]]) -> list[bytes]:
    """The rows of a sheet that is 好 but for `different`."""
    return [bytes(different.get(at, {}).get(item, GOOD) for item in range(len(ITEMS))) for at in range(25)]


async def change(served: Served, found: Round, work: Callable[[StoreSession, RatingRound], object]) -> None:
    """Change the round as its owner would."""
    await served.app.store.write(lambda session: work(session, session.get_one(RatingRound, found.id)))


async def test_card_by_card_in_under_sixty_taps_and_scrolls(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    thumb = Thumb(page)
    await thumb.tap(page.locator("#begin"))
    for at in range(25):
        await at_card(page, name_of(at))
        await fill_card(thumb, DIFFERENT.get(at, {}))
    await expect(page.locator("#complete")).to_contain_text("25 位都评完了")
    await thumb.tap(page.locator("#submit"))
    await expect(page.locator("#sent-said")).to_contain_text("交好了")
    print(f"card by card: {thumb.taps} taps, {thumb.scrolls} scrolls")
    assert thumb.taps + thumb.scrolls < 60
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
    await expect(page.locator("#sent-said")).to_contain_text("交好了")
    print(f"with the rest alike: {thumb.taps} taps, {thumb.scrolls} scrolls")
    assert thumb.taps + thumb.scrolls < 45
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
    await expect(page.locator("#fill")).to_have_text("其余 5 项都选“较好”")
    await page.locator("#fill").tap()
    await at_card(page, name_of(1))
    await expect(chosen).to_have_count(0)
    await page.locator("#copy").tap()
    question = page.locator("#ask-text")
    await expect(question).to_contain_text(f"还没评的 24 位（{name_of(1)}到{name_of(24)}）")
    await expect(question).to_contain_text("各项都是“较好”")
    await page.get_by_role("button", name="不用").tap()
    await expect(chosen).to_have_count(0)
    await page.locator("#copy").tap()
    await page.locator("#ask-yes").tap()
    await expect(page.locator("#note")).to_contain_text("已给 24 位照着填好")
    await page.locator("button.target").nth(4).tap()
    await grade(page, 0, POOR).tap()
    await page.locator("#return").tap()
    await page.locator("#undo").tap()
    await expect(page.locator("#note")).to_contain_text("23 位恢复成没评")
    await expect(page.locator("button.target", has_text="一项都没选")).to_have_count(23)
    await expect(page.locator("button.target").nth(4)).to_contain_text("差：总体评价；其余 5 项较好")


async def test_what_was_filled_in_is_there_after_a_reload_and_gone_after_sending(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    await page.locator("#begin").tap()
    await fill_card(Thumb(page), {1: FAIR})
    await at_card(page, name_of(1))
    await grade(page, 0, GOOD).tap()
    await expect(page.locator("#items input:checked")).to_have_count(1)
    await page.reload()
    await expect(page.locator("#resumed")).to_contain_text("已评 1/25")
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
    await expect(page.locator("#begin")).to_have_text("重新填一份")
    await expect(page.get_by_text("您已经交过")).to_be_visible()


async def test_clearing_asks_and_forgets(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    await page.locator("#begin").tap()
    await fill_card(Thumb(page), {})
    await at_card(page, name_of(1))
    await page.reload()
    await page.locator("#clear-start").tap()
    await page.get_by_role("button", name="不用").tap()
    await expect(page.locator("#begin")).to_have_text("接着填")
    await page.locator("#clear-start").tap()
    await page.get_by_role("button", name="全部清除").tap()
    await expect(page.locator("#begin")).to_have_text("开始评议")
    assert await page.evaluate("localStorage.length") == 0


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
        await expect(waiting).to_contain_text("网络断了，还没有交到")
        await expect(waiting).to_contain_text("已试 3 次", timeout=10_000)
        await check_looks(seen, "rating-sheet-offline")
        assert await opened(served, found) == []
        await page.locator("#stop").tap()
        await expect(page.locator("#review")).to_be_visible()
        await page.locator("#submit").tap()
        await expect(waiting).to_contain_text("网络断了")
        await page.context.set_offline(False)
        await expect(page.locator("#sent-said")).to_contain_text("交好了")
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
        await submit(page, "第 2 次提交，以最后一次为准")
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
    await submit(page, "交好了")
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
    await expect(page.locator("#replaces")).to_contain_text("整份换掉上一次的")
    await submit(page, "第 2 次提交，以最后一次为准")
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
        await page.get_by_role("link", name="刷新").tap()
        await expect(page.get_by_text("已经结束，不再收表")).to_be_visible()
        await page.wait_for_function("localStorage.length === 0")
        await check_looks(seen, "rating-sheet-closed")


@pytest.mark.parametrize("hide", ["delete Crypto.prototype.subtle", "delete SubtleCrypto.prototype.deriveBits"])
async def test_a_phone_that_cannot_seal_is_told_so_and_sends_nothing(hand: BrowserPage, hide: str) -> None:
    found = await open_round(hand.served.app)
    await hand.page.add_init_script(hide)
    page = await hand.sign_in(HER, found.path)
    await expect(page.locator("#loading")).to_contain_text("没法把票封好")
    await expect(page.locator("#loading")).to_contain_text("纸质表")
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
    assert await hand.served.app.store.read(_named, found) == expected({})


async def test_a_sheet_may_be_sent_with_blanks_and_says_what_they_mean(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    await page.locator("#begin").tap()
    await page.locator("#look-over").tap()
    await expect(page.locator("#missing")).to_contain_text("您一项也没有选")
    await page.locator("#to-cards").tap()
    await grade(page, 0, FAIR).tap()
    await page.locator("#look-over").tap()
    await expect(page.locator("#missing")).to_contain_text("还有 149 项没选，不选按空白算")
    await expect(page.locator("button.target").first).to_contain_text("较好：总体评价；其余 5 项没选")
    await submit(page)
    assert await opened(hand.served, found) == [[bytes([FAIR, 0, 0, 0, 0, 0]), *[bytes(6)] * 24]]


async def test_without_scripts_the_page_says_where_to_go(browser: Browser, served: Served) -> None:
    found = await open_round(served.app)
    context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(served.entry(HER, found.path))
    await page.get_by_role("button").click()
    await expect(page.get_by_text("关掉了脚本，没法填表")).to_be_visible()
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
    await expect(page.locator("#loading")).to_contain_text("核对码对不上")
    await expect(page.locator("#begin")).to_be_hidden()


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
    await expect(page.locator("#progress")).to_contain_text("已评 1/2")
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
    await expect(page.locator("#targets")).to_contain_text("各项都是“较好”")
    await page.locator("#submit").focus()
    await press("Enter")
    await expect(page.locator("#sent-said")).to_contain_text("交好了")


async def test_what_a_screen_reader_is_told(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    await page.locator("#begin").tap()
    group = page.get_by_role("group", name="1. 总体评价")
    await expect(group.get_by_role("radio")).to_have_count(5)
    await expect(page.get_by_role("heading", name=name_of(0))).to_be_focused()
    await group.get_by_role("radio", name="较好").check(force=True)
    await expect(group.get_by_role("radio", name="较好")).to_be_checked()
    await expect(page.get_by_role("status").filter(has_text="已评 0/25")).to_be_visible()


async def test_two_people_with_one_phone(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app)
    page = await hand.sign_in(HER, found.path)
    await page.locator("#begin").tap()
    await fill_card(Thumb(page), {})
    await at_card(page, name_of(1))

    his = hand.served.entry(HIM, found.path)
    hand.errors.clear()
    await page.goto(his)
    await expect(page.get_by_text(f"现在登录的是{HER}")).to_be_visible()
    hand.errors.clear()
    await check_looks(hand, "rating-sheet-somebody-else")
    await page.get_by_role("button", name=f"{HER}退出，以{HIM}的身份打开").tap()
    await expect(page.locator("#begin")).to_have_text("开始评议")
    thumb = Thumb(page)
    await thumb.tap(page.locator("#begin"))
    await expect(page.locator("#items input:checked")).to_have_count(0)
    await first_card_and_the_rest(thumb)
    await submit(page)
    await page.get_by_role("button", name="退出，换人填").tap()
    await expect(page.get_by_role("heading", name="输入码")).to_be_visible()

    await hand.sign_in(HER, found.path)
    await expect(page.locator("#resumed")).to_contain_text("已评 1/25")
    await page.locator("#begin").tap()
    await fill_card(Thumb(page), {})
    await at_card(page, name_of(2))
    await page.locator("#copy").tap()
    await page.locator("#ask-yes").tap()
    await submit(page)
    assert len(await opened(hand.served, found)) == 2


async def test_nobodys_own_card_and_the_warning_of_the_cap(hand: BrowserPage) -> None:
    plan = Plan(items=("综合评价",), grades=CAPPED, cap="1/3", rated=HIM)
    found = await open_round(hand.served.app, plan)
    page = await hand.sign_in(HIM, found.path)
    await expect(page.get_by_text(f"{HIM}是您本人")).to_be_visible()
    await page.locator("#begin").tap()
    await check_looks(hand, "rating-sheet-one-item")
    await grade(page, 0, GOOD).tap()
    await at_card(page, name_of(1))
    await page.locator("#copy").tap()
    await page.locator("#ask-yes").tap()
    await expect(page.locator("button.target")).to_have_count(24)
    await expect(page.locator("#targets")).not_to_contain_text(HIM)
    assert name_of(MEMBER_AT) not in await page.locator("#targets").inner_text()
    await expect(page.locator("#over-cap")).to_contain_text("“优秀”的有 24 位，超过了提醒的 8 位")
    await check_looks(hand, "rating-sheet-cap")
    await submit(page)


async def test_a_named_round_says_so_in_large_letters_first(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app, Plan(mode=RoundMode.NAMED))
    page = await hand.sign_in(HER, found.path)
    large = page.get_by_text("记名评议：您的姓名和每一项选择会一起记录。")
    await expect(large).to_be_visible()
    assert await large.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)") >= 24
    await check_looks(hand, "rating-sheet-named")
    thumb = Thumb(page)
    await thumb.tap(page.locator("#begin"))
    await expect(page.locator("#card .tag")).to_have_text("记名")
    await first_card_and_the_rest(thumb)
    await submit(page)
    kept = await hand.served.app.store.read(_named, found)
    assert kept == expected({})


def _named(session: StoreSession, found: Round) -> list[bytes]:
    voter = rating.voter_for(session, found.id, member_id(session, HER), "")
    assert voter is not None
    return list(rating.named_marks(session, found.id, voter.id).values())


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
    await expect(page.locator("#complete")).to_contain_text("开放的都评完了")
    await expect(page.locator("button.target")).to_have_count(1)
    await submit(page, "开放了的已经交好")
    await expect(page.locator("#sent-more")).to_be_visible()
    await speak(1)
    await expect(page.locator("#released-go")).to_have_text(f"可以评{name_of(1)}了，点这里")
    await check_looks(hand, "rating-sheet-released")
    await page.locator("#released-go").tap()
    await at_card(page, name_of(1))
    await fill_card(thumb, {0: FAIR})
    await expect(page.locator("button.target")).to_have_count(2)
    await submit(page, "第 2 次提交")
    rows = (await opened(served, found))[0]
    assert rows[:3] == [bytes([1] * 6), bytes([2, 1, 1, 1, 1, 1]), bytes(6)]
    await change(served, found, lambda session, one: rating.close(session, one, None, served.app.clock.now()))
    await expect(page.get_by_text("已经结束，不再收表")).to_be_visible()
    await page.wait_for_function("localStorage.length === 0")


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


async def fits(page: Page) -> None:
    """No scrolling sideways, and every grade and button is a target of 44 pixels."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    low = await page.evaluate(
        """() => [...document.querySelectorAll("label.grade, main button, dialog[open] button")]
          .filter((one) => one.offsetParent !== null && one.getBoundingClientRect().height < 44)
          .map((one) => one.innerText)"""
    )
    assert low == []


async def test_a_slip_is_typed_in_and_the_tablet_passed_on(hand: BrowserPage) -> None:
    found = await open_round(hand.served.app, Plan(slips=2))
    page = hand.page
    for code in found.codes:
        await page.goto(f"{hand.served.url}/rating/code")
        await page.get_by_label("码", exact=True).fill(code)
        await page.get_by_role("button", name="打开评议表").tap()
        await expect(page.locator("#begin")).to_have_text("开始评议")
        assert code not in page.url
        thumb = Thumb(page)
        await thumb.tap(page.locator("#begin"))
        await first_card_and_the_rest(thumb)
        await submit(page)
        await page.get_by_role("button", name="退出，换人填").tap()
        await expect(page.get_by_role("heading", name="输入码")).to_be_visible()
    assert len(await opened(hand.served, found)) == 2
