"""The preliminary round of an election: its ballot, its cut, and the final vote that follows (EL-11)."""

from __future__ import annotations

import io

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
    listed,
    names_in_order,
    prepare,
    totals,
    vote_heading,
)
from tests.support.pages import Pages
from tests.support.wording import says, sentence

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


def final_list(*names: str) -> str:
    """What the page says of who stands in the final vote."""
    return sentence("election.page.final_list", count=len(names), names=listed(*names))


async def test_the_names_with_the_most_votes_stand_in_the_final_vote(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages)
    assert says(browser.page.text, "election.page.shortlist_line", size=4)
    page = await browser.do("first", present="10")
    assert vote_heading(1, "preliminary") in page
    await count(pages, 1, marks(3, 9, 2, 1, 8))
    assert says(await chat.say(SECRETARY, "换届"), "election.next_preliminary")
    browser = await enter(pages, SECRETARY, CONTEST)
    page = browser.page.text
    assert page.count(f'<span class="tag">{sentence("election.page.listed")}</span>') == 4
    assert f'<span class="tag">{sentence("election.page.won")}</span>' not in page
    assert sentence("election.page.base_name_preliminary") in page
    assert sentence("election.page.base_name_due") not in page
    page = await browser.do("final", item="4", present="10")
    assert vote_heading(2, "first") in page
    await browser.go("/elections/totals/2")
    places = [browser.page.text.index(f"<legend>{name}</legend>") for name in (DISCIPLINE, ORGANIZER, PUBLICITY, FIFTH)]
    assert places == sorted(places)
    assert f"<legend>{MEMBERS[0]}</legend>" not in browser.page.text
    await count(pages, 2, marks(9, 8, 7, 1))
    page = (await enter(pages, SECRETARY, CONTEST)).page.text
    assert sentence("election.page.done", names=listed(DISCIPLINE, ORGANIZER, PUBLICITY)) in page
    result = Document(io.BytesIO((await pages.http.get(f"{ELECTION}/docx/result")).content))
    text = "\n".join(one.text for one in result.paragraphs)
    office, kind = sentence("documents.office.committee"), sentence("documents.vote_kind.preliminary")
    assert sentence("documents.election_result.count", office=office, kind=kind) in text
    four = sentence("documents.election_result.wanted_preliminary", seats=4)
    assert says(text, "documents.election_result.ballots", wanted=four)
    assert says(text, "documents.election_result.step_listed")
    notes = [row.cells[4].text for table in result.tables for row in table.rows if len(row.cells) == 5]
    assert notes.count(sentence("documents.election_result.listed")) == 4
    assert notes.count(sentence("documents.election_result.won")) == 3


async def test_the_preliminary_ballot_says_what_it_is(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages)
    page = await browser.go("/elections/ballot/1?per_page=1")
    assert sentence("documents.ballot.title_preliminary", branch=ROADS) in page
    assert says(page, "documents.ballot.how_seats_preliminary", seats=4)
    assert not says(page, "documents.ballot.how_seats")
    assert page.count(f"{sentence('documents.ballot.write_in')}</th>") == 4
    word = Document(io.BytesIO((await pages.http.get("/elections/ballot/1/docx")).content))
    assert word.paragraphs[0].text == sentence("documents.ballot.title_preliminary", branch=ROADS)
    assert [row.cells[0].text for row in word.tables[0].rows][1:] == list(PRINTED)
    sheet = Document(io.BytesIO((await pages.http.get("/elections/ballot/1/tally")).content))
    assert says(sheet.paragraphs[0].text, "documents.tally.title_preliminary", branch=ROADS)


