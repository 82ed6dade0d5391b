"""Elections in chat, the two reminders, what is kept and what never is."""

from __future__ import annotations

import asyncio
import re
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from bot.app import App
from bot.clock import SHANGHAI
from bot.config import ConfigError, load
from bot.store import audit
from bot.store import election as store
from bot.store.audit import AuditEntry
from bot.store.core.statements import StoreSession
from bot.store.election import Election, ElectionExclusion, TotalsEntry
from bot.store.nightly import forget_old
from bot.store.people import Member
from bot.store.tables import METADATA
from tests.support.cast import (
    DISCIPLINE,
    EXEMPT,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    ORGANIZER,
    PUBLICITY,
    ROADS,
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.elections import (
    APPROVAL,
    ELECTION,
    SCRUTINEER,
    TELLER,
    UNIT,
    count,
    enter,
    open_vote,
    prepare,
    totals,
)
from tests.support.pages import Pages
from tests.support.shipped import ROOT
from tests.support.wording import says, sentence, sentences

WON = {DISCIPLINE: 9, ORGANIZER: 8, PUBLICITY: 7, MEMBERS[0]: 1}


def at(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return datetime(year, month, day, hour, 1, tzinfo=SHANGHAI)


async def set_term(pages: Pages, elected_on: str, who: str = SECRETARY, **other: str) -> str:
    browser = await enter(pages, who)
    return await browser.do("term", elected_on=elected_on, years="3", **other)


async def reminders_of(chat: Chat, who: str) -> list[str]:
    texts = [message.text for message in await chat.inbox(who)]
    return [text for text in texts if any(says(text, key) for key in sentences() if key.startswith("election.remind"))]


async def test_the_secretary_learns_state_and_next_step(chat: Chat, pages: Pages) -> None:
    said = await chat.say(SECRETARY, "换届")
    assert ROADS in said
    assert says(said, "election.term_unknown")
    assert says(said, "election.next_begin")
    assert chat.last[SECRETARY].links
    await set_term(pages, "2023-12-05")
    assert says(await chat.say(SECRETARY, "换届"), "election.term_due_soon", deadline="2026-12-05", left=33)


async def test_the_next_step_follows_the_election(chat: Chat, pages: Pages) -> None:
    browser = await prepare(pages)
    assert says(await chat.say(SECRETARY, "换届"), "election.next_vote")
    await browser.do("first", present="10")
    assert says(await chat.say(SECRETARY, "换届"), "election.next_totals")
    await count(pages, 1, totals(WON))
    said = await chat.say(SECRETARY, "换届")
    assert says(said, "election.next_counted")
    assert not [name for name in WON if name in said]


async def test_the_preparation_is_asked_for_in_order(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("begin")
    assert says(await chat.say(SECRETARY, "换届"), "election.next_candidates")
    await browser.do("contest", office="committee", seats="1", approval_no=APPROVAL)
    for name in (ORGANIZER, PUBLICITY):
        await browser.do("add", name=name)
    assert says(await chat.say(SECRETARY, "换届"), "election.next_roles")
    await browser.go(ELECTION)
    for role, name in (("scrutineer", SCRUTINEER), ("teller", TELLER)):
        await browser.do("role", role=role, name=name)
    assert says(await chat.say(SECRETARY, "换届"), "election.next_base")


async def test_the_office_gets_totals_of_the_states(chat: Chat, pages: Pages) -> None:
    await set_term(pages, "2023-12-05")
    said = await chat.say(OFFICE, "换届")
    assert sentence("election.office_due_soon", count=1) in said
    assert sentence("election.office_unknown", count=3) in said
    assert ROADS not in said


async def test_a_member_is_told_whose_business_it_is(chat: Chat) -> None:
    assert says(await chat.say(MEMBERS[0], "换届"), "help.no_right")


async def test_nothing_of_it_in_a_group(chat: Chat) -> None:
    for who, words in ((SECRETARY, "换届"), (MEMBERS[0], "选票"), (MEMBERS[0], "计票")):
        assert says(await chat.say(who, words, group=ROADS), "help.private_only")
    assert await chat.say(MEMBERS[0], "我投张三", group=ROADS) == ""


async def test_who_wants_to_vote_learns_that_ballots_are_paper(chat: Chat) -> None:
    for words in ("选票", "我投张三", "我选 李四当书记", "投给王五", "选举", "选举投给谁", "代投", "/选票 张三"):
        assert says(await chat.say(MEMBERS[0], words), "election.paper_only")


async def test_an_answer_to_an_open_question_is_not_taken_for_a_vote(chat: Chat) -> None:
    await chat.say(SECRETARY, "投票 周末植树去哪里")
    await chat.say(SECRETARY, "城南苗圃 / 江边公园")
    assert not says(await chat.say(SECRETARY, "我选 1"), "election.paper_only")


async def test_scrutineers_and_tellers_get_the_page_for_the_totals(chat: Chat, pages: Pages) -> None:
    assert says(await chat.say(TELLER, "计票"), "election.nothing_to_count")
    await open_vote(pages)
    for who in (SCRUTINEER, TELLER):
        assert says(await chat.say(who, "计票"), "election.totals_how")
        assert "/in/" in chat.last[who].links[0].url
    assert says(await chat.say(MEMBERS[4], "计票"), "election.nothing_to_count")


async def test_it_is_in_the_help(chat: Chat) -> None:
    what = sentence("election.what.show")
    assert says(await chat.say(SECRETARY, "帮助"), "help.line", phrase="换届", what=what)
    assert says(await chat.say(OFFICE, "帮助"), "help.line", phrase="换届", what=what)
    said = await chat.say(MEMBERS[0], "帮助")
    assert says(said, "help.line", phrase="选票", what=sentence("election.what.paper"))
    assert not says(said, "help.line", phrase="换届")


async def test_two_reminders_once_each_to_secretary_and_office(chat: Chat, pages: Pages) -> None:
    await set_term(pages, "2025-02-10")
    await chat.go_to(at(2027, 8, 9, 18))
    assert await reminders_of(chat, SECRETARY) == []
    await chat.go_to(at(2027, 8, 10))
    for who in (SECRETARY, OFFICE):
        (said,) = await reminders_of(chat, who)
        assert says(said, "election.remind_first", unit=ROADS, deadline="2028-02-10", left=184)
    await chat.go_to(at(2027, 11, 12))
    for who in (SECRETARY, OFFICE):
        assert says((await reminders_of(chat, who))[1], "election.remind_due_soon")
    await chat.go_to(at(2028, 3, 1))
    for who in (SECRETARY, OFFICE):
        assert len(await reminders_of(chat, who)) == 2
    for who in (MEMBERS[0], ORGANIZER, FERRY_SECRETARY):
        assert await reminders_of(chat, who) == []
    assert await chat.group_inbox() == []


async def test_a_term_entered_late_brings_the_later_reminder_only(chat: Chat, pages: Pages) -> None:
    await set_term(pages, "2023-12-05")
    await set_term(pages, "2023-12-05")
    await chat.go_to(at(2026, 11, 3))
    (said,) = await reminders_of(chat, SECRETARY)
    assert says(said, "election.remind_due_soon", deadline="2026-12-05", left=32)


async def test_an_expired_term_reminds_nobody_but_the_page_says_so(chat: Chat, pages: Pages) -> None:
    assert says(await set_term(pages, "2022-12-05"), "election.term_overdue")
    await chat.go_to(at(2026, 11, 3))
    assert await reminders_of(chat, SECRETARY) == []


async def test_a_postponement_moves_the_reminders(chat: Chat, pages: Pages) -> None:
    await set_term(pages, "2024-06-30")
    browser = await enter(pages, SECRETARY)
    await browser.do("other_date", until="2027-12-31", approval_no=APPROVAL)
    await chat.go_to(at(2027, 4, 15))
    assert await reminders_of(chat, SECRETARY) == []
    await chat.go_to(at(2027, 6, 30))
    (said,) = await reminders_of(chat, SECRETARY)
    assert "2027-12-31" in said


async def test_a_term_that_was_renewed_meanwhile_reminds_nobody(chat: Chat, pages: Pages) -> None:
    await set_term(pages, "2024-06-30")
    await chat.go_to(at(2026, 11, 30))
    await set_term(pages, "2026-11-30")
    await chat.go_to(at(2027, 7, 10))
    assert await reminders_of(chat, SECRETARY) == []


def test_no_table_has_room_for_a_vote_or_a_voter() -> None:
    """SE-1, SE-2: the columns of everything about elections, in full."""
    found = {
        f"{table.name}.{column.name}"
        for table in METADATA.tables.values()
        if table.name.startswith("election")
        for column in table.columns
    }
    assert len(found) > 50
    forbidden = re.compile(r"ballot|voter|voted|vote_|choice|chosen|answer|device|ip$|_at$|order|account")
    assert {name for name in found if forbidden.search(name)} == {"election_term.set_at"}
    persons = {name for name in found if name.endswith(("member_id", "_by"))}
    assert persons == {
        "election_term.set_by",
        "election_appointment.member_id",
        "election_appointment.noted_by",
        "election.started_by",
        "election_exclusion.member_id",
        "election_role.member_id",
        "election_candidate.member_id",
        "election_round.aside_asked_by",
        "election_totals.entered_by",
        "election_report.noted_by",
        "election_correction.noted_by",
    }


async def test_totals_are_all_that_is_kept_of_a_vote(chat: Chat, pages: Pages, app: App) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(WON))

    def kept(session: StoreSession) -> tuple[dict[str, object], int, list[str]]:
        vote = store.find_round(session, 1)
        assert vote is not None
        assert vote.totals is not None
        return vote.totals, len(session.exec(select(TotalsEntry)).all()), vote.entered

    found, entries, entered = await app.store.read(kept)
    assert set(found) == {"issued", "voted", "returned", "invalid", "decided", "lines", "write_ins"}
    assert found["lines"] == [[name, votes, 9 - votes, 0] for name, votes in WON.items()]
    assert entries == 0
    assert entered == [SCRUTINEER, TELLER]


async def test_what_was_done_is_in_the_audit_log_and_no_number_of_it(chat: Chat, pages: Pages, app: App) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(WON))

    def entries(session: StoreSession) -> tuple[list[AuditEntry], int | None]:
        query = select(AuditEntry).where(col(AuditEntry.action).like("election%")).order_by(col(AuditEntry.id))
        found = list(session.exec(query))
        for one in found:
            session.expunge(one)
        return found, audit.broken_at(session)

    found, broken = await app.store.read(entries)
    assert broken is None
    actions = [one.action for one in found]
    assert actions.count("election totals entered") == 2
    assert actions[-1] == "election totals agreed"
    assert {one.subject for one in found if "totals" in one.action} == {"1"}
    assert not [one for one in found for name in WON if name in one.subject]


async def test_every_change_of_the_preparation_is_in_the_audit_log(chat: Chat, pages: Pages, app: App) -> None:
    def noted(session: StoreSession) -> list[tuple[str, str]]:
        query = select(AuditEntry).where(col(AuditEntry.action).like("election%")).order_by(col(AuditEntry.id))
        return [(one.action, one.subject) for one in session.exec(query)]

    browser = await prepare(pages)
    before = await app.store.read(noted)
    assert ("election meeting", "1:2026-11-02:present") in before
    await browser.do("place", item="1", place="2")
    await browser.go(ELECTION)
    await browser.do("present", present="9")
    await browser.do("no_role", item="2")
    assert (await app.store.read(noted))[len(before) :] == [
        ("election candidate placed", "1:committee:2"),
        ("election present", "1:9"),
        ("election role taken back", "1:teller"),
    ]
    before = await app.store.read(noted)
    await browser.go(UNIT)
    said = {"office": "secretary", "name": ORGANIZER, "appointed_on": "2026-11-01", "approval_no": APPROVAL}
    await browser.do("appoint", **said)
    await browser.do("no_appointment", item="1")
    assert (await app.store.read(noted))[len(before) :] == [
        ("election appointment", "2:1:secretary"),
        ("election appointment taken back", "2:1:secretary"),
    ]


async def test_members_see_what_is_stored_about_them(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("begin")
    await browser.do("exclude", name=EXEMPT, reason="d", approval_no=APPROVAL, resolution="11月2日大会")
    await browser.do("contest", office="committee", seats="3")
    await browser.do("add", name=ORGANIZER)
    await browser.go(ELECTION)
    await browser.do("role", role="scrutineer", name=SCRUTINEER)
    assert says(await chat.say(ORGANIZER, "我的"), "election.fact_stood_committee")
    assert says(await chat.say(SCRUTINEER, "我的"), "election.fact_scrutineer")
    assert says(await chat.say(EXEMPT, "我的"), "election.fact_excluded_d", approval=APPROVAL)
    assert says(await chat.say(SECRETARY, "我的"), "election.fact_noted", started=1)
    said = await chat.say(MEMBERS[4], "我的")
    assert not any(says(said, key) for key in sentences() if key.startswith("election.fact_"))


async def test_reasons_go_when_the_result_has_long_been_announced(chat: Chat, pages: Pages, app: App) -> None:
    browser = await enter(pages, SECRETARY)
    await browser.do("begin")
    await browser.do("exclude", name=EXEMPT, reason="d", approval_no=APPROVAL, resolution="11月2日大会")

    def announced(session: StoreSession) -> None:
        election = session.get(Election, 1)
        assert election is not None
        election.announced_on = date(2026, 11, 2)
        session.add(election)

    def left(session: StoreSession) -> int:
        return len(session.exec(select(ElectionExclusion)).all())

    privacy = app.settings.privacy
    later = app.clock.now() + timedelta(days=31 * privacy.notice_months + 1)
    await app.store.write(forget_old, later, privacy)
    assert await app.store.read(left) == 1
    await app.store.write(announced)
    await app.store.write(forget_old, app.clock.now() + timedelta(days=30), privacy)
    assert await app.store.read(left) == 1
    await app.store.write(forget_old, later, privacy)
    assert await app.store.read(left) == 0


async def test_members_without_rights_are_in_no_base(chat: Chat, pages: Pages, app: App) -> None:
    def suspend(session: StoreSession) -> None:
        member = session.exec(select(Member).where(col(Member.name) == MEMBERS[5])).one()
        member.voting_rights = False
        session.add(member)

    await app.store.write(suspend)
    browser = await enter(pages, SECRETARY)
    assert says(await browser.do("begin"), "election.page.base_now", with_rights=10)
    assert says(await browser.do("exclude", name=MEMBERS[5], reason="a"), "election.no_such_voter")


async def test_two_entries_at_the_same_moment_still_meet(chat: Chat, pages: Pages, app: App) -> None:
    await open_vote(pages)
    first, second = Pages(app), Pages(app)
    try:
        one = await enter(first, SCRUTINEER, "/elections/totals/1")
        other = await enter(second, TELLER, "/elections/totals/1")
        texts = await asyncio.gather(one.do("totals", **totals(WON)), other.do("totals", **totals(WON)))
    finally:
        await first.http.aclose()
        await second.http.aclose()
    assert says("".join(texts), "election.page.totals_agreed")


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("term_years = 9", "term_years"),
        ("remind_months_before = 1", "remind_months_before"),
        ("surplus_percent = 101", "surplus_percent"),
        ('elected_base = "both"', "elected_base"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, line: str, key: str) -> None:
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    path = tmp_path / "config.toml"
    path.write_text(re.sub(rf"^{key} = .*$", line, text, flags=re.MULTILINE), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"election.{key}"):
        load(path, {})


async def test_the_pages_work_for_a_general_branch_office_and_unit(chat: Chat, pages: Pages) -> None:
    browser = await enter(pages, OFFICE, "/elections/unit/1")
    assert 'value="5"' in browser.page.text
    assert says(await browser.do("term", elected_on="2026-05-20", years="5"), "election.term_normal", ends="2031-05-20")
    assert browser.page.url.path == "/elections/unit/1"
    assert UNIT in await browser.go("/elections")
