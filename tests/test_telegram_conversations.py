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
from tests.support.wording import says, sentence

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
    return await talk.tap(SECRETARY, "theme_day.button_announce")


async def open_sign_in(talk: TelegramChat) -> str:
    """Sign-in of that day, opened by the secretary in private; the code."""
    await talk.go_to(at(5, 15, 0))
    opened = await talk.say(SECRETARY, "签到 开始")
    await talk.app.delivery.drain()
    return re.findall(r"(?<![0-9])[0-9]{4}(?![0-9])", opened)[0]


def minute_texts(word_file: bytes) -> str:
    """The text of a Word file, paragraphs first."""
    paper = Document(io.BytesIO(word_file))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in paper.paragraphs), *cells])


async def test_a_deep_link_leads_to_consent_and_help_follows_the_role(talk: TelegramChat) -> None:
    assert says(await talk.say("newcomer", "/start"), "binding.how")
    await talk.say(MEMBERS[0], "解绑")
    await talk.tap(MEMBERS[0], "binding.unbind_yes")
    [code] = re.findall(r"[A-Z0-9]{8}", await talk.say(SECRETARY, f"绑定码 {MEMBERS[0]}"))
    assert says(await talk.say("newcomer", f"/start {code}"), "binding.privacy")
    assert says(await talk.say("newcomer", "/help"), "binding.how")
    assert MEMBERS[0] in await talk.tap("newcomer", "binding.agree")
    assert talk.labels("newcomer") == ["帮助"]
    shown = await talk.tap("newcomer", "帮助")
    assert says(shown, "leave.what.ask")
    assert not says(shown, "sign_in.what.on_behalf")
    assert says(await talk.say(SECRETARY, "/help"), "sign_in.what.on_behalf")
    assert says(await talk.say("another", f"/start {code}"), "binding.wrong_code")
    assert says(await talk.say("newcomer", f"/start {code}"), "binding.already", name=MEMBERS[0])


async def test_a_deep_link_for_somebody_else_changes_nothing(talk: TelegramChat) -> None:
    await talk.say(MEMBERS[1], "解绑")
    await talk.tap(MEMBERS[1], "binding.unbind_yes")
    [code] = re.findall(r"[A-Z0-9]{8}", await talk.say(SECRETARY, f"绑定码 {MEMBERS[1]}"))
    said = await talk.say(MEMBERS[0], f"/start {code}")
    assert says(said, "binding.already", name=MEMBERS[0])
    assert says(await talk.say(MEMBERS[1], f"/start {code}"), "binding.privacy")


async def test_a_notice_is_confirmed_by_button_number_and_word_and_chased_once(talk: TelegramChat) -> None:
    assert says(await talk.say(SECRETARY, "通知"), "notices.ask_text")
    assert sentence("notices.reach_all", people=13) in await talk.say(SECRETARY, NOTICE)
    assert says(await talk.tap(SECRETARY, "notices.do_groups"), "notices.preview", groups=sentence("notices.in_groups"))
    assert says(await talk.tap(SECRETARY, "notices.do_send"), "notices.sent", people=13)
    [got] = await talk.inbox(MEMBERS[0])
    assert got.text == sentence("notices.as_sent", unit=ROADS, text=NOTICE)
    assert talk.labels(MEMBERS[0]) == [sentence("receipts.got_it")]
    assert says(await talk.tap(MEMBERS[0], "receipts.got_it"), "receipts.thanks")
    [settled] = await talk.inbox(MEMBERS[0])
    assert [choice.label for choice in settled.choices] == ["✓ " + sentence("receipts.got_it")]
    assert says(await talk.tap(MEMBERS[0], "receipts.got_it"), "receipts.thanks_again")
    assert says(await talk.say(MEMBERS[1], "1"), "receipts.thanks")
    assert says(await talk.say(MEMBERS[2], sentence("receipts.got_it")), "receipts.thanks")
    in_group = len(await talk.group_inbox())
    assert in_group == 1
    assert says(await talk.tap(MEMBERS[3], "receipts.got_it", group=ROADS), "receipts.thanks")
    assert talk.labels("", ROADS) == [sentence("receipts.got_it")]
    assert len(talk.fake.sent(str(talk.number(f"g:{ROADS}")))) == in_group
    said = await talk.say(SECRETARY, "通知情况")
    assert sentence("receipts.confirmed", done=4, all=13) in said
    assert MEMBERS[0] not in said
    assert says(await talk.tap(SECRETARY, "receipts.do_chase"), "receipts.chased", count=8)
    assert len(await talk.inbox(MEMBERS[0])) == 1
    reminder = (await talk.inbox(MEMBERS[4]))[-1]
    assert reminder.text == sentence("receipts.reminder", text=got.text)
    assert says(await talk.tap(MEMBERS[4], "receipts.got_it", reminder), "receipts.thanks")


