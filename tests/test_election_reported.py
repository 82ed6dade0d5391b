"""What was reported stays as it was reported, with dated corrections beside it; each vote keeps who was there (RC-2, EL-7)."""

from __future__ import annotations

import io
from datetime import timedelta

from docx import Document

from tests.support.cast import DISCIPLINE, MEMBERS, ORGANIZER, PUBLICITY, SECRETARY
from tests.support.chat import Chat
from tests.support.elections import APPROVAL, CONTEST, ELECTION, TELLER, Browser, count, enter, open_vote, totals
from tests.support.pages import Pages
from tests.support.wording import says, sentence

ALL_WON = {DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 7, MEMBERS[0]: 1}
TIED = {DISCIPLINE: 8, ORGANIZER: 7, PUBLICITY: 6, MEMBERS[0]: 6}


async def reported(pages: Pages, *states: str) -> Browser:
    """An election that is counted and reported; the browser is left on its page."""
    await open_vote(pages)
    await count(pages, 1, totals(ALL_WON))
    browser = await enter(pages, SECRETARY, ELECTION)
    for state in states or ("counted", "reported"):
        await browser.do("report", state=state, taken_on="2026-11-02", document_no=APPROVAL)
    return browser


async def words(pages: Pages, what: str) -> str:
    """All the text of a paper."""
    word = Document(io.BytesIO((await pages.http.get(f"{ELECTION}/docx/{what}")).content))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in word.paragraphs), *cells])


async def test_nothing_of_it_is_rewritten_once_it_is_reported(chat: Chat, pages: Pages) -> None:
    browser = await reported(pages)
    before = [await words(pages, what) for what in ("result", "report")]
    meeting = {"held_on": "2026-11-01", "place": "别处", "chair": MEMBERS[3], "elected_base": "due", "clause": "第一条"}
    for do, fields in (
        ("present", {"present": "12"}),
        ("present", {"present": "11"}),
        ("no_role", {"item": "1"}),
        ("no_role", {"item": "2"}),
        ("role", {"role": "scrutineer", "name": MEMBERS[4]}),
        ("role", {"role": "teller", "name": MEMBERS[4]}),
        ("meeting", meeting),
        ("contest", {"office": "deputy", "seats": "1", "approval_no": APPROVAL}),
    ):
        said = await browser.do(do, **fields)
        assert says(said, "election.reported_already"), (do, fields)
        assert browser.page.status_code == 422
    await browser.go(CONTEST)
    for do, fields in (("leave_open", {"vacant_approval": APPROVAL}), ("reduce", {"consents": "9"})):
        assert says(await browser.do(do, **fields), "election.reported_already"), do
    assert [await words(pages, what) for what in ("result", "report")] == before
    page = await browser.go(ELECTION)
    assert 'value="present"' not in page
    assert 'value="role"' not in page


async def test_a_correction_is_dated_and_stands_beside_what_was_reported(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(ALL_WON))
    browser = await enter(pages, SECRETARY, ELECTION)
    wrong = {"text": "实到会应为 11 人，报告写成 10 人。", "reason": "一人迟到，漏登记"}
    assert says(await browser.do("correct", **wrong), "election.not_reported")
    for state in ("counted", "reported"):
        await browser.do("report", state=state, taken_on="2026-11-02", document_no=APPROVAL)
    before, sent = await words(pages, "result"), await words(pages, "report")
    chat.clock.set(chat.clock.now() + timedelta(days=3))
    await browser.go(ELECTION)
    why = sentence("election.field.correction_reason")
    refused = await browser.do("correct", **wrong | {"reason": " "})
    assert says(refused, "election.missing", what=why)
    assert wrong["text"] in refused
    page = await browser.do("correct", **wrong)
    assert says(page, "election.page.corrected", day="2026-11-05", name=SECRETARY)
    assert wrong["text"] in page
    for state in ("filed", "announced"):
        await browser.do("report", state=state, taken_on="2026-11-02", document_no=APPROVAL)
    await browser.do("correct", text="地点应为二楼。", reason="写错")
    for what in ("result", "report"):
        text = await words(pages, what)
        for said in (wrong["text"], wrong["reason"], "地点应为二楼。"):
            assert said in text, what
    assert set(before.splitlines()) <= set((await words(pages, "result")).splitlines())
    assert set(sent.splitlines()) <= set((await words(pages, "report")).splitlines())
    assert "一人迟到" in await browser.go(ELECTION)
    assert says(await chat.say(SECRETARY, "我的"), "election.fact_noted", corrections=2)


async def test_each_vote_keeps_how_many_were_there(chat: Chat, pages: Pages) -> None:
    browser = await open_vote(pages, present=10)
    await count(pages, 1, totals(TIED))
    browser = await enter(pages, SECRETARY, CONTEST)
    await browser.do("further", present="9")
    await count(pages, 2, totals({PUBLICITY: 5, MEMBERS[0]: 3}, valid=9, returned=9))
    browser = await enter(pages, SECRETARY, ELECTION)
    assert says(browser.page.text, "election.quorum_met", present=10)
    page = await browser.go(CONTEST)
    for present in (10, 9):
        assert says(page, "election.page.numbers", present=present)
    for what in ("result", "report"):
        text = await words(pages, what)
        assert "实到会10人" in text, what
        assert "实到会9人" not in text
        for present in (10, 9):
            assert says(text, "documents.election_result.ballots", present=present), (what, present)


async def test_a_number_of_the_only_vote_that_was_mistyped_is_put_right(chat: Chat, pages: Pages) -> None:
    browser = await open_vote(pages, present=9)
    await browser.do("unopen", item="1")
    await browser.do("first", present="10")
    assert says(await browser.go(ELECTION), "election.quorum_met", present=10)
    await browser.go(CONTEST)
    await count(pages, 1, totals(TIED), TELLER)
