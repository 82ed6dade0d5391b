"""Conversations about sign-in: said -> answered."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest

from bot.rules.attendance import Status
from bot.store import attendance
from tests.support.cast import (
    ACTIVIST,
    EXEMPT,
    FERRY_MEMBER,
    FERRY_SECRETARY,
    MEMBERS,
    ORGANIZER,
    PUBLICITY,
    ROADS,
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.meetings import MEETING, attendance_of, code, opened, plan, status


async def test_members_are_asked_for_the_digits_but_not_the_exempt(chat: Chat) -> None:
    meeting = await opened(chat)
    assert any("4 位数字" in one.text for one in await chat.inbox(MEMBERS[0]))
    assert not any("4 位数字" in one.text for one in await chat.inbox(EXEMPT))
    group = await chat.group_inbox()
    assert any("4 位数字" in one.text for one in group)
    assert not any(name in one.text for one in group for name in MEMBERS)
    assert code(chat, meeting) not in "".join(one.text for one in group)


async def test_the_digits_alone_are_enough_for_whoever_may_sign_in(chat: Chat) -> None:
    """The exempt, on leave or invited are asked for nothing (AT-2), but may come and type the digits."""
    meeting = await opened(chat)
    await chat.say(MEMBERS[0], "请假")
    await chat.tap(MEMBERS[0], "值班")
    await chat.tap(SECRETARY, "同意", (await chat.inbox(SECRETARY))[-1])
    assert "已登记" in await chat.say(SECRETARY, f"列席 {FERRY_MEMBER}")
    for name in (EXEMPT, MEMBERS[0], FERRY_MEMBER):
        assert "签到成功" in await chat.say(name, code(chat, meeting))
    assert await status(chat, meeting, MEMBERS[0]) is Status.PRESENT
    assert "签到成功" not in await chat.say(ACTIVIST, code(chat, meeting))


async def test_who_came_to_the_first_session_signs_in_at_the_second_with_the_digits_alone(chat: Chat) -> None:
    first = await opened(chat)
    assert "签到成功" in await chat.say(MEMBERS[0], code(chat, first))
    second = await chat.app.store.write(plan, MEETING + timedelta(hours=3), "主题党日（第二场）", first)
    await chat.go_to(MEETING + timedelta(hours=2, minutes=50))
    await chat.say(SECRETARY, "签到 开始")
    assert "签到成功" in await chat.say(MEMBERS[0], code(chat, second))


async def test_signing_in_twice_and_from_two_devices_is_one_row(chat: Chat) -> None:
    meeting = await opened(chat)
    typed = code(chat, meeting)
    both = await asyncio.gather(
        chat.event(MEMBERS[0], typed), chat.event(MEMBERS[0], f"签到 {typed}", group=ROADS)
    )
    texts = sorted(reply.message.text for reply in both if reply.message)
    assert "签到成功（14:55）。" in texts
    assert "您已签到（14:55），不用再签。" in texts
    assert "已签到（14:55）" in await chat.say(MEMBERS[0], typed)
    assert len(await chat.app.store.read(attendance_of, MEMBERS[0])) == 1


async def test_a_group_takes_bare_digits_and_leaves_talk_alone(chat: Chat) -> None:
    meeting = await opened(chat)
    await chat.group_inbox()
    assert await chat.say(MEMBERS[1], "今天几点散会？2026 年的安排呢", group=ROADS) == ""
    assert "签到成功" in await chat.say(MEMBERS[1], code(chat, meeting), group=ROADS)
    assert await status(chat, meeting, MEMBERS[1]) is Status.PRESENT


async def test_lateness_is_not_told_in_the_group(chat: Chat) -> None:
    meeting = await opened(chat)
    await chat.group_inbox()
    await chat.go_to(MEETING + timedelta(minutes=30))
    assert "迟到" not in await chat.say(MEMBERS[1], code(chat, meeting), group=ROADS)
    assert await status(chat, meeting, MEMBERS[1]) is Status.LATE


async def test_wrong_old_and_too_many_codes(chat: Chat) -> None:
    meeting = await opened(chat)
    old = code(chat, meeting)
    await chat.go_to(chat.clock.now() + timedelta(minutes=3))
    assert "数字不对" in await chat.say(MEMBERS[0], f"签到 {old}")
    wrong = next(f"{n:04}" for n in range(10000) if f"{n:04}" not in (old, code(chat, meeting)))
    for _ in range(9):
        assert "数字不对" in await chat.say(MEMBERS[0], wrong)
    assert "一小时后" in await chat.say(MEMBERS[0], code(chat, meeting))
    assert "签到成功" in await chat.say(MEMBERS[1], code(chat, meeting))
    assert "数字不对" in await chat.say(MEMBERS[2], "签到 abcd")
    assert "4 位数字" in await chat.say(MEMBERS[2], "签到")
    assert "签到成功" in await chat.say(MEMBERS[2], code(chat, meeting))


async def test_sign_in_closes_by_time_and_says_so(chat: Chat) -> None:
    meeting = await opened(chat)
    await chat.inbox(MEMBERS[0])
    await chat.go_to(MEETING + timedelta(minutes=61))
    assert "已结束" in await chat.say(MEMBERS[0], code(chat, meeting))
    assert "没有您可以签到的会" in await chat.say(MEMBERS[0], f"签到 {code(chat, meeting)}")
    assert any("自动结束" in one.text for one in await chat.inbox(SECRETARY))
    assert "没有开着的签到" in await chat.say(SECRETARY, "签到 结束")


async def test_a_closed_sign_in_can_be_opened_again(chat: Chat) -> None:
    meeting = await opened(chat)
    await chat.say(SECRETARY, "签到 结束")
    assert "已结束" in await chat.say(SECRETARY, "签到 开始")
    assert "签到开始" in await chat.tap(SECRETARY, "重新开放")
    assert "签到成功" in await chat.say(MEMBERS[0], f"签到 {code(chat, meeting)}")
    assert "实到 1" in await chat.say(SECRETARY, "签到 结束")


async def test_closed_before_the_start_nobody_was_absent(chat: Chat) -> None:
    meeting = await opened(chat)
    closed = await chat.say(SECRETARY, "签到 结束")
    assert "会还没开始" in closed
    assert "未签到 11" in closed
    assert not any("没有参加" in one.text for one in await chat.inbox(MEMBERS[0]))
    await chat.say(SECRETARY, "签到 开始")
    until = f"{MEETING + timedelta(minutes=chat.app.settings.attendance.open_minutes):%H:%M}"
    assert f"{until} 自动结束" in await chat.tap(SECRETARY, "重新开放")
    await chat.say(MEMBERS[0], f"签到 {code(chat, meeting)}")
    await chat.go_to(MEETING + timedelta(minutes=5))
    assert "缺席 10" in await chat.say(SECRETARY, "签到 结束")
    assert not any("没有参加" in one.text for one in await chat.inbox(MEMBERS[0]))
    assert any("没有参加" in one.text for one in await chat.inbox(MEMBERS[1]))


async def test_closed_before_the_start_and_left_so_the_list_is_written_after_the_meeting(chat: Chat) -> None:
    await opened(chat)
    await chat.say(SECRETARY, "签到 结束")
    await chat.go_to(MEETING + timedelta(hours=4))
    assert any("没有参加" in one.text for one in await chat.inbox(MEMBERS[1]))


async def test_without_a_meeting_one_is_made_by_title(chat: Chat) -> None:
    assert "会议名称" in await chat.say(SECRETARY, "签到 开始")
    assert "2 到 40" in await chat.say(SECRETARY, "会")
    assert "没有保存" in await chat.say(SECRETARY, "关于机密★文件的传达会")
    assert "“临时支委会”签到开始" in await chat.say(SECRETARY, "临时支委会")
    assert "私聊" in await chat.say(FERRY_SECRETARY, "签到 开始", group="渡运党支部")


async def test_a_committee_meeting_is_the_committees_alone(chat: Chat) -> None:
    await chat.say(SECRETARY, "签到 开始")
    opened = await chat.say(SECRETARY, "十一月支委会")
    assert "只请支委签到" in opened
    digits = re.findall(r"(?<![0-9])[0-9]{4}(?![0-9])", opened)[0]
    assert "支委会" in (await chat.inbox(ORGANIZER))[-1].text
    assert not await chat.inbox(MEMBERS[0])
    assert not await chat.group_inbox()
    assert "签到成功" in await chat.say(ORGANIZER, digits)
    assert "没有您可以签到的会" in await chat.say(MEMBERS[0], f"签到 {digits}")
    assert "应到 4，实到 1" in await chat.say(SECRETARY, "签到 情况")
    await chat.say(SECRETARY, "表决 冬季预算")
    await chat.tap(SECRETARY, "1 小时后")
    await chat.tap(SECRETARY, "只发给每个人")
    await chat.tap(ORGANIZER, "同意", (await chat.inbox(ORGANIZER))[-1])
    assert "应到 4，实到 1" in await chat.say(SECRETARY, "签到 结束")
    assert not await chat.inbox(MEMBERS[0])
    assert "支委会" in await chat.say(PUBLICITY, "记录")


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("支部党员大会", "会议类型：党员大会。"),
        ("十一月主题党日暨党课", "会议类型：党课、主题党日。"),
        ("除雪动员会", "看不出会议类型"),
    ],
)
async def test_the_title_says_what_kind_of_meeting_it_is(chat: Chat, title: str, kind: str) -> None:
    await chat.say(SECRETARY, "签到 开始")
    assert kind in await chat.say(SECRETARY, title)
    assert "应到 11" in await chat.say(SECRETARY, "签到 情况")


async def test_only_the_own_secretary_opens(chat: Chat) -> None:
    await chat.app.store.write(plan, MEETING)
    assert "书记" in await chat.say(MEMBERS[0], "签到 开始")
    assert "不是您管的支部" in await chat.say(FERRY_SECRETARY, "签到 开始", group=ROADS)
    await chat.say(SECRETARY, "签到 开始")
    assert "近三天没有开过签到" in await chat.say(FERRY_SECRETARY, f"代签 {MEMBERS[0]}")
    assert "近来没有签到" in await chat.say(FERRY_SECRETARY, "签到 情况")


async def test_other_branches_and_activists_sign_in_only_when_invited(chat: Chat) -> None:
    meeting = await opened(chat)
    for guest in (FERRY_MEMBER, ACTIVIST):
        assert "列席" in await chat.say(guest, f"签到 {code(chat, meeting)}")
        assert "已登记" in await chat.say(SECRETARY, f"列席 {guest}")
        assert "签到成功" in await chat.say(guest, f"签到 {code(chat, meeting)}")
    assert "已登记" in await chat.say(SECRETARY, "列席 王老师")
    assert "已经登记" in await chat.say(SECRETARY, "列席 王老师")
    assert "本来就在" in await chat.say(SECRETARY, f"列席 {MEMBERS[0]}")
    assert "写明" in await chat.say(SECRETARY, "列席")
    counted = await chat.app.store.read(attendance.tally, meeting)
    assert (counted.observers, counted.expected) == (3, 11)
    assert "王老师" in await chat.say(SECRETARY, "签到 情况")


async def test_on_behalf_is_marked_and_similar_names_are_offered(chat: Chat) -> None:
    meeting = await opened(chat)
    assert "注明代签" in await chat.say(SECRETARY, f"代签 {MEMBERS[0]}")
    assert "不用代签" in await chat.say(SECRETARY, f"代签 {MEMBERS[0]}")
    assert "没法确定" in await chat.say(SECRETARY, "代签 党员")
    assert "注明代签" in await chat.tap(SECRETARY, MEMBERS[1])
    assert "没有" in await chat.say(SECRETARY, "代签 张三丰")
    assert "没有" in await chat.say(SECRETARY, f"代签 {FERRY_MEMBER}")
    assert "没有" in await chat.say(SECRETARY, "代签 #99999")
    assert "写明" in await chat.say(SECRETARY, "代签")
    await chat.say(SECRETARY, f"代签 {MEMBERS[2]} 迟到")
    assert await status(chat, meeting, MEMBERS[2]) is Status.LATE
    lines = await chat.app.store.read(attendance.register, meeting)
    assert [line.name for line in lines if line.on_behalf] == list(MEMBERS[:3])
    assert "代签：党员一、党员二、党员三" in await chat.say(SECRETARY, "签到 情况")


async def test_the_picture_names_nobody_in_the_group(chat: Chat) -> None:
    await opened(chat)
    shown = await chat.say(SECRETARY, "签到 情况", group=ROADS)
    assert "应到 11" in shown
    assert not any(name in shown for name in MEMBERS)
    assert "书记" in await chat.say(MEMBERS[0], "签到 情况")
