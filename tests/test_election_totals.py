"""The pages of an election once votes are cast on paper: totals typed twice, results, rulings, the report."""

from __future__ import annotations

import io
from datetime import date, datetime

import pytest
from docx import Document
from sqlmodel import col, select

from bot.clock import SHANGHAI
from bot.store.audit import AuditEntry
from bot.store.hot import StoreSession
from bot.store.people import Member
from tests.support.cast import (
    DISCIPLINE,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    ORGANIZER,
    PROBATIONARY,
    PUBLICITY,
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.elections import (
    APPROVAL,
    CONTEST,
    ELECTION,
    SCRUTINEER,
    TELLER,
    TOTALS,
    UNIT,
    count,
    enter,
    open_vote,
    prepare,
    totals,
)
from tests.support.pages import Pages

ALL_WON = {DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 7, MEMBERS[0]: 1}
TIED = {DISCIPLINE: 8, ORGANIZER: 7, PUBLICITY: 6, MEMBERS[0]: 6}


async def test_two_people_type_the_totals(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    first = await enter(pages, SCRUTINEER, TOTALS)
    assert "请另一个人也录一遍" in await first.do("totals", **totals(ALL_WON))
    assert "请另一个人也录一遍" in await first.do("totals", **totals(ALL_WON))
    second = await enter(pages, TELLER, TOTALS)
    assert 'name="approve_0" min="0" max="9999" required inputmode="numeric" value=""' in second.page.text
    page = await second.do("totals", **totals({**ALL_WON, PUBLICITY: 6}))
    assert "两个人录的不一样" in page
    assert f"{PUBLICITY}的赞成" in page
    assert f"{PUBLICITY}的不赞成" in page
    assert f"{ORGANIZER}的赞成" not in page
    assert 'value="7"' not in page
    page = (await enter(pages, SCRUTINEER, TOTALS)).page.text
    assert f"{PUBLICITY}的赞成" in page
    assert 'value="6"' not in page
    third = await enter(pages, SECRETARY, ELECTION)
    await third.go(TOTALS)
    assert "已经有两个人录入" in third.page.text
    assert "请其中一人先撤回" in await third.do("totals", **totals(ALL_WON))
    second = await enter(pages, TELLER, TOTALS)
    assert "两遍一致" in await second.do("totals", **totals(ALL_WON))
    assert "没有要改的" in await second.do("totals", **totals(ALL_WON))


async def test_one_of_two_may_leave_it_to_another(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    browser = await enter(pages, SCRUTINEER, TOTALS)
    await browser.do("totals", **totals(TIED))
    assert "请另一个人" not in await browser.do("withdraw")
    assert "不能用了" in await browser.do("withdraw")
    assert "两遍一致" in await count(pages, 1, totals(ALL_WON), SECRETARY, TELLER)


@pytest.mark.parametrize("how", ["left", "role"])
async def test_what_somebody_typed_who_may_no_longer_is_taken_back_by_another(
    chat: Chat, pages: Pages, how: str
) -> None:
    await open_vote(pages)
    await (await enter(pages, SCRUTINEER, TOTALS)).do("totals", **totals(TIED))
    await (await enter(pages, TELLER, TOTALS)).do("totals", **totals(ALL_WON))
    browser = await enter(pages, SECRETARY, ELECTION)
    assert "撤回" not in await browser.go(TOTALS)
    for entry in ("1", "2", "99"):
        assert "不能用了" in await browser.do("withdraw_for", item=entry)
    if how == "left":
        await chat.app.store.write(leave, SCRUTINEER)
    else:
        await (await enter(pages, SECRETARY, ELECTION)).do("no_role", item="1")
    assert f"撤回{SCRUTINEER}录的" in (await enter(pages, TELLER, TOTALS)).page.text
    browser = await enter(pages, SECRETARY, TOTALS)
    assert f"撤回{SCRUTINEER}录的" in browser.page.text
    assert f"撤回{TELLER}录的" not in browser.page.text
    assert "不能用了" in await browser.do("withdraw_for", item="2")
    assert "撤回" not in await browser.do("withdraw_for", item="1")
    assert "两遍一致" in await browser.do("totals", **totals(ALL_WON))
    assert "election totals withdrawn for another" in await chat.app.store.read(audited)


def leave(session: StoreSession, name: str) -> None:
    member = session.exec(select(Member).where(col(Member.name) == name)).one()
    member.left_on = date(2026, 11, 2)
    session.add(member)


def audited(session: StoreSession) -> list[str]:
    return [one.action for one in session.exec(select(AuditEntry))]


async def test_a_candidate_and_a_bystander_type_nothing(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    assert "您是候选人" in (await enter(pages, ORGANIZER, TOTALS)).page.text
    assert "由监票人、计票人和支委录入" in (await enter(pages, MEMBERS[4], TOTALS)).page.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"approve_1": "9"}, f"“{ORGANIZER}”的赞成、不赞成、弃权加起来要等于有效票 9 张"),
        ({"approve_0": "-1"}, f"“{DISCIPLINE}”的票数要填整数"),
        ({"approve_0": ""}, f"“{DISCIPLINE}”的票数要填整数"),
        ({"voted": "11", "issued": "11"}, "超过了实到会的 10 人。请核对；是实到会少登记了的"),
        ({"invalid": "11"}, "无效票比收回的选票还多"),
        ({"decided": "11"}, "监票人认定的票比收回的选票还多"),
        ({"issued": "一"}, "“发出选票”要填"),
        ({"write_in_0": DISCIPLINE, "write_in_votes_0": "1"}, "印在选票上"),
        ({"write_in_0": "", "write_in_votes_0": "1"}, "没有填姓名"),
        ({"write_in_0": MEMBERS[3], "write_in_votes_0": "x"}, f"“{MEMBERS[3]}”的票数"),
        (
            {"write_in_0": MEMBERS[3], "write_in_votes_0": "9", "write_in_1": MEMBERS[3], "write_in_votes_1": "1"},
            "写了两遍",
        ),
        (
            {"write_in_0": MEMBERS[3], "write_in_votes_0": "9", "write_in_1": MEMBERS[4], "write_in_votes_1": "9"},
            "多于不赞成票",
        ),
    ],
)
async def test_totals_that_cannot_be_keep_what_was_typed(
    chat: Chat, pages: Pages, changed: dict[str, str], said: str
) -> None:
    await open_vote(pages)
    browser = await enter(pages, SCRUTINEER, TOTALS)
    refused = await browser.do("totals", **totals(ALL_WON) | changed)
    assert said in refused
    assert browser.page.status_code == 422
    for value in changed.values():
        assert f'value="{value}"' in refused
    assert "请另一个人" not in await browser.go(TOTALS)


