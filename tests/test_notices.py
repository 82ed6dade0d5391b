"""Conversations about notices: said -> answered."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from bot.clock import SHANGHAI
from bot.messages import Message
from bot.store import nightly
from bot.store.audit import AuditEntry
from bot.store.binding import unbind
from bot.store.delivery import OutgoingMessage
from bot.store.hot import StoreSession
from bot.store.notices import Notice
from bot.store.receipts import NoticeReceipt
from tests.support.cast import (
    ACTIVIST,
    EXEMPT,
    FERRY,
    FERRY_MEMBER,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    ROADS,
    ROWS,
    SECRETARY,
)
from tests.support.chat import Chat, button

TEXT = "周五下午三点开主题党日，请带笔记本。"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


async def sent(chat: Chat, text: str = TEXT, who: str = SECRETARY) -> str:
    await chat.say(who, f"通知 {text}")
    return await chat.tap(who, "发送")


async def newest(chat: Chat, who: str) -> Message:
    return (await chat.inbox(who))[-1]


def all_notices(session: StoreSession) -> list[Notice]:
    found = list(session.exec(select(Notice).order_by(col(Notice.id))))
    session.expunge_all()
    return found


async def test_the_preview_shows_what_members_will_see_and_sends_once_confirmed(chat: Chat) -> None:
    assert "请把通知内容发给我" in await chat.say(SECRETARY, "通知")
    shown = await chat.say(SECRETARY, TEXT)
    assert "公路养护党支部全体，共 13 人" in shown
    assert TEXT in shown
    assert await chat.inbox(MEMBERS[0]) == []
    assert "正在发给 13 人" in await chat.tap(SECRETARY, "发送")
    got = await newest(chat, MEMBERS[0])
    assert got.text == f"【公路养护党支部通知】\n{TEXT}"
    assert [choice.label for choice in got.choices] == ["收到"]
    assert await chat.inbox(FERRY_MEMBER) == []


async def test_one_tap_or_one_word_confirms_and_a_second_is_kind(chat: Chat) -> None:
    await sent(chat)
    got = await newest(chat, MEMBERS[0])
    assert "已记下您收到" in await chat.tap(MEMBERS[0], "收到", got)
    assert "已经回过" in await chat.tap(MEMBERS[0], "收到", got)
    await chat.inbox(MEMBERS[1])
    assert "已记下您收到" in await chat.say(MEMBERS[1], "收到")
    assert "已记下您收到" in await chat.say(MEMBERS[2], "1")


async def test_a_button_that_was_passed_on_confirms_nothing(chat: Chat) -> None:
    await sent(chat)
    got = await newest(chat, MEMBERS[0])
    assert "不是发给您的" in await chat.tap(FERRY_MEMBER, "收到", got)
    assert "绑定码" in await chat.tap("stranger", "收到", got)


async def test_status_names_the_missing_first_and_only_to_the_secretary(chat: Chat) -> None:
    await chat.app.store.write(unbind, "local", EXEMPT)
    await sent(chat)
    await chat.tap(MEMBERS[0], "收到", await newest(chat, MEMBERS[0]))
    said = await chat.say(SECRETARY, "通知情况")
    lines = said.splitlines()
    assert lines[1] == "还有 12 人没有回："
    assert lines[2] == f"· 没有绑定，请打电话（1 人）：{EXEMPT}"
    assert lines[3].startswith("· 发到了还没回（11 人）：")
    assert MEMBERS[0] not in said
    assert lines[4].count("▓") == 0
    assert "已回 1/13 人" in said
    assert "送达 12 人" in said
    for who in (MEMBERS[1], FERRY_MEMBER):
        assert "书记" in await chat.say(who, "通知情况")
    assert "还没有发过通知" in await chat.say(FERRY_SECRETARY, "通知情况")
    assert "私聊" in await chat.say(SECRETARY, "通知情况", group=ROADS)


async def test_only_those_who_are_missing_are_reminded_and_only_once(chat: Chat) -> None:
    await sent(chat)
    await chat.tap(MEMBERS[0], "收到", await newest(chat, MEMBERS[0]))
    await chat.say(SECRETARY, "通知情况")
    report = chat.last[SECRETARY]
    assert "已提醒 11 人" in await chat.tap(SECRETARY, "催一次")
    assert len(await chat.inbox(MEMBERS[0])) == 1
    reminder = (await chat.inbox(MEMBERS[1]))[1]
    assert TEXT in reminder.text
    assert "已记下您收到" in await chat.tap(MEMBERS[1], "收到", reminder)
    again = await chat.tap(SECRETARY, "催一次", report)
    assert "不再催第二次" in again
    assert "/n/" in again
    assert len(await chat.inbox(MEMBERS[2])) == 2


async def test_the_exempt_get_the_notice_and_are_never_chased(chat: Chat) -> None:
    """AT-2: the secretary sees them among the missing and learns how to reach them."""
    await sent(chat)
    await chat.inbox(EXEMPT)
    said = await chat.say(SECRETARY, "通知情况")
    assert "还有 13 人没有回" in said
    assert f"· 免考勤，机器人不催，可以打电话或上门（1 人）：{EXEMPT}" in said
    assert "已提醒 12 人，每条通知只提醒这一次。另有 1 人免考勤，不催" in await chat.tap(SECRETARY, "催一次")
    assert len(await chat.inbox(EXEMPT)) == 1
    assert len(await chat.inbox(MEMBERS[0])) == 2


async def test_when_only_the_exempt_are_missing_nobody_is_chased(chat: Chat) -> None:
    await sent(chat)
    for name in [row.name for row in ROWS if row.branch == ROADS and row.name != EXEMPT]:
        await chat.tap(name, "收到", await newest(chat, name))
    await chat.say(SECRETARY, "通知情况")
    assert "机器人不催。请打电话或上门" in await chat.tap(SECRETARY, "催一次")
    assert len(await chat.inbox(EXEMPT)) == 1


async def test_a_reminder_asked_for_at_night_waits_and_spares_who_answered_meanwhile(chat: Chat) -> None:
    await sent(chat)
    await chat.inbox(MEMBERS[0])
    await chat.go_to(at(2, 21))
    await chat.say(SECRETARY, "通知情况")
    assert "11-03 08:00" in await chat.tap(SECRETARY, "催一次")
    await chat.tap(MEMBERS[0], "收到", await newest(chat, MEMBERS[0]))
    await chat.go_to(at(3, 8, 1))
    assert len(await chat.inbox(MEMBERS[0])) == 1
    assert len(await chat.inbox(MEMBERS[1])) == 2


@pytest.mark.parametrize("text", ["机密★一年 会议材料", "身份证 11010519491231002X", "内部文件，注意保存"])
async def test_text_with_secrecy_marks_is_refused_and_not_stored(chat: Chat, text: str) -> None:
    assert "没有保存" in await chat.say(SECRETARY, f"通知 {text}")
    await chat.say(SECRETARY, "通知")
    assert "没有保存" in await chat.say(SECRETARY, text)
    assert await chat.app.store.read(all_notices) == []

    def entries(session: StoreSession) -> list[tuple[str, str, int | None]]:
        return [(entry.action, entry.subject, entry.member_id) for entry in session.exec(select(AuditEntry))]

    logged = [entry for entry in await chat.app.store.read(entries) if entry[0] == "refused text"]
    assert len(logged) == 2
    assert all(subject.startswith("SC-6/") and member is None for _, subject, member in logged)


async def test_bad_texts(chat: Chat) -> None:
    await chat.say(SECRETARY, "通知")
    assert "太长" in await chat.say(SECRETARY, "长" * 10_000)
    assert "最多 3000 个字" in await chat.say(SECRETARY, "长" * 3_500)
    assert "没有文字" in await chat.say(SECRETARY, "   ")
    assert "预览" in await chat.say(SECRETARY, TEXT)
    assert "书记或党建办" in await chat.say(MEMBERS[0], f"通知 {TEXT}")
    assert await chat.say(SECRETARY, f"通知 {TEXT}", group=ROADS) == ""
    assert "私聊" in await chat.say(SECRETARY, "通知", group=ROADS)


async def test_changes_before_sending(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    assert "回执：不要" in await chat.tap(SECRETARY, "不要回执")
    assert "回执：要" in await chat.tap(SECRETARY, "要回执")
    await chat.tap(SECRETARY, "改内容")
    assert "改过的内容" in await chat.say(SECRETARY, "改过的内容")
    await chat.tap(SECRETARY, "改对象")
    assert "没" in await chat.say(SECRETARY, "第九党小组")
    assert "第一党小组，共 3 人" in await chat.say(SECRETARY, "第一党小组")
    assert "正在发给 3 人" in await chat.tap(SECRETARY, "发送")
    assert len(await chat.inbox(MEMBERS[0])) == 1
    assert await chat.inbox(MEMBERS[5]) == []
    assert await chat.inbox(ACTIVIST) == []


async def test_typed_times(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.tap(SECRETARY, "改时间")
    await chat.tap(SECRETARY, "另写时间")
    assert "没看懂" in await chat.say(SECRETARY, "尽快吧")
    assert "已经过了" in await chat.say(SECRETARY, "今天8:30")
    assert "一年" in await chat.say(SECRETARY, "2030-01-01 8:00")
    assert "时间：11-02 14:30" in await chat.say(SECRETARY, "下午2点半")
    assert "11-02 14:30 自动发给 13 人" in await chat.tap(SECRETARY, "发送")
    await chat.go_to(at(2, 14, 29))
    assert await chat.inbox(MEMBERS[0]) == []
    await chat.go_to(at(2, 14, 31))
    assert len(await chat.inbox(MEMBERS[0])) == 1


async def test_tomorrow_morning_and_taking_it_back(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.tap(SECRETARY, "改时间")
    assert "11-03 08:30" in await chat.tap(SECRETARY, "明天 8:30")
    assert "11-03 08:30" in await chat.tap(SECRETARY, "发送")
    await chat.tap(SECRETARY, "通知情况")
    assert "已收回" in await chat.tap(SECRETARY, "收回")
    await chat.go_to(at(3, 9))
    assert await chat.inbox(MEMBERS[0]) == []


async def test_quiet_hours_move_it(chat: Chat) -> None:
    await chat.go_to(at(6, 20, 30))
    assert "11-09 08:00（避开休息时间）" in await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.tap(SECRETARY, "发送")
    await chat.go_to(at(7, 10))
    assert await chat.inbox(MEMBERS[0]) == []
    await chat.go_to(at(9, 8, 1))
    assert len(await chat.inbox(MEMBERS[0])) == 1


async def test_two_devices_sending_at_once_send_once(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    token = button(chat.last[SECRETARY], "发送").token
    replies = await asyncio.gather(*(chat.event(SECRETARY, token=token) for _ in range(4)))
    texts = [reply.message.text for reply in replies if reply.message]
    assert sum("正在发给" in text for text in texts) == 1
    assert len(await chat.inbox(MEMBERS[0])) == 1


async def test_drafts_and_reports_of_others_are_out_of_reach(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    draft = chat.last[SECRETARY]
    assert "别人写的" in await chat.tap(FERRY_SECRETARY, "发送", draft)
    assert "书记或党建办" in await chat.tap(MEMBERS[0], "发送", draft)
    await chat.tap(SECRETARY, "发送")
    await chat.say(SECRETARY, "通知情况")
    report = chat.last[SECRETARY]
    for label in ("催一次", "转发文字", "结束回执"):
        assert "不是您管的支部" in await chat.tap(FERRY_SECRETARY, label, report)
    assert len(await chat.inbox(MEMBERS[0])) == 1


async def test_the_office_writes_to_all_or_to_chosen_branches(chat: Chat) -> None:
    assert "杜鹃市交通运输局党委全体，共 16 人" in await chat.say(OFFICE, f"通知 {TEXT}")
    await chat.tap(OFFICE, "改对象")
    await chat.tap(OFFICE, "挑几个支部")
    choice = chat.last[OFFICE]
    await chat.tap(OFFICE, FERRY, choice)
    shown = await chat.tap(OFFICE, "选好了", choice)
    assert f"{FERRY}，共 2 人" in shown
    await chat.tap(OFFICE, "改对象")
    assert "各支部书记、副书记，共 2 人" in await chat.tap(OFFICE, "各支部书记")
    await chat.tap(OFFICE, "发送")
    assert len(await chat.inbox(SECRETARY)) == 1
    assert await chat.inbox(FERRY_MEMBER) == []


async def test_the_group_chat_confirms_too_and_lists_nobody(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    assert "也发到支部群" in await chat.tap(SECRETARY, "也发到群里")
    await chat.tap(SECRETARY, "发送")
    posted = (await chat.group_inbox())[0]
    assert TEXT in posted.text
    answer = await chat.tap(MEMBERS[3], "收到", posted, group=ROADS)
    assert "已记下" in answer
    assert MEMBERS[3] not in answer
    assert "不是发给您的" in await chat.tap(FERRY_MEMBER, "收到", posted, group=ROADS)
    assert "已回 1/13 人" in await chat.say(SECRETARY, "通知情况")


async def test_a_narrow_audience_is_not_posted_in_the_group(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.tap(SECRETARY, "也发到群里")
    await chat.tap(SECRETARY, "改对象")
    assert "支部群：不发" in await chat.tap(SECRETARY, "支委")
    assert not [choice for choice in chat.last[SECRETARY].choices if "群" in choice.label]
    await chat.tap(SECRETARY, "发送")
    assert await chat.group_inbox() == []


async def test_closed_receipts_say_so(chat: Chat) -> None:
    await sent(chat)
    got = await newest(chat, MEMBERS[0])
    await chat.say(SECRETARY, "通知情况")
    assert "回执已结束" in await chat.tap(SECRETARY, "结束回执")
    assert "已经结束" in await chat.tap(MEMBERS[0], "收到", got)


async def test_pausing_and_resuming(chat: Chat) -> None:
    await chat.app.delivery.stop()
    await sent(chat)
    await chat.say(SECRETARY, "通知情况")
    report = chat.last[SECRETARY]
    assert "现在暂停" in await chat.tap(SECRETARY, "暂停发送", report)
    await chat.app.delivery.start()
    assert await chat.inbox(MEMBERS[0]) == []
    await chat.tap(SECRETARY, "继续发送")
    assert len(await chat.inbox(MEMBERS[0])) == 1
    assert "不能这样做" in await chat.tap(SECRETARY, "暂停发送", report)


async def test_a_paused_notice_can_be_taken_back(chat: Chat) -> None:
    await chat.app.delivery.stop()
    await sent(chat)
    await chat.say(SECRETARY, "通知情况")
    await chat.tap(SECRETARY, "暂停发送")
    assert "已收回" in await chat.tap(SECRETARY, "收回")
    await chat.app.delivery.start()
    assert await chat.inbox(MEMBERS[0]) == []


async def test_only_those_are_to_be_called_who_have_no_account(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    assert "没有绑定" not in await chat.tap(SECRETARY, "发送")
    await chat.say(SECRETARY, "通知情况")
    assert "没有绑定" not in await chat.tap(SECRETARY, "催一次")
    await chat.app.store.write(unbind, "local", MEMBERS[0])
    await chat.say(SECRETARY, f"通知 {TEXT}")
    assert "1 人没有绑定，请打电话" in await chat.tap(SECRETARY, "发送")
    await chat.say(SECRETARY, "通知情况")
    assert "1 人没有绑定，请打电话" in await chat.tap(SECRETARY, "催一次")


async def test_nobody_with_an_account_means_phone_calls(chat: Chat) -> None:
    await chat.app.store.write(unbind, "local", FERRY_MEMBER)
    await chat.app.store.write(unbind, "local", SECRETARY)
    await chat.say(FERRY_SECRETARY, f"通知 {TEXT}")
    assert "1 人没有绑定" in chat.last[FERRY_SECRETARY].text
    await chat.tap(FERRY_SECRETARY, "发送")
    await chat.tap(FERRY_SECRETARY, "收到", await newest(chat, FERRY_SECRETARY))
    await chat.say(FERRY_SECRETARY, "通知情况")
    answer = await chat.tap(FERRY_SECRETARY, "催一次")
    assert FERRY_MEMBER in answer
    assert "打电话" in answer


async def test_my_notices_lists_what_waits(chat: Chat) -> None:
    assert "没有等您" in await chat.say(MEMBERS[0], "我的通知")
    await sent(chat, "第一件事")
    await sent(chat, "第二件事")
    await chat.inbox(MEMBERS[0])
    assert "有 2 条" in await chat.say(MEMBERS[0], "我的通知")
    assert "已记下" in await chat.tap(MEMBERS[0], "收到：第一件事")
    said = await chat.say(MEMBERS[0], "我的通知")
    assert "第二件事" in said
    assert "第一件事" not in said


async def test_old_drafts_and_old_notices_are_forgotten(chat: Chat) -> None:
    await chat.say(SECRETARY, "通知 没发出去的草稿")
    await sent(chat)
    privacy = chat.app.settings.privacy
    await chat.app.store.write(nightly.forget_old, chat.clock.now() + timedelta(days=8), privacy)
    assert [notice.text for notice in await chat.app.store.read(all_notices)] == [TEXT]
    await chat.app.store.write(nightly.forget_old, chat.clock.now() + timedelta(days=400), privacy)
    assert await chat.app.store.read(all_notices) == []
    assert await chat.app.store.read(_receipts) == 0


async def test_a_cancelled_draft_is_gone(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    draft = chat.last[SECRETARY]
    assert "什么也没有发" in await chat.tap(SECRETARY, "取消", draft)
    assert "不会再发一遍" in await chat.tap(SECRETARY, "发送", draft)
    assert await chat.app.store.read(all_notices) == []


def _receipts(session: StoreSession) -> int:
    return len(session.exec(select(NoticeReceipt)).all())


async def test_the_outgoing_message_names_no_other_member(chat: Chat) -> None:
    await sent(chat)

    def texts(session: StoreSession) -> list[str]:
        return [str(outgoing.message["text"]) for outgoing in session.exec(select(OutgoingMessage))]

    (text,) = await chat.app.store.read(texts)
    assert not any(name in text for name in (SECRETARY, *MEMBERS))
