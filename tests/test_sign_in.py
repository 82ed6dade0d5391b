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
from tests.support.wording import says, sentence


async def test_members_are_asked_for_the_digits_but_not_the_exempt(chat: Chat) -> None:
    meeting = await opened(chat)
    assert any(says(one.text, "attendance.call_private") for one in await chat.inbox(MEMBERS[0]))
    assert not any(says(one.text, "attendance.call_private") for one in await chat.inbox(EXEMPT))
    group = await chat.group_inbox()
    assert any(says(one.text, "attendance.call_group") for one in group)
    assert not any(name in one.text for one in group for name in MEMBERS)
    assert code(chat, meeting) not in "".join(one.text for one in group)


async def test_the_digits_alone_are_enough_for_whoever_may_sign_in(chat: Chat) -> None:
    """The exempt, on leave or invited are asked for nothing (AT-2), but may come and type the digits."""
    meeting = await opened(chat)
    await chat.say(MEMBERS[0], "请假")
    await chat.tap(MEMBERS[0], "leave.category_on_shift")
    await chat.tap(SECRETARY, "leave.yes", (await chat.inbox(SECRETARY))[-1])
    assert says(await chat.say(SECRETARY, f"列席 {FERRY_MEMBER}"), "sign_in.observer_added", name=FERRY_MEMBER)
    for name in (EXEMPT, MEMBERS[0], FERRY_MEMBER):
        assert says(await chat.say(name, code(chat, meeting)), "sign_in.done")
    assert await status(chat, meeting, MEMBERS[0]) is Status.PRESENT
    assert not says(await chat.say(ACTIVIST, code(chat, meeting)), "sign_in.done")


async def test_who_came_to_the_first_session_signs_in_at_the_second_with_the_digits_alone(chat: Chat) -> None:
    first = await opened(chat)
    assert says(await chat.say(MEMBERS[0], code(chat, first)), "sign_in.done")
    second = await chat.app.store.write(plan, MEETING + timedelta(hours=3), "主题党日（第二场）", first)
    await chat.go_to(MEETING + timedelta(hours=2, minutes=50))
    await chat.say(SECRETARY, "签到 开始")
    assert says(await chat.say(MEMBERS[0], code(chat, second)), "sign_in.done")


async def test_signing_in_twice_and_from_two_devices_is_one_row(chat: Chat) -> None:
    meeting = await opened(chat)
    typed = code(chat, meeting)
    both = await asyncio.gather(
        chat.event(MEMBERS[0], typed), chat.event(MEMBERS[0], f"签到 {typed}", group=ROADS)
    )
    texts = sorted(reply.message.text for reply in both if reply.message)
    assert sentence("sign_in.done", at="14:55") in texts
    assert sentence("sign_in.already_in_group") in texts
    assert says(await chat.say(MEMBERS[0], typed), "sign_in.already", at="14:55")
    assert len(await chat.app.store.read(attendance_of, MEMBERS[0])) == 1


async def test_a_group_takes_bare_digits_and_leaves_talk_alone(chat: Chat) -> None:
    meeting = await opened(chat)
    await chat.group_inbox()
    assert await chat.say(MEMBERS[1], "今天几点散会？2026 年的安排呢", group=ROADS) == ""
    assert says(await chat.say(MEMBERS[1], code(chat, meeting), group=ROADS), "sign_in.done")
    assert await status(chat, meeting, MEMBERS[1]) is Status.PRESENT


async def test_lateness_is_not_told_in_the_group(chat: Chat) -> None:
    meeting = await opened(chat)
    await chat.group_inbox()
    await chat.go_to(MEETING + timedelta(minutes=30))
    answer = await chat.say(MEMBERS[1], code(chat, meeting), group=ROADS)
    assert answer == sentence("sign_in.done", at="15:30")
    assert await status(chat, meeting, MEMBERS[1]) is Status.LATE


async def test_wrong_old_and_too_many_codes(chat: Chat) -> None:
    meeting = await opened(chat)
    old = code(chat, meeting)
    await chat.go_to(chat.clock.now() + timedelta(minutes=3))
    assert says(await chat.say(MEMBERS[0], f"签到 {old}"), "sign_in.wrong")
    wrong = next(f"{n:04}" for n in range(10000) if f"{n:04}" not in (old, code(chat, meeting)))
    for _ in range(9):
        assert says(await chat.say(MEMBERS[0], wrong), "sign_in.wrong")
    assert says(await chat.say(MEMBERS[0], code(chat, meeting)), "sign_in.too_many")
    assert says(await chat.say(MEMBERS[1], code(chat, meeting)), "sign_in.done")
    assert says(await chat.say(MEMBERS[2], "签到 abcd"), "sign_in.wrong")
    assert says(await chat.say(MEMBERS[2], "签到"), "sign_in.send_code")
    assert says(await chat.say(MEMBERS[2], code(chat, meeting)), "sign_in.done")