async def test_both_bases_are_shown_and_a_ruling_is_asked_for(chat: Chat, pages: Pages) -> None:
    await open_vote(pages, present=9)
    await count(pages, 1, totals({DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 5, MEMBERS[0]: 1}, valid=9, returned=9))
    browser = await enter(pages, SECRETARY, CONTEST)
    page = browser.page.text
    assert "现在不能宣布" in page
    assert "按实到会" in page
    assert "按应到会" in page
    assert '<span class="tag">当选</span>' not in page
    assert "先要明确" in await browser.go(ELECTION) or "要先明确按哪个人数算一半" in browser.page.text
    await browser.go(CONTEST)
    assert "请选按哪个人数算" in await browser.do("rule", item="1", base="", clause="第八条")
    assert "没有填" in await browser.do("rule", item="1", base="due", clause="")
    page = await browser.do("rule", item="1", base="due", clause="选举办法第八条")
    assert "已认定按应到会，依据：选举办法第八条" in page
    assert "还缺 1 名" in page
    page = await browser.do("rule", item="1", base="present", clause="选举办法第九条")
    assert "已认定按实到会，依据：选举办法第九条" in page
    assert f"当选：{DISCIPLINE}、{ORGANIZER}、{PUBLICITY}" in page


async def test_a_tie_at_the_last_seat_is_voted_on_again(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(TIED))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert f"{PUBLICITY}、{MEMBERS[0]}得票相等，争 1 名" in browser.page.text
    page = await browser.do("further", present="10")
    assert "第 2 次：得票相等的再投" in page
    assert "得票相等，再次投票" in await browser.go("/elections/ballot/1")
    await count(pages, 2, totals({PUBLICITY: 4, MEMBERS[0]: 5}))
    page = await (await enter(pages, SECRETARY, CONTEST)).go(CONTEST)
    assert f"当选：{DISCIPLINE}、{ORGANIZER}、{MEMBERS[0]}" in page


