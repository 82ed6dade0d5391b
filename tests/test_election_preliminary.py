"""The preliminary round of an election: its ballot, its cut, and the final vote that follows (EL-11)."""

from __future__ import annotations

import io

import pytest
from docx import Document

from tests.support.cast import DISCIPLINE, MEMBERS, ORGANIZER, PROBATIONARY, PUBLICITY, ROADS, SECRETARY
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
    names_in_order,
    prepare,
    totals,
)
from tests.support.pages import Pages

FIFTH = MEMBERS[3]
PRINTED = (DISCIPLINE, ORGANIZER, PUBLICITY, MEMBERS[0], FIFTH)
"""Five names for a list of four; the final vote is for three seats."""


def marks(*approvals: int, **other: str) -> dict[str, str]:
    """The totals of nine valid ballots, in the order of the form."""
    return totals({str(at): votes for at, votes in enumerate(approvals)}, **other)


async def wanted(pages: Pages, *, shortlist: str = "4", seats: int = 3) -> Browser:
    """An election that is prepared, with five names of which a preliminary round is to leave some."""
    browser = await prepare(pages, seats=seats)
    await browser.do("add", name=FIFTH)
    await browser.do("settings", seats=str(seats), approval_no=APPROVAL, shortlist=shortlist)
    return browser


async def voted(pages: Pages, *approvals: int, **other: str) -> Browser:
    """A preliminary vote with these approvals; the secretary is on the contest's page."""
    browser = await wanted(pages)
    await browser.do("first", present="10")
    await count(pages, 1, marks(*approvals, **other))
    return await enter(pages, SECRETARY, CONTEST)


async def test_the_names_with_the_most_votes_stand_in_the_final_vote(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages)
    assert "先预选，产生 4 名候选人" in browser.page.text
    page = await browser.do("first", present="10")
    assert "第 1 次：预选" in page
    await count(pages, 1, marks(3, 9, 2, 1, 8))
    assert "预选已经计票" in await chat.say(SECRETARY, "换届")
    browser = await enter(pages, SECRETARY, CONTEST)
    page = browser.page.text
    assert page.count('<span class="tag">入围</span>') == 4
    assert '<span class="tag">当选</span>' not in page
    assert "得票多的列为候选人" in page
    assert "按应到会" not in page
    page = await browser.do("final", item="4", present="10")
    assert "第 2 次：第一次投票" in page
    await browser.go("/elections/totals/2")
    places = [browser.page.text.index(f"<legend>{name}</legend>") for name in (DISCIPLINE, ORGANIZER, PUBLICITY, FIFTH)]
    assert places == sorted(places)
    assert f"<legend>{MEMBERS[0]}</legend>" not in browser.page.text
    await count(pages, 2, marks(9, 8, 7, 1))
    page = (await enter(pages, SECRETARY, CONTEST)).page.text
    assert f"这一项已经选完。当选：{DISCIPLINE}、{ORGANIZER}、{PUBLICITY}" in page
    result = Document(io.BytesIO((await pages.http.get(f"{ELECTION}/docx/result")).content))
    text = "\n".join(one.text for one in result.paragraphs)
    assert "委员会委员：预选" in text
    assert "预选产生候选人4名。应到" in text
    assert "预选结束" in text
    notes = [row.cells[4].text for table in result.tables for row in table.rows if len(row.cells) == 5]
    assert (notes.count("列为候选人"), notes.count("当选")) == (4, 3)


async def test_the_preliminary_ballot_says_what_it_is(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages)
    page = await browser.go("/elections/ballot/1?per_page=1")
    assert f"{ROADS}委员会委员预选选票" in page
    assert "产生候选人4名" in page
    assert "应选" not in page
    assert page.count("另选他人</th>") == 4
    word = Document(io.BytesIO((await pages.http.get("/elections/ballot/1/docx")).content))
    assert word.paragraphs[0].text == f"{ROADS}委员会委员预选选票"
    assert "超过4名" not in word.paragraphs[0].text
    assert [row.cells[0].text for row in word.tables[0].rows][1:] == list(PRINTED)
    sheet = Document(io.BytesIO((await pages.http.get("/elections/ballot/1/tally")).content))
    assert "预选计票单" in sheet.paragraphs[0].text