async def test_sign_in_closes_by_time_and_says_so(chat: Chat) -> None:
    meeting = await opened(chat)
    await chat.inbox(MEMBERS[0])
    await chat.go_to(MEETING + timedelta(minutes=61))
    assert says(await chat.say(MEMBERS[0], code(chat, meeting)), "sign_in.closed")
    assert says(await chat.say(MEMBERS[0], f"签到 {code(chat, meeting)}"), "sign_in.none")
    assert any(says(one.text, "attendance.closed_in_time") for one in await chat.inbox(SECRETARY))
    assert says(await chat.say(SECRETARY, "签到 结束"), "attendance.none_open")


async def test_a_closed_sign_in_can_be_opened_again(chat: Chat) -> None:
    meeting = await opened(chat)
    await chat.say(SECRETARY, "签到 结束")
    assert says(await chat.say(SECRETARY, "签到 开始"), "attendance.over")
    assert says(await chat.tap(SECRETARY, "attendance.reopen"), "attendance.opened")
    assert says(await chat.say(MEMBERS[0], f"签到 {code(chat, meeting)}"), "sign_in.done")
    assert says(await chat.say(SECRETARY, "签到 结束"), "attendance.numbers", came=1)


async def test_closed_before_the_start_nobody_was_absent(chat: Chat) -> None:
    meeting = await opened(chat)
    closed = await chat.say(SECRETARY, "签到 结束")
    assert says(closed, "attendance.closed_early")
    assert says(closed, "attendance.numbers", absent=11, absent_word=sentence("attendance.not_yet"))
    assert not any(says(one.text, "attendance.catch_up") for one in await chat.inbox(MEMBERS[0]))
    await chat.say(SECRETARY, "签到 开始")
    until = f"{MEETING + timedelta(minutes=chat.app.settings.attendance.open_minutes):%H:%M}"
    assert says(await chat.tap(SECRETARY, "attendance.reopen"), "attendance.opened", until=until)
    await chat.say(MEMBERS[0], f"签到 {code(chat, meeting)}")
    await chat.go_to(MEETING + timedelta(minutes=5))
    closed = await chat.say(SECRETARY, "签到 结束")
    assert says(closed, "attendance.numbers", absent=10, absent_word=sentence("attendance.absent"))
    assert not any(says(one.text, "attendance.catch_up") for one in await chat.inbox(MEMBERS[0]))
    assert any(says(one.text, "attendance.catch_up") for one in await chat.inbox(MEMBERS[1]))


async def test_closed_before_the_start_and_left_so_the_list_is_written_after_the_meeting(chat: Chat) -> None:
    await opened(chat)
    await chat.say(SECRETARY, "签到 结束")
    await chat.go_to(MEETING + timedelta(hours=4))
    assert any(says(one.text, "attendance.catch_up") for one in await chat.inbox(MEMBERS[1]))


async def test_without_a_meeting_one_is_made_by_title(chat: Chat) -> None:
    assert says(await chat.say(SECRETARY, "签到 开始"), "attendance.no_meeting")
    assert says(await chat.say(SECRETARY, "会"), "attendance.title_length", shortest=2, longest=40)
    assert says(await chat.say(SECRETARY, "关于机密★文件的传达会"), "attendance.secret")
    assert says(await chat.say(SECRETARY, "临时支委会"), "attendance.opened", title="临时支委会")
    assert says(await chat.say(FERRY_SECRETARY, "签到 开始", group="渡运党支部"), "attendance.no_meeting_in_group")


async def test_a_committee_meeting_is_the_committees_alone(chat: Chat) -> None:
    await chat.say(SECRETARY, "签到 开始")
    opened = await chat.say(SECRETARY, "十一月支委会")
    assert says(opened, "attendance.for_committee")
    digits = re.findall(r"(?<![0-9])[0-9]{4}(?![0-9])", opened)[0]
    assert "十一月支委会" in (await chat.inbox(ORGANIZER))[-1].text
    assert not await chat.inbox(MEMBERS[0])
    assert not await chat.group_inbox()
    assert says(await chat.say(ORGANIZER, digits), "sign_in.done")
    assert says(await chat.say(MEMBERS[0], f"签到 {digits}"), "sign_in.none")
    assert says(await chat.say(SECRETARY, "签到 情况"), "attendance.numbers", expected=4, came=1)
    await chat.say(SECRETARY, "表决 冬季预算")
    await chat.tap(SECRETARY, "poll.deadline_hour")
    await chat.tap(SECRETARY, "poll.where_private")
    await chat.tap(ORGANIZER, "poll.motion_yes", (await chat.inbox(ORGANIZER))[-1])
    assert says(await chat.say(SECRETARY, "签到 结束"), "attendance.numbers", expected=4, came=1)
    assert not await chat.inbox(MEMBERS[0])
    assert "十一月支委会" in await chat.say(PUBLICITY, "记录")


