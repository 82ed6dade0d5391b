"""Conversations about the minutes and the month's record: said -> answered."""

from __future__ import annotations

import io
import re
from datetime import datetime

import pytest
from docx import Document
from openpyxl import load_workbook

from bot import dispatch
from bot.clock import SHANGHAI
from bot.messages import Address, Inbound
from tests.support.cast import (
    DISCIPLINE,
    EXEMPT,
    FERRY_MEMBER,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    PUBLICITY,
    ROADS,
    SECRETARY,
)
from tests.support.chat import Chat

CONTENT = "学习了党章第一章，讨论了除雪安排。"


def at(day: int, hour: int = 9, minute: int = 1, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


async def hold(chat: Chat) -> None:
    """The roads branch holds its theme day on 5 November: three came, one of them late."""
    await chat.say(SECRETARY, "主题党日 计划")
    await chat.say(SECRETARY, "冬季保畅")
    await chat.say(SECRETARY, "三楼会议室")
    await chat.tap(SECRETARY, "发布")
    await chat.go_to(at(5, 15, 0))
    opened = await chat.say(SECRETARY, "签到 开始")
    code = re.findall(r"(?<![0-9])[0-9]{4}(?![0-9])", opened)[0]
    assert "签到成功" in await chat.say(MEMBERS[0], f"签到 {code}")
    await chat.say(SECRETARY, f"代签 {SECRETARY}")
    await chat.say(SECRETARY, f"代签 {MEMBERS[1]} 迟到")
    await chat.go_to(at(5, 17, 30))


async def write(chat: Chat, who: str = PUBLICITY) -> None:
    await chat.say(who, "记录")
    await chat.say(who, CONTENT)


async def sign(chat: Chat) -> str:
    await chat.say(SECRETARY, "记录 签字")
    return await chat.tap(SECRETARY, "签字锁定")


def cells_of(word_file: bytes) -> list[str]:
    """The text of every table cell."""
    return [
        cell.text
        for table in Document(io.BytesIO(word_file)).tables
        for row in table.rows
        for cell in row.cells
    ]


async def test_minutes_are_prefilled_written_and_signed(chat: Chat) -> None:
    await hold(chat)
    state = await chat.say(PUBLICITY, "记录")
    assert "应到 11 人，实到 3 人（迟到 1 人）" in state
    assert f"主持人：{SECRETARY}，记录人：{PUBLICITY}" in state
    assert "还缺：主要内容" in state
    assert "11-10 前签字" in state
    assert "主要内容 17 字" in await chat.say(PUBLICITY, CONTENT)
    await chat.tap(PUBLICITY, "议定事项")
    await chat.say(PUBLICITY, "通过除雪方案，赞成2票，反对0票，弃权1票")
    shown = await chat.tap(PUBLICITY, "预览")
    assert "通过除雪方案（应到有表决权 10 人，赞成 2，不赞成 0，弃权 1，未通过）" in shown
    assert f"其中迟到 1 人：{MEMBERS[1]}" in shown
    asked = await chat.say(SECRETARY, "记录 签字")
    assert CONTENT in asked
    assert "已签字锁定" in await chat.tap(SECRETARY, "签字锁定")
    assert f"已由{SECRETARY}于 2026-11-05" in await chat.say(PUBLICITY, "记录")


async def test_signed_minutes_take_corrections_only(chat: Chat) -> None:
    await hold(chat)
    await write(chat)
    menu = chat.last[PUBLICITY]
    assert "直接改" in await chat.say(PUBLICITY, "更正记录 地点：二楼")
    await sign(chat)
    assert "不能再改" in await chat.tap(PUBLICITY, "补充内容", menu)
    assert "不能再改" in await chat.say(SECRETARY, "记录 签字")
    assert "更正记录 地点" in await chat.say(PUBLICITY, "更正记录")
    assert "没有保存" in await chat.say(PUBLICITY, "更正记录 机密★附件")
    assert "追加更正" in await chat.say(PUBLICITY, "更正记录 地点：应为二楼会议室 原因：笔误")
    await chat.say(SECRETARY, "更正记录 11-05 补记一项")
    assert "更正 2 条" in await chat.say(PUBLICITY, "记录")
    await chat.say(SECRETARY, "记录 导出")
    words = "\n".join(cells_of(chat.last[SECRETARY].attachments[2].data))
    assert "地点：应为二楼会议室（原因：笔误）" in words
    assert "补记一项（原因：未说明）" in words
    assert "三楼会议室" in words


async def test_a_signature_freezes_the_names(chat: Chat) -> None:
    await hold(chat)
    await write(chat)
    await sign(chat)
    await chat.say(SECRETARY, "记录 导出")
    before = chat.last[SECRETARY].attachments[2].data
    await chat.say(SECRETARY, f"代签 {MEMBERS[2]}")
    await chat.say(SECRETARY, "记录 导出")
    after = chat.last[SECRETARY].attachments[2].data
    assert cells_of(before) == cells_of(after)
    assert "实到 4" in await chat.say(SECRETARY, "签到 情况")
    assert "实到 3 人" in await chat.say(SECRETARY, "记录")
    assert any(MEMBERS[0] in text for text in cells_of(before))


async def test_two_signatures_are_one(chat: Chat) -> None:
    await hold(chat)
    await write(chat)
    await chat.say(SECRETARY, "记录 签字")
    asked = chat.last[SECRETARY]
    assert "已签字锁定" in await chat.tap(SECRETARY, "签字锁定", asked)
    assert "不能再改" in await chat.tap(SECRETARY, "签字锁定", asked)


async def test_only_the_secretary_signs_and_only_the_own_branch(chat: Chat) -> None:
    await hold(chat)
    assert "还缺：主要内容" in await chat.say(SECRETARY, "记录 签字")
    await write(chat)
    menu = chat.last[PUBLICITY]
    assert "书记" in await chat.say(PUBLICITY, "记录 签字")
    await chat.say(SECRETARY, "记录 签字")
    asked = chat.last[SECRETARY]
    assert "不是您管的支部" in await chat.tap(FERRY_SECRETARY, "签字锁定", asked)
    assert "不是您管的支部" in await chat.tap(FERRY_SECRETARY, "补充内容", menu)
    assert "书记" in await chat.say(MEMBERS[0], "记录")
    assert "没有开过的会" in await chat.say(FERRY_SECRETARY, "记录")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("记录 11-06", "没有已开始的会议"),
        ("记录 2026-02-30", "没有“2026-02-30”这一天"),
        ("记录 签字 13-05", "没有“13-05”这一天"),
        ("记录 导出 12月", "还没到"),
        ("记录 导出 某月", "没看懂"),
        ("记录 导出 10月", "还没有开过会"),
    ],
)
async def test_dates_without_a_meeting(chat: Chat, said: str, answer: str) -> None:
    await hold(chat)
    assert answer in await chat.say(SECRETARY, said)