@pytest.mark.parametrize(
    ("shortlist", "said"),
    [("2", "3 到 18 名候选人"), ("19", "3 到 18 名候选人"), ("四", "“预选产生候选人”要填"), ("0", "3 到 18 名候选人")],
)
async def test_a_list_shorter_than_the_seats_is_refused(chat: Chat, pages: Pages, shortlist: str, said: str) -> None:
    browser = await prepare(pages)
    refused = await browser.do("settings", seats="3", approval_no=APPROVAL, shortlist=shortlist)
    assert said in refused
    assert f'value="{shortlist}"' in refused
    assert "先预选，产生" not in await browser.go(CONTEST)


async def test_more_seats_need_a_longer_list(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages)
    refused = await browser.do("settings", seats="5", approval_no=APPROVAL, shortlist="4")
    assert "5 到 18 名候选人" in refused
    assert "应选 3 名" in await browser.go(CONTEST)


async def test_with_the_surplus_in_the_preliminary_vote_the_final_one_needs_none(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages, shortlist="3")
    page = await browser.do("first", present="10")
    assert "第 1 次：预选" in page
    await count(pages, 1, marks(9, 8, 7, 2, 1))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert f"候选人 3 名：{DISCIPLINE}、{ORGANIZER}、{PUBLICITY}" in browser.page.text
    assert "第 2 次：第一次投票" in await browser.do("final", item="3", present="10")
    await count(pages, 2, marks(9, 8, 5))
    page = (await enter(pages, SECRETARY, CONTEST)).page.text
    assert f"{DISCIPLINE}、{ORGANIZER}</td>" in page
    assert "还缺 1 名" in page


