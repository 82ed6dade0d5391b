"""A mistake that two people made, or a wrong ruling, can be put right until the result is reported, and not later."""

from __future__ import annotations

import pytest
from sqlmodel import select

from bot.store.audit import AuditEntry
from bot.store.core.statements import StoreSession
from tests.support.cast import DISCIPLINE, MEMBERS, ORGANIZER, PUBLICITY, SECRETARY
from tests.support.chat import Chat
from tests.support.elections import (
    APPROVAL,
    CONTEST,
    ELECTION,
    SCRUTINEER,
    TELLER,
    TOTALS,
    Browser,
    count,
    enter,
    listed,
    open_vote,
    totals,
)
from tests.support.pages import Pages
from tests.support.wording import says, sentence

WRONG = {DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 1, MEMBERS[0]: 7}
RIGHT = {DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 7, MEMBERS[0]: 1}
WRONGLY = sentence("election.page.done", names=listed(DISCIPLINE, ORGANIZER, MEMBERS[0]))
RIGHTLY = sentence("election.page.done", names=listed(DISCIPLINE, ORGANIZER, PUBLICITY))


def audited(session: StoreSession) -> list[tuple[str, str]]:
    return [(one.action, one.subject) for one in session.exec(select(AuditEntry))]


async def reported(pages: Pages, *states: str) -> Browser:
    """The secretary notes these steps; the browser is left on the election's page."""
    browser = await enter(pages, SECRETARY, ELECTION)
    for state in states:
        await browser.do("report", state=state, taken_on="2026-11-02", document_no=APPROVAL)
    return browser


async def test_two_people_replace_the_totals_on_which_two_agreed_by_mistake(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(WRONG))
    assert says(await chat.say(TELLER, "计票"), "election.totals_correct")
    browser = await reported(pages, "counted")
    assert WRONGLY in await browser.go(CONTEST)
    assert sentence("election.page.correct") in browser.page.text

    first = await enter(pages, SCRUTINEER, TOTALS)
    assert 'name="approve_0" min="0" max="9999" required inputmode="numeric" value=""' in first.page.text
    assert says(await first.do("totals", **totals(WRONG)), "election.totals_same")
    assert says(await first.do("totals", **totals(RIGHT)), "election.page.totals_first")
    browser = await reported(pages, "reported")
    assert says(browser.page.text, "election.correcting", number=1)
    assert WRONGLY in await browser.go(CONTEST)
    await (await enter(pages, TELLER, TOTALS)).do("totals", **totals(RIGHT))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert RIGHTLY in browser.page.text
    assert says(await browser.go(ELECTION), "election.next_counted")
    assert ("election totals corrected", "1") in await chat.app.store.read(audited)


async def test_one_person_alone_changes_nothing_and_may_take_it_back(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(WRONG))
    first = await enter(pages, SCRUTINEER, TOTALS)
    await first.do("totals", **totals(RIGHT))
    await first.do("totals", **totals(RIGHT))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert WRONGLY in browser.page.text
    first = await enter(pages, SCRUTINEER, TOTALS)
    assert says(first.page.text, "election.page.totals_first")
    assert not says(await first.do("withdraw"), "election.page.totals_first")
    browser = await reported(pages, "counted", "reported")
    assert sentence("election.report.reported") in browser.page.text


async def test_what_is_reported_stays(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(WRONG))
    browser = await reported(pages, "counted", "reported")
    page = await browser.go(TOTALS)
    assert says(page, "election.reported_already")
    assert 'name="approve_0"' not in page
    assert says(await browser.do("totals", **totals(RIGHT)), "election.reported_already")
    assert sentence("election.page.correct") not in (await enter(pages, SECRETARY, CONTEST)).page.text
    assert says(await chat.say(TELLER, "计票"), "election.nothing_to_count")


async def test_after_the_next_vote_the_one_before_stays(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    tied = {DISCIPLINE: 8, ORGANIZER: 7, PUBLICITY: 6, MEMBERS[0]: 6}
    await count(pages, 1, totals(tied))
    browser = await enter(pages, SCRUTINEER, TOTALS)
    await browser.do("totals", **totals(RIGHT))
    secretary = await enter(pages, SECRETARY, CONTEST)
    assert says(await secretary.do("further", present="10"), "election.correcting", number=1)
    browser = await enter(pages, SCRUTINEER, TOTALS)
    await browser.do("withdraw")
    secretary = await enter(pages, SECRETARY, CONTEST)
    assert says(await secretary.do("further", present="10"), "election.page.vote", number=2)
    browser = await enter(pages, SCRUTINEER, TOTALS)
    assert says(browser.page.text, "election.voted_since")
    assert 'name="approve_0"' not in browser.page.text


@pytest.mark.parametrize("wrong", ["present", "due"])
async def test_a_ruling_is_replaced_by_another_with_its_clause(chat: Chat, pages: Pages, wrong: str) -> None:
    await open_vote(pages, present=9)
    await count(pages, 1, totals({DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 5, MEMBERS[0]: 1}, valid=9, returned=9))
    browser = await enter(pages, SECRETARY, CONTEST)
    page = await browser.do("rule", item="1", base=wrong, clause="选举办法第八条")
    if wrong == "due":
        assert says(await browser.do("reduce", consents="5"), "election.page.given_up", seats=1)
    browser = await reported(pages, "counted")
    await browser.go(CONTEST)
    right = {"present": "due", "due": "present"}[wrong]
    clause = sentence("election.field.clause")
    assert says(await browser.do("rule", item="1", base=right, clause=""), "election.missing", what=clause)
    page = await browser.do("rule", item="1", base=right, clause="选举办法第九条")
    assert says(page, "election.page.ruled", clause="选举办法第九条")
    assert not says(page, "election.page.given_up", seats=1)
    assert (RIGHTLY in page) == (right == "present")
    assert ("election ruling", f"1:{wrong}>{right}") in await chat.app.store.read(audited)
    if right == "present":
        browser = await reported(pages, "counted", "reported")
        await browser.go(CONTEST)
        assert says(await browser.do("rule", item="1", base="due", clause="选举办法第八条"), "election.reported_already")
