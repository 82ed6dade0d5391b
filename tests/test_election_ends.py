"""What an election ends in: a seat that nobody won stays open with the superior's word (EL-5, EL-23), and the posts follow
an announced result where the roster is kept (EL-14, EL-25)."""

from __future__ import annotations

import io

from docx import Document
from sqlmodel import col, select

from bot.rules.election import Office, PostChange, post_changes
from bot.rules.people import Post
from bot.store.core.statements import StoreSession
from bot.store.people import Member
from bot.store.people import Post as PostRow
from tests.support.cast import DISCIPLINE, MEMBERS, OFFICE, ORGANIZER, PUBLICITY, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.elections import (
    APPROVAL,
    CONTEST,
    ELECTION,
    SCRUTINEER,
    TELLER,
    UNIT,
    Browser,
    count,
    enter,
    open_vote,
    prepare,
    totals,
)
from tests.support.pages import Pages
from tests.support.wording import says, sentence

ALL_WON = {DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 7, MEMBERS[0]: 1}
WORD = "杜直工〔2026〕11号"


async def deputy_without_result(pages: Pages) -> Browser:
    """The committee is elected; its vote for a deputy elects nobody. The browser is left on the deputy's page."""
    await open_vote(pages)
    await count(pages, 1, totals(ALL_WON))
    browser = await enter(pages, SECRETARY, ELECTION)
    await browser.do("contest", office="deputy", seats="1", by_committee="1", approval_no=APPROVAL)
    await browser.do("add", name=ORGANIZER)
    await browser.do("first", due="3", present="3")
    await count(pages, 2, totals({ORGANIZER: 1}, valid=3, returned=3))
    return await enter(pages, SECRETARY, "/elections/contest/2")


async def report(browser: Browser, *states: str) -> str:
    """Note these steps; the text of the page."""
    await browser.go(ELECTION)
    for state in states:
        await browser.do("report", state=state, taken_on="2026-11-02", document_no=APPROVAL)
    return browser.page.text


async def test_a_vote_that_elects_no_deputy_is_given_up_and_the_rest_reported(chat: Chat, pages: Pages) -> None:
    browser = await deputy_without_result(pages)
    assert 'value="reduce"' not in browser.page.text
    assert says(await chat.say(SECRETARY, "换届"), "election.next_step_nobody")
    assert says(await browser.do("reduce", consents="3"), "election.cannot_reduce")
    word = Document(io.BytesIO((await pages.http.get(f"{ELECTION}/docx/result")).content))
    text = "\n".join(one.text for one in word.paragraphs)
    assert says(text, "documents.election_result.step_nobody")
    assert not says(text, "documents.election_result.step_vacant")
    approval = sentence("election.field.vacant_approval")
    assert says(await browser.do("leave_open", vacant_approval=" "), "election.missing", what=approval)
    page = await browser.do("leave_open", vacant_approval=WORD)
    assert says(page, "election.page.left_open", approval=WORD, seats=1)
    assert says(page, "election.page.done", names=sentence("election.page.nobody"))
    await report(browser, "counted")
    await browser.go("/elections/contest/2")
    assert says(await browser.do("vote_on"), "election.page.open_rest")
    await browser.do("leave_open", vacant_approval=WORD)
    page = await report(browser, "counted", "reported", "filed")
    assert says(page, "election.next_announced")
    await browser.go("/elections/contest/2")
    assert says(await browser.do("vote_on"), "election.reported_already")
    for what in ("result", "report"):
        word = Document(io.BytesIO((await pages.http.get(f"{ELECTION}/docx/{what}")).content))
        text = "\n".join(one.text for one in word.paragraphs)
        assert says(text, "documents.election_result.left_open", number=WORD, seats=1), what
        assert not says(text, "documents.election_report.approve", offices=sentence("documents.office.deputy"))


async def test_where_every_vote_was_set_aside_the_seat_may_stay_open(chat: Chat, pages: Pages) -> None:
    await deputy_without_result(pages)
    for who, do in ((SCRUTINEER, "aside"), (TELLER, "aside_agreed")):
        await (await enter(pages, who, "/elections/totals/2")).do(do, reason="开错了")
    browser = await enter(pages, SECRETARY, "/elections/contest/2")
    assert says(await browser.do("drop"), "election.counted_already")
    page = await browser.do("leave_open", vacant_approval=WORD)
    assert says(page, "election.page.left_open", approval=WORD, seats=1)
    assert says(await browser.do("first", due="3", present="3"), "help.stale_button")
    assert sentence("election.page.leave_open_button") in await browser.do("vote_on")
    await browser.do("leave_open", vacant_approval=WORD)
    assert says(await report(browser, "counted", "reported", "filed"), "election.next_announced")
    for what in ("result", "report"):
        word = Document(io.BytesIO((await pages.http.get(f"{ELECTION}/docx/{what}")).content))
        text = "\n".join(one.text for one in word.paragraphs)
        assert says(text, "documents.election_result.left_open", number=WORD, seats=1), what