async def test_a_theme_day_is_announced_and_members_are_reminded(talk: TelegramChat) -> None:
    asked = await talk.say(SECRETARY, "主题党日 计划")
    day = sentence("theme_day.day", month=11, day=5, weekday=sentence("theme_day.weekdays")[3])
    when = sentence("theme_day.when", day=day, start="15:00", end="17:00")
    assert when in asked
    await talk.say(SECRETARY, "冬季保畅")
    assert sentence("theme_day.line_topic", topic="冬季保畅") in await talk.say(SECRETARY, "三楼会议室")
    await talk.tap(SECRETARY, "theme_day.button_items")
    assert await talk.tap(SECRETARY, "走访慰问") == ""
    assert any(label.startswith("☑ 走访慰问") for label in talk.labels(SECRETARY))
    card = await talk.tap(SECRETARY, "help.submit")
    assert says(card, "theme_day.item_timed", number=6, title="走访慰问困难党员群众")
    assert says(await talk.tap(SECRETARY, "theme_day.button_announce"), "theme_day.announced", when=when)
    await talk.go_to(at(2, 9, 10))
    [notice] = await talk.inbox(MEMBERS[0])
    assert "三楼会议室" in notice.text
    assert talk.labels(MEMBERS[0]) == ["请假"]
    assert "三楼会议室" in await talk.say(MEMBERS[0], f"{BOT} 主题党日", group=ROADS)
    assert talk.labels("", ROADS) == []
    await talk.go_to(at(4))
    assert says((await talk.inbox(MEMBERS[0]))[-1].text, "theme_day.remind_short", day=day)
    assert says(await talk.say(SECRETARY, "主题党日 改期 11-12 防汛值班"), "theme_day.moved_told")


async def test_leave_is_asked_and_approved_by_buttons(talk: TelegramChat) -> None:
    await announce(talk)
    await talk.go_to(at(2, 9, 10))
    assert says(await talk.tap(MEMBERS[0], "请假"), "leave.why")
    shift = sentence("leave.category_on_shift")
    assert says(await talk.tap(MEMBERS[0], "leave.category_on_shift"), "leave.sent", reason=shift)
    assert talk.labels(SECRETARY)[-2:] == [sentence("leave.yes"), sentence("leave.no")]
    assert says(await talk.tap(SECRETARY, "leave.yes"), "leave.you_approved")
    assert says((await talk.inbox(MEMBERS[0]))[-1].text, "leave.approved")
    await talk.say(MEMBERS[1], "请假")
    await talk.tap(MEMBERS[1], "leave.category_family")
    assert says(await talk.tap(SECRETARY, "leave.no"), "leave.you_refused")
    assert says((await talk.inbox(MEMBERS[1]))[-1].text, "leave.refused")


async def test_members_sign_in_in_private_and_in_the_group(talk: TelegramChat) -> None:
    await announce(talk)
    code = await open_sign_in(talk)
    assert any(says(one.text, "attendance.call_group") for one in await talk.group_inbox())
    wrong = "0000" if code != "0000" else "0001"
    assert says(await talk.say(MEMBERS[0], f"签到 {wrong}"), "sign_in.wrong")
    assert says(await talk.say(MEMBERS[0], code), "sign_in.done")
    assert says(await talk.say(MEMBERS[0], f"签到 {code}"), "sign_in.already")
    assert says(await talk.say(MEMBERS[1], f"{BOT} 签到 {code}", group=ROADS), "sign_in.done")
    assert talk.fake.of("sendMessage")[-1].fields["reply_parameters"]["allow_sending_without_reply"] is True
    bare, in_group = talk.said(MEMBERS[2], code, ROADS), str(talk.number(f"g:{ROADS}"))
    before = len(talk.fake.sent(in_group))
    for _ in range(2):
        await talk.push(bare)
    assert [says(one["text"], "sign_in.done") for one in talk.fake.sent(in_group)[before:]] == [True]
    asked = next(one for one in talk.fake.sent(in_group) if says(one["text"], "attendance.call_group"))
    await talk.push(talk.said(PROBATIONARY, code, ROADS, reply_to_message=asked))
    assert says(talk.newest("", ROADS)["text"], "sign_in.done")
    assert says(await talk.say(MEMBERS[3], f"/签到 {code}"), "sign_in.done")
    assert await talk.say(MEMBERS[4], "几点散会？", group=ROADS) == ""
    assert says(await talk.say(SECRETARY, f"代签 {MEMBERS[4]}"), "sign_in.on_behalf")
    assert says(await talk.say(SECRETARY, "代签 党员"), "sign_in.which")
    assert says(await talk.tap(SECRETARY, MEMBERS[5]), "sign_in.on_behalf")
    shown = await talk.say(SECRETARY, "签到 情况")
    assert says(shown, "attendance.numbers", expected=11, came=7)
    both = sentence("attendance.comma").join(MEMBERS[4:6])
    assert sentence("attendance.names", what=sentence("attendance.on_behalf"), names=both) in shown
    said = await talk.say(SECRETARY, f"{BOT} 签到 情况", group=ROADS)
    assert says(said, "attendance.numbers", came=7)
    assert not any(name in said for name in MEMBERS)
    assert says(await talk.say(SECRETARY, "签到 结束"), "attendance.numbers", came=7)
    assert says(await talk.say(ORGANIZER, code), "sign_in.closed")


