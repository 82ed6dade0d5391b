"""Conversations about sign-in, leave and make-ups: said -> answered."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from bot.messages import Address, Inbound, Message
from bot.rules.attendance import Status
from bot.store import attendance, binding, nightly
from bot.store.hot import StoreSession
from bot.store.meetings import Meeting, MeetingState
from bot.store.people import Account, Member, Unit
from bot.store.roster import apply
from bot.store.sign_in import Attendance
from tests.conftest import START
from tests.support.cast import (
    ACTIVIST,
    COMMITTEE,
    DISCIPLINE,
    EXEMPT,
    FERRY_MEMBER,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    ORGANIZER,
    PROBATIONARY,
    PUBLICITY,
    ROADS,
    ROWS,
    SECRETARY,
    Row,
)
from tests.support.chat import Chat

MEETING = START + timedelta(hours=6)


def _unit(session: StoreSession, name: str) -> int:
    return session.exec(select(Unit.id).where(col(Unit.name) == name)).one() or 0


def _plan(
    session: StoreSession, at: datetime, title: str = "十一月主题党日", second_of: int | None = None
) -> int:
    meeting = Meeting(
        unit_id=_unit(session, ROADS),
        title=title,
        starts_at=at,
        second_of=second_of,
        state=MeetingState.ANNOUNCED,
    )
    session.add(meeting)
    session.flush()
    return meeting.id or 0


def _rows(session: StoreSession, name: str) -> list[Attendance]:
    found = session.exec(select(Member.id).where(col(Member.name) == name)).one()
    rows = session.exec(select(Attendance).where(col(Attendance.member_id) == found))
    return [Attendance.model_validate(row.model_dump()) for row in rows]


def _leave_platform(session: StoreSession, name: str) -> None:
    member = session.exec(select(Member.id).where(col(Member.name) == name)).one()
    for account in session.exec(select(Account).where(col(Account.member_id) == member)):
        binding.unbind(session, account.channel, account.account)


def code(chat: Chat, meeting: int) -> str:
    """What the big screen shows now."""
    seconds = chat.app.settings.attendance.code_seconds
    return chat.app.library.signer.rolling_code(f"sign-in:{meeting}", chat.clock.now(), seconds)


async def status(chat: Chat, meeting: int, name: str) -> Status:
    lines = await chat.app.store.read(attendance.register, meeting)
    return next(line.status for line in lines if line.name == name)


async def opened(chat: Chat, before: timedelta = timedelta(minutes=5)) -> int:
    """A theme day this afternoon whose sign-in has just been opened."""
    meeting = await chat.app.store.write(_plan, MEETING)
    await chat.go_to(MEETING - before)
    assert "签到开始" in await chat.say(SECRETARY, "签到 开始")
    await chat.inbox(SECRETARY)
    return meeting


async def test_the_example_of_the_brief(chat: Chat) -> None:
    """24 members, 2 exempt: expected 22; 17 present, 1 late, 3 on leave, 1 absent, 2 caught up (AT-6)."""
    names = [f"同志{number:02}" for number in range(1, 13)]
    rows = [*ROWS, *(Row(name, ROADS, attendance_exempt=number == 0) for number, name in enumerate(names))]
    await chat.app.store.write(apply, COMMITTEE, rows)
    await chat.app.store.write(_bind, names, chat.clock.now())
    meeting = await opened(chat)
    answer = await chat.say(SECRETARY, "签到 情况")
    assert "应到 22" in answer
    assert "未签到 22" in answer
    assert "免除 2" in answer
    on_leave = MEMBERS[:3]
    for name in on_leave:
        await chat.say(name, "请假")
        assert "公务出差" in await chat.tap(name, "公务出差")
    for name in on_leave:
        request = next(one for one in await chat.inbox(SECRETARY) if name in one.text)
        assert "已同意" in await chat.tap(SECRETARY, "同意", request)
    present = [SECRETARY, ORGANIZER, PUBLICITY, DISCIPLINE, *MEMBERS[3:5], PROBATIONARY, *names[1:11]]
    assert len(present) == 17
    for name in present:
        assert "签到成功" in await chat.say(name, code(chat, meeting))
    await chat.go_to(MEETING + timedelta(minutes=20))
    assert "迟到" in await chat.say(names[11], code(chat, meeting))
    assert "签到成功" in await chat.say(EXEMPT, f"签到 {code(chat, meeting)}")
    assert "覆盖率 81.8%" in await chat.say(SECRETARY, "签到 结束")
    await chat.go_to(datetime(2026, 11, 3, 9, 0, tzinfo=START.tzinfo))
    for name in on_leave[:2]:
        await chat.say(name, "补课")
        await chat.tap(name, "读材料写心得")
        assert "已交上" in await chat.say(name, "学习了党章第一章，结合工作谈体会。")
    for name in on_leave[:2]:
        request = next(one for one in await chat.inbox(ORGANIZER) if name in one.text)
        assert "已确认" in await chat.tap(ORGANIZER, "确认", request)
    shown = await chat.say(SECRETARY, "签到 情况")
    assert "应到 22，实到 18（迟到 1），请假 3，待批 0，缺席 1；免除 2" in shown
    assert "出勤率 81.8%" in shown
    assert "覆盖率 90.9%" in shown
    assert "█" in shown
    counted = await chat.app.store.read(attendance.tally, meeting)
    assert (counted.expected, counted.present, counted.late, counted.made_up) == (22, 17, 1, 2)


def _bind(session: StoreSession, names: list[str], now: datetime) -> None:
    for member in session.exec(select(Member).where(col(Member.name).in_(names))):
        binding.bind(session, member.id or 0, "local", member.name, member.name, now)


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
    second = await chat.app.store.write(_plan, MEETING + timedelta(hours=3), "主题党日（第二场）", first)
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
    assert len(await chat.app.store.read(_rows, MEMBERS[0])) == 1


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
    await chat.tap(SECRETARY, "重新开放")
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
    await chat.app.store.write(_plan, MEETING)
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


async def test_leave_is_asked_once_and_decided_once(chat: Chat) -> None:
    meeting = await chat.app.store.write(_plan, MEETING)
    await chat.say(MEMBERS[0], "请假")
    asked = chat.last[MEMBERS[0]]
    assert "值班" in await chat.tap(MEMBERS[0], "值班")
    assert "已经请过" in await chat.say(MEMBERS[0], "请假")
    assert "已经请过" in await chat.tap(MEMBERS[0], "生病", asked)
    assert await status(chat, meeting, MEMBERS[0]) is Status.ABSENT
    assert MEMBERS[0] in await chat.say(SECRETARY, "请假 审批")
    request = next(one for one in await chat.inbox(SECRETARY) if MEMBERS[0] in one.text)
    assert "不由您批" in await chat.tap(FERRY_SECRETARY, "同意", request)
    assert "已同意" in await chat.tap(SECRETARY, "同意", request)
    assert "已经结束" in await chat.tap(SECRETARY, "不同意", request)
    assert await status(chat, meeting, MEMBERS[0]) is Status.LEAVE_APPROVED
    assert any("已批准" in one.text for one in await chat.inbox(MEMBERS[0]))
    assert "没有等您批的假" in await chat.say(SECRETARY, "请假 审批")


async def test_leave_can_be_refused_and_withdrawn(chat: Chat) -> None:
    meeting = await chat.app.store.write(_plan, MEETING)
    await chat.say(MEMBERS[0], "请假")
    await chat.tap(MEMBERS[0], "家事")
    assert "已撤回" in await chat.say(MEMBERS[0], "撤回请假")
    assert "没有可以撤回" in await chat.say(MEMBERS[0], "撤回请假")
    await chat.say(MEMBERS[0], "请假")
    await chat.tap(MEMBERS[0], "培训学习")
    request = (await chat.inbox(SECRETARY))[-1]
    assert "没有同意" in await chat.tap(SECRETARY, "不同意", request)
    assert await status(chat, meeting, MEMBERS[0]) is Status.ABSENT
    assert any("没有批准" in one.text for one in await chat.inbox(MEMBERS[0]))
    assert "请选原因" in await chat.say(MEMBERS[0], "请假")
    assert "已替您报上：生病" in await chat.tap(MEMBERS[0], "生病")
    assert "等书记答复" in await chat.say(MEMBERS[0], "请假")
    assert "已同意" in await chat.tap(SECRETARY, "同意", (await chat.inbox(SECRETARY))[-1])
    assert "直接来签到就行" in await chat.say(MEMBERS[0], "请假")
    assert await status(chat, meeting, MEMBERS[0]) is Status.LEAVE_APPROVED


async def test_who_has_signed_in_needs_no_leave(chat: Chat) -> None:
    meeting = await opened(chat)
    await chat.say(MEMBERS[0], f"签到 {code(chat, meeting)}")
    assert "已经签到" in await chat.say(MEMBERS[0], "请假")
    assert "请选原因" in await chat.say(MEMBERS[1], "请假")


async def test_the_secretarys_leave_goes_to_the_superior(chat: Chat) -> None:
    await chat.app.store.write(_plan, MEETING)
    await chat.say(SECRETARY, "请假")
    await chat.tap(SECRETARY, "公务出差")
    assert "没有等您批的假" in await chat.say(SECRETARY, "请假 审批")
    request = next(one for one in await chat.inbox(OFFICE) if SECRETARY in one.text)
    assert "不由您批" in await chat.tap(SECRETARY, "同意", request)
    assert "已同意" in await chat.tap(OFFICE, "同意", request)


async def test_late_leave_is_absence_until_approved(chat: Chat) -> None:
    """AT-4."""
    meeting = await opened(chat)
    await chat.say(SECRETARY, "签到 结束")
    await chat.go_to(MEETING + timedelta(hours=3))
    assert "请假" in await chat.say(MEMBERS[0], "补假")
    assert "先记缺席" in await chat.tap(MEMBERS[0], "生病")
    assert await status(chat, meeting, MEMBERS[0]) is Status.ABSENT
    request = next(one for one in await chat.inbox(SECRETARY) if MEMBERS[0] in one.text)
    await chat.tap(SECRETARY, "同意", request)
    assert await status(chat, meeting, MEMBERS[0]) is Status.LEAVE_APPROVED


@pytest.mark.parametrize(
    ("who", "answer"), [(EXEMPT, "不用请假"), (ACTIVIST, "不用请假"), (FERRY_MEMBER, "近期没有")]
)
async def test_who_needs_no_leave(chat: Chat, who: str, answer: str) -> None:
    await chat.app.store.write(_plan, MEETING)
    assert answer in await chat.say(who, "请假")


async def test_a_make_up_is_confirmed_by_a_person_and_never_by_oneself(chat: Chat) -> None:
    meeting = await opened(chat)
    await chat.say(SECRETARY, "签到 结束")
    await chat.go_to(datetime(2026, 11, 3, 9, 0, tzinfo=START.tzinfo))
    told = [one for one in await chat.inbox(ORGANIZER) if "补课" in one.text]
    assert len(told) == 1
    assert "11月16日" in told[0].text
    assert not any("补课" in one.text for one in await chat.inbox(EXEMPT))
    await chat.tap(ORGANIZER, "补课", told[0])
    await chat.tap(ORGANIZER, "与委员谈话")
    assert "4 到 500" in await chat.say(ORGANIZER, "好")
    assert "没有保存" in await chat.say(ORGANIZER, "谈了一份机密★文件的内容")
    assert "已交上" in await chat.say(ORGANIZER, "11月3日与书记谈了学习体会。")
    assert "正等确认" in await chat.say(ORGANIZER, "补课")
    request = next(one for one in await chat.inbox(SECRETARY) if "谈了学习体会" in one.text)
    assert "不能确认自己的" in await chat.tap(ORGANIZER, "确认", request)
    assert "已退回" in await chat.tap(SECRETARY, "退回", request)
    await chat.say(ORGANIZER, "补课")
    await chat.tap(ORGANIZER, "读材料写心得")
    await chat.say(ORGANIZER, "读了党章总纲，有三点体会。")
    assert "三点体会" in await chat.say(SECRETARY, "补课 确认")
    assert "已确认" in await chat.tap(SECRETARY, "确认")
    lines = await chat.app.store.read(attendance.register, meeting)
    assert [line.name for line in lines if line.made_up] == [ORGANIZER]
    assert "没有要补的课" in await chat.say(ORGANIZER, "补课")
    assert "没有要补的课" in await chat.say(EXEMPT, "补课")


async def test_a_make_up_is_due_after_fourteen_days(chat: Chat) -> None:
    await opened(chat)
    await chat.say(SECRETARY, "签到 结束")
    await chat.go_to(MEETING + timedelta(days=15))
    assert "已到期" in await chat.say(MEMBERS[0], "补课")


async def test_two_missed_in_a_row_are_told_to_the_discipline_commissioner_only(chat: Chat) -> None:
    """AT-8."""
    for week in range(2):
        at = MEETING + timedelta(weeks=week)
        meeting = await chat.app.store.write(_plan, at, f"第{week + 1}次会")
        await chat.go_to(at)
        await chat.say(SECRETARY, "签到 开始")
        for name in (SECRETARY, ORGANIZER, PUBLICITY, DISCIPLINE, *MEMBERS[1:], PROBATIONARY):
            assert "签到成功" in await chat.say(name, f"签到 {code(chat, meeting)}")
        await chat.say(SECRETARY, "签到 结束")
        await chat.go_to(at + timedelta(days=2))
    notes = [one.text for one in await chat.inbox(DISCIPLINE) if "连续两次" in one.text]
    assert len(notes) == 1
    assert f"有：{MEMBERS[0]}。" in notes[0]
    for other in (SECRETARY, ORGANIZER, MEMBERS[0]):
        assert not any("连续两次" in one.text for one in await chat.inbox(other))
    assert not any("连续两次" in one.text for one in await chat.group_inbox())


async def test_two_sessions_are_one_event(chat: Chat) -> None:
    """AT-1: signing in at A or B counts; nobody is asked to catch up before B is over."""
    first = await chat.app.store.write(_plan, MEETING, "上半场")
    second = await chat.app.store.write(_plan, MEETING + timedelta(days=1), "下半场", first)
    await chat.go_to(MEETING)
    await chat.say(SECRETARY, "签到 开始")
    await chat.say(MEMBERS[0], f"签到 {code(chat, first)}")
    await chat.say(SECRETARY, "签到 结束")
    await chat.go_to(MEETING + timedelta(days=1))
    assert not any("补课" in one.text for one in await chat.inbox(MEMBERS[1]))
    await chat.say(SECRETARY, "签到 开始")
    await chat.say(MEMBERS[1], f"签到 {code(chat, second)}")
    assert "实到 2" in await chat.say(SECRETARY, "签到 结束")
    for name in MEMBERS[:2]:
        assert await status(chat, first, name) is Status.PRESENT
        assert await status(chat, second, name) is Status.PRESENT


async def test_the_list_stays_as_it_was_on_that_day(chat: Chat) -> None:
    """AT-1: who joins later was not expected."""
    meeting = await opened(chat, timedelta())
    await chat.say(SECRETARY, "签到 结束")
    await chat.app.store.write(apply, COMMITTEE, [*ROWS, Row("新同志", ROADS)])
    assert "应到 11" in await chat.say(SECRETARY, "签到 情况")
    assert (await chat.app.store.read(attendance.tally, meeting)).expected == 11
    row = (await chat.app.store.read(_rows, MEMBERS[0]))[0]
    facts = await chat.app.store.read(attendance.about_member, row.member_id or 0)
    assert [fact.key for fact in facts] == ["attendance.fact_not_there"]


async def test_those_without_an_account_are_counted_for_the_secretary(chat: Chat) -> None:
    await chat.app.store.write(_plan, MEETING)
    await chat.app.store.write(_leave_platform, MEMBERS[0])
    await chat.go_to(MEETING)
    assert "有 1 位还没绑定账号" in await chat.say(SECRETARY, "签到 开始")


async def test_forged_and_stale_answers_are_refused(chat: Chat) -> None:
    await chat.app.store.write(_plan, MEETING)
    await chat.say(MEMBERS[0], "请假")
    asked: Message = chat.last[MEMBERS[0]]
    assert "不能用了" in await chat.tap(FERRY_MEMBER, "生病", asked)
    forged = Inbound("local", MEMBERS[0], Address("local", MEMBERS[0]), "forged", token="v:99999:0")
    reply = await chat.app.handle(forged)
    assert reply.message is not None
    assert "不能用了" in reply.message.text


async def test_old_attendance_is_deleted_and_shown_to_its_member(chat: Chat) -> None:
    """PI-4, PI-10."""
    meeting = await opened(chat)
    await chat.say(MEMBERS[0], f"签到 {code(chat, meeting)}")
    row = (await chat.app.store.read(_rows, MEMBERS[0]))[0]
    facts = await chat.app.store.read(attendance.about_member, row.member_id or 0)
    texts = [chat.app.library.content.texts(fact.key, **fact.values) for fact in facts]
    assert any(re.search("十一月主题党日.*14:55", text) for text in texts)
    later = chat.clock.now() + timedelta(days=3 * 366 + 1)
    await chat.app.store.write(nightly.forget_old, later, chat.app.settings.privacy)
    assert await chat.app.store.read(_rows, MEMBERS[0]) == []
