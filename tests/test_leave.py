"""Conversations about leave: said -> answered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.rules.attendance import Status
from tests.support.cast import (
    ACTIVIST,
    EXEMPT,
    FERRY_MEMBER,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.meetings import MEETING, code, opened, plan, status


async def test_leave_is_asked_once_and_decided_once(chat: Chat) -> None:
    meeting = await chat.app.store.write(plan, MEETING)
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
    assert "已经有结果" in await chat.tap(SECRETARY, "不同意", request)
    assert await status(chat, meeting, MEMBERS[0]) is Status.LEAVE_APPROVED
    assert any("已批准" in one.text for one in await chat.inbox(MEMBERS[0]))
    assert "没有等您批的假" in await chat.say(SECRETARY, "请假 审批")


async def test_leave_can_be_refused_and_withdrawn(chat: Chat) -> None:
    meeting = await chat.app.store.write(plan, MEETING)
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
    await chat.app.store.write(plan, MEETING)
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
    await chat.app.store.write(plan, MEETING)
    assert answer in await chat.say(who, "请假")
