"""Filling in a rating sheet in Chromium: a thumb that counts, and what arrived in the box."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect
from sqlmodel import select

from bot.rules.rating import sealing
from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingRound, envelopes
from tests.browser.conftest import Served
from tests.support.cast import MEMBERS
from tests.support.rating import member_id
from tests.support.rating_round import ITEMS, Round, name_of
from tests.support.wording import pattern

HER, HIM = MEMBERS[0], MEMBERS[1]
GOOD, FAIR, AVERAGE, POOR, ABSTAIN = range(1, 6)


async def forgotten(page: Page) -> None:
    """Wait until nothing is kept on the device any more; asked from outside, for the page runs no strings as code."""
    async with asyncio.timeout(20):
        while await page.evaluate("localStorage.length"):
            await asyncio.sleep(0.05)


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


async def submit(page: Page, key: str = "sent_once", **values: object) -> None:
    """Send what is shown in the review; the sentence that it was sent."""
    await page.locator("#submit").click()
    await expect(page.locator("#sent-said")).to_contain_text(pattern(f"rating_sheet.js.{key}", **values))


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


def named_rows(session: StoreSession, found: Round) -> list[bytes]:
    """What she marked in a named round."""
    voter = rating.voter_for(session, found.id, member_id(session, HER), "")
    assert voter is not None
    return list(rating.named_marks(session, found.id, voter.id).values())


async def change(served: Served, found: Round, work: Callable[[StoreSession, RatingRound], object]) -> None:
    """Change the round as its owner would."""
    await served.app.store.write(lambda session: work(session, session.get_one(RatingRound, found.id)))


async def fits(page: Page) -> None:
    """No scrolling sideways, and every grade and button is a target of 44 pixels."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    low = await page.evaluate(
        """() => [...document.querySelectorAll("label.grade, main button, dialog[open] button")]
          .filter((one) => one.offsetParent !== null && one.getBoundingClientRect().height < 44)
          .map((one) => one.innerText)"""
    )
    assert low == []