async def test_a_contest_without_a_vote_is_not_left_open(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    assert says(await browser.do("leave_open", vacant_approval=WORD), "help.stale_button")


async def test_a_tie_or_a_committee_that_is_not_full_may_stay_so_and_other_totals_undo_it(
    chat: Chat, pages: Pages
) -> None:
    await open_vote(pages)
    await count(pages, 1, totals({DISCIPLINE: 8, ORGANIZER: 7, PUBLICITY: 6, MEMBERS[0]: 6}))
    browser = await enter(pages, SECRETARY, CONTEST)
    page = await browser.do("leave_open", vacant_approval=WORD)
    assert says(page, "election.page.left_open", approval=WORD, seats=1)
    assert says(await report(browser), "election.next_counted")
    await count(pages, 1, totals({DISCIPLINE: 4, ORGANIZER: 4, PUBLICITY: 4, MEMBERS[0]: 4}))
    browser = await enter(pages, SECRETARY, CONTEST)
    assert not says(browser.page.text, "election.page.left_open")
    await browser.do("leave_open", vacant_approval=WORD)
    page = await report(browser, "counted", "reported", "announced")
    assert says(page, "election.page.posts_done")
    assert says(await browser.go(UNIT), "election.term_unknown")


async def test_an_announced_result_says_which_posts_change_and_where(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals({DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 1, MEMBERS[0]: 7}))
    browser = await enter(pages, SECRETARY, ELECTION)
    await browser.do("contest", office="secretary", seats="1", by_committee="1", approval_no=APPROVAL)
    await browser.do("add", name=MEMBERS[0])
    await browser.do("first", due="3", present="3")
    await count(pages, 2, totals({MEMBERS[0]: 3}, valid=3, returned=3))
    browser = await enter(pages, SECRETARY, ELECTION)
    page = await report(browser, "counted", "reported", "filed", "approved")
    assert not says(page, "election.page.posts_hint")
    page = await report(browser, "announced")
    secretary, day = sentence("election.post.secretary"), "2026-11-02"
    assert says(page, "election.page.posts_hint", day=day)
    assert says(page, "election.page.post_takes", name=MEMBERS[0], post=secretary, day=day)
    assert says(page, "election.page.post_leaves", name=SECRETARY, post=secretary, day=day)
    publicity = sentence("election.post.publicity_commissioner")
    assert says(page, "election.page.post_leaves", name=PUBLICITY, post=publicity, day=day)
    assert not says(page, "election.page.post_leaves", name=ORGANIZER)
    for who in (SECRETARY, OFFICE):
        told = [one for one in await chat.inbox(who) if says(one.text, "election.posts_change", unit=ROADS, day=day)]
        assert len(told) == 1, who
        assert MEMBERS[0] not in told[0].text
    office = await enter(pages, OFFICE, UNIT)
    assert says(office.page.text, "election.page.post_takes", name=MEMBERS[0], post=secretary, day=day)

    def follow(session: StoreSession) -> None:
        ids = {one.name: one.id for one in session.exec(select(Member))}
        for post in session.exec(select(PostRow).where(col(PostRow.member_id).in_([ids[SECRETARY], ids[PUBLICITY]]))):
            session.delete(post)
        session.add(PostRow(member_id=ids[MEMBERS[0]] or 0, unit_id=2, kind=Post.SECRETARY))

    await chat.app.store.write(follow)
    assert says((await enter(pages, MEMBERS[0], ELECTION)).page.text, "election.page.posts_done")
    assert not says((await enter(pages, OFFICE, UNIT)).page.text, "election.page.posts_hint")
    assert ROADS in (await enter(pages, OFFICE, UNIT)).page.text


def test_the_posts_that_change() -> None:
    held = [
        ("甲", Post.SECRETARY),
        ("乙", Post.ORGANIZATION_COMMISSIONER),
        ("丙", Post.RECORDER),
        ("丁", Post.DEPUTY_SECRETARY),
    ]
    leaves = PostChange("甲", Post.SECRETARY, leaves=True)
    takes = PostChange("丙", Post.SECRETARY, leaves=False)
    assert post_changes({Office.SECRETARY: ["丙"]}, held, by_election=False) == (takes, leaves)
    assert post_changes({Office.SECRETARY: ["丙"]}, held, by_election=True) == (takes, leaves)
    assert post_changes({Office.SECRETARY: ["甲"]}, held, by_election=False) == ()
    assert post_changes({Office.COMMITTEE: ["戊"]}, held, by_election=True) == (
        PostChange("戊", Post.COMMITTEE_MEMBER, leaves=False),
    )
    whole = post_changes({Office.COMMITTEE: ["甲", "乙", "戊"], Office.SECRETARY: ["甲"]}, held, by_election=False)
    assert whole == (
        PostChange("戊", Post.COMMITTEE_MEMBER, leaves=False),
        PostChange("丁", Post.DEPUTY_SECRETARY, leaves=True),
    )
    assert post_changes({Office.COMMITTEE: []}, held, by_election=False) == ()


async def test_without_a_committee_nobody_elects_its_secretary_and_the_rest_is_reported(
    chat: Chat, pages: Pages
) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(dict.fromkeys(ALL_WON, 3)))
    browser = await enter(pages, SECRETARY, ELECTION)
    await browser.do("contest", office="secretary", seats="1", by_committee="1", approval_no=APPROVAL)
    await browser.do("add", name=ORGANIZER)
    await browser.go(CONTEST)
    await browser.do("leave_open", vacant_approval=WORD)
    await browser.go("/elections/contest/2")
    assert says(await browser.do("first", due="3", present="3"), "election.no_committee")
    await browser.do("drop")
    assert says(await report(browser, "counted", "reported"), "election.next_announced")
