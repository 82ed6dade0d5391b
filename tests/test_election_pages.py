"""The pages of an election until the first vote: terms, preparation, ballots; and what is refused on the way."""

from __future__ import annotations

import io

import pytest
from docx import Document
from sqlmodel import col, select

from bot.store.hot import StoreSession
from bot.store.people import Member
from tests.support.cast import (
    DISCIPLINE,
    EXEMPT,
    FERRY,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    ORGANIZER,
    PROBATIONARY,
    PUBLICITY,
    ROADS,
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.elections import (
    APPROVAL,
    CANDIDATES,
    CONTEST,
    ELECTION,
    SCRUTINEER,
    TELLER,
    TOTALS,
    UNIT,
    enter,
    names_in_order,
    open_vote,
    prepare,
)
from tests.support.pages import Pages


async def test_the_office_sees_every_units_term(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, OFFICE)
    assert "还没有登记" in browser.page.text
    assert "开始换届" not in browser.page.text
    assert "2026-12-05 前要换届，只剩 33 天" in await browser.do("term", elected_on="2023-12-05", years="3")
    listed = await browser.go("/elections")
    assert ROADS in listed
    assert FERRY in listed
    assert "2026-12-05" in listed
    assert "快到期" in listed
    assert "没有登记" in listed


async def test_the_secretary_comes_straight_to_the_own_unit(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY, "/elections")
    assert browser.page.url.path == UNIT
    assert "开始换届" in browser.page.text
    assert 'href="/elections"' in browser.page.text


async def test_a_postponement_needs_an_approval_and_a_year_is_the_most(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("term", elected_on="2023-12-05", years="3")
    refused = await browser.do("other_date", until="2027-12-06", approval_no=APPROVAL)
    assert "2025-12-05 到 2027-12-05" in refused
    assert browser.page.status_code == 422
    assert f'value="{APPROVAL}"' in refused
    assert 'value="2027-12-06"' in refused
    assert "批准文号" in await browser.do("other_date", until="2027-12-05", approval_no=" ")
    assert f"经批准（{APPROVAL}）延到 2027-12-05" in await browser.do(
        "other_date", until="2027-12-05", approval_no=APPROVAL
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"elected_on": "2026-11-03", "years": "3"}, "不能晚于今天"),
        ({"elected_on": "2023-12-05", "years": "6"}, "任期是 3 到 5 年"),
        ({"elected_on": "2023-02-30", "years": "3"}, "不是一个日期"),
        ({"elected_on": "2023-12-05", "years": "三"}, "要填 0 到"),
        ({"elected_on": "2023-12-05", "years": "9" * 30}, "要填 0 到"),
    ],
)
async def test_a_term_that_cannot_be(chat: Chat, pages: Pages, fields: dict[str, str], said: str) -> None:
    browser = await enter(pages, SECRETARY)
    refused = await browser.do("term", **fields)
    assert said in refused
    assert f'value="{fields["years"]}"' in refused


