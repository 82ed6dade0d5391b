"""What is refused stays typed and says why; nothing is replaced or overtaken in silence; no vote is ahead of its day."""

from __future__ import annotations

from datetime import datetime

from bot.clock import SHANGHAI
from tests.support.cast import DISCIPLINE, EXEMPT, MEMBERS, ORGANIZER, PUBLICITY, SECRETARY
from tests.support.chat import Chat
from tests.support.elections import (
    APPROVAL,
    CONTEST,
    ELECTION,
    SCRUTINEER,
    TELLER,
    TOTALS,
    count,
    enter,
    open_vote,
    prepare,
    totals,
)
from tests.support.pages import Pages
from tests.support.wording import says, sentence

ALL_WON = {DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 7, MEMBERS[0]: 1}
DISPUTED = {DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 5, MEMBERS[0]: 1}


async def test_an_exclusion_is_not_replaced_in_silence(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("begin")
    kept = {"name": EXEMPT, "reason": "d", "approval_no": APPROVAL}
    await browser.do("exclude", **kept, resolution="11月2日大会")
    for other in (
        {"reason": "e"},
        {"approval_no": "杜直工〔2026〕9号"},
        {"approval_no": ""},
        {"resolution": ""},
        {"resolution": "11月1日大会"},
    ):
        said = await browser.do("exclude", **kept | {"resolution": "11月2日大会"} | other)
        assert says(said, "election.excluded_already", name=EXEMPT), other
        assert browser.page.status_code == 422
        assert said.count(">11月2日大会</td>") == 1
        assert says(said, "election.page.base_now", left_out=1)
    await browser.do("include", item="1")
    page = await browser.do("exclude", name=EXEMPT, reason="e", approval_no="", resolution="")
    assert sentence("election.page.stands_not") in page


async def test_a_contest_is_not_replaced_in_silence(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    await browser.go(ELECTION)
    said = await browser.do("contest", office="committee", seats="5", approval_no="别的文号")
    assert says(said, "election.contest_twice", office=sentence("election.office.committee"))
    assert says(said, "election.page.contest_line", seats=3)
    assert "别的文号" in said


async def test_no_ruling_and_no_end_is_taken_while_a_correction_waits(chat: Chat, pages: Pages) -> None:
    await open_vote(pages, present=9)
    await count(pages, 1, totals(DISPUTED, valid=9, returned=9))
    await (await enter(pages, SCRUTINEER, TOTALS)).do("totals", **totals(ALL_WON, valid=9, returned=9))
    browser = await enter(pages, SECRETARY, CONTEST)
    said = await browser.do("rule", item="1", base="due", clause="选举办法第八条")
    assert says(said, "election.correcting", number=1)
    assert "选举办法第八条" in said
    await (await enter(pages, SCRUTINEER, TOTALS)).do("withdraw")
    browser = await enter(pages, SECRETARY, CONTEST)
    page = await browser.do("rule", item="1", base="due", clause="选举办法第八条")
    assert says(page, "election.page.ruled", clause="选举办法第八条")
    await (await enter(pages, SCRUTINEER, TOTALS)).do("totals", **totals(ALL_WON, valid=9, returned=9))
    browser = await enter(pages, SECRETARY, CONTEST)
    for do, fields in (
        ("reduce", {"consents": "9"}),
        ("leave_open", {"vacant_approval": APPROVAL}),
        ("rule", {"item": "1", "base": "present", "clause": "第九条"}),
    ):
        assert says(await browser.do(do, **fields), "election.correcting", number=1), do


async def test_the_way_to_take_a_vote_back_is_where_the_sentence_says(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    browser = await enter(pages, SCRUTINEER, TOTALS)
    said = await browser.do("totals", **totals(ALL_WON, returned=11))
    assert says(said, "election.sheet_voted", present=10)
    button = sentence("election.page.unopen")
    for key in ("sheet_voted", "voted_since"):
        text = sentence(f"election.{key}", **({"present": 10} if key == "sheet_voted" else {}))
        assert button in text
        assert sentence("election.page.open") in text
    browser = await enter(pages, SECRETARY, ELECTION)
    assert f">{button}<" not in browser.page.text
    assert f">{button}<" in await browser.go(CONTEST)


async def test_no_vote_is_opened_or_counted_before_its_day(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    await browser.go(ELECTION)
    held = {"place": "三楼会议室", "chair": MEMBERS[5], "elected_base": "present", "clause": ""}
    await browser.do("meeting", held_on="2026-11-20", **held)
    await browser.go(CONTEST)
    assert says(await browser.do("first", present="10"), "election.day_to_come", day="2026-11-20")
    await chat.go_to(datetime(2026, 11, 20, 9, 0, tzinfo=SHANGHAI))
    assert says(await browser.do("first", present="10"), "election.page.totals_open")
    await browser.go(ELECTION)
    said = await browser.do("meeting", held_on="2026-11-21", **held | {"place": "四楼"})
    assert says(said, "election.voted_before", last="2026-11-20")
    assert 'value="2026-11-21"' in said
    assert 'value="四楼"' in said
    await count(pages, 1, totals(ALL_WON))
    browser = await enter(pages, SECRETARY, ELECTION)
    await browser.do("report", state="counted", taken_on="2026-11-20")
    await chat.go_to(datetime(2026, 11, 25, 9, 0, tzinfo=SHANGHAI))
    assert says(await browser.do("meeting", held_on="2026-11-25", **held), "election.voted_before", last="2026-11-20")


async def test_a_day_that_was_moved_ahead_after_the_opening_takes_no_totals(chat: Chat, pages: Pages) -> None:
    browser = await open_vote(pages)
    await browser.go(ELECTION)
    assert says(await browser.do("meeting", held_on="2026-11-03", elected_base="present"), "election.voted_before")
    await (await enter(pages, TELLER, TOTALS)).do("totals", **totals(ALL_WON))
    assert says((await enter(pages, TELLER, TOTALS)).page.text, "election.page.totals_first")


async def test_an_approved_other_date_does_not_go_when_the_term_is_put_right(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("term", elected_on="2023-12-05", years="3")
    await browser.do("other_date", until="2027-06-01", approval_no=APPROVAL)
    assert APPROVAL in await browser.do("term", elected_on="2023-12-06", years="3")
    assert APPROVAL not in await browser.do("term", elected_on="2026-10-30", years="3")
