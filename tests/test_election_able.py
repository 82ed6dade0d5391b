"""Who stands, watches, counts, chairs or is appointed has rights, wherever on the roster they are (EL-6, EL-16)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlmodel import col, select

from bot.rules.election import Named, close_to, meant
from bot.rules.people import Stage
from bot.store.core.statements import StoreSession
from bot.store.people import Member
from tests.support.cast import (
    ACTIVIST,
    DISCIPLINE,
    FERRY,
    FERRY_MEMBER,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    PROBATIONARY,
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.elections import (
    APPROVAL,
    CONTEST,
    ELECTION,
    SCRUTINEER,
    TOTALS,
    UNIT,
    count,
    enter,
    open_vote,
    prepare,
    totals,
)
from tests.support.pages import Pages
from tests.support.wording import says, sentence


async def changed(chat: Chat, who: str, /, **values: object) -> None:
    """The roster says something else of a member."""

    def change(session: StoreSession) -> None:
        member = session.exec(select(Member).where(col(Member.name) == who)).one()
        for key, value in values.items():
            setattr(member, key, value)
        session.add(member)

    await chat.app.store.write(change)


@pytest.mark.parametrize("values", [{"stage": Stage.PROBATIONARY_MEMBER}, {"voting_rights": False}])
async def test_nobody_without_rights_stands_from_whatever_branch(
    chat: Chat, pages: Pages, values: dict[str, object]
) -> None:
    await changed(chat, FERRY_MEMBER, **values)
    browser = await prepare(pages)
    ways = (FERRY_MEMBER, "渡口 党员", f"{FERRY_MEMBER} {FERRY}", f"{FERRY_MEMBER}（渡运）")
    for written in ways:
        assert says(await browser.do("add", name=written), "election.may_not_stand", name=written), written
    await browser.go(UNIT)
    said = {"office": "deputy", "appointed_on": "2026-11-02", "approval_no": APPROVAL}
    for written in (*ways, PROBATIONARY):
        assert says(await browser.do("appoint", name=written, **said), "election.may_not_serve"), written
    await browser.go(ELECTION)
    held = {"held_on": "2026-11-02", "place": "三楼", "elected_base": "present", "clause": ""}
    assert says(await browser.do("meeting", chair=FERRY_MEMBER, **held), "election.may_not_serve")


async def test_a_further_vote_looks_at_the_whole_roster_too(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals({DISCIPLINE: 9, "": 8, " ": 4, "  ": 2}))
    await changed(chat, FERRY_MEMBER, stage=Stage.PROBATIONARY_MEMBER)
    browser = await enter(pages, SECRETARY, CONTEST)
    assert says(await browser.do("further", names=FERRY_MEMBER, present="10"), "election.may_not_stand")
    assert says(await browser.do("further", names=MEMBERS[3], present="10"), "election.page.vote", number=2)


async def test_a_member_of_another_branch_with_rights_stands_and_is_no_stranger(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    page = await browser.do("add", name=f"{FERRY_MEMBER} {FERRY}")
    assert f"<strong>{FERRY_MEMBER}</strong>" in page
    assert f'<span class="tag">{sentence("election.page.outside")}' not in page
    assert says(await browser.do("add", name=f"{FERRY_MEMBER} "), "election.candidate_twice", name=FERRY_MEMBER)


async def test_namesakes_are_told_apart_by_their_branch(chat: Chat, pages: Pages) -> None:
    await changed(chat, OFFICE, name="王小明")
    await changed(chat, FERRY_MEMBER, name="王小明", stage=Stage.PROBATIONARY_MEMBER)
    browser = await prepare(pages)
    assert says(await browser.do("add", name="王小明"), "election.which_one", name="王小明")
    assert says(await browser.do("add", name=f"王小明 {FERRY}"), "election.may_not_stand")
    page = await browser.do("add", name="王小明 机关")
    assert "<strong>王小明 机关党支部</strong>" in page
    assert says(await browser.do("first", present="10"), "election.page.totals_open")


async def test_who_watches_or_counts_has_rights_also_when_the_vote_opens(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    await browser.go(ELECTION)
    for role in ("scrutineer", "teller"):
        for name in (PROBATIONARY, ACTIVIST):
            assert says(await browser.do("role", role=role, name=name), "election.may_not_serve", name=name)
    await changed(chat, SCRUTINEER, voting_rights=False)
    await browser.go(CONTEST)
    assert says(await browser.do("first", present="9"), "election.may_not_serve", name=SCRUTINEER)


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        ("王小明", (1,)),
        ("王　小明", (1,)),
        ("王小明 渡运", (1,)),
        ("王小明（渡运党支部）", (1,)),
        ("王小明（外单位）", ()),
        ("李四", (2, 3)),
        ("李四(2)", (3,)),
        ("李四（2）", (3,)),
        ("阿卜杜拉•买买提", (4,)),
        ("阿卜杜拉・买买提", (4,)),
        ("王小", ()),
        ("", ()),
    ],
)
def test_whom_a_name_means(written: str, ids: Sequence[int]) -> None:
    people = [
        Named(1, "王小明", FERRY, able=True),
        Named(2, "李四(1)", FERRY, able=True),
        Named(3, "李四(2)", FERRY, able=False),
        Named(4, "阿卜杜拉·买买提", FERRY, able=True),
    ]
    assert tuple(one.id for one in meant(written, people)) == tuple(ids)


REMARKS = (
    "{0} 渡运支部",
    "{0}-渡运",
    "{0}：渡运",
    "{0}【渡运】",
    "“{0}”",
    "{0}.",
    "{0}（已转正）",
    "{0}2",
    "渡运支部 {0}",
)


async def test_nobody_without_rights_comes_in_as_a_stranger_with_a_remark(chat: Chat, pages: Pages) -> None:
    await changed(chat, FERRY_MEMBER, stage=Stage.PROBATIONARY_MEMBER)
    browser = await prepare(pages)
    for written in (one.format(FERRY_MEMBER) for one in REMARKS):
        assert says(await browser.do("add", name=written), "election.may_not_stand", name=written), written
    said = await browser.do("add", name=f"{FERRY_SECRETARY}-渡运")
    whole = f"{FERRY_SECRETARY} {FERRY}"
    assert says(said, "election.close_to", name=f"{FERRY_SECRETARY}-渡运", listed=whole, example=whole)


def test_whose_name_a_written_one_begins_with() -> None:
    people = [Named(1, "王小明", FERRY, able=False), Named(2, "李四(2)", FERRY, able=True)]
    for remark in REMARKS:
        assert [one.id for one in close_to(remark.format("王小明"), people)] == [1], remark
    assert [one.id for one in close_to("李四-渡运", people)] == [2]
    for stranger in ("王小", "王小明明", "阿卜杜拉·王小明", "财政局王小明", ""):
        assert close_to(stranger, people) == [], stranger


async def test_who_lost_the_rights_after_the_opening_counts_no_more(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    page = (await enter(pages, SCRUTINEER, TOTALS)).page
    assert page.status_code == 200
    await changed(chat, SCRUTINEER, voting_rights=False)
    browser = await enter(pages, SCRUTINEER, TOTALS)
    assert says(browser.page.text, "election.not_a_counter")
