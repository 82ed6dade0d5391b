"""The quiz: drawn and started on the console, taken on a phone, counted live, ended."""

from __future__ import annotations

from playwright.async_api import Page, expect

from bot.rules.quiz import QuestionType
from bot.store import questions
from tests.browser.conftest import BrowserPage
from tests.browser.looks import check_looks
from tests.support.cast import MEMBERS, SECRETARY
from tests.support.wording import sentence
from tests.test_quiz import BANK, NOW, by_stem


async def start(seen: BrowserPage, number: int) -> Page:
    """A quiz that has just been started for the members."""
    await seen.served.app.store.write(questions.import_questions, BANK, NOW)
    page = await seen.sign_in(SECRETARY, "/quiz")
    await page.get_by_label(sentence("quiz.page.number")).fill(str(number))
    await page.get_by_role("button", name=sentence("quiz.page.start")).click()
    await expect(page.locator("main li")).to_have_count(number)
    return page


async def answer(page: Page) -> None:
    """Answer the question that the page shows, rightly."""
    question = by_stem(await page.locator("main").inner_text())
    if question.kind is QuestionType.FILL_IN:
        await page.locator("main input[name=text]").fill(question.answer[0][0])
    elif question.kind is QuestionType.MULTIPLE:
        for index in question.answer:
            await page.get_by_role("checkbox").nth(int(index)).check()
    else:
        await page.locator("button[name=option]").nth(int(question.answer[0])).click()
        return
    await page.get_by_role("button", name=sentence("quiz.page.submit")).click()


async def test_a_quiz_is_drawn_started_watched_and_ended(browser_page: BrowserPage) -> None:
    page = await start(browser_page, 5)
    await check_looks(browser_page, "quiz-draft")
    await page.get_by_role("button", name=sentence("quiz.to_members")).click()
    await expect(page.locator("[data-took]")).to_have_text("0")
    chat = browser_page.served.chat
    await chat.inbox(MEMBERS[0])
    await chat.say(MEMBERS[0], "1")
    await expect(page.locator("[data-took]")).to_have_text("1")
    await check_looks(browser_page, "quiz-running")
    await page.get_by_role("button", name=sentence("quiz.page.end")).click()
    await expect(page.get_by_label(sentence("quiz.page.number"))).to_be_visible()
    await check_looks(browser_page, "quiz-ended")


async def test_a_member_takes_it_to_the_end(browser_page: BrowserPage) -> None:
    page = await start(browser_page, 6)
    await page.get_by_role("button", name=sentence("quiz.to_members")).click()
    await expect(page.locator("[data-took]")).to_be_visible()
    await browser_page.sign_in(MEMBERS[0], "/console")
    await page.get_by_role("link", name=sentence("console.quiz_take")).click()
    for number in range(1, 7):
        await expect(page.locator("main h2")).to_contain_text(f"{number}")
        await check_looks(browser_page, f"quiz-take-{number}")
        await answer(page)
        await page.wait_for_load_state()
    await expect(page.get_by_text(sentence("quiz.all_done"))).to_be_visible()
    await check_looks(browser_page, "quiz-done")
