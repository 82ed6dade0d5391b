"""The pages of an election until the first vote: terms, preparation, ballots; and what is refused on the way."""

from __future__ import annotations

import io

from docx import Document
from sqlmodel import col, select

from bot.store.core.statements import StoreSession
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
from tests.support.wording import says, sentence


async def test_the_office_sees_every_units_term(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, OFFICE)
    assert says(browser.page.text, "election.term_unknown")
    assert sentence("election.page.begin") not in browser.page.text
    page = await browser.do("term", elected_on="2023-12-05", years="3")
    assert says(page, "election.term_due_soon", deadline="2026-12-05", left=33)
    listed = await browser.go("/elections")
    assert ROADS in listed
    assert FERRY in listed
    assert "2026-12-05" in listed
    assert sentence("election.page.state_due_soon") in listed
    assert sentence("election.page.state_unknown") in listed


async def test_the_secretary_comes_straight_to_the_own_unit(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY, "/elections")
    assert browser.page.url.path == UNIT
    assert sentence("election.page.begin") in browser.page.text
    assert 'href="/elections"' in browser.page.text


async def test_a_postponement_needs_an_approval_and_a_year_is_the_most(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("term", elected_on="2023-12-05", years="3")
    refused = await browser.do("other_date", until="2027-12-06", approval_no=APPROVAL)
    assert says(refused, "election.other_date_range", first="2025-12-05", last="2027-12-05")
    assert browser.page.status_code == 422
    assert f'value="{APPROVAL}"' in refused
    assert 'value="2027-12-06"' in refused
    assert says(await browser.do("other_date", until="2027-12-05", approval_no=" "), "election.other_date_approval")
    page = await browser.do("other_date", until="2027-12-05", approval_no=APPROVAL)
    assert says(page, "election.term_postponed", number=APPROVAL, deadline="2027-12-05")


async def test_a_term_that_cannot_be(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    for fields, said in (
        ({"elected_on": "2026-11-03", "years": "3"}, sentence("election.elected_later")),
        ({"elected_on": "2023-12-05", "years": "6"}, sentence("election.odd_years", least=3, most=5)),
        (
            {"elected_on": "2023-02-30", "years": "3"},
            sentence("election.not_a_date", what=sentence("election.field.elected_on")),
        ),
        *(
            (
                {"elected_on": "2023-12-05", "years": years},
                sentence("election.not_a_number", what=sentence("election.field.years"), most=9999),
            )
            for years in ("三", "9" * 30)
        ),
    ):
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
    assert says(browser.page.text, "election.no_unit")
    browser = await enter(pages, SECRETARY)
    await browser.go("/elections")
    sent = await pages.send(browser.page, "/elections/unit/3", do="begin")
    assert says(sent.text, "election.no_unit")


async def test_there_is_no_page_of_what_is_not_there(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    for path in ("/elections/9", "/elections/x", "/elections/contest/9", "/elections/totals/9", "/elections/ballot/9"):
        assert says(await browser.go(path), "web.not_found")
    assert (await pages.http.get("/elections/unit/99")).status_code == 403
    assert says((await enter(pages, OFFICE, "/elections/unit/99")).page.text, "web.not_found")


async def test_an_exclusion_counts_with_both_approvals_only(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    page = await browser.do("begin")
    assert says(page, "election.page.base_now", with_rights=11, left_out=0, due=11, needed=9)
    page = await browser.do("exclude", name=EXEMPT, reason="d", approval_no=APPROVAL, resolution="")
    assert sentence("election.page.stands_not") in page
    assert says(page, "election.page.base_now", due=11)
    page = await browser.do("exclude", name=EXEMPT, reason="d", approval_no=APPROVAL, resolution="11月2日大会")
    assert says(page, "election.page.base_now", left_out=1, due=10, needed=8)
    page = await browser.do("base")
    assert says(page, "election.page.base_taken", day="2026-11-02", with_rights=11, due=10)
    assert says(await browser.do("present", present="7"), "election.quorum_missed", needed=8)
    assert says(await browser.do("present", present="8"), "election.quorum_met", needed=8)
    assert says(await browser.do("present", present="11"), "election.not_a_number", most=10)
    page = await browser.do("include", item="1")
    assert says(page, "election.page.base_now", left_out=0, due=11)
    assert not says(page, "election.page.base_taken")


async def test_an_exclusion_that_cannot_be(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("begin")
    for fields, said in (
        ({"name": PROBATIONARY, "reason": "a"}, sentence("election.no_such_voter", name=PROBATIONARY)),
        ({"name": "没有这个人", "reason": "a"}, sentence("election.no_such_voter", name="没有这个人")),
        ({"name": "", "reason": "a"}, sentence("election.missing", what=sentence("election.field.name"))),
        ({"name": EXEMPT, "reason": "f"}, sentence("election.reason_needed")),
        ({"name": EXEMPT, "reason": "x"}, sentence("election.reason_needed")),
        ({"name": EXEMPT, "reason": "a", "resolution": "机密★一年"}, sentence("election.secret")),
        (
            {"name": EXEMPT, "reason": "a", "resolution": "长" * 41},
            sentence("election.too_long", what=sentence("election.field.resolution"), limit=40),
        ),
    ):
        refused = await browser.do("exclude", **fields)
        assert said in refused
        assert says(refused, "election.page.base_now", left_out=0)
        assert sentence("election.page.stands_not") not in refused


async def test_candidates_stand_in_the_order_of_surname_strokes(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    assert names_in_order(browser.page.text) == [DISCIPLINE, ORGANIZER, PUBLICITY, MEMBERS[0]]
    for name in ("丁一", "\U0002a6a5四"):
        await browser.do("add", name=name)
    assert names_in_order(browser.page.text)[0] == "丁一"
    assert says(browser.page.text, "election.page.unplaced")
    assert says(await browser.do("first", present="10"), "election.place_first")
    page = await browser.do("place", item="6", place="2")
    assert names_in_order(page)[:2] == ["丁一", "\U0002a6a5四"]
    assert not says(page, "election.page.unplaced")
    assert says(await browser.do("first", present="10"), "election.page.totals_open")


async def test_who_may_not_stand_watch_or_count(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    assert says(await browser.do("add", name=PROBATIONARY), "election.may_not_stand")
    assert says(await browser.do("add", name=CANDIDATES[0]), "election.candidate_twice")
    assert says(await browser.do("add", name=SCRUTINEER), "election.candidate_has_role")
    await browser.go(ELECTION)
    for role in ("scrutineer", "teller"):
        assert says(await browser.do("role", role=role, name=CANDIDATES[1]), "election.role_is_candidate")
    assert says(await browser.do("role", role="teller", name=SCRUTINEER), "election.role_twice")
    assert says(await browser.do("role", role="teller", name="外人"), "election.no_such_member", name="外人")


async def test_a_vote_is_not_opened_before_everything_stands(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("begin")
    await browser.do("contest", office="committee", seats="3", approval_no="")
    for name in CANDIDATES[:3]:
        await browser.do("add", name=name)
    assert says(await browser.do("first", present="10"), "election.few_candidates", needed=4, listed=3)
    await browser.do("add", name=CANDIDATES[3])
    assert says(await browser.do("first", present="10"), "election.list_not_approved")
    await browser.do("settings", seats="3", approval_no=APPROVAL)
    assert says(await browser.do("first", present="10"), "election.roles_first")
    await browser.go(ELECTION)
    for role, name in (("scrutineer", SCRUTINEER), ("teller", TELLER)):
        await browser.do("role", role=role, name=name)
    await browser.go(CONTEST)
    assert says(await browser.do("first", present="10"), "election.base_first")
    await browser.go(ELECTION)
    await browser.do("base")
    await browser.go(CONTEST)
    assert says(await browser.do("first", present="8"), "election.quorum_missed", needed=9)
    assert says(await browser.do("first", present="9"), "election.page.totals_open")
    assert says(await browser.do("add", name=MEMBERS[3]), "election.list_locked")
    await browser.go(ELECTION)
    assert says(await browser.do("base"), "election.base_locked")
    assert says(await browser.do("give_up"), "election.counted_already")


async def test_who_lost_the_right_to_stand_meanwhile_is_not_voted_on(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)

    def suspend(session: StoreSession) -> None:
        member = session.exec(select(Member).where(col(Member.name) == ORGANIZER)).one()
        member.voting_rights = False
        session.add(member)

    await chat.app.store.write(suspend)
    assert says(await browser.do("first", present="10"), "election.may_not_stand", name=ORGANIZER)
    assert browser.page.status_code == 422


async def test_ballots_to_print(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    page = await browser.go("/elections/ballot/1?per_page=2")
    assert page.count(sentence("documents.ballot.title_committee", branch=ROADS)) == 2
    places = [page.index(f"<th>{name}</th>") for name in (DISCIPLINE, ORGANIZER, PUBLICITY, MEMBERS[0])]
    assert places == sorted(places)
    assert page.count(sentence("documents.ballot.box")) == 2 * 4 * 3
    assert page.count(f"{sentence('documents.ballot.write_in')}</th>") == 2 * 3
    word = await pages.http.get("/elections/ballot/1/docx?per_page=1")
    tables = Document(io.BytesIO(word.content)).tables
    assert [row.cells[0].text for row in tables[0].rows][1:] == [DISCIPLINE, ORGANIZER, PUBLICITY, MEMBERS[0]]
    assert len(tables[1].columns) == 3
    sheet = Document(io.BytesIO((await pages.http.get("/elections/ballot/1/tally")).content))
    assert says(sheet.paragraphs[0].text, "documents.tally.title")
