"""The month on one page, its downloads, and the minutes' form."""

from __future__ import annotations

import io

from docx import Document
from openpyxl import load_workbook

from tests.support.cast import DISCIPLINE, FERRY_SECRETARY, MEMBERS, OFFICE, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.wording import says, sentence
from tests.test_records import CONTENT, hold

MONTH = "/records/2026/11"


async def test_the_month_and_its_files(chat: Chat, pages: Pages) -> None:
    await hold(chat)
    page = await pages.enter(DISCIPLINE, "/records")
    assert "冬季保畅" in page.text
    assert "27.3%" in page.text
    assert sentence("documents.kind.party_lecture") in page.text
    book = load_workbook(io.BytesIO((await pages.http.get(f"{MONTH}/xlsx")).content))
    ledger = book[sentence("documents.month.sheet_attendance")]
    assert MEMBERS[0] in [cell.value for row in ledger.iter_rows() for cell in row]
    word = await pages.http.get(f"{MONTH}/docx")
    assert "attachment" in word.headers["content-disposition"]
    assert ROADS in Document(io.BytesIO(word.content)).paragraphs[0].text


async def test_the_office_sees_totals_of_all_branches_only(chat: Chat, pages: Pages) -> None:
    await hold(chat)
    page = await pages.enter(OFFICE, MONTH)
    assert ROADS in page.text
    assert "渡运党支部" in page.text
    unit = page.text.split(f">{ROADS}<")[0].rsplit("unit=", 1)[1].strip('"')
    one = await pages.http.get(f"{MONTH}?unit={unit}")
    assert says(one.text, "records.page.totals_only")
    assert "/records/minutes/" not in one.text
    book = load_workbook(io.BytesIO((await pages.http.get(f"{MONTH}/xlsx?unit={unit}")).content))
    assert MEMBERS[0] not in [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    assert (await pages.http.get("/records/minutes/1")).status_code == 403


async def test_others_see_nothing(chat: Chat, pages: Pages) -> None:
    await hold(chat)
    assert (await pages.enter(MEMBERS[0], MONTH)).status_code == 403
    page = await pages.enter(FERRY_SECRETARY, MONTH)
    assert "冬季保畅" not in page.text
    for path in (
        f"{MONTH}?unit=2",
        "/records/minutes/1",
        "/records/2026/13",
        f"{MONTH}/pdf",
        "/records/minutes/99",
    ):
        assert (await pages.http.get(path)).status_code in (403, 404)


async def test_minutes_are_written_signed_and_corrected(chat: Chat, pages: Pages) -> None:
    await hold(chat)
    path = "/records/minutes/1"
    page = await pages.enter(DISCIPLINE, path)
    fields = {"chair": SECRETARY, "recorder": DISCIPLINE, "place": "三楼会议室"}
    page = await pages.send(page, path, do="save", rewrite=CONTENT, decision="通过除雪方案 赞成3", **fields)
    assert CONTENT in page.text
    assert (await pages.send(page, path, do="sign")).status_code == 403
    page = await pages.enter(SECRETARY, path)
    assert says((await pages.send(page, path, do="sign", attachment="机密★附件")).text, "records.secret")
    page = await pages.send(page, path, do="sign")
    assert says(page.text, "records.signed_by", name=SECRETARY)
    assert says((await pages.send(page, path, do="save", rewrite="改一改")).text, "records.locked")
    assert says((await pages.send(page, path, do="sign")).text, "records.locked")
    place = sentence("records.field.place")
    page = await pages.send(page, path, do="correct", correction=f"{place}：应为二楼会议室 原因：笔误")
    assert sentence("records.correction", field=place, text="应为二楼会议室", reason="笔误") in page.text
    word = await pages.http.get(path + "/docx")
    assert CONTENT in [part.text for part in Document(io.BytesIO(word.content)).paragraphs]