async def test_what_must_not_be_in_minutes_is_refused_and_not_stored(chat: Chat) -> None:
    await hold(chat)
    await chat.say(PUBLICITY, "记录")
    assert "没有保存" in await chat.say(PUBLICITY, "传达机密★文件")
    assert "还缺：主要内容" in await chat.say(PUBLICITY, "记录")
    assert "太长" in await chat.say(PUBLICITY, "长" * 3001)


async def test_votes_that_do_not_fit_are_refused(chat: Chat) -> None:
    await hold(chat)
    await write(chat)
    await chat.tap(PUBLICITY, "议定事项")
    assert "超过了实到" in await chat.say(PUBLICITY, "通过计划 赞成9 反对2")
    assert "议定事项 1 条" in await chat.say(PUBLICITY, "通过计划 赞成3")


async def test_kind_place_and_agenda_of_any_meeting(chat: Chat) -> None:
    await chat.say(SECRETARY, "签到 开始")
    await chat.say(SECRETARY, "十一月支委会")
    await chat.say(SECRETARY, f"代签 {SECRETARY}")
    await write(chat)
    assert "还缺：地点、议程" in await chat.say(SECRETARY, "记录")
    await chat.tap(SECRETARY, "会议类型")
    await chat.tap(SECRETARY, "支委会")
    assert "支委会：十一月支委会" in await chat.tap(SECRETARY, "选好了")
    await chat.tap(SECRETARY, "地点")
    await chat.say(SECRETARY, "书记办公室")
    await chat.tap(SECRETARY, "议程")
    assert "还缺" not in await chat.say(SECRETARY, "研究当月工作\n讨论积极分子")
    assert "本期还没开：党小组会、主题党日、党员大会、党课" in await chat.say(SECRETARY, "本月")


async def test_the_month_in_chat_and_as_files(chat: Chat) -> None:
    assert "还没有开过会" in await chat.say(SECRETARY, "本月")
    await hold(chat)
    await write(chat)
    shown = await chat.say(SECRETARY, "本月")
    assert "出勤 ▇▇▇░░░░░░░ 27.3%（3/11）" in shown
    assert "记录待签字" in shown
    assert MEMBERS[0] not in shown
    await chat.say(DISCIPLINE, "记录 导出")
    files = chat.last[DISCIPLINE].attachments
    assert [one.name.rpartition(".")[2] for one in files] == ["docx", "xlsx", "docx"]
    assert "草稿" in "".join(part.text for part in Document(io.BytesIO(files[2].data)).paragraphs)
    book = load_workbook(io.BytesIO(files[1].data))
    cells = [cell.value for row in book["出勤台账"].iter_rows() for cell in row]
    assert MEMBERS[0] in cells
    assert EXEMPT in cells
    assert FERRY_MEMBER not in cells
    assert "书记" in await chat.say(MEMBERS[0], "记录 导出")


async def test_the_files_are_written_once_the_transaction_is_over(chat: Chat) -> None:
    await hold(chat)
    await write(chat)
    app, said = chat.app, Inbound("local", SECRETARY, Address("local", SECRETARY), "export", "记录 导出")
    reply = await app.store.write(dispatch.handle, said, app.router, app.library, chat.clock.now())
    assert reply.message is not None
    assert reply.message.attachments == ()
    assert [file.name.rpartition(".")[2] for file in reply.message.unmade] == ["docx", "xlsx", "docx"]
    assert "出勤台账" in load_workbook(io.BytesIO(reply.message.unmade[1].made().data)).sheetnames


async def test_records_are_not_shown_in_a_group(chat: Chat) -> None:
    await hold(chat)
    assert "私聊" in await chat.say(SECRETARY, "记录", group=ROADS)
    assert "私聊" in await chat.say(SECRETARY, "记录 导出", group=ROADS)
    assert "网页" in await chat.say(OFFICE, "记录") or "书记" in await chat.say(OFFICE, "记录")