@pytest.mark.parametrize(
    ("title", "kinds"),
    [
        ("支部党员大会", ["general_meeting"]),
        ("十一月主题党日暨党课", ["party_lecture", "theme_day"]),
        ("除雪动员会", []),
    ],
)
async def test_the_title_says_what_kind_of_meeting_it_is(chat: Chat, title: str, kinds: list[str]) -> None:
    await chat.say(SECRETARY, "签到 开始")
    answer = await chat.say(SECRETARY, title)
    if kinds:
        named = sentence("attendance.comma").join(sentence(f"documents.kind.{kind}") for kind in kinds)
        assert says(answer, "attendance.for_kind", kinds=named)
    else:
        assert says(answer, "attendance.for_all")
    assert says(await chat.say(SECRETARY, "签到 情况"), "attendance.numbers", expected=11)


async def test_only_the_own_secretary_opens(chat: Chat) -> None:
    await chat.app.store.write(plan, MEETING)
    assert says(await chat.say(MEMBERS[0], "签到 开始"), "help.only_secretary")
    assert says(await chat.say(FERRY_SECRETARY, "签到 开始", group=ROADS), "help.not_yours")
    await chat.say(SECRETARY, "签到 开始")
    assert says(await chat.say(FERRY_SECRETARY, f"代签 {MEMBERS[0]}"), "sign_in.not_opened")
    assert says(await chat.say(FERRY_SECRETARY, "签到 情况"), "attendance.never_opened")


async def test_other_branches_and_activists_sign_in_only_when_invited(chat: Chat) -> None:
    meeting = await opened(chat)
    for guest in (FERRY_MEMBER, ACTIVIST):
        assert says(await chat.say(guest, f"签到 {code(chat, meeting)}"), "sign_in.none")
        assert says(await chat.say(SECRETARY, f"列席 {guest}"), "sign_in.observer_added", name=guest)
        assert says(await chat.say(guest, f"签到 {code(chat, meeting)}"), "sign_in.done")
    assert says(await chat.say(SECRETARY, "列席 王老师"), "sign_in.observer_added")
    assert says(await chat.say(SECRETARY, "列席 王老师"), "sign_in.observer_already")
    assert says(await chat.say(SECRETARY, f"列席 {MEMBERS[0]}"), "sign_in.is_expected")
    assert says(await chat.say(SECRETARY, "列席"), "sign_in.observer_needed")
    counted = await chat.app.store.read(attendance.tally, meeting)
    assert (counted.observers, counted.expected) == (3, 11)
    assert "王老师" in await chat.say(SECRETARY, "签到 情况")


async def test_on_behalf_is_marked_and_similar_names_are_offered(chat: Chat) -> None:
    meeting = await opened(chat)
    assert says(await chat.say(SECRETARY, f"代签 {MEMBERS[0]}"), "sign_in.on_behalf")
    assert says(await chat.say(SECRETARY, f"代签 {MEMBERS[0]}"), "sign_in.other_already")
    assert says(await chat.say(SECRETARY, "代签 党员"), "sign_in.which")
    assert says(await chat.tap(SECRETARY, MEMBERS[1]), "sign_in.on_behalf")
    assert says(await chat.say(SECRETARY, "代签 张三丰"), "sign_in.nobody")
    assert says(await chat.say(SECRETARY, f"代签 {FERRY_MEMBER}"), "sign_in.nobody")
    assert says(await chat.say(SECRETARY, "代签 #99999"), "sign_in.nobody")
    assert says(await chat.say(SECRETARY, "代签"), "sign_in.name_needed")
    await chat.say(SECRETARY, f"代签 {MEMBERS[2]} {sentence('sign_in.late_word')}")
    assert await status(chat, meeting, MEMBERS[2]) is Status.LATE
    lines = await chat.app.store.read(attendance.register, meeting)
    assert [line.name for line in lines if line.on_behalf] == list(MEMBERS[:3])
    names = sentence("attendance.comma").join(MEMBERS[:3])
    shown = await chat.say(SECRETARY, "签到 情况")
    assert sentence("attendance.names", what=sentence("attendance.on_behalf"), names=names) in shown


async def test_the_picture_names_nobody_in_the_group(chat: Chat) -> None:
    await opened(chat)
    shown = await chat.say(SECRETARY, "签到 情况", group=ROADS)
    assert says(shown, "attendance.numbers", expected=11)
    assert not any(name in shown for name in MEMBERS)
    assert says(await chat.say(MEMBERS[0], "签到 情况"), "help.only_committee")
