"""Polls: made step by step, answered from many sides, closed on time; motions; entries instead of chain replies."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.messages import Message
from bot.store import meetings, people, poll, voting
from bot.store.core.statements import StoreSession
from bot.store.meetings import Meeting
from bot.store.people import Unit
from bot.store.poll import Poll
from tests.support.cast import (
    ACTIVIST,
    EXEMPT,
    FERRY_MEMBER,
    MEMBERS,
    ORGANIZER,
    PROBATIONARY,
    ROADS,
    ROWS,
    SECRETARY,
)
from tests.support.chat import Chat, button
from tests.support.meetings import leave_platform
from tests.support.pages import Pages
from tests.support.wording import says, sentence

DUE = sum(row.branch == ROADS for row in ROWS)


async def start(chat: Chat, command: str, *answers: str, where: str = "poll.where_both") -> str:
    """Go through the questions; typed texts first, then a tap for the kind, the deadline and the place."""
    await chat.say(SECRETARY, command)
    for answer in answers:
        await chat.say(SECRETARY, answer)
    await chat.tap(SECRETARY, "poll.deadline_hour")
    return await chat.tap(SECRETARY, where)


async def trees(chat: Chat, kind: str = "poll.kind_single", where: str = "poll.where_both") -> Message:
    """A vote on two places; the private card as a member got it."""
    await chat.say(SECRETARY, "投票 周末植树去哪里")
    await chat.say(SECRETARY, "城南苗圃 / 江边公园 / 东山")
    await chat.tap(SECRETARY, kind)
    await chat.tap(SECRETARY, "poll.deadline_hour")
    assert says(await chat.tap(SECRETARY, where), "poll.started")
    return (await chat.inbox(MEMBERS[0]))[-1]


async def test_a_vote_from_the_command_to_the_result(chat: Chat) -> None:
    card = await trees(chat)
    assert says(card.text, "poll.card", head=sentence("poll.head_vote"), title="周末植树去哪里")
    in_group = (await chat.group_inbox())[-1]
    assert [one.label for one in in_group.choices] == ["城南苗圃", "江边公园", "东山"]
    assert says(await chat.tap(MEMBERS[0], "江边", card), "poll.noted", chosen="江边公园")
    assert says(await chat.tap(MEMBERS[1], "城南", in_group, group=ROADS), "poll.noted", chosen="城南苗圃")
    assert await chat.say(MEMBERS[2], "2", group=ROADS) == sentence("poll.noted_group")
    status = await chat.say(SECRETARY, "投票情况")
    both = sentence("poll.comma").join((MEMBERS[0], MEMBERS[2]))
    assert sentence("poll.named", label="江边公园", names=both) in status
    assert says(status, "poll.missing", count=DUE - 3)
    await chat.go_to(chat.clock.now() + timedelta(hours=1, minutes=1))
    result = (await chat.group_inbox())[-1].text
    bar = sentence("poll.bar_full") * 7 + sentence("poll.bar_empty") * 3
    assert sentence("poll.bar", label="江边公园", bar=bar, count=2) in result
    assert not any(row.name in result for row in ROWS)
    named = (await chat.inbox(SECRETARY))[-1].text
    assert sentence("poll.named", label="城南苗圃", names=MEMBERS[1]) in named
    assert ACTIVIST in named
    assert says(await chat.say(MEMBERS[5], "投票结果"), "poll.bar", label="江边公园", count=2)


async def test_a_vote_may_be_changed_until_the_deadline_and_not_after(chat: Chat) -> None:
    card = await trees(chat)
    await chat.tap(MEMBERS[0], "江边", card)
    await chat.say(MEMBERS[0], "3")
    assert await cast(chat) == [(MEMBERS[0], 0b100, "")]
    chat.clock.set(chat.clock.now() + timedelta(hours=1, minutes=1))
    assert says(await chat.tap(MEMBERS[0], "江边", card), "poll.over")
    await chat.app.schedule.run_due()
    assert says(await chat.tap(MEMBERS[1], "江边", card), "poll.over")
    assert await cast(chat) == [(MEMBERS[0], 0b100, "")]


async def test_several_answers_are_ticked_in_private_only(chat: Chat) -> None:
    card = await trees(chat, "poll.kind_multiple")
    in_group = (await chat.group_inbox())[-1]
    assert says(await chat.tap(MEMBERS[0], "东山", in_group, group=ROADS), "help.multiple_in_group")
    await chat.tap(MEMBERS[0], "城南", card)
    await chat.tap(MEMBERS[0], "东山", card)
    both = sentence("poll.comma").join(("城南苗圃", "东山"))
    assert says(await chat.tap(MEMBERS[0], "help.submit", card), "poll.noted", chosen=both)
    both = sentence("poll.comma").join(("江边公园", "东山"))
    assert says(await chat.say(MEMBERS[1], "2 3"), "poll.noted", chosen=both)
    assert await cast(chat) == [(MEMBERS[0], 0b101, ""), (MEMBERS[1], 0b110, "")]


async def test_two_devices_at_the_same_instant_leave_one_vote(chat: Chat) -> None:
    card = await trees(chat)
    await asyncio.gather(
        *(chat.event(MEMBERS[0], token=button(card, label).token) for label in ("城南", "江边", "东山"))
    )
    votes = await cast(chat)
    assert len(votes) == 1
    assert votes[0][1] in (0b001, 0b010, 0b100)


async def test_others_cannot_vote_and_forged_options_are_refused(chat: Chat) -> None:
    card = await trees(chat)
    token = card.choices[0].token
    reply = await chat.event(FERRY_MEMBER, token=token)
    assert reply.message is not None
    assert says(reply.message.text, "help.stale_button")
    reply = await chat.event(MEMBERS[0], token=token.rsplit(":", 1)[0] + ":9")
    assert reply.message is not None
    assert says(reply.message.text, "help.stale_button")
    assert says(await chat.say(MEMBERS[0], "9"), "help.out_of_range")
    assert await cast(chat) == []


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("只有一个", "poll.one_option"),
        ("同一个/同一个", "poll.same_options"),
        ("/".join(f"第{n}个" for n in range(40)), "poll.many_options"),
        ("短/" + "长" * 60, "poll.long_option"),
        ("机密★文件/别的", "poll.secret"),
        ("改选王同志/改选李同志", "poll.paper_only"),
        ("///", "poll.one_option"),
    ],
)
async def test_bad_options_are_refused_and_may_be_typed_again(chat: Chat, typed: str, answer: str) -> None:
    await chat.say(SECRETARY, "投票 周末植树去哪里")
    assert says(await chat.say(SECRETARY, typed), answer)
    assert says(await chat.say(SECRETARY, "城南\n江边"), "poll.ask_kind", count=2)


async def test_what_needs_a_secret_ballot_is_sent_to_paper(chat: Chat) -> None:
    for title in ("选举支部委员", "补选副书记", "吸收王同志入党", "王同志转正", "给李同志处分"):
        assert says(await chat.say(SECRETARY, f"投票 {title}"), "poll.paper_only")


async def test_times_are_typed_and_quiet_hours_kept(chat: Chat) -> None:
    await chat.say(SECRETARY, "表决 全年学习计划")
    await chat.tap(SECRETARY, "poll.deadline_typed")
    assert says(await chat.say(SECRETARY, "过会儿"), "poll.bad_time")
    assert says(await chat.say(SECRETARY, "8:00"), "poll.too_soon")
    assert says(await chat.say(SECRETARY, "15:30"), "poll.card", until="15:30")
    chat.clock.set(chat.clock.now().replace(hour=21))
    await chat.say(SECRETARY, "表决 另一件事")
    assert says(await chat.tap(SECRETARY, "poll.deadline_hour"), "poll.quiet")


async def test_members_start_no_polls_and_forged_drafts_are_refused(chat: Chat) -> None:
    assert says(await chat.say(MEMBERS[0], "投票 去哪里"), "help.only_secretary")
    await chat.say(SECRETARY, "投票 周末植树去哪里")
    await chat.say(SECRETARY, "城南/江边")
    await chat.tap(SECRETARY, "poll.kind_single")
    stolen = chat.last[SECRETARY].choices[0].token
    reply = await chat.event("渡口书记", token=stolen)
    assert reply.message is not None
    assert says(reply.message.text, "help.stale_button")


async def test_one_reminder_and_an_early_end(chat: Chat) -> None:
    card = await trees(chat)
    await chat.tap(MEMBERS[0], "东山", card)
    await chat.say(SECRETARY, "投票情况")
    status = chat.last[SECRETARY]
    assert sentence("poll.exempt", count=1, names=EXEMPT) in status.text
    assert says(await chat.tap(SECRETARY, "poll.chase", status), "poll.chased", count=DUE - 2)
    assert [one.text for one in await chat.inbox(EXEMPT)] == [card.text]
    assert says((await chat.inbox(MEMBERS[1]))[-1].text, "poll.reminder")
    assert not says((await chat.inbox(MEMBERS[0]))[-1].text, "poll.reminder")
    assert says(await chat.tap(SECRETARY, "poll.chase", status), "poll.chased_before")
    await chat.say(SECRETARY, "投票情况")
    assert says(await chat.tap(SECRETARY, "poll.end_now"), "poll.ended")
    assert says((await chat.group_inbox())[-1].text, "poll.result", title="周末植树去哪里")
    before = len(await chat.group_inbox())
    await chat.go_to(chat.clock.now() + timedelta(hours=2))
    assert len(await chat.group_inbox()) == before


async def test_who_has_no_account_is_not_counted_as_reminded(chat: Chat) -> None:
    card = await trees(chat)
    await chat.tap(SECRETARY, "东山", card)
    for name in (row.name for row in ROWS if row.branch == ROADS and row.name not in (SECRETARY, EXEMPT)):
        await chat.app.store.write(leave_platform, name)
    await chat.say(SECRETARY, "投票情况")
    status = chat.last[SECRETARY]
    assert says(await chat.tap(SECRETARY, "poll.chase", status), "poll.chase_nobody")
    assert len(await chat.inbox(EXEMPT)) == 1


async def test_a_motion_counts_those_with_a_vote(chat: Chat) -> None:
    await start(chat, "表决 全年学习计划")
    card = (await chat.inbox(MEMBERS[0]))[-1]
    in_group = (await chat.group_inbox())[-1]
    refused = await chat.tap(PROBATIONARY, "poll.motion_yes", in_group, group=ROADS)
    assert says(refused, "poll.no_vote")
    assert not says(refused, "poll.not_there")
    for name in MEMBERS:
        await chat.event(name, token=card.choices[0].token)
    await chat.say(SECRETARY, "投票情况")
    await chat.tap(SECRETARY, "poll.end_now")
    result = (await chat.group_inbox())[-1].text
    assert says(result, "poll.no_meeting", due=DUE - 3, yes=6)


async def test_a_motion_of_a_meeting_is_voted_on_by_those_who_signed_in(chat: Chat) -> None:
    """MD-1: the exempt member who came is one of those due; the base is that of the minutes."""
    meeting_id = await chat.app.store.write(hold_meeting, chat)
    opened = await chat.say(SECRETARY, "签到 开始")
    code = re.findall(r"(?<![0-9])[0-9]{4}(?![0-9])", opened)[0]
    here = (*MEMBERS[:5], EXEMPT)
    for name in here:
        assert says(await chat.say(name, f"签到 {code}"), "sign_in.done")
    await start(chat, "表决 全年学习计划")
    card = (await chat.inbox(MEMBERS[0]))[-1]
    assert says(await chat.tap(MEMBERS[5], "poll.motion_yes", card), "poll.not_there")
    for name in here:
        answer = await chat.tap(name, "poll.motion_yes", card)
        assert says(answer, "poll.noted", chosen=sentence("poll.motion_yes"))
    await chat.say(SECRETARY, "投票情况")
    assert MEMBERS[5] not in chat.last[SECRETARY].text
    await chat.tap(SECRETARY, "poll.end_now")
    result = (await chat.group_inbox())[-1].text
    assert says(result, "poll.passed", due=DUE - 2, present=6, yes=6)
    base = await chat.app.store.read(voting.base, await chat.app.store.read(roads), meeting_id)
    assert (len(base.due), len(base.present or ())) == (DUE - 2, 6)


async def test_a_motion_of_the_committee_goes_to_its_members_alone(chat: Chat) -> None:
    await chat.say(SECRETARY, "表决 早先的草稿")
    await chat.tap(SECRETARY, "poll.deadline_hour")
    before = chat.last[SECRETARY]
    await chat.say(SECRETARY, "签到 开始")
    await chat.say(SECRETARY, "十一月支委会")
    await chat.say(SECRETARY, "表决 全年学习计划")
    await chat.tap(SECRETARY, "poll.deadline_hour")
    offered = [choice.label for choice in chat.last[SECRETARY].choices]
    assert offered == [sentence("poll.where_private"), sentence("poll.where_none")]
    assert says(await chat.tap(SECRETARY, "poll.where_private"), "poll.started")
    assert says(await chat.tap(SECRETARY, "poll.where_both", before), "poll.committee_alone")
    assert "全年学习计划" in (await chat.inbox(ORGANIZER))[-1].text
    assert not any("全年学习计划" in message.text for message in await chat.inbox(MEMBERS[0]))
    assert not any("全年学习计划" in message.text for message in await chat.group_inbox())
    assert says(await chat.tap(SECRETARY, "poll.where_private", before), "poll.started")


async def test_the_page_refuses_a_motion_of_the_committee_for_the_group(chat: Chat, pages: Pages) -> None:
    await chat.say(SECRETARY, "签到 开始")
    await chat.say(SECRETARY, "十一月支委会")
    page = await pages.enter(SECRETARY, "/polls")
    until = (chat.clock.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    said = await pages.send(page, "/polls", kind="motion", title="全年学习计划", closes=until, where="both")
    assert says(said.text, "poll.committee_alone")
    await pages.send(page, "/polls", kind="motion", title="全年学习计划", closes=until, where="private")
    assert "全年学习计划" in (await chat.inbox(ORGANIZER))[-1].text


async def test_entries_are_private_and_the_group_sees_a_number(chat: Chat) -> None:
    await start(chat, "接龙 周六几点到")
    card = (await chat.inbox(MEMBERS[0]))[-1]
    assert not (await chat.group_inbox())[-1].choices
    assert says(await chat.tap(MEMBERS[0], "poll.fill", card), "poll.ask_entry")
    assert says(await chat.say(MEMBERS[0], "很长" * 30), "poll.entry_long")
    assert says(await chat.say(MEMBERS[0], "电话 13800138000 13900139000 13700137000"), "poll.secret")
    assert says(await chat.say(MEMBERS[0], "九点到"), "poll.entry_noted", entry="九点到")
    await chat.tap(MEMBERS[0], "poll.fill", card)
    await chat.say(MEMBERS[0], "十点到")
    assert sentence("poll.entry_line", name=MEMBERS[0], entry="十点到") in await chat.say(SECRETARY, "投票情况")
    await chat.tap(SECRETARY, "poll.end_now")
    assert says((await chat.group_inbox())[-1].text, "poll.result_entries", voters=1)
    assert "十点" not in (await chat.group_inbox())[-1].text


async def test_a_poll_of_a_meeting_is_in_its_records(chat: Chat) -> None:
    meeting_id = await chat.app.store.write(hold_meeting, chat)
    await trees(chat)
    await chat.say(MEMBERS[0], "1")
    await chat.say(SECRETARY, "投票情况")
    await chat.tap(SECRETARY, "poll.end_now")
    found = await chat.app.store.read(poll.of_meeting, meeting_id)
    assert [(one.title, one.options[0], one.voters) for one in found] == [
        ("周末植树去哪里", ("城南苗圃", 1), 1)
    ]
    member = await chat.app.store.read(people.identify, "local", MEMBERS[0])
    assert member is not None
    facts = await chat.app.store.read(poll.about_member, member.id)
    assert facts[0].values == {"title": "周末植树去哪里", "answer": "城南苗圃"}
    await chat.app.store.write(poll.forget_old, chat.clock.now() + timedelta(days=400))
    assert await cast(chat) == []
    assert await chat.app.store.read(poll.of_meeting, meeting_id) == found


async def cast(chat: Chat) -> list[tuple[str, int, str]]:
    return await chat.app.store.read(_cast)


def _cast(session: StoreSession) -> list[tuple[str, int, str]]:
    newest = session.exec(select(Poll).order_by(Poll.id.desc())).first()
    return poll.votes(session, newest.id or 0) if newest else []


def roads(session: StoreSession) -> int:
    return session.exec(select(Unit).where(Unit.name == ROADS)).one().id or 0


def hold_meeting(session: StoreSession, chat: Chat) -> int:
    unit = session.exec(select(Unit).where(Unit.name == ROADS)).one()
    meeting = Meeting(
        unit_id=unit.id or 0, title="支部大会", starts_at=chat.clock.now() - timedelta(minutes=10)
    )
    session.add(meeting)
    session.flush()
    assert meetings.current(session, unit.id or 0, chat.clock.now()) is not None
    return meeting.id or 0


async def test_a_second_tap_takes_the_tick_away(chat: Chat) -> None:
    card = await trees(chat, "poll.kind_multiple")
    await chat.tap(MEMBERS[0], "城南", card)
    await chat.tap(MEMBERS[0], "江边", card)
    await chat.tap(MEMBERS[0], "城南", card)
    assert says(await chat.tap(MEMBERS[0], "help.submit", card), "poll.noted", chosen="江边公园")
    await chat.tap(MEMBERS[1], "东山", card)
    await chat.tap(MEMBERS[1], "东山", card)
    assert says(await chat.tap(MEMBERS[1], "help.submit", card), "help.nothing_ticked")
