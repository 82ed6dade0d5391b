"""The owner's pages of a rating at phone and desktop width, and the big screen following the meeting."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from playwright.async_api import expect

from bot.rules.rating import sealing
from bot.store import rating
from bot.store.core.statements import StoreSession
from tests.browser.conftest import PHONE, BrowserPage
from tests.browser.looks import check_looks
from tests.support import rating as rounds
from tests.support.cast import FERRY_MEMBER, MEMBERS, OFFICE, PROBATIONARY, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.wording import pattern, sentence
from tests.test_rating_roll import book

KEY = sealing.make_key()


async def running(chat: Chat, title: str = "2026年度党支部书记抓基层党建工作述职评议") -> rounds.Opened:
    """An open round with somebody of the cast in it and everybody there."""

    def made(session: StoreSession) -> rounds.Opened:
        now = chat.clock.now()
        found = rounds.draft(session, chat.app, now, members={"同行": MEMBERS[:4]})
        rating.set_options(session, found, title=title, per_speaker=True, minutes_each=8)
        teller = rounds.member_id(session, rounds.TELLERS[0])
        rounds.bring_key(session, found, teller, KEY, now)
        rounds.approve_twice(session, found, now)
        rating.mark_present(session, found, None)
        return rounds.opened(session, found, KEY)

    return await chat.app.store.write(made)


async def cast(chat: Chat, made: rounds.Opened, voter: int) -> None:
    sheet = made.seal([b"\x01" * made.items] * made.targets)
    await chat.app.store.write(rating.cast, made.id, voter, sheet, made.manifest_hash, chat.clock.now())


async def test_a_rating_is_prepared(browser_page: BrowserPage, tmp_path: Path) -> None:
    page = await browser_page.sign_in(OFFICE, "/ratings")
    await check_looks(browser_page, "rating-list")
    await page.get_by_label(sentence("rating_console.new.name")).fill("2026年度书记述职评议")
    await page.get_by_label(sentence("rating_console.kind.secretary_review")).check()
    await page.get_by_role("button", name=sentence("rating_console.new.start")).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("2026年度书记述职评议")
    await page.locator("summary", has_text=sentence("rating_console.setup.add_members")).click()
    await page.get_by_label(sentence("rating_console.setup.pick_unit")).select_option(label=ROADS)
    await page.get_by_role("button", name=sentence("rating_console.setup.show")).click()
    for name in MEMBERS[:5]:
        await page.get_by_role("checkbox", name=name, exact=True).check()
    await page.get_by_label(sentence("rating_console.setup.as_class")).first.select_option(label="局领导")
    await page.get_by_role("button", name=sentence("rating_console.setup.put_in")).click()
    await expect(page.get_by_role("status")).to_have_text(sentence("rating_console.saved"))
    file = tmp_path / "targets.xlsx"
    file.write_bytes(book(["姓名", "单位"], ["渡口书记", "渡运党支部"], ["科室甲", "运输科"], [SECRETARY, ROADS]))
    await page.locator("#targets summary", has_text=sentence("rating_console.setup.upload")).click()
    await page.locator("#targets").get_by_label(sentence("rating_console.setup.file")).set_input_files(file)
    await page.locator("#targets").get_by_role("button", name=sentence("rating_console.setup.read_file")).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(sentence("rating_console.upload.title"))
    await check_looks(browser_page, "rating-upload")
    await page.get_by_role("button", name=sentence("rating_console.upload.take")).click()
    await expect(page.get_by_role("status")).to_have_text(sentence("rating_console.upload.taken", count=3))
    await page.get_by_label(sentence("rating_console.setup.teller", number=1)).fill(PROBATIONARY)
    await page.get_by_label(sentence("rating_console.setup.teller", number=2)).fill(FERRY_MEMBER)
    await page.locator("#tellers").get_by_role("button", name=sentence("rating_console.save")).click()
    await expect(page.get_by_role("status")).to_have_text(sentence("rating_console.saved"))
    await expect(page.locator("#checklist")).to_contain_text(pattern("rating.error.no_key"))
    await check_looks(browser_page, "rating-setup")
    await page.locator("summary", has_text=sentence("rating_console.setup.slips")).click()
    await page.get_by_label(sentence("rating_console.setup.slips_number")).fill("6")
    await page.get_by_role("button", name=sentence("rating_console.setup.slips_make")).click()
    await expect(page.locator(".slip")).to_have_count(6)
    await check_looks(browser_page, "rating-slips")


async def test_the_owner_runs_the_meeting(browser_page: BrowserPage) -> None:
    chat = browser_page.served.chat
    made = await running(chat)
    page = await browser_page.sign_in(SECRETARY, f"/ratings/{made.id}")
    progress = page.locator("[data-live=progress]")
    await expect(progress).to_contain_text(pattern("rating_console.running.progress", cast=0))
    await cast(chat, made, made.voters["领导"][0])
    await expect(progress).to_contain_text(pattern("rating_console.running.progress", cast=1))
    await page.get_by_role("button", name=sentence("rating_console.running.next", name="甲书记")).click()
    speaking = sentence("rating_console.running.speaker", name="甲书记")
    await expect(page.get_by_role("heading", name=speaking)).to_be_visible()
    await check_looks(browser_page, "rating-running")
    row = page.get_by_role("row", name=MEMBERS[0])
    await row.get_by_role("button", name=sentence("rating_console.running.code")).click()
    await expect(page.locator(".code")).to_have_text("".join(await page.locator(".code").all_inner_texts()))
    await check_looks(browser_page, "rating-code")


async def test_the_big_screen_follows_the_meeting(browser_page: BrowserPage) -> None:
    chat = browser_page.served.chat
    made = await running(chat)

    def speak(session: StoreSession, index: int) -> None:
        found = rating.get(session, made.id)
        assert found is not None
        rating.speak(session, found, index, chat.clock.now())

    page = await browser_page.sign_in(SECRETARY, f"/ratings/{made.id}/screen")
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await expect(page.locator("#turnout")).to_have_text(sentence("rating_console.screen.turnout", cast=0, present=15))
    assert await page.evaluate("document.querySelector('.qr').naturalWidth") > 0
    await chat.app.store.write(speak, 0)
    await expect(page.locator("#speaker")).to_have_text("甲书记")
    await expect(page.locator("#next")).to_have_text(sentence("rating_console.screen.next", name="乙书记"))
    await expect(page.locator("#timer")).to_have_text(re.compile("[78]:[0-5][0-9]"))
    for voter in made.voters["领导"]:
        await cast(chat, made, voter)
    await expect(page.locator("#turnout")).to_have_text(sentence("rating_console.screen.turnout", cast=5, present=15))
    assert await page.evaluate("document.getElementById('bar').value") == 5
    await browser_page.screenshot("rating-screen")
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    size = await page.evaluate("parseFloat(getComputedStyle(document.getElementById('speaker')).fontSize)")
    assert size >= 80
    chat.clock.set(chat.clock.now() + timedelta(minutes=9))
    await page.reload()
    await expect(page.locator("#timer")).to_contain_text(pattern("rating_console.screen.time_over", time="1:"))
    await browser_page.screenshot("rating-screen-over")
    await page.set_viewport_size(PHONE)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await browser_page.screenshot("rating-screen-phone", whole=True)

    def end(session: StoreSession) -> None:
        found = rating.get(session, made.id)
        assert found is not None
        rating.close(session, found, None, chat.clock.now())

    await chat.app.store.write(end)
    await expect(page.locator("#closed")).to_have_text(sentence("rating_console.screen.over"))
    await expect(page.locator("#speaker")).to_be_hidden()
