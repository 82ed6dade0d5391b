"""Polls: made step by step, answered from many sides, closed on time; motions; entries instead of chain replies."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.messages import Message
from bot.store import meetings, people, poll, voting
from bot.store.hot import StoreSession
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

DUE = sum(row.branch == ROADS for row in ROWS)


async def start(chat: Chat, command: str, *answers: str, where: str = "发到群里和每个人") -> str:
    """Go through the questions; typed texts first, then a tap for the kind, the deadline and the place."""
    await chat.say(SECRETARY, command)
    for answer in answers:
        await chat.say(SECRETARY, answer)
    await chat.tap(SECRETARY, "1 小时后")
    return await chat.tap(SECRETARY, where)


async def trees(chat: Chat, kind: str = "只选一个", where: str = "发到群里和每个人") -> Message:
    """A vote on two places; the private card as a member got it."""
    await chat.say(SECRETARY, "投票 周末植树去哪里")
    await chat.say(SECRETARY, "城南苗圃 / 江边公园 / 东山")
    await chat.tap(SECRETARY, kind)
    await chat.tap(SECRETARY, "1 小时后")
    assert "已发出" in await chat.tap(SECRETARY, where)
    return (await chat.inbox(MEMBERS[0]))[-1]


async def test_a_vote_from_the_command_to_the_result(chat: Chat) -> None:
    card = await trees(chat)
    assert card.text.index("记名") < len(card.text)
    in_group = (await chat.group_inbox())[-1]
    assert in_group.poll is not None
    assert in_group.poll.question == "周末植树去哪里"
    assert "已记下：江边公园" in await chat.tap(MEMBERS[0], "江边", card)
    assert "已记下：城南苗圃" in await chat.tap(MEMBERS[1], "城南", in_group, group=ROADS)
    assert await chat.say(MEMBERS[2], "2", group=ROADS) == "已记下，截止前可以改。"
    status = await chat.say(SECRETARY, "投票情况")
    assert f"江边公园：{MEMBERS[0]}、{MEMBERS[2]}" in status
    assert f"还没答的 {DUE - 3} 人" in status
    await chat.go_to(chat.clock.now() + timedelta(hours=1, minutes=1))
    result = (await chat.group_inbox())[-1].text
    assert "江边公园\n███████░░░ 2 票" in result
    assert not any(row.name in result for row in ROWS)
    named = (await chat.inbox(SECRETARY))[-1].text
    assert f"城南苗圃：{MEMBERS[1]}" in named
    assert ACTIVIST in named
    assert "2 票" in await chat.say(MEMBERS[5], "投票结果")


async def test_a_vote_may_be_changed_until_the_deadline_and_not_after(chat: Chat) -> None:
    card = await trees(chat)
    await chat.tap(MEMBERS[0], "江边", card)
    await chat.say(MEMBERS[0], "3")
    assert await cast(chat) == [(MEMBERS[0], 0b100, "")]
    chat.clock.set(chat.clock.now() + timedelta(hours=1, minutes=1))
    assert "已经截止" in await chat.tap(MEMBERS[0], "江边", card)
    await chat.app.schedule.run_due()
    assert "已经截止" in await chat.tap(MEMBERS[1], "江边", card)
    assert await cast(chat) == [(MEMBERS[0], 0b100, "")]


async def test_several_answers_are_ticked_in_private_only(chat: Chat) -> None:
    card = await trees(chat, "可以选几个")
    assert "私聊" in await chat.tap(MEMBERS[0], "东山", (await chat.group_inbox())[-1], group=ROADS)
    await chat.tap(MEMBERS[0], "城南", card)
    await chat.tap(MEMBERS[0], "东山", card)
    assert "城南苗圃、东山" in await chat.tap(MEMBERS[0], "选好了", card)
    assert "江边公园、东山" in await chat.say(MEMBERS[1], "2 3")
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
    assert "不是您支部" in reply.message.text
    reply = await chat.event(MEMBERS[0], token=token.rsplit(":", 1)[0] + ":9")
    assert reply.message is not None
    assert "按钮" in reply.message.text
    assert "没有这个选项" in await chat.say(MEMBERS[0], "9")
    assert await cast(chat) == []


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("只有一个", "至少要两个"),
        ("同一个/同一个", "写了两遍"),
        ("/".join(f"第{n}个" for n in range(40)), "最多 12 个"),
        ("短/" + "长" * 60, "太长了"),
        ("机密★文件/别的", "密级"),
        ("改选王同志/改选李同志", "纸质票"),
        ("///", "至少要两个"),
    ],
)
async def test_bad_options_are_refused_and_may_be_typed_again(chat: Chat, typed: str, answer: str) -> None:
    await chat.say(SECRETARY, "投票 周末植树去哪里")
    assert answer in await chat.say(SECRETARY, typed)
    assert "2 个选项" in await chat.say(SECRETARY, "城南\n江边")


@pytest.mark.parametrize("title", ["选举支部委员", "补选副书记", "吸收王同志入党", "王同志转正", "给李同志处分"])
async def test_what_needs_a_secret_ballot_is_sent_to_paper(chat: Chat, title: str) -> None:
    assert "纸质票" in await chat.say(SECRETARY, f"投票 {title}")


async def test_times_are_typed_and_quiet_hours_kept(chat: Chat) -> None:
    await chat.say(SECRETARY, "表决 全年学习计划")
    await chat.tap(SECRETARY, "自己写时间")
    assert "没看懂" in await chat.say(SECRETARY, "过会儿")
    assert "5 分钟" in await chat.say(SECRETARY, "8:00")
    assert "15:30 截止" in await chat.say(SECRETARY, "15:30")
    chat.clock.set(chat.clock.now().replace(hour=21))
    await chat.say(SECRETARY, "表决 另一件事")
    assert "不打扰" in await chat.tap(SECRETARY, "1 小时后")


async def test_members_start_no_polls_and_forged_drafts_are_refused(chat: Chat) -> None:
    assert "书记" in await chat.say(MEMBERS[0], "投票 去哪里")
    await chat.say(SECRETARY, "投票 周末植树去哪里")
    await chat.say(SECRETARY, "城南/江边")
    await chat.tap(SECRETARY, "只选一个")
    stolen = chat.last[SECRETARY].choices[0].token
    reply = await chat.event("渡口书记", token=stolen)
    assert reply.message is not None
    assert "已经发出、删掉或过期" in reply.message.text


async def test_one_reminder_and_an_early_end(chat: Chat) -> None:
    card = await trees(chat)
    await chat.tap(MEMBERS[0], "东山", card)
    await chat.say(SECRETARY, "投票情况")
    status = chat.last[SECRETARY]
    assert f"免考勤、机器人不催的 1 人，可以打电话或上门问：{EXEMPT}" in status.text
    assert f"已提醒 {DUE - 2} 人" in await chat.tap(SECRETARY, "提醒", status)
    assert [one.text for one in await chat.inbox(EXEMPT)] == [card.text]
    assert "提醒您" in (await chat.inbox(MEMBERS[1]))[-1].text
    assert "提醒您" not in (await chat.inbox(MEMBERS[0]))[-1].text
    assert "已经提醒过" in await chat.tap(SECRETARY, "提醒", status)
    await chat.say(SECRETARY, "投票情况")
    assert "已结束" in await chat.tap(SECRETARY, "现在结束")
    assert "结果" in (await chat.group_inbox())[-1].text
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
    assert "机器人不催" in await chat.tap(SECRETARY, "提醒", status)
    assert len(await chat.inbox(EXEMPT)) == 1


async def test_a_motion_counts_those_with_a_vote(chat: Chat) -> None:
    await start(chat, "表决 全年学习计划")
    card = (await chat.inbox(MEMBERS[0]))[-1]
    reply = await chat.event(PROBATIONARY, token=button(card, "同意").token)
    assert reply.message is not None
    assert "正式党员" in reply.message.text
    assert "列席" not in reply.message.text
    for name in MEMBERS:
        await chat.event(name, token=card.choices[0].token)
    await chat.say(SECRETARY, "投票情况")
    await chat.tap(SECRETARY, "现在结束")
    result = (await chat.group_inbox())[-1].text
    assert f"应到会有表决权 {DUE - 3} 人，赞成 6 票" in result
    assert "没有会议签到" in result


async def test_a_motion_of_a_meeting_is_voted_on_by_those_who_signed_in(chat: Chat) -> None:
    """MD-1: the exempt member who came is one of those due; the base is that of the minutes."""
    meeting_id = await chat.app.store.write(hold_meeting, chat)
    opened = await chat.say(SECRETARY, "签到 开始")
    code = re.findall(r"(?<![0-9])[0-9]{4}(?![0-9])", opened)[0]
    here = (*MEMBERS[:5], EXEMPT)
    for name in here:
        assert "签到成功" in await chat.say(name, f"签到 {code}")
    await start(chat, "表决 全年学习计划")
    card = (await chat.inbox(MEMBERS[0]))[-1]
    assert "先签到再表决" in await chat.tap(MEMBERS[5], "同意", card)
    for name in here:
        assert "同意" in await chat.tap(name, "同意", card)
    await chat.say(SECRETARY, "投票情况")
    assert MEMBERS[5] not in chat.last[SECRETARY].text
    await chat.tap(SECRETARY, "现在结束")
    result = (await chat.group_inbox())[-1].text
    assert f"应到会有表决权 {DUE - 2} 人" in result
    base = await chat.app.store.read(voting.base, await chat.app.store.read(roads), meeting_id)
    assert (len(base.due), len(base.present or ())) == (DUE - 2, 6)


async def test_a_motion_of_the_committee_goes_to_its_members_alone(chat: Chat) -> None:
    await chat.say(SECRETARY, "表决 早先的草稿")
    await chat.tap(SECRETARY, "1 小时后")
    before = chat.last[SECRETARY]
    await chat.say(SECRETARY, "签到 开始")
    await chat.say(SECRETARY, "十一月支委会")
    await chat.say(SECRETARY, "表决 全年学习计划")
    await chat.tap(SECRETARY, "1 小时后")
    assert [choice.label for choice in chat.last[SECRETARY].choices] == ["只发给每个人", "不发了"]
    assert "已发出" in await chat.tap(SECRETARY, "只发给每个人")
    assert "支委本人" in await chat.tap(SECRETARY, "发到群里和每个人", before)
    assert "全年学习计划" in (await chat.inbox(ORGANIZER))[-1].text
    assert not any("表决" in message.text for message in await chat.inbox(MEMBERS[0]))
    assert not any("表决" in message.text for message in await chat.group_inbox())
    assert "已发出" in await chat.tap(SECRETARY, "只发给每个人", before)


async def test_the_page_refuses_a_motion_of_the_committee_for_the_group(chat: Chat, pages: Pages) -> None:
    await chat.say(SECRETARY, "签到 开始")
    await chat.say(SECRETARY, "十一月支委会")
    page = await pages.enter(SECRETARY, "/polls")
    until = (chat.clock.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    said = await pages.send(page, "/polls", kind="motion", title="全年学习计划", closes=until, where="both")
    assert "不发到群里" in said.text
    await pages.send(page, "/polls", kind="motion", title="全年学习计划", closes=until, where="private")
    assert "全年学习计划" in (await chat.inbox(ORGANIZER))[-1].text


async def test_entries_are_private_and_the_group_sees_a_number(chat: Chat) -> None:
    await start(chat, "接龙 周六几点到")
    card = (await chat.inbox(MEMBERS[0]))[-1]
    assert not (await chat.group_inbox())[-1].choices
    assert "40 字" in await chat.tap(MEMBERS[0], "填写", card)
    assert "最多 40" in await chat.say(MEMBERS[0], "很长" * 30)
    assert "密级" in await chat.say(MEMBERS[0], "电话 13800138000 13900139000 13700137000")
    assert "已记下：九点到" in await chat.say(MEMBERS[0], "九点到")
    await chat.tap(MEMBERS[0], "填写", card)
    await chat.say(MEMBERS[0], "十点到")
    assert f"{MEMBERS[0]}：十点到" in await chat.say(SECRETARY, "投票情况")
    await chat.tap(SECRETARY, "现在结束")
    assert "共 1 人填写" in (await chat.group_inbox())[-1].text
    assert "十点" not in (await chat.group_inbox())[-1].text


async def test_a_poll_of_a_meeting_is_in_its_records(chat: Chat) -> None:
    meeting_id = await chat.app.store.write(hold_meeting, chat)
    await trees(chat)
    await chat.say(MEMBERS[0], "1")
    await chat.say(SECRETARY, "投票情况")
    await chat.tap(SECRETARY, "现在结束")
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