async def test_others_have_no_business_here(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    for who in (MEMBERS[4], FERRY_SECRETARY, OFFICE):
        browser = await enter(pages, who, "/chat")
        for path in (ELECTION, CONTEST, TOTALS, "/elections/ballot/1", f"{ELECTION}/docx/result"):
            await browser.go(path)
            assert browser.page.status_code == 403, (who, path)
    browser = await enter(pages, MEMBERS[4], UNIT)
    assert browser.page.status_code == 403
    await browser.go("/elections")
    assert browser.page.status_code == 403


async def test_a_group_holds_no_election(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY, "/elections/unit/3")
    assert "党小组不单独选举" in browser.page.text
    browser = await enter(pages, SECRETARY)
    await browser.go("/elections")
    sent = await pages.send(browser.page, "/elections/unit/3", do="begin")
    assert "党小组不单独选举" in sent.text


async def test_there_is_no_page_of_what_is_not_there(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    for path in ("/elections/9", "/elections/x", "/elections/contest/9", "/elections/totals/9", "/elections/ballot/9"):
        assert "没有这个页面" in await browser.go(path)
    assert (await pages.http.get("/elections/unit/99")).status_code == 403
    assert "没有这个页面" in (await enter(pages, OFFICE, "/elections/unit/99")).page.text


async def test_an_exclusion_counts_with_both_approvals_only(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    page = await browser.do("begin")
    assert "有选举权的正式党员 11 人，经批准不计入 0 人，应到会 11 人，至少要到 9 人" in page
    page = await browser.do("exclude", name=EXEMPT, reason="d", approval_no=APPROVAL, resolution="")
    assert "仍计入，批准不全" in page
    assert "应到会 11 人" in page
    page = await browser.do("exclude", name=EXEMPT, reason="d", approval_no=APPROVAL, resolution="11月2日大会")
    assert "经批准不计入 1 人，应到会 10 人，至少要到 8 人" in page
    page = await browser.do("base")
    assert "2026-11-02 确定：有选举权 11 人，应到会 10 人" in page
    assert "不到五分之四（要 8 人）" in await browser.do("present", present="7")
    assert "不少于五分之四（8 人），可以选举" in await browser.do("present", present="8")
    assert "0 到 10 的整数" in await browser.do("present", present="11")
    page = await browser.do("include", item="1")
    assert "经批准不计入 0 人，应到会 11 人" in page
    assert "确定：" not in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": PROBATIONARY, "reason": "a"}, "不是本单位有选举权"),
        ({"name": "没有这个人", "reason": "a"}, "不是本单位有选举权"),
        ({"name": "", "reason": "a"}, "“姓名”没有填"),
        ({"name": EXEMPT, "reason": "f"}, "请选一项"),
        ({"name": EXEMPT, "reason": "x"}, "请选一项"),
        ({"name": EXEMPT, "reason": "a", "resolution": "机密★一年"}, "没有保存"),
        ({"name": EXEMPT, "reason": "a", "resolution": "长" * 41}, "太长了"),
    ],
)
async def test_an_exclusion_that_cannot_be(chat: Chat, pages: Pages, fields: dict[str, str], said: str) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("begin")
    refused = await browser.do("exclude", **fields)
    assert said in refused
    assert "经批准不计入 0 人" in refused
    assert "仍计入，批准不全" not in refused


async def test_candidates_stand_in_the_order_of_surname_strokes(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    assert names_in_order(browser.page.text) == [DISCIPLINE, ORGANIZER, PUBLICITY, MEMBERS[0]]
    for name in ("丁一", "\U0002a6a5四"):
        await browser.do("add", name=name)
    assert names_in_order(browser.page.text)[0] == "丁一"
    assert "笔画表排不出先后" in browser.page.text
    assert "写明排第几位" in await browser.do("first", present="10")
    page = await browser.do("place", item="6", place="2")
    assert names_in_order(page)[:2] == ["丁一", "\U0002a6a5四"]
    assert "笔画表排不出先后" not in page
    assert "等两个人录入" in await browser.do("first", present="10")


async def test_who_may_not_stand_watch_or_count(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    assert "没有被选举权" in await browser.do("add", name=PROBATIONARY)
    assert "已经在名单里" in await browser.do("add", name=CANDIDATES[0])
    assert "是监票人或计票人，不能当候选人" in await browser.do("add", name=SCRUTINEER)
    await browser.go(ELECTION)
    for role in ("scrutineer", "teller"):
        assert "是候选人，不能监票、计票" in await browser.do("role", role=role, name=CANDIDATES[1])
    assert "已经登记过" in await browser.do("role", role="teller", name=SCRUTINEER)
    assert "不在本单位名册" in await browser.do("role", role="teller", name="外人")


async def test_a_vote_is_not_opened_before_everything_stands(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("begin")
    await browser.do("contest", office="committee", seats="3", approval_no="")
    for name in CANDIDATES[:3]:
        await browser.do("add", name=name)
    assert "候选人至少要 4 名，现在 3 名" in await browser.do("first", present="10")
    await browser.do("add", name=CANDIDATES[3])
    assert "先报上级同意" in await browser.do("first", present="10")
    await browser.do("settings", seats="3", approval_no=APPROVAL)
    assert "监票人和计票人" in await browser.do("first", present="10")
    await browser.go(ELECTION)
    for role, name in (("scrutineer", SCRUTINEER), ("teller", TELLER)):
        await browser.do("role", role=role, name=name)
    await browser.go(CONTEST)
    assert "先在选举页上确定应到会人数" in await browser.do("first", present="10")
    await browser.go(ELECTION)
    await browser.do("base")
    await browser.go(CONTEST)
    assert "不到五分之四（要 9 人）" in await browser.do("first", present="8")
    assert "等两个人录入" in await browser.do("first", present="9")
    assert "名额和候选人不能再改" in await browser.do("add", name=MEMBERS[3])
    await browser.go(ELECTION)
    assert "应到会人数不能再改" in await browser.do("base")
    assert "不能撤掉" in await browser.do("give_up")


async def test_who_lost_the_right_to_stand_meanwhile_is_not_voted_on(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)

    def suspend(session: StoreSession) -> None:
        member = session.exec(select(Member).where(col(Member.name) == ORGANIZER)).one()
        member.voting_rights = False
        session.add(member)

    await chat.app.store.write(suspend)
    assert f"“{ORGANIZER}”没有被选举权" in await browser.do("first", present="10")
    assert browser.page.status_code == 422


async def test_ballots_to_print(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    page = await browser.go("/elections/ballot/1?per_page=2")
    assert page.count(f"{ROADS}委员会委员选举票") == 2
    places = [page.index(f"<th>{name}</th>") for name in (DISCIPLINE, ORGANIZER, PUBLICITY, MEMBERS[0])]
    assert places == sorted(places)
    assert page.count("□") == 2 * 4 * 3
    assert page.count("另选他人</th>") == 2 * 3
    word = await pages.http.get("/elections/ballot/1/docx?per_page=1")
    tables = Document(io.BytesIO(word.content)).tables
    assert [row.cells[0].text for row in tables[0].rows][1:] == [DISCIPLINE, ORGANIZER, PUBLICITY, MEMBERS[0]]
    assert len(tables[1].columns) == 3
    sheet = Document(io.BytesIO((await pages.http.get("/elections/ballot/1/tally")).content))
    assert "计票单" in sheet.paragraphs[0].text
