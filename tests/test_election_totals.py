"""The pages of an election once votes are cast on paper: totals typed twice, results, rulings, the report."""

from __future__ import annotations

import io
from datetime import date, datetime

import pytest
from docx import Document
from sqlmodel import col, select

from bot.clock import SHANGHAI
from bot.store.audit import AuditEntry
from bot.store.core.statements import StoreSession
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
    listed,
    open_vote,
    prepare,
    totals,
    vote_heading,
)
from tests.support.pages import Pages
from tests.support.wording import says, sentence

ALL_WON = {DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 7, MEMBERS[0]: 1}
TIED = {DISCIPLINE: 8, ORGANIZER: 7, PUBLICITY: 6, MEMBERS[0]: 6}


async def test_two_people_type_the_totals(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    first = await enter(pages, SCRUTINEER, TOTALS)
    assert says(await first.do("totals", **totals(ALL_WON)), "election.page.totals_first")
    assert says(await first.do("totals", **totals(ALL_WON)), "election.page.totals_first")
    second = await enter(pages, TELLER, TOTALS)
    assert 'name="approve_0" min="0" max="9999" required inputmode="numeric" value=""' in second.page.text
    page = await second.do("totals", **totals({**ALL_WON, PUBLICITY: 6}))
    assert says(page, "election.page.totals_differ")
    assert sentence("election.cell", name=PUBLICITY, what=sentence("election.mark.approve")) in page
    assert sentence("election.cell", name=PUBLICITY, what=sentence("election.mark.disapprove")) in page
    assert sentence("election.cell", name=ORGANIZER, what=sentence("election.mark.approve")) not in page
    assert 'value="7"' not in page
    page = (await enter(pages, SCRUTINEER, TOTALS)).page.text
    assert sentence("election.cell", name=PUBLICITY, what=sentence("election.mark.approve")) in page
    assert 'value="6"' not in page
    third = await enter(pages, SECRETARY, ELECTION)
    await third.go(TOTALS)
    assert says(third.page.text, "election.page.totals_full")
    assert says(await third.do("totals", **totals(ALL_WON)), "election.two_are_enough")
    second = await enter(pages, TELLER, TOTALS)
    assert says(await second.do("totals", **totals(ALL_WON)), "election.page.totals_agreed")
    assert says(await second.do("totals", **totals(ALL_WON)), "election.totals_same")


async def test_one_of_two_may_leave_it_to_another(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    browser = await enter(pages, SCRUTINEER, TOTALS)
    await browser.do("totals", **totals(TIED))
    assert not says(await browser.do("withdraw"), "election.page.totals_first")
    assert says(await browser.do("withdraw"), "help.stale_button")
    assert says(await count(pages, 1, totals(ALL_WON), SECRETARY, TELLER), "election.page.totals_agreed")


@pytest.mark.parametrize("how", ["left", "role"])
async def test_what_somebody_typed_who_may_no_longer_is_taken_back_by_another(
    chat: Chat, pages: Pages, how: str
) -> None:
    await open_vote(pages)
    await (await enter(pages, SCRUTINEER, TOTALS)).do("totals", **totals(TIED))
    await (await enter(pages, TELLER, TOTALS)).do("totals", **totals(ALL_WON))
    browser = await enter(pages, SECRETARY, ELECTION)
    page = await browser.go(TOTALS)
    assert sentence("election.page.withdraw") not in page
    assert not says(page, "election.page.withdraw_for")
    for entry in ("1", "2", "99"):
        assert says(await browser.do("withdraw_for", item=entry), "help.stale_button")
    if how == "left":
        await chat.app.store.write(leave, SCRUTINEER)
    else:
        await (await enter(pages, SECRETARY, ELECTION)).do("no_role", item="1")
    assert sentence("election.page.withdraw_for", name=SCRUTINEER) in (await enter(pages, TELLER, TOTALS)).page.text
    browser = await enter(pages, SECRETARY, TOTALS)
    assert sentence("election.page.withdraw_for", name=SCRUTINEER) in browser.page.text
    assert not says(browser.page.text, "election.page.withdraw_for", name=TELLER)
    assert says(await browser.do("withdraw_for", item="2"), "help.stale_button")
    page = await browser.do("withdraw_for", item="1")
    assert sentence("election.page.withdraw") not in page
    assert not says(page, "election.page.withdraw_for")
    assert says(await browser.do("totals", **totals(ALL_WON)), "election.page.totals_agreed")
    assert "election totals withdrawn for another" in await chat.app.store.read(audited)


def leave(session: StoreSession, name: str) -> None:
    member = session.exec(select(Member).where(col(Member.name) == name)).one()
    member.left_on = date(2026, 11, 2)
    session.add(member)


def audited(session: StoreSession) -> list[str]:
    return [one.action for one in session.exec(select(AuditEntry))]


async def test_a_candidate_and_a_bystander_type_nothing(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    assert says((await enter(pages, ORGANIZER, TOTALS)).page.text, "election.candidate_counts")
    assert says((await enter(pages, MEMBERS[4], TOTALS)).page.text, "election.not_a_counter")


async def test_totals_that_cannot_be_keep_what_was_typed(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    browser = await enter(pages, SCRUTINEER, TOTALS)
    for changed, said in (
        ({"approve_1": "9"}, sentence("election.sheet_line", name=ORGANIZER, valid=9)),
        ({"approve_0": "-1"}, sentence("election.votes_of", name=DISCIPLINE)),
        ({"approve_0": ""}, sentence("election.votes_of", name=DISCIPLINE)),
        ({"voted": "11", "issued": "11"}, sentence("election.sheet_voted", present=10)),
        ({"invalid": "11"}, sentence("election.sheet_invalid")),
        ({"decided": "11"}, sentence("election.sheet_decided")),
        (
            {"issued": "一"},
            sentence("election.not_a_number", what=sentence("election.field.issued"), most=9999),
        ),
        ({"write_in_0": DISCIPLINE, "write_in_votes_0": "1"}, sentence("election.sheet_printed", name=DISCIPLINE)),
        ({"write_in_0": "", "write_in_votes_0": "1"}, sentence("election.write_in_name")),
        ({"write_in_0": MEMBERS[3], "write_in_votes_0": "x"}, sentence("election.votes_of", name=MEMBERS[3])),
        (
            {"write_in_0": MEMBERS[3], "write_in_votes_0": "9", "write_in_1": MEMBERS[3], "write_in_votes_1": "1"},
            sentence("election.sheet_twice", name=MEMBERS[3]),
        ),
        (
            {"write_in_0": MEMBERS[3], "write_in_votes_0": "9", "write_in_1": MEMBERS[4], "write_in_votes_1": "9"},
            sentence("election.sheet_written"),
        ),
    ):
        refused = await browser.do("totals", **totals(ALL_WON) | changed)
        assert said in refused
        assert browser.page.status_code == 422
        for value in changed.values():
            assert f'value="{value}"' in refused
        assert not says(await browser.go(TOTALS), "election.page.totals_first")


async def test_both_bases_are_shown_and_a_ruling_is_asked_for(chat: Chat, pages: Pages) -> None:
    await open_vote(pages, present=9)
    await count(pages, 1, totals({DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 5, MEMBERS[0]: 1}, valid=9, returned=9))
    browser = await enter(pages, SECRETARY, CONTEST)
    page = browser.page.text
    assert says(page, "election.page.needs_ruling")
    assert sentence("election.page.base_name_present") in page
    assert sentence("election.page.base_name_due") in page
    assert f'<span class="tag">{sentence("election.page.won")}</span>' not in page
    assert says(await browser.go(ELECTION), "election.next_step_ruling")
    await browser.go(CONTEST)
    assert says(await browser.do("rule", item="1", base="", clause="第八条"), "election.base_needed")
    assert says(await browser.do("rule", item="1", base="due", clause=""), "election.missing")
    page = await browser.do("rule", item="1", base="due", clause="选举办法第八条")
    assert sentence("election.page.ruled", base=sentence("election.page.base_name_due"), clause="选举办法第八条") in page
    assert says(page, "election.page.vacant", seats=1)
    page = await browser.do("rule", item="1", base="present", clause="选举办法第九条")
    assert sentence("election.page.ruled", base=sentence("election.page.base_name_present"), clause="选举办法第九条") in page
    assert says(page, "election.page.done", names=listed(DISCIPLINE, ORGANIZER, PUBLICITY))


async def test_a_tie_at_the_last_seat_is_voted_on_again(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(TIED))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert says(browser.page.text, "election.page.open_tie", names=listed(PUBLICITY, MEMBERS[0]), seats=1)
    page = await browser.do("further", present="10")
    assert vote_heading(2, "tie") in page
    assert sentence("documents.ballot.kind_tie") in await browser.go("/elections/ballot/1")
    await count(pages, 2, totals({PUBLICITY: 4, MEMBERS[0]: 5}))
    page = await (await enter(pages, SECRETARY, CONTEST)).go(CONTEST)
    assert says(page, "election.page.done", names=listed(DISCIPLINE, ORGANIZER, MEMBERS[0]))


async def test_nobody_else_wins_among_the_tied(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(TIED))
    browser = await enter(pages, SECRETARY, CONTEST)
    await browser.do("further", present="10")
    assert f"{sentence('documents.ballot.write_in')}</th>" not in await browser.go("/elections/ballot/1")
    assert sentence("election.page.write_ins") not in await browser.go("/elections/totals/2")
    written = {"write_in_0": MEMBERS[3], "write_in_votes_0": "5"}
    await count(pages, 2, totals({PUBLICITY: 2, MEMBERS[0]: 1}) | written)
    page = (await enter(pages, SECRETARY, CONTEST)).page.text
    assert says(page, "election.page.done", names=listed(DISCIPLINE, ORGANIZER, PUBLICITY))
    assert sentence("election.page.barred") in page


async def test_vacant_seats_are_voted_on_again_or_given_up(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals({DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 4, MEMBERS[0]: 2}))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert says(await browser.do("reduce", consents="4"), "election.few_consents", needed=5)
    for names, said in (
        (f"{DISCIPLINE}\n{PUBLICITY}", sentence("election.elected_already", name=DISCIPLINE)),
        (SCRUTINEER, sentence("election.candidate_has_role", name=SCRUTINEER)),
        (PROBATIONARY, sentence("election.may_not_stand", name=PROBATIONARY)),
        (f"{PUBLICITY}\n{PUBLICITY}", sentence("election.candidate_twice", name=PUBLICITY)),
    ):
        refused = await browser.do("further", names=names, present="10")
        assert said in refused
        assert names in refused
    await browser.do("further", names=f"{PUBLICITY}\n{MEMBERS[3]}", present="10")
    await count(pages, 2, totals({PUBLICITY: 4, MEMBERS[3]: 4}))
    browser = await enter(pages, SECRETARY, CONTEST)
    page = await browser.do("reduce", consents="5")
    assert says(page, "election.page.done", names=listed(DISCIPLINE, ORGANIZER))
    assert says(page, "election.page.given_up", consents=5, seats=1)
    for paper in ("result", "report"):
        word = Document(io.BytesIO((await pages.http.get(f"{ELECTION}/docx/{paper}")).content))
        given_up = sentence("documents.election_result.given_up", seats=1)
        assert [one.text for one in word.paragraphs].count(given_up) == 1, paper


async def test_more_ballots_than_voters_and_it_is_held_again(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(ALL_WON) | {"returned": "11", "issued": "11"})
    browser = await enter(pages, SECRETARY, CONTEST)
    assert says(browser.page.text, "election.page.box_invalid")
    assert vote_heading(2, "first") in await browser.do("further", present="10")
    await count(pages, 2, totals(ALL_WON))
    page = (await enter(pages, SECRETARY, CONTEST)).page.text
    assert says(page, "election.page.done", names=listed(DISCIPLINE, ORGANIZER, PUBLICITY))


async def test_a_vote_opened_by_mistake_is_taken_back(chat: Chat, pages: Pages) -> None:
    browser = await open_vote(pages)
    assert sentence("election.page.unopen") in browser.page.text
    assert sentence("election.page.open_first") in await browser.do("unopen", item="1")
    page = await browser.do("first", present="10")
    vote = page.split("/elections/totals/")[1].split('"')[0]
    await (await enter(pages, TELLER, f"/elections/totals/{vote}")).do("totals", **totals(ALL_WON))
    browser = await enter(pages, SECRETARY, ELECTION)
    await browser.go(CONTEST)
    assert says(await browser.do("unopen", item=vote), "election.counted_already")


async def test_somebody_written_in_may_win(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    written = {"write_in_0": MEMBERS[3], "write_in_votes_0": "7", "write_in_1": PROBATIONARY, "write_in_votes_1": "1"}
    await count(pages, 1, totals({DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 1, MEMBERS[0]: 1}) | written)
    page = (await enter(pages, SECRETARY, CONTEST)).page.text
    assert says(page, "election.page.done", names=listed(DISCIPLINE, ORGANIZER, MEMBERS[3]))
    assert sentence("election.page.barred") in page


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
    assert page.count(f'class="muted">{sentence("election.page.written_in")}</span>') == 6
    assert "外单位赵六" in page


async def test_the_way_of_the_report(chat: Chat, pages: Pages) -> None:
    await (await enter(pages, SECRETARY)).do("term", elected_on="2023-12-05", years="3")
    await open_vote(pages)
    await count(pages, 1, totals(ALL_WON))
    browser = await enter(pages, SECRETARY, ELECTION)
    await browser.do("contest", office="secretary", seats="1", by_committee="1", approval_no=APPROVAL)
    secretary = browser.page.url.path
    assert says(await browser.go(f"{ELECTION}/docx/report"), "election.report_too_early")
    await browser.go(secretary)
    await browser.do("add", name=MEMBERS[4])
    assert says(await browser.do("first", due="3", present="3"), "election.not_in_committee")
    await browser.do("remove", item="5")
    await browser.do("add", name=DISCIPLINE)
    assert says(await browser.do("first", due="2", present="2"), "election.whole_committee", members=3)
    assert says(await browser.do("first", due="3", present="2"), "election.quorum_missed", needed=3)
    assert says(await browser.do("first", due="3", present="3"), "election.page.totals_open")
    await count(pages, 2, totals({DISCIPLINE: 3}, valid=3, returned=3))
    browser = await enter(pages, SECRETARY, ELECTION)
    assert says(browser.page.text, "election.next_counted")
    assert says(await browser.do("report", state="announced", taken_on="2026-11-02"), "election.step_not_yet")
    refused = await browser.do("report", state="counted", taken_on="2026-11-01")
    assert says(refused, "election.step_date", first="2026-11-02", last="2026-11-02")
    for state in ("counted", "reported", "filed"):
        page = await browser.do("report", state=state, taken_on="2026-11-02", document_no="杜公支〔2026〕3号")
    assert says(page, "election.next_approved")
    refused = await browser.do("report", state="approved", taken_on="2026-11-02")
    assert says(refused, "election.missing", what=sentence("election.field.document_no"))
    await browser.do("report", state="approved", taken_on="2026-11-02", document_no=APPROVAL)
    await browser.do("report", state="announced", taken_on="2026-11-02")
    assert sentence("election.report.announced") in browser.page.text
    assert says(await browser.do("role", role="teller", name=MEMBERS[3]), "election.over")
    unit = await browser.go(UNIT)
    assert says(unit, "election.term_normal", ends="2029-11-02")
    report = Document(io.BytesIO((await pages.http.get(f"{ELECTION}/docx/report")).content))
    text = "\n".join(one.text for one in report.paragraphs)
    office = sentence("documents.office.secretary")
    one = sentence("documents.format.people_named", names=DISCIPLINE, count=1)
    assert says(text, "documents.election_report.elected", office=office, names=one)
    assert says(text, "documents.election_report.file")
    assert says(text, "documents.election_report.approve", offices=office)
    result = Document(io.BytesIO((await pages.http.get(f"{ELECTION}/docx/result")).content))
    assert [ORGANIZER, "8", "1", "0", sentence("documents.election_result.won")] in [
        [cell.text for cell in row.cells] for table in result.tables for row in table.rows
    ]


async def test_where_a_committee_is_elected_it_elects_the_secretary(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    await browser.go(ELECTION)
    await browser.do("contest", office="secretary", seats="1", approval_no=APPROVAL)
    await browser.do("add", name=DISCIPLINE)
    assert says(await browser.do("first", present="10"), "election.by_committee_only")
    await browser.do("settings", by_committee="1", approval_no=APPROVAL)
    assert says(await browser.do("first", due="3", present="3"), "election.committee_first")


async def test_after_a_by_election_whoever_is_in_the_committee_may_be_its_secretary(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages, seats=1, by_election=True)
    await browser.do("first", present="10")
    await count(pages, 1, totals({DISCIPLINE: 1, ORGANIZER: 1, PUBLICITY: 1, MEMBERS[0]: 6}))
    browser = await enter(pages, SECRETARY, ELECTION)
    await browser.do("contest", office="secretary", seats="1", by_committee="1", approval_no=APPROVAL)
    page = await browser.do("add", name=SECRETARY)
    assert 'name="due" min="1" max="99" required value=""' in page
    assert says(await browser.do("first", due="4", present="4"), "election.page.totals_open")


async def test_a_branch_without_a_committee_elects_its_secretary_directly(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, FERRY_SECRETARY, "/elections")
    await browser.do("begin_by")
    assert sentence("election.page.by_election") in browser.page.text
    await browser.do("base")
    for role, name in (("scrutineer", "渡口党员"), ("teller", FERRY_SECRETARY)):
        await browser.do("role", role=role, name=name)
    await browser.do("contest", office="secretary", seats="1", approval_no=APPROVAL)
    await browser.do("add", name="外单位王五")
    assert sentence("election.page.outside") in browser.page.text
    assert says(await browser.do("first", present="2"), "election.page.totals_open")


async def test_an_appointment_is_noted_and_the_term_stays(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("term", elected_on="2025-02-10", years="3")
    said = {"office": "deputy", "name": ORGANIZER, "appointed_on": "2026-11-01", "approval_no": APPROVAL}
    appointed = sentence("election.page.appointed", day="2026-11-01", approval=APPROVAL)
    for wrong, why in (
        ({"office": "committee"}, sentence("help.out_of_range")),
        ({"name": " "}, sentence("election.missing", what=sentence("election.field.name"))),
        ({"appointed_on": "2026-11-03"}, sentence("election.appointed_later")),
        ({"appointed_on": ""}, sentence("election.not_a_date", what=sentence("election.field.appointed_on"))),
        ({"approval_no": " "}, sentence("election.missing", what=sentence("election.field.approval_no"))),
    ):
        refused = await browser.do("appoint", **said | wrong)
        assert browser.page.status_code == 422, wrong
        assert why in refused
        assert appointed not in refused
    page = await browser.do("appoint", **said)
    assert f"{sentence('election.office.deputy')} {ORGANIZER}" in page
    assert appointed in page
    assert says(page, "election.term_normal", ends="2028-02-10")
    mine = await chat.say(ORGANIZER, "我的")
    assert says(mine, "election.fact_appointed_deputy", day="2026-11-01", approval=APPROVAL)
    assert appointed in (await enter(pages, OFFICE)).page.text
    other = await enter(pages, FERRY_SECRETARY, "/elections")
    assert says(await other.do("no_appointment", item="1"), "help.stale_button")
    browser = await enter(pages, SECRETARY)
    assert appointed not in await browser.do("no_appointment", item="1")


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
    assert sentence("election.page.announced", day="2026-11-02") in page
    assert says(page, "election.term_normal", ends="2028-02-10")


async def test_an_election_that_was_begun_by_mistake_is_deleted(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    await browser.go(UNIT)
    assert says(await browser.do("begin"), "election.one_at_a_time")
    await browser.go(ELECTION)
    await browser.do("give_up")
    assert browser.page.url.path == UNIT
    assert says(await browser.go(ELECTION), "web.not_found")


async def test_who_has_a_committee_is_reminded_of_the_secretary_before_the_report(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(ALL_WON))
    said = await chat.say(SECRETARY, "换届")
    assert says(said, "election.next_counted")


async def test_a_contest_may_be_taken_back(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    await browser.do("drop")
    assert browser.page.url.path == ELECTION
    assert says(await browser.go(CONTEST), "web.not_found")


async def test_the_report_is_not_dated_ahead(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(ALL_WON))
    browser = await enter(pages, SECRETARY, ELECTION)
    refused = await browser.do("report", state="counted", taken_on="2026-11-20")
    assert says(refused, "election.step_date", first="2026-11-02", last="2026-11-02")
    await chat.go_to(datetime(2026, 11, 20, 18, 0, tzinfo=SHANGHAI))
    assert says(await browser.do("report", state="counted", taken_on="2026-11-20"), "election.next_reported")