async def test_nobody_else_wins_among_the_tied(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(TIED))
    browser = await enter(pages, SECRETARY, CONTEST)
    await browser.do("further", present="10")
    assert "另选他人</th>" not in await browser.go("/elections/ballot/1")
    assert "另选他人" not in await browser.go("/elections/totals/2")
    written = {"write_in_0": MEMBERS[3], "write_in_votes_0": "5"}
    await count(pages, 2, totals({PUBLICITY: 2, MEMBERS[0]: 1}) | written)
    page = (await enter(pages, SECRETARY, CONTEST)).page.text
    assert f"当选：{DISCIPLINE}、{ORGANIZER}、{PUBLICITY}" in page
    assert "不能当选" in page


async def test_vacant_seats_are_voted_on_again_or_given_up(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals({DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 4, MEMBERS[0]: 2}))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert "至少要 5 人" in await browser.do("reduce", consents="4")
    for names, said in (
        (f"{DISCIPLINE}\n{PUBLICITY}", "已经当选"),
        (SCRUTINEER, "是监票人或计票人"),
        (PROBATIONARY, "没有被选举权"),
        (f"{PUBLICITY}\n{PUBLICITY}", "已经在名单里"),
    ):
        refused = await browser.do("further", names=names, present="10")
        assert said in refused
        assert names in refused
    await browser.do("further", names=f"{PUBLICITY}\n{MEMBERS[3]}", present="10")
    await count(pages, 2, totals({PUBLICITY: 4, MEMBERS[3]: 4}))
    browser = await enter(pages, SECRETARY, CONTEST)
    page = await browser.do("reduce", consents="5")
    assert f"当选：{DISCIPLINE}、{ORGANIZER}" in page
    assert "经 5 人同意，减少名额 1 名" in page
    for paper in ("result", "report"):
        word = Document(io.BytesIO((await pages.http.get(f"{ELECTION}/docx/{paper}")).content))
        assert [one.text for one in word.paragraphs].count("经选举人同意，减少名额1名。") == 1, paper


async def test_more_ballots_than_voters_and_it_is_held_again(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(ALL_WON) | {"returned": "11", "issued": "11"})
    browser = await enter(pages, SECRETARY, CONTEST)
    assert "这次投票无效，要重新投" in browser.page.text
    assert "第 2 次：第一次投票" in await browser.do("further", present="10")
    await count(pages, 2, totals(ALL_WON))
    assert f"当选：{DISCIPLINE}、{ORGANIZER}、{PUBLICITY}" in await (await enter(pages, SECRETARY, CONTEST)).go(CONTEST)


async def test_a_vote_opened_by_mistake_is_taken_back(chat: Chat, pages: Pages) -> None:
    browser = await open_vote(pages)
    assert "撤掉这次投票" in browser.page.text
    assert "开始投票" in await browser.do("unopen", item="1")
    page = await browser.do("first", present="10")
    vote = page.split("/elections/totals/")[1].split('"')[0]
    await (await enter(pages, TELLER, f"/elections/totals/{vote}")).do("totals", **totals(ALL_WON))
    browser = await enter(pages, SECRETARY, ELECTION)
    await browser.go(CONTEST)
    assert "不能撤掉" in await browser.do("unopen", item=vote)