async def test_a_list_shorter_than_the_seats_is_refused(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    for shortlist, said in (
        ("2", sentence("election.odd_shortlist", least=3, most=18)),
        ("19", sentence("election.odd_shortlist", least=3, most=18)),
        ("四", sentence("election.not_a_number", what=sentence("election.field.shortlist"), most=9999)),
        ("0", sentence("election.odd_shortlist", least=3, most=18)),
    ):
        refused = await browser.do("settings", seats="3", approval_no=APPROVAL, shortlist=shortlist)
        assert said in refused
        assert f'value="{shortlist}"' in refused
        assert not says(await browser.go(CONTEST), "election.page.shortlist_line")


async def test_more_seats_need_a_longer_list(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages)
    refused = await browser.do("settings", seats="5", approval_no=APPROVAL, shortlist="4")
    assert says(refused, "election.odd_shortlist", least=5, most=18)
    assert says(await browser.go(CONTEST), "election.page.contest_line", seats=3)


async def test_with_the_surplus_in_the_preliminary_vote_the_final_one_needs_none(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages, shortlist="3")
    page = await browser.do("first", present="10")
    assert vote_heading(1, "preliminary") in page
    await count(pages, 1, marks(9, 8, 7, 2, 1))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert final_list(DISCIPLINE, ORGANIZER, PUBLICITY) in browser.page.text
    assert vote_heading(2, "first") in await browser.do("final", item="3", present="10")
    await count(pages, 2, marks(9, 8, 5))
    page = (await enter(pages, SECRETARY, CONTEST)).page.text
    assert f"{listed(DISCIPLINE, ORGANIZER)}</td>" in page
    assert says(page, "election.page.vacant", seats=1)


async def test_one_of_the_two_votes_has_the_surplus(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    await browser.do("settings", seats="3", approval_no=APPROVAL, shortlist="3")
    await browser.do("remove", item="4")
    assert says(await browser.do("first", present="10"), "election.few_candidates", needed=4, listed=3)


async def test_only_a_committee_has_a_preliminary_round(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("begin")
    await browser.do("contest", office="secretary", seats="1", approval_no=APPROVAL)
    assert says(await browser.do("settings", approval_no=APPROVAL, shortlist="2"), "election.no_preliminary")


async def test_fewer_names_than_the_list_is_to_have(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages, shortlist="6")
    assert says(await browser.do("first", present="10"), "election.few_candidates", needed=6, listed=5)
    await browser.do("settings", seats="3", approval_no=APPROVAL, shortlist="5")
    assert vote_heading(1, "preliminary") in await browser.do("first", present="10")


async def test_a_tie_at_the_cut_is_voted_on_again_among_the_tied(chat: Chat, pages: Pages) -> None:
    browser = await voted(pages, 9, 8, 7, 2, 2)
    page = browser.page.text
    assert says(page, "election.page.tie_preliminary", names=listed(MEMBERS[0], FIFTH), seats=1)
    assert says(page, "election.page.final_list", count=5)
    assert not says(page, "election.page.final_list", count=3)
    assert says(await browser.do("final", item="4", present="10"), "help.stale_button")
    page = await browser.do("further", present="10")
    assert vote_heading(2, "preliminary") in page
    await count(pages, 2, marks(1, 2, write_in_0=DISCIPLINE, write_in_votes_0="6"))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert final_list(DISCIPLINE, ORGANIZER, PUBLICITY, FIFTH) in browser.page.text
    assert vote_heading(3, "first") in await browser.do("final", item="4", present="10")


async def test_a_person_may_put_all_the_tied_on_the_list(chat: Chat, pages: Pages) -> None:
    browser = await voted(pages, 9, 8, 7, 2, 2)
    assert vote_heading(2, "first") in await browser.do("final", item="5", present="10")
    await count(pages, 2, marks(9, 8, 7, 1, 1))
    page = (await enter(pages, SECRETARY, CONTEST)).page.text
    assert says(page, "election.page.done", names=listed(DISCIPLINE, ORGANIZER, PUBLICITY))


async def test_the_tied_may_be_left_out_where_the_surplus_stands_without_them(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages, shortlist="4", seats=2)
    await browser.do("first", present="10")
    await count(pages, 1, marks(9, 8, 7, 2, 2))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert final_list(DISCIPLINE, ORGANIZER, PUBLICITY) in browser.page.text
    assert says(browser.page.text, "election.page.final_list", count=5)
    assert vote_heading(2, "first") in await browser.do("final", item="3", present="10")


async def test_too_few_got_a_vote_and_others_are_voted_on(chat: Chat, pages: Pages) -> None:
    browser = await voted(pages, 9, 8, 7, 0, 0)
    page = browser.page.text
    assert says(page, "election.page.vacant_preliminary", seats=1)
    assert sentence("election.page.open_final") not in page
    assert sentence("election.page.reduce_button") not in page
    assert says(await browser.do("final", item="3", present="10"), "help.stale_button")
    for name, key in (
        (DISCIPLINE, "election.listed_already"),
        (SCRUTINEER, "election.candidate_has_role"),
        (PROBATIONARY, "election.may_not_stand"),
    ):
        assert says(await browser.do("further", names=name, present="10"), key, name=name)
    others = f"{MEMBERS[0]}\n{MEMBERS[4]}"
    assert vote_heading(2, "preliminary") in await browser.do("further", names=others, present="10")
    await count(pages, 2, marks(1, 5))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert final_list(DISCIPLINE, ORGANIZER, PUBLICITY, MEMBERS[4]) in browser.page.text


async def test_a_preliminary_round_that_leaves_too_few_is_given_up_too(chat: Chat, pages: Pages) -> None:
    browser = await voted(pages, 9, 8, 7, 5, 5)
    assert sentence("election.page.open_final") in browser.page.text
    page = await browser.do("leave_open", vacant_approval=APPROVAL)
    assert says(page, "election.page.left_open", approval=APPROVAL, seats=3)
    assert sentence("election.page.open_final") not in page
    assert says(await browser.do("final", item="5", present="10"), "help.stale_button")
    assert sentence("election.page.open_final") in await browser.do("vote_on")


async def test_a_shorter_list_will_do_when_it_has_the_surplus(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages, shortlist="5")
    await browser.do("first", present="10")
    await count(pages, 1, marks(9, 8, 7, 1, 0))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert says(browser.page.text, "election.page.vacant_preliminary", seats=1)
    assert vote_heading(2, "first") in await browser.do("final", item="4", present="10")


async def test_ballots_with_too_many_names_are_not_among_the_valid_ones(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages)
    await browser.do("first", present="10")
    first = await enter(pages, SCRUTINEER, TOTALS)
    assert says(await first.do("totals", **marks(9, 9, 9, 9, 1)), "election.sheet_chosen")
    assert says(await first.do("totals", **marks(9, 9, 9, 8, 1)), "election.page.totals_first")


async def test_more_ballots_than_voters_and_the_preliminary_vote_is_held_again(chat: Chat, pages: Pages) -> None:
    browser = await voted(pages, 9, 8, 7, 2, 1, returned=11, voted="10")
    assert says(browser.page.text, "election.page.box_invalid")
    assert sentence("election.page.open_final") not in browser.page.text
    assert says(await chat.say(SECRETARY, "换届"), "election.next_step_again")
    assert says(await browser.do("final", item="4", present="10"), "help.stale_button")
    assert vote_heading(2, "preliminary") in await browser.do("further", present="10")
    await count(pages, 2, marks(9, 8, 7, 2, 1))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert vote_heading(3, "first") in await browser.do("final", item="4", present="10")


async def test_who_was_written_in_and_counts_must_give_that_up_first(chat: Chat, pages: Pages) -> None:
    browser = await voted(pages, 9, 8, 7, 2, 1, write_in_0=TELLER, write_in_votes_0="6")
    assert final_list(DISCIPLINE, ORGANIZER, PUBLICITY, TELLER) in browser.page.text
    assert says(await browser.do("final", item="4", present="10"), "election.candidate_has_role", name=TELLER)
    await browser.go(ELECTION)
    await browser.do("no_role", item="2")
    await browser.go(CONTEST)
    assert vote_heading(2, "first") in await browser.do("final", item="4", present="10")
    await browser.go(ELECTION)
    assert says(await browser.do("role", role="teller", name=TELLER), "election.role_is_candidate")


async def test_the_quorum_is_asked_for_again_before_the_final_vote(chat: Chat, pages: Pages) -> None:
    browser = await voted(pages, 9, 8, 7, 2, 1)
    assert says(await browser.do("final", item="4", present="8"), "election.quorum_missed", needed=9)
    assert says(await browser.do("further", present="10"), "help.stale_button")
    assert vote_heading(2, "first") in await browser.do("final", item="4", present="9")


async def test_names_of_the_list_stay_in_stroke_order(chat: Chat, pages: Pages) -> None:
    browser = await wanted(pages)
    assert names_in_order(browser.page.text) == list(PRINTED)
