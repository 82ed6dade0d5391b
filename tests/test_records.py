"""Conversations about the minutes and the month's record: said -> answered."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta

from docx import Document
from openpyxl import load_workbook
from sqlmodel import select

from bot import dispatch
from bot.clock import SHANGHAI, ShiftedClock
from bot.messages import Address, Inbound
from bot.store.records import MinutesCorrection
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
from tests.support.wording import says, sentence

CONTENT = "学习了党章第一章，讨论了除雪安排。"


def at(day: int, hour: int = 9, minute: int = 1, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


async def hold(chat: Chat) -> None:
    """The roads branch holds its theme day on 5 November: three came, one of them late."""
    await chat.say(SECRETARY, "主题党日 计划")
    await chat.say(SECRETARY, "冬季保畅")
    await chat.say(SECRETARY, "三楼会议室")
    await chat.tap(SECRETARY, "theme_day.button_announce")
    await chat.go_to(at(5, 15, 0))
    opened = await chat.say(SECRETARY, "签到 开始")
    code = re.findall(r"(?<![0-9])[0-9]{4}(?![0-9])", opened)[0]
    assert says(await chat.say(MEMBERS[0], f"签到 {code}"), "sign_in.done")
    await chat.say(SECRETARY, f"代签 {SECRETARY}")
    await chat.say(SECRETARY, f"代签 {MEMBERS[1]} {sentence('sign_in.late_word')}")
    await chat.go_to(at(5, 17, 30))


async def write(chat: Chat, who: str = PUBLICITY) -> None:
    await chat.say(who, "记录")
    await chat.say(who, CONTENT)


async def sign(chat: Chat) -> str:
    await chat.say(SECRETARY, "记录 签字")
    return await chat.tap(SECRETARY, "records.sign_yes")


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
    assert says(state, "records.roll", due=11, present=3, late=1)
    assert sentence("records.who", chair=SECRETARY, recorder=PUBLICITY) in state
    assert sentence("records.still_missing", fields=sentence("records.field.content")) in state
    assert says(state, "records.due", day="11-10")
    assert says(await chat.say(PUBLICITY, CONTENT), "records.written", count=17)
    await chat.tap(PUBLICITY, "records.button_decision")
    await chat.say(PUBLICITY, "通过除雪方案，赞成2票，反对0票，弃权1票")
    shown = await chat.tap(PUBLICITY, "records.button_preview")
    votes = {"due": 10, "yes": 2, "no": 0, "abstain": 1}
    no_quorum = sentence("records.no_quorum")
    assert says(shown, "records.preview_vote", text="通过除雪方案", result=no_quorum, **votes)
    assert sentence("records.names_late", count=1, names=MEMBERS[1]) in shown
    asked = await chat.say(SECRETARY, "记录 签字")
    assert CONTENT in asked
    assert says(await chat.tap(SECRETARY, "records.sign_yes"), "records.signed")
    state = await chat.say(PUBLICITY, "记录")
    assert says(state, "records.signed_by", name=SECRETARY)
    assert "2026-11-05" in state


async def test_signed_minutes_take_corrections_only(chat: Chat) -> None:
    await hold(chat)
    await write(chat)
    menu = chat.last[PUBLICITY]
    place = sentence("records.field.place")
    assert says(await chat.say(PUBLICITY, f"更正记录 {place}：二楼"), "records.edit_instead")
    await sign(chat)
    assert says(await chat.tap(PUBLICITY, "records.button_content", menu), "records.locked")
    assert says(await chat.say(SECRETARY, "记录 签字"), "records.locked")
    assert says(await chat.say(PUBLICITY, "更正记录"), "records.how_correct")
    assert says(await chat.say(PUBLICITY, "更正记录 机密★附件"), "records.secret")
    corrected = await chat.say(PUBLICITY, f"更正记录 {place}：应为二楼会议室 原因：笔误")
    assert says(corrected, "records.corrected")
    await chat.say(SECRETARY, "更正记录 11-05 补记一项")
    assert says(await chat.say(PUBLICITY, "记录"), "records.signed_by", count=2)
    await chat.say(SECRETARY, "记录 导出")
    words = "\n".join(cells_of(chat.last[SECRETARY].attachments[2].data))
    assert sentence("records.correction", field=place, text="应为二楼会议室", reason="笔误") in words
    assert says(words, "records.correction", text="补记一项", reason=sentence("records.no_reason"))
    assert "三楼会议室" in words


async def test_a_clock_that_is_set_back_loses_no_correction(chat: Chat, clock: ShiftedClock) -> None:
    await hold(chat)
    await write(chat)
    await sign(chat)
    for minutes, text in ((2, "补记一项"), (3, "补记二项"), (-30, "补记三项")):
        clock.set(clock.now() - timedelta(minutes=minutes))
        assert says(await chat.say(PUBLICITY, f"更正记录 {text}"), "records.corrected")
    found = await chat.app.store.read(lambda session: session.exec(select(MinutesCorrection)).all())
    assert [one.text for one in found] == ["补记一项", "补记二项", "补记三项"]
    assert [one.at for one in found] == sorted(one.at for one in found)
    await chat.say(SECRETARY, "记录 导出")
    assert "补记三项" in "\n".join(cells_of(chat.last[SECRETARY].attachments[2].data))


async def test_a_signature_freezes_the_names(chat: Chat) -> None:
    await hold(chat)
    await write(chat)
    await sign(chat)
    await chat.say(SECRETARY, "记录 导出")
    before = chat.last[SECRETARY].attachments[2].data
    assert says(await chat.say(SECRETARY, f"代签 {MEMBERS[2]}"), "records.locked")
    await chat.say(SECRETARY, "记录 导出")
    after = chat.last[SECRETARY].attachments[2].data
    assert cells_of(before) == cells_of(after)
    assert says(await chat.say(SECRETARY, "签到 情况"), "attendance.numbers", came=3)
    assert says(await chat.say(SECRETARY, "记录"), "records.roll", present=3)
    assert any(MEMBERS[0] in text for text in cells_of(before))


async def test_two_signatures_are_one(chat: Chat) -> None:
    await hold(chat)
    await write(chat)
    await chat.say(SECRETARY, "记录 签字")
    asked = chat.last[SECRETARY]
    assert says(await chat.tap(SECRETARY, "records.sign_yes", asked), "records.signed")
    assert says(await chat.tap(SECRETARY, "records.sign_yes", asked), "records.locked")


async def test_only_the_secretary_signs_and_only_the_own_branch(chat: Chat) -> None:
    await hold(chat)
    refused = await chat.say(SECRETARY, "记录 签字")
    assert says(refused, "records.incomplete", fields=sentence("records.field.content"))
    await write(chat)
    menu = chat.last[PUBLICITY]
    assert says(await chat.say(PUBLICITY, "记录 签字"), "help.only_secretary")
    await chat.say(SECRETARY, "记录 签字")
    asked = chat.last[SECRETARY]
    assert says(await chat.tap(FERRY_SECRETARY, "records.sign_yes", asked), "help.stale_button")
    assert says(await chat.tap(FERRY_SECRETARY, "records.button_content", menu), "help.stale_button")
    assert says(await chat.say(MEMBERS[0], "记录"), "help.only_committee")
    assert says(await chat.say(FERRY_SECRETARY, "记录"), "records.none_held")


async def test_dates_without_a_meeting(chat: Chat) -> None:
    await hold(chat)
    for said, answer in (
        ("记录 11-06", sentence("records.none_on_day", day="11-06")),
        ("记录 2026-02-30", sentence("records.no_such_date", said="2026-02-30")),
        ("记录 签字 13-05", sentence("records.no_such_date", said="13-05")),
        ("记录 导出 12月", sentence("records.no_month")),
        ("记录 导出 某月", sentence("records.no_month")),
        ("记录 导出 10月", sentence("records.none_in_month", month=10)),
    ):
        assert answer in await chat.say(SECRETARY, said)


async def test_what_must_not_be_in_minutes_is_refused_and_not_stored(chat: Chat) -> None:
    await hold(chat)
    await chat.say(PUBLICITY, "记录")
    assert says(await chat.say(PUBLICITY, "传达机密★文件"), "records.secret")
    state = await chat.say(PUBLICITY, "记录")
    assert says(state, "records.still_missing", fields=sentence("records.field.content"))
    assert says(await chat.say(PUBLICITY, "长" * 3001), "records.too_long")


async def test_votes_that_do_not_fit_are_refused(chat: Chat) -> None:
    await hold(chat)
    await write(chat)
    await chat.tap(PUBLICITY, "records.button_decision")
    assert says(await chat.say(PUBLICITY, "通过计划 赞成9 反对2"), "records.votes_votes_over_present")
    assert says(await chat.say(PUBLICITY, "通过计划 赞成3"), "records.written", decisions=1)


async def test_kind_place_and_agenda_of_any_meeting(chat: Chat) -> None:
    await chat.say(SECRETARY, "签到 开始")
    await chat.say(SECRETARY, "十一月支委会")
    await chat.say(SECRETARY, f"代签 {SECRETARY}")
    await write(chat)
    fields = listed("records.field.place", "records.field.agenda")
    assert says(await chat.say(SECRETARY, "记录"), "records.still_missing", fields=fields)
    await chat.tap(SECRETARY, "records.button_kind")
    await chat.tap(SECRETARY, "documents.kind.committee_meeting")
    kind = sentence("documents.kind.committee_meeting")
    assert says(await chat.tap(SECRETARY, "help.submit"), "records.head", kind=kind, topic="十一月支委会")
    await chat.tap(SECRETARY, "records.button_place")
    await chat.say(SECRETARY, "书记办公室")
    await chat.tap(SECRETARY, "records.button_agenda")
    assert not says(await chat.say(SECRETARY, "研究当月工作\n讨论积极分子"), "records.still_missing")
    kinds = ("group_meeting", "theme_day", "general_meeting", "party_lecture")
    duties = listed(*(f"documents.kind.{kind}" for kind in kinds))
    assert says(await chat.say(SECRETARY, "本月"), "records.summary_missing", duties=duties)


def listed(*keys: str) -> str:
    """Words of content one after the other, as the sentences about records list them."""
    return sentence("records.comma").join(sentence(key) for key in keys)


async def test_the_month_in_chat_and_as_files(chat: Chat) -> None:
    assert says(await chat.say(SECRETARY, "本月"), "records.summary_none")
    await hold(chat)
    await write(chat)
    shown = await chat.say(SECRETARY, "本月")
    bar = sentence("records.bar_full") * 3 + sentence("records.bar_empty") * 7
    assert sentence("records.summary_rate", bar=f"{bar} 27.3%", came=3, due=11) in shown
    assert says(shown, "records.summary_session", state=sentence("documents.record_state.submitted"))
    assert MEMBERS[0] not in shown
    await chat.say(DISCIPLINE, "记录 导出")
    files = chat.last[DISCIPLINE].attachments
    assert [one.name.rpartition(".")[2] for one in files] == ["docx", "xlsx", "docx"]
    minutes = "".join(part.text for part in Document(io.BytesIO(files[2].data)).paragraphs)
    assert sentence("documents.minutes.draft_mark") in minutes
    book = load_workbook(io.BytesIO(files[1].data))
    cells = [cell.value for row in book[sentence("documents.month.sheet_attendance")].iter_rows() for cell in row]
    assert MEMBERS[0] in cells
    assert EXEMPT in cells
    assert FERRY_MEMBER not in cells
    assert says(await chat.say(MEMBERS[0], "记录 导出"), "help.only_committee")


async def test_the_files_are_written_once_the_transaction_is_over(chat: Chat) -> None:
    await hold(chat)
    await write(chat)
    app, said = chat.app, Inbound("local", SECRETARY, Address("local", SECRETARY), "export", "记录 导出")
    reply = await app.store.write(dispatch.handle, said, app.router, app.library, chat.clock.now())
    assert reply.message is not None
    assert reply.message.attachments == ()
    assert [file.name.rpartition(".")[2] for file in reply.message.unmade] == ["docx", "xlsx", "docx"]
    book = load_workbook(io.BytesIO(reply.message.unmade[1].made().data))
    assert sentence("documents.month.sheet_attendance") in book.sheetnames


async def test_records_are_not_shown_in_a_group(chat: Chat) -> None:
    await hold(chat)
    assert says(await chat.say(SECRETARY, "记录", group=ROADS), "help.private_only")
    assert says(await chat.say(SECRETARY, "记录 导出", group=ROADS), "help.private_only")
    assert says(await chat.say(OFFICE, "记录"), "help.only_committee")
