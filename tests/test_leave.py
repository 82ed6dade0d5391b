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
from tests.support.wording import says, sentence


async def test_leave_is_asked_once_and_decided_once(chat: Chat) -> None:
    meeting = await chat.app.store.write(plan, MEETING)
    await chat.say(MEMBERS[0], "请假")
    asked = chat.last[MEMBERS[0]]
    sent = await chat.tap(MEMBERS[0], "leave.category_on_shift")
    assert says(sent, "leave.sent", reason=sentence("leave.category_on_shift"))
    assert says(await chat.say(MEMBERS[0], "请假"), "leave.already")
    assert says(await chat.tap(MEMBERS[0], "leave.category_illness", asked), "leave.already")
    assert await status(chat, meeting, MEMBERS[0]) is Status.ABSENT
    assert MEMBERS[0] in await chat.say(SECRETARY, "请假 审批")
    request = next(one for one in await chat.inbox(SECRETARY) if MEMBERS[0] in one.text)
    assert says(await chat.tap(FERRY_SECRETARY, "leave.yes", request), "help.stale_button")
    assert says(await chat.tap(SECRETARY, "leave.yes", request), "leave.you_approved")
    assert says(await chat.tap(SECRETARY, "leave.no", request), "leave.decided")
    assert await status(chat, meeting, MEMBERS[0]) is Status.LEAVE_APPROVED
    assert any(says(one.text, "leave.approved") for one in await chat.inbox(MEMBERS[0]))
    assert says(await chat.say(SECRETARY, "请假 审批"), "leave.none_pending")


async def test_leave_can_be_refused_and_withdrawn(chat: Chat) -> None:
    meeting = await chat.app.store.write(plan, MEETING)
    await chat.say(MEMBERS[0], "请假")
    await chat.tap(MEMBERS[0], "leave.category_family")
    assert says(await chat.say(MEMBERS[0], "撤回请假"), "leave.withdrawn")
    assert says(await chat.say(MEMBERS[0], "撤回请假"), "leave.nothing_to_withdraw")
    await chat.say(MEMBERS[0], "请假")
    await chat.tap(MEMBERS[0], "leave.category_training")
    request = (await chat.inbox(SECRETARY))[-1]
    assert says(await chat.tap(SECRETARY, "leave.no", request), "leave.you_refused")
    assert await status(chat, meeting, MEMBERS[0]) is Status.ABSENT
    assert any(says(one.text, "leave.refused") for one in await chat.inbox(MEMBERS[0]))
    assert says(await chat.say(MEMBERS[0], "请假"), "leave.why")
    sent = await chat.tap(MEMBERS[0], "leave.category_illness")
    assert says(sent, "leave.sent", reason=sentence("leave.category_illness"))
    assert says(await chat.say(MEMBERS[0], "请假"), "leave.already")
    assert says(await chat.tap(SECRETARY, "leave.yes", (await chat.inbox(SECRETARY))[-1]), "leave.you_approved")
    assert says(await chat.say(MEMBERS[0], "请假"), "leave.already_approved")
    assert await status(chat, meeting, MEMBERS[0]) is Status.LEAVE_APPROVED


async def test_who_has_signed_in_needs_no_leave(chat: Chat) -> None:
    meeting = await opened(chat)
    await chat.say(MEMBERS[0], f"签到 {code(chat, meeting)}")
    assert says(await chat.say(MEMBERS[0], "请假"), "leave.signed_in")
    assert says(await chat.say(MEMBERS[1], "请假"), "leave.why")


async def test_the_secretarys_leave_goes_to_the_superior(chat: Chat) -> None:
    await chat.app.store.write(plan, MEETING)
    await chat.say(SECRETARY, "请假")
    await chat.tap(SECRETARY, "leave.category_duty_travel")
    assert says(await chat.say(SECRETARY, "请假 审批"), "leave.none_pending")
    request = next(one for one in await chat.inbox(OFFICE) if SECRETARY in one.text)
    assert says(await chat.tap(SECRETARY, "leave.yes", request), "help.stale_button")
    assert says(await chat.tap(OFFICE, "leave.yes", request), "leave.you_approved")


async def test_late_leave_is_absence_until_approved(chat: Chat) -> None:
    """AT-4."""
    meeting = await opened(chat)
    await chat.say(SECRETARY, "签到 结束")
    await chat.go_to(MEETING + timedelta(hours=3))
    assert says(await chat.say(MEMBERS[0], "补假"), "leave.why")
    assert says(await chat.tap(MEMBERS[0], "leave.category_illness"), "leave.sent_late")
    assert await status(chat, meeting, MEMBERS[0]) is Status.ABSENT
    request = next(one for one in await chat.inbox(SECRETARY) if MEMBERS[0] in one.text)
    await chat.tap(SECRETARY, "leave.yes", request)
    assert await status(chat, meeting, MEMBERS[0]) is Status.LEAVE_APPROVED


@pytest.mark.parametrize(
    ("who", "answer"),
    [(EXEMPT, "leave.exempt"), (ACTIVIST, "leave.not_expected"), (FERRY_MEMBER, "leave.no_meeting")],
)
async def test_who_needs_no_leave(chat: Chat, who: str, answer: str) -> None:
    await chat.app.store.write(plan, MEETING)
    assert says(await chat.say(who, "请假"), answer)