async def test_somebody_written_in_may_win(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    written = {"write_in_0": MEMBERS[3], "write_in_votes_0": "7", "write_in_1": PROBATIONARY, "write_in_votes_1": "1"}
    await count(pages, 1, totals({DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 1, MEMBERS[0]: 1}) | written)
    page = (await enter(pages, SECRETARY, CONTEST)).page.text
    assert f"当选：{DISCIPLINE}、{ORGANIZER}、{MEMBERS[3]}" in page
    assert "不能当选" in page


async def test_as_many_written_in_as_there_were(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    written = {}
    for at, name in enumerate((*MEMBERS[3:], SECRETARY, "外单位王五", "外单位赵六")):
        written |= {f"write_in_{at}": name, f"write_in_votes_{at}": "1"}
    first = await enter(pages, SCRUTINEER, TOTALS)
    assert "<details>" in first.page.text
    await first.do("totals", **totals({DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 1, MEMBERS[0]: 1}) | written)
    assert "<details open>" in await first.go(TOTALS)
    await count(pages, 1, totals({DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 1, MEMBERS[0]: 1}) | written)
    page = (await enter(pages, SECRETARY, CONTEST)).page.text
    assert page.count('class="muted">另选</span>') == 6
    assert "外单位赵六" in page


async def test_the_way_of_the_report(chat: Chat, pages: Pages) -> None:
    await (await enter(pages, SECRETARY)).do("term", elected_on="2023-12-05", years="3")
    await open_vote(pages)
    await count(pages, 1, totals(ALL_WON))
    browser = await enter(pages, SECRETARY, ELECTION)
    await browser.do("contest", office="secretary", seats="1", by_committee="1", approval_no=APPROVAL)
    secretary = browser.page.url.path
    assert "还没有选完" in await browser.go(f"{ELECTION}/docx/report")
    await browser.go(secretary)
    await browser.do("add", name=MEMBERS[4])
    assert "不是刚选出的委员" in await browser.do("first", due="3", present="3")
    await browser.do("remove", item="5")
    await browser.do("add", name=DISCIPLINE)
    assert "应到会就是 3 人，请假的也算" in await browser.do("first", due="2", present="2")
    assert "要 3 人" in await browser.do("first", due="3", present="2")
    assert "等两个人录入" in await browser.do("first", due="3", present="3")
    await count(pages, 2, totals({DISCIPLINE: 3}, valid=3, returned=3))
    browser = await enter(pages, SECRETARY, ELECTION)
    assert "登记“计票完成”" in browser.page.text
    assert "还不能登记" in await browser.do("report", state="announced", taken_on="2026-11-02")
    assert "日期要在 2026-11-02 到 2026-11-02 之间" in await browser.do(
        "report", state="counted", taken_on="2026-11-01"
    )
    for state in ("counted", "reported", "filed"):
        page = await browser.do("report", state=state, taken_on="2026-11-02", document_no="杜公支〔2026〕3号")
    assert "等上级批准书记" in page
    assert "“文号”没有填" in await browser.do("report", state="approved", taken_on="2026-11-02")
    await browser.do("report", state="approved", taken_on="2026-11-02", document_no=APPROVAL)
    await browser.do("report", state="announced", taken_on="2026-11-02")
    assert "已宣布" in browser.page.text
    assert "已经宣布结果，不能再改" in await browser.do("role", role="teller", name=MEMBERS[3])
    unit = await browser.go(UNIT)
    assert "本届 2029-11-02 届满" in unit
    report = Document(io.BytesIO((await pages.http.get(f"{ELECTION}/docx/report")).content))
    text = "\n".join(one.text for one in report.paragraphs)
    assert f"当选书记1人：{DISCIPLINE}" in text
    assert "报请备案" in text
    assert "书记人选，请予批准" in text
    result = Document(io.BytesIO((await pages.http.get(f"{ELECTION}/docx/result")).content))
    assert [ORGANIZER, "8", "1", "0", "当选"] in [
        [cell.text for cell in row.cells] for table in result.tables for row in table.rows
    ]


async def test_where_a_committee_is_elected_it_elects_the_secretary(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    await browser.go(ELECTION)
    await browser.do("contest", office="secretary", seats="1", approval_no=APPROVAL)
    await browser.do("add", name=DISCIPLINE)
    assert "由新一届委员会选举" in await browser.do("first", present="10")
    await browser.do("settings", by_committee="1", approval_no=APPROVAL)
    assert "委员会还没有选完" in await browser.do("first", due="3", present="3")


async def test_after_a_by_election_whoever_is_in_the_committee_may_be_its_secretary(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages, seats=1, by_election=True)
    await browser.do("first", present="10")
    await count(pages, 1, totals({DISCIPLINE: 1, ORGANIZER: 1, PUBLICITY: 1, MEMBERS[0]: 6}))
    browser = await enter(pages, SECRETARY, ELECTION)
    await browser.do("contest", office="secretary", seats="1", by_committee="1", approval_no=APPROVAL)
    page = await browser.do("add", name=SECRETARY)
    assert 'name="due" min="1" max="99" required value=""' in page
    assert "等两个人录入" in await browser.do("first", due="4", present="4")


async def test_a_branch_without_a_committee_elects_its_secretary_directly(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, FERRY_SECRETARY, "/elections")
    await browser.do("begin_by")
    assert "补选" in browser.page.text
    await browser.do("base")
    for role, name in (("scrutineer", "渡口党员"), ("teller", FERRY_SECRETARY)):
        await browser.do("role", role=role, name=name)
    await browser.do("contest", office="secretary", seats="1", approval_no=APPROVAL)
    await browser.do("add", name="外单位王五")
    assert "不在名册" in browser.page.text
    assert "等两个人录入" in await browser.do("first", present="2")


async def test_an_appointment_is_noted_and_the_term_stays(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("term", elected_on="2025-02-10", years="3")
    said = {"office": "deputy", "name": ORGANIZER, "appointed_on": "2026-11-01", "approval_no": APPROVAL}
    for wrong, why in (
        ({"office": "committee"}, "没有这个选项"),
        ({"name": " "}, "“姓名”没有填"),
        ({"appointed_on": "2026-11-03"}, "任职日期不能晚于今天"),
        ({"appointed_on": ""}, "“任职日期”不是一个日期"),
        ({"approval_no": " "}, "“批准文号”没有填"),
    ):
        refused = await browser.do("appoint", **said | wrong)
        assert browser.page.status_code == 422, wrong
        assert why in refused
        assert f"2026-11-01 任，{APPROVAL}" not in refused
    page = await browser.do("appoint", **said)
    assert f"副书记 {ORGANIZER}" in page
    assert f"2026-11-01 任，{APPROVAL}" in page
    assert "本届 2028-02-10 届满" in page
    assert f"2026-11-01 经上级批准（{APPROVAL}），您任副书记" in await chat.say(ORGANIZER, "我的")
    assert f"2026-11-01 任，{APPROVAL}" in (await enter(pages, OFFICE)).page.text
    other = await enter(pages, FERRY_SECRETARY, "/elections")
    assert "不能用了" in await other.do("no_appointment", item="1")
    browser = await enter(pages, SECRETARY)
    assert f"2026-11-01 任，{APPROVAL}" not in await browser.do("no_appointment", item="1")


async def test_a_by_election_keeps_the_end_of_the_term(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, FERRY_SECRETARY, "/elections")
    unit = browser.page.url.path
    await browser.do("term", elected_on="2025-02-10", years="3")
    await browser.do("begin_by")
    await browser.do("meeting", held_on="2026-11-02", elected_base="present")
    await browser.do("base")
    for role, name in (("scrutineer", "渡口党员"), ("teller", FERRY_SECRETARY)):
        await browser.do("role", role=role, name=name)
    await browser.do("contest", office="deputy", seats="1", approval_no=APPROVAL)
    await browser.do("add", name="外单位王五")
    await browser.do("first", present="2")
    sheet = totals({"外单位王五": 2}, valid=2, returned=2)
    await count(pages, 1, sheet, FERRY_SECRETARY, "渡口党员")
    browser = await enter(pages, FERRY_SECRETARY, ELECTION)
    for state in ("counted", "reported", "approved", "announced"):
        await browser.do("report", state=state, taken_on="2026-11-02", document_no=APPROVAL)
    page = await browser.go(unit)
    assert "2026-11-02 宣布结果" in page
    assert "本届 2028-02-10 届满" in page


async def test_an_election_that_was_begun_by_mistake_is_deleted(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    await browser.go(UNIT)
    assert "已经有一次选举在办" in await browser.do("begin")
    await browser.go(ELECTION)
    await browser.do("give_up")
    assert browser.page.url.path == UNIT
    assert "没有这个页面" in await browser.go(ELECTION)


async def test_who_has_a_committee_is_reminded_of_the_secretary_before_the_report(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(ALL_WON))
    said = await chat.say(SECRETARY, "换届")
    assert "还要选书记、副书记的，先在网页上“增加一项选举”" in said


async def test_a_contest_may_be_taken_back(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    await browser.do("drop")
    assert browser.page.url.path == ELECTION
    assert "没有这个页面" in await browser.go(CONTEST)


async def test_the_report_is_not_dated_ahead(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(ALL_WON))
    browser = await enter(pages, SECRETARY, ELECTION)
    await browser.do("meeting", held_on="2026-11-20", elected_base="present")
    assert "不能晚于今天" in await browser.do("report", state="counted", taken_on="2026-11-20")
    await chat.go_to(datetime(2026, 11, 20, 18, 0, tzinfo=SHANGHAI))
    assert "向上级报告" in await browser.do("report", state="counted", taken_on="2026-11-20")