async def test_a_missed_meeting_is_made_up(talk: TelegramChat) -> None:
    await announce(talk)
    await open_sign_in(talk)
    await talk.say(SECRETARY, "签到 结束")
    await talk.go_to(at(6, 9))
    assert talk.labels(MEMBERS[0]) == ["补课"]
    assert says(await talk.tap(MEMBERS[0], "补课"), "make_up.how")
    assert says(await talk.tap(MEMBERS[0], "make_up.way_notes"), "make_up.write_notes")
    assert says(await talk.say(MEMBERS[0], "学习了党章第一章，结合工作谈体会。"), "make_up.sent")
    assert "谈体会" in (await talk.inbox(ORGANIZER))[-1].text
    assert says(await talk.tap(ORGANIZER, "make_up.yes"), "make_up.you_confirmed", name=MEMBERS[0])
    assert says((await talk.inbox(MEMBERS[0]))[-1].text, "make_up.confirmed")


async def test_minutes_are_written_signed_and_sent_as_documents(talk: TelegramChat) -> None:
    await announce(talk)
    code = await open_sign_in(talk)
    for name in (*MEMBERS[:2], SECRETARY):
        assert says(await talk.say(name, code), "sign_in.done")
    await talk.go_to(at(5, 17, 30))
    missing = sentence("records.still_missing", fields=sentence("records.field.content"))
    assert missing in await talk.say(PUBLICITY, "记录")
    assert says(await talk.say(PUBLICITY, "学习了党章第一章，讨论了除雪安排。"), "records.written", decisions=0)
    await talk.tap(PUBLICITY, "records.button_decision")
    assert says(await talk.say(PUBLICITY, "通过除雪方案，赞成2票，反对0票，弃权1票"), "records.written", decisions=1)
    assert says(await talk.say(SECRETARY, "记录 签字"), "records.ask_sign")
    assert says(await talk.tap(SECRETARY, "records.sign_yes"), "records.signed")
    assert says(await talk.say(PUBLICITY, "更正记录 地点：应为二楼会议室 原因：笔误"), "records.corrected")
    assert says(await talk.say(SECRETARY, "记录 导出"), "records.exported", count=3)
    files = talk.documents(SECRETARY)
    assert [name.rpartition(".")[2] for name in files] == ["docx", "xlsx", "docx"]
    assert all(ROADS in name for name in files)
    _, table, minutes = files.values()
    assert "除雪安排" in minute_texts(minutes)
    assert "二楼会议室" in minute_texts(minutes)
    assert sentence("documents.month.sheet_attendance") in load_workbook(io.BytesIO(table)).sheetnames
    month = await talk.say(SECRETARY, "本月")
    assert says(month, "records.summary_rate", came=3, due=11)
    assert "27.3%" in month
    assert talk.labels(SECRETARY) == ["记录", "记录 导出"]


async def test_my_data_a_correction_and_leaving(talk: TelegramChat) -> None:
    for number in range(12):
        await talk.say(SECRETARY, f"通知 第{number}件事")
        await talk.tap(SECRETARY, "notices.do_send")
    assert MEMBERS[0] in await talk.say(MEMBERS[0], "我的")
    [(name, whole)] = talk.documents(MEMBERS[0]).items()
    assert name == sentence("mine.file")
    assert "第11件事" in whole.decode("utf-8-sig")
    assert says(await talk.say(MEMBERS[0], "更正 我的党小组应是第二党小组"), "mine.requested_correction")
    assert "第二党小组" in (await talk.inbox(SECRETARY))[-1].text
    assert says(await talk.tap(OFFICE, "mine.do_refuse"), "mine.ask_reason")
    assert says(await talk.say(OFFICE, "名册没有错，已当面核对"), "mine.settled_correction_refused")
    assert "名册没有错" in (await talk.inbox(MEMBERS[0]))[-1].text
    assert says(await talk.say(MEMBERS[0], "退出"), "mine.leave_ask")
    assert says(await talk.tap(MEMBERS[0], "mine.do_leave"), "mine.gone")
    assert says((await talk.inbox(OFFICE))[-1].text, "mine.left_told", name=MEMBERS[0])
    chat = str(talk.number(MEMBERS[0]))
    before = len(talk.fake.sent(chat))
    await talk.say(SECRETARY, f"通知 {NOTICE}")
    await talk.tap(SECRETARY, "notices.do_send")
    await talk.go_to(talk.clock.now() + timedelta(minutes=1))
    assert NOTICE in (await talk.inbox(MEMBERS[1]))[-1].text
    assert len(talk.fake.sent(chat)) == before
    assert says(await talk.say(MEMBERS[0], "帮助"), "binding.how")