async def test_one_of_the_two_votes_has_the_surplus(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    await browser.do("settings", seats="3", approval_no=APPROVAL, shortlist="3")
    await browser.do("remove", item="4")
    assert "候选人至少要 4 名，现在 3 名" in await browser.do("first", present="10")


async def test_only_a_committee_has_a_preliminary_round(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("begin")
    await browser.do("contest", office="secretary", seats="1", approval_no=APPROVAL)
    assert "只有选委员会委员才先预选" in await browser.do("settings", approval_no=APPROVAL, shortlist="2")


async def test_fewer_names_than_the_list_is_to_have(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages, shortlist="6")
    assert "候选人至少要 6 名，现在 5 名" in await browser.do("first", present="10")
    await browser.do("settings", seats="3", approval_no=APPROVAL, shortlist="5")
    assert "第 1 次：预选" in await browser.do("first", present="10")


async def test_a_tie_at_the_cut_is_voted_on_again_among_the_tied(chat: Chat, pages: Pages) -> None:
    browser = await voted(pages, 9, 8, 7, 2, 2)
    page = browser.page.text
    assert f"{MEMBERS[0]}、{FIFTH}得票相等，候选人名单上还有 1 个位置" in page
    assert "候选人 5 名：" in page
    assert "候选人 3 名：" not in page
    assert "不能用了" in await browser.do("final", item="4", present="10")
    page = await browser.do("further", present="10")
    assert "第 2 次：预选" in page
    await count(pages, 2, marks(1, 2, write_in_0=DISCIPLINE, write_in_votes_0="6"))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert f"候选人 4 名：{DISCIPLINE}、{ORGANIZER}、{PUBLICITY}、{FIFTH}" in browser.page.text
    assert "第 3 次：第一次投票" in await browser.do("final", item="4", present="10")


async def test_a_person_may_put_all_the_tied_on_the_list(chat: Chat, pages: Pages) -> None:
    browser = await voted(pages, 9, 8, 7, 2, 2)
    assert "第 2 次：第一次投票" in await browser.do("final", item="5", present="10")
    await count(pages, 2, marks(9, 8, 7, 1, 1))
    assert f"当选：{DISCIPLINE}、{ORGANIZER}、{PUBLICITY}" in await (await enter(pages, SECRETARY, CONTEST)).go(CONTEST)


async def test_the_tied_may_be_left_out_where_the_surplus_stands_without_them(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages, shortlist="4", seats=2)
    await browser.do("first", present="10")
    await count(pages, 1, marks(9, 8, 7, 2, 2))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert f"候选人 3 名：{DISCIPLINE}、{ORGANIZER}、{PUBLICITY}" in browser.page.text
    assert "候选人 5 名：" in browser.page.text
    assert "第 2 次：第一次投票" in await browser.do("final", item="3", present="10")


async def test_too_few_got_a_vote_and_others_are_voted_on(chat: Chat, pages: Pages) -> None:
    browser = await voted(pages, 9, 8, 7, 0, 0)
    page = browser.page.text
    assert "还缺 1 名候选人" in page
    assert "按这个名单开始正式投票" not in page
    assert "减少名额" not in page
    assert "不能用了" in await browser.do("final", item="3", present="10")
    for names, said in (
        (DISCIPLINE, "已经列为候选人"),
        (SCRUTINEER, "是监票人或计票人"),
        (PROBATIONARY, "没有被选举权"),
    ):
        assert said in await browser.do("further", names=names, present="10")
    assert "第 2 次：预选" in await browser.do("further", names=f"{MEMBERS[0]}\n{MEMBERS[4]}", present="10")
    await count(pages, 2, marks(1, 5))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert f"候选人 4 名：{DISCIPLINE}、{ORGANIZER}、{PUBLICITY}、{MEMBERS[4]}" in browser.page.text


async def test_a_shorter_list_will_do_when_it_has_the_surplus(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages, shortlist="5")
    await browser.do("first", present="10")
    await count(pages, 1, marks(9, 8, 7, 1, 0))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert "还缺 1 名候选人" in browser.page.text
    assert "第 2 次：第一次投票" in await browser.do("final", item="4", present="10")


async def test_ballots_with_too_many_names_are_not_among_the_valid_ones(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages)
    await browser.do("first", present="10")
    first = await enter(pages, SCRUTINEER, TOTALS)
    assert "超过了有效票能选的总数" in await first.do("totals", **marks(9, 9, 9, 9, 1))
    assert "请另一个人也录一遍" in await first.do("totals", **marks(9, 9, 9, 8, 1))


async def test_more_ballots_than_voters_and_the_preliminary_vote_is_held_again(chat: Chat, pages: Pages) -> None:
    browser = await voted(pages, 9, 8, 7, 2, 1, returned=11, voted="10")
    assert "这次投票无效，要重新投" in browser.page.text
    assert "按这个名单开始正式投票" not in browser.page.text
    assert "收回的选票数不对" in await chat.say(SECRETARY, "换届")
    assert "不能用了" in await browser.do("final", item="4", present="10")
    assert "第 2 次：预选" in await browser.do("further", present="10")
    await count(pages, 2, marks(9, 8, 7, 2, 1))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert "第 3 次：第一次投票" in await browser.do("final", item="4", present="10")


async def test_who_was_written_in_and_counts_must_give_that_up_first(chat: Chat, pages: Pages) -> None:
    browser = await voted(pages, 9, 8, 7, 2, 1, write_in_0=TELLER, write_in_votes_0="6")
    assert f"候选人 4 名：{DISCIPLINE}、{ORGANIZER}、{PUBLICITY}、{TELLER}" in browser.page.text
    assert f"“{TELLER}”是监票人或计票人" in await browser.do("final", item="4", present="10")
    await browser.go(ELECTION)
    await browser.do("no_role", item="2")
    await browser.go(CONTEST)
    assert "第 2 次：第一次投票" in await browser.do("final", item="4", present="10")
    await browser.go(ELECTION)
    assert "是候选人，不能监票、计票" in await browser.do("role", role="teller", name=TELLER)


async def test_the_quorum_is_asked_for_again_before_the_final_vote(chat: Chat, pages: Pages) -> None:
    browser = await voted(pages, 9, 8, 7, 2, 1)
    assert "不到五分之四（要 9 人）" in await browser.do("final", item="4", present="8")
    assert "不能用了" in await browser.do("further", present="10")
    assert "第 2 次：第一次投票" in await browser.do("final", item="4", present="9")


async def test_names_of_the_list_stay_in_stroke_order(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages)
    assert names_in_order(browser.page.text) == list(PRINTED)
