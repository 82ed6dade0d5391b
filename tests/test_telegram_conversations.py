"""The features over Telegram, through the wire: binding, notices, one's own data, and a meeting from plan to record."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from docx import Document
from openpyxl import load_workbook

from bot.clock import SHANGHAI, ShiftedClock
from bot.config import Settings
from tests.support.cast import MEMBERS, OFFICE, ORGANIZER, PROBATIONARY, PUBLICITY, ROADS, SECRETARY
from tests.support.fake_telegram import ME
from tests.support.telegram_chat import TelegramChat, telegram_chat

NOTICE = "周五下午三点开主题党日，请带笔记本。"
BOT = f"@{ME['username']}"


@pytest.fixture
async def talk(settings: Settings, clock: ShiftedClock) -> AsyncIterator[TelegramChat]:
    async with telegram_chat(settings, clock) as chat:
        yield chat


def at(day: int, hour: int = 9, minute: int = 1) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


async def announce(talk: TelegramChat) -> str:
    """The theme day of 5 November, planned and announced on the 2nd; the last answer."""
    await talk.say(SECRETARY, "主题党日 计划")
    await talk.say(SECRETARY, "冬季保畅")
    await talk.say(SECRETARY, "三楼会议室")
    return await talk.tap(SECRETARY, "发布")


async def open_sign_in(talk: TelegramChat) -> str:
    """Sign-in of that day, opened by the secretary in private; the code."""
    await talk.go_to(at(5, 15, 0))
    opened = await talk.say(SECRETARY, "签到 开始")
    await talk.app.delivery.drain()
    return re.findall(r"：(\d{4})", opened)[0]


def minute_texts(word_file: bytes) -> str:
    """The text of a Word file, paragraphs first."""
    paper = Document(io.BytesIO(word_file))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in paper.paragraphs), *cells])


async def test_a_deep_link_leads_to_consent_and_help_follows_the_role(talk: TelegramChat) -> None:
    assert "绑定码" in await talk.say("newcomer", "/start")
    await talk.say(MEMBERS[0], "解绑")
    await talk.tap(MEMBERS[0], "解绑")
    [code] = re.findall(r"：([A-Z0-9]{8})", await talk.say(SECRETARY, f"绑定码 {MEMBERS[0]}"))
    assert "联系人" in await talk.say("newcomer", f"/start {code}")
    assert "绑定码" in await talk.say("newcomer", "/help")
    assert MEMBERS[0] in await talk.tap("newcomer", "同意")
    assert talk.labels("newcomer") == ["帮助"]
    shown = await talk.tap("newcomer", "帮助")
    assert "请假" in shown
    assert "代签" not in shown
    assert "代签" in await talk.say(SECRETARY, "/help")
    assert "用过" in await talk.say("another", f"/start {code}")
    assert f"已经绑定为{MEMBERS[0]}" in await talk.say("newcomer", f"/start {code}")


async def test_a_deep_link_for_somebody_else_changes_nothing(talk: TelegramChat) -> None:
    await talk.say(MEMBERS[1], "解绑")
    await talk.tap(MEMBERS[1], "解绑")
    [code] = re.findall(r"：([A-Z0-9]{8})", await talk.say(SECRETARY, f"绑定码 {MEMBERS[1]}"))
    said = await talk.say(MEMBERS[0], f"/start {code}")
    assert f"已经绑定为{MEMBERS[0]}" in said
    assert "没有用掉" in said
    assert "解绑" in said
    assert "联系人" in await talk.say(MEMBERS[1], f"/start {code}")


async def test_a_notice_is_confirmed_by_button_number_and_word_and_chased_once(talk: TelegramChat) -> None:
    assert "请把通知内容发给我" in await talk.say(SECRETARY, "通知")
    assert "共 13 人" in await talk.say(SECRETARY, NOTICE)
    assert "支部群：也发到支部群" in await talk.tap(SECRETARY, "也发到群里")
    assert "正在发给 13 人" in await talk.tap(SECRETARY, "发送")
    [got] = await talk.inbox(MEMBERS[0])
    assert got.text == f"【公路养护党支部通知】\n{NOTICE}"
    assert talk.labels(MEMBERS[0]) == ["收到"]
    assert "已记下您收到" in await talk.tap(MEMBERS[0], "收到")
    [settled] = await talk.inbox(MEMBERS[0])
    assert [choice.label for choice in settled.choices] == ["✓ 收到"]
    assert "已经回过" in await talk.tap(MEMBERS[0], "收到")
    assert "已记下您收到" in await talk.say(MEMBERS[1], "1")
    assert "已记下您收到" in await talk.say(MEMBERS[2], "收到")
    in_group = len(await talk.group_inbox())
    assert in_group == 1
    assert "已记下您收到" in await talk.tap(MEMBERS[3], "收到", group=ROADS)
    assert talk.labels("", ROADS) == ["收到"]
    assert len(talk.fake.sent(str(talk.number(f"g:{ROADS}")))) == in_group
    said = await talk.say(SECRETARY, "通知情况")
    assert "已回 4/13 人" in said
    assert MEMBERS[0] not in said
    assert "已提醒 8 人" in await talk.tap(SECRETARY, "催一次")
    assert len(await talk.inbox(MEMBERS[0])) == 1
    reminder = (await talk.inbox(MEMBERS[4]))[-1]
    assert reminder.text.startswith("（提醒一次")
    assert "已记下您收到" in await talk.tap(MEMBERS[4], "收到", reminder)


async def test_a_theme_day_is_announced_and_members_are_reminded(talk: TelegramChat) -> None:
    asked = await talk.say(SECRETARY, "主题党日 计划")
    assert "11月5日（周四） 15:00—17:00" in asked
    await talk.say(SECRETARY, "冬季保畅")
    assert "主题：冬季保畅" in await talk.say(SECRETARY, "三楼会议室")
    await talk.tap(SECRETARY, "改议程")
    assert await talk.tap(SECRETARY, "走访慰问") == ""
    assert any(label.startswith("☑ 走访慰问") for label in talk.labels(SECRETARY))
    assert "6. 走访慰问困难党员群众" in await talk.tap(SECRETARY, "选好了")
    assert "已发布：11月5日" in await talk.tap(SECRETARY, "发布")
    await talk.go_to(at(2, 9, 10))
    [notice] = await talk.inbox(MEMBERS[0])
    assert "三楼会议室" in notice.text
    assert talk.labels(MEMBERS[0]) == ["请假"]
    assert "三楼会议室" in await talk.say(MEMBERS[0], f"{BOT} 主题党日", group=ROADS)
    assert talk.labels("", ROADS) == []
    await talk.go_to(at(4))
    assert "提醒：主题党日 11月5日" in (await talk.inbox(MEMBERS[0]))[-1].text
    assert "已改期" in await talk.say(SECRETARY, "主题党日 改期 11-12 防汛值班")


async def test_leave_is_asked_and_approved_by_buttons(talk: TelegramChat) -> None:
    await announce(talk)
    await talk.go_to(at(2, 9, 10))
    assert "请选原因" in await talk.tap(MEMBERS[0], "请假")
    assert "已替您报上：值班" in await talk.tap(MEMBERS[0], "值班")
    assert talk.labels(SECRETARY)[-2:] == ["同意", "不同意"]
    assert "已同意" in await talk.tap(SECRETARY, "同意")
    assert "已批准" in (await talk.inbox(MEMBERS[0]))[-1].text
    await talk.say(MEMBERS[1], "请假")
    await talk.tap(MEMBERS[1], "家事")
    assert "没有同意" in await talk.tap(SECRETARY, "不同意")
    assert "没有批准" in (await talk.inbox(MEMBERS[1]))[-1].text


async def test_members_sign_in_in_private_and_in_the_group(talk: TelegramChat) -> None:
    await announce(talk)
    code = await open_sign_in(talk)
    assert any("4 位数字" in one.text for one in await talk.group_inbox())
    wrong = "0000" if code != "0000" else "0001"
    assert "数字不对" in await talk.say(MEMBERS[0], f"签到 {wrong}")
    assert "签到成功" in await talk.say(MEMBERS[0], code)
    assert "已签到" in await talk.say(MEMBERS[0], f"签到 {code}")
    assert "签到成功" in await talk.say(MEMBERS[1], f"{BOT} 签到 {code}", group=ROADS)
    assert talk.fake.of("sendMessage")[-1].fields["reply_parameters"]["allow_sending_without_reply"] is True
    bare, in_group = talk.said(MEMBERS[2], code, ROADS), str(talk.number(f"g:{ROADS}"))
    before = len(talk.fake.sent(in_group))
    for _ in range(2):
        await talk.push(bare)
    assert [one["text"][:4] for one in talk.fake.sent(in_group)[before:]] == ["签到成功"]
    asked = next(one for one in talk.fake.sent(in_group) if "4 位数字" in one["text"])
    await talk.push(talk.said(PROBATIONARY, code, ROADS, reply_to_message=asked))
    assert "签到成功" in talk.newest("", ROADS)["text"]
    assert "签到成功" in await talk.say(MEMBERS[3], f"/签到 {code}")
    assert await talk.say(MEMBERS[4], "几点散会？", group=ROADS) == ""
    assert "注明代签" in await talk.say(SECRETARY, f"代签 {MEMBERS[4]}")
    assert "没法确定" in await talk.say(SECRETARY, "代签 党员")
    assert "注明代签" in await talk.tap(SECRETARY, MEMBERS[5])
    shown = await talk.say(SECRETARY, "签到 情况")
    assert "应到 11，实到 7" in shown
    assert f"代签：{MEMBERS[4]}、{MEMBERS[5]}" in shown
    said = await talk.say(SECRETARY, f"{BOT} 签到 情况", group=ROADS)
    assert "实到 7" in said
    assert not any(name in said for name in MEMBERS)
    assert "实到 7" in await talk.say(SECRETARY, "签到 结束")
    assert "已结束" in await talk.say(ORGANIZER, code)


async def test_a_missed_meeting_is_made_up(talk: TelegramChat) -> None:
    await announce(talk)
    await open_sign_in(talk)
    await talk.say(SECRETARY, "签到 结束")
    await talk.go_to(at(6, 9))
    assert talk.labels(MEMBERS[0]) == ["补课"]
    assert "您怎么补" in await talk.tap(MEMBERS[0], "补课")
    assert "心得" in await talk.tap(MEMBERS[0], "读材料写心得")
    assert "已交上" in await talk.say(MEMBERS[0], "学习了党章第一章，结合工作谈体会。")
    assert "谈体会" in (await talk.inbox(ORGANIZER))[-1].text
    assert "已确认" in await talk.tap(ORGANIZER, "确认")
    assert "已确认" in (await talk.inbox(MEMBERS[0]))[-1].text


async def test_minutes_are_written_signed_and_sent_as_documents(talk: TelegramChat) -> None:
    await announce(talk)
    code = await open_sign_in(talk)
    for name in (*MEMBERS[:2], SECRETARY):
        assert "签到成功" in await talk.say(name, code)
    await talk.go_to(at(5, 17, 30))
    assert "还缺：主要内容" in await talk.say(PUBLICITY, "记录")
    assert "主要内容" in await talk.say(PUBLICITY, "学习了党章第一章，讨论了除雪安排。")
    await talk.tap(PUBLICITY, "议定事项")
    assert "议定事项 1 条" in await talk.say(PUBLICITY, "通过除雪方案，赞成2票，反对0票，弃权1票")
    assert "确定签字吗" in await talk.say(SECRETARY, "记录 签字")
    assert "已签字锁定" in await talk.tap(SECRETARY, "签字锁定")
    assert "追加更正" in await talk.say(PUBLICITY, "更正记录 地点：应为二楼会议室 原因：笔误")
    assert "共 3 个文件" in await talk.say(SECRETARY, "记录 导出")
    files = talk.documents(SECRETARY)
    assert [name.rpartition(".")[2] for name in files] == ["docx", "xlsx", "docx"]
    assert all(ROADS in name for name in files)
    _, table, minutes = files.values()
    assert "除雪安排" in minute_texts(minutes)
    assert "二楼会议室" in minute_texts(minutes)
    assert "出勤台账" in load_workbook(io.BytesIO(table)).sheetnames
    assert "27.3%（3/11）" in await talk.say(SECRETARY, "本月")
    assert talk.labels(SECRETARY) == ["记录", "记录 导出"]


async def test_my_data_a_correction_and_leaving(talk: TelegramChat) -> None:
    for number in range(12):
        await talk.say(SECRETARY, f"通知 第{number}件事")
        await talk.tap(SECRETARY, "发送")
    assert MEMBERS[0] in await talk.say(MEMBERS[0], "我的")
    [(name, whole)] = talk.documents(MEMBERS[0]).items()
    assert name == "我的信息.txt"
    assert "第11件事" in whole.decode("utf-8-sig")
    assert "由人答复" in await talk.say(MEMBERS[0], "更正 我的党小组应是第二党小组")
    assert "第二党小组" in (await talk.inbox(SECRETARY))[-1].text
    assert "请写不改的原因" in await talk.tap(OFFICE, "不改")
    assert "已把原因" in await talk.say(OFFICE, "名册没有错，已当面核对")
    assert "名册没有错" in (await talk.inbox(MEMBERS[0]))[-1].text
    assert "纸质" in await talk.say(MEMBERS[0], "退出")
    assert "已退出" in await talk.tap(MEMBERS[0], "退出")
    assert "已退出" in (await talk.inbox(OFFICE))[-1].text
    chat = str(talk.number(MEMBERS[0]))
    before = len(talk.fake.sent(chat))
    await talk.say(SECRETARY, f"通知 {NOTICE}")
    await talk.tap(SECRETARY, "发送")
    await talk.go_to(talk.clock.now() + timedelta(minutes=1))
    assert NOTICE in (await talk.inbox(MEMBERS[1]))[-1].text
    assert len(talk.fake.sent(chat)) == before
    assert "绑定码" in await talk.say(MEMBERS[0], "帮助")
