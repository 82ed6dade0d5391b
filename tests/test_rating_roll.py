"""The office's spreadsheets of a rating: read tolerantly, shown first, every bad row named, all or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import httpx
import pytest
from openpyxl import Workbook
from sqlmodel import col, select

from bot.roster import load_roster_words
from bot.services.rating.roll import Finding, Known, ListWords, PeopleList, match_targets, match_voters, read_list
from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.people import Member
from bot.texts import load_texts
from bot.web.access import COOKIE
from tests.support.cast import FERRY_SECRETARY, MEMBERS, OFFICE, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.shipped import shipped_content
from tests.support.wording import says, sentence

CONTENT = Path(__file__).parent.parent / "content"
CLASSES = ("局领导", "同行", "党员群众代表")
KNOWN = (
    Known(1, "张三", "公路养护党支部"),
    Known(2, "李四", "公路养护党支部"),
    Known(3, "李四", "渡运党支部"),
    Known(4, "王五（007）", "渡运党支部"),
    Known(5, "买买提·艾力", "机关党支部"),
)
HEADER = ("姓名", "支部", "类别")


@pytest.fixture(scope="module")
def words() -> ListWords:
    return ListWords.of(
        load_texts(CONTENT / "texts"), load_roster_words(CONTENT / "roster.toml", shipped_content().marks)
    )


def book(*rows: Sequence[object], sheets: dict[str, list[Sequence[object]]] | None = None, merge: str = "") -> bytes:
    """An XLSX file: `rows` on one sheet, or several sheets by name."""
    workbook = Workbook()
    for number, (name, listed) in enumerate((sheets or {"名单": list(rows)}).items()):
        sheet = workbook.worksheets[0] if number == 0 else workbook.create_sheet()
        sheet.title = name
        for row in listed:
            sheet.append(list(row))
        if merge:
            sheet.merge_cells(merge)
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def voters(words: ListWords, data: bytes, classes: Sequence[str] = CLASSES) -> tuple[list[tuple[str, int]], list[str]]:
    """(who, class) and the findings as `row:key`."""
    found = match_voters(read_list(data, "名单.xlsx", words), KNOWN, classes, words.roster)
    placed = [(f"{one.member.id if one.member else one.line.name}", one.class_index) for one in found.placed]
    return placed, [f"{one.row}:{one.key}{'' if one.error else '?'}" for one in found.findings]


def test_titles_above_any_columns_ditto_and_notes_below(words: ListWords) -> None:
    data = book(
        ["2026年度述职评议参评人员名单"],
        [None, "填报：党建办"],
        ["序号", "参评类别", "党员　姓名（必填）", "电话", "所在支部"],
        [1, "局领导", "张　三", "13800000000", "中共公路养护党支部"],
        [2, "同上", "李四", None, "渡运"],
        [],
        [3, "党员群众代表", "王五", None, None],
        ["合计", None, None, None, None],
        ["说明：以上人员已核对", None, None, None, None],
    )
    assert voters(words, data) == ([("1", 0), ("3", 0), ("4", 2)], [])


def test_a_merged_class_counts_for_all_its_rows(words: ListWords) -> None:
    data = book(HEADER, ["张三", "公路养护", "同行"], ["李四", "公路养护", None], merge="C2:C3")
    assert voters(words, data) == ([("1", 1), ("2", 1)], [])


def test_a_sheet_for_each_class(words: ListWords) -> None:
    data = book(
        sheets={"局领导": [["姓名"], ["张三"]], "同行": [["姓名"], ["王五（007）"]], "填写说明": [["请勿改动"]]}
    )
    assert voters(words, data) == ([("1", 0), ("4", 1)], ["1:unread_sheet?"])


def test_with_one_class_nobody_needs_to_name_it(words: ListWords) -> None:
    assert voters(words, book(["姓名"], ["张三"]), ("党员",)) == ([("1", 0)], [])


def test_csv_as_excel_saves_it_in_china(words: ListWords) -> None:
    lines = "姓名,单位,类别\r\n买买提•艾力,机关党支部,代表\r\n"
    for encoding in ("gb18030", "utf-8-sig", "utf-16"):
        assert voters(words, lines.encode(encoding)) == ([("5", 2)], [])


def test_every_bad_row_is_named(words: ListWords) -> None:
    data = book(
        HEADER,
        ["李四", "", "同行"],
        ["", "渡运", "同行"],
        ["张三", "公路养护", "贵宾"],
        ["张三", "公路养护", ""],
        ["420106", "", "同行"],
        ["张三", "公路养护", "同行"],
        ["张三", "公路养护", "局领导"],
        ["赵六", "外单位", "同行"],
        ["王五", "公路养护", "同行"],
    )
    placed, findings = voters(words, data)
    assert placed == [("1", 1), ("赵六", 1), ("4", 1)]
    assert findings == [
        "3:no_name", "6:bad_name", "2:namesakes", "4:unknown_class", "5:no_class", "8:twice", "9:by_label?",
        "10:other_branch?",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "finding"),
    [
        (b"", "0:file"),
        (b"%PDF-1.4 not a sheet", "0:file"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"old", "0:file"),
        (b"PK\x03\x04 broken", "0:file"),
        ("没有表头,也没有名字\n甲,乙\n".encode(), "0:no_header"),
        ("姓名,类别\n,\n".encode(), "0:nobody"),
        (("姓名,类别\n" + "甲,同行\n" * 2001).encode(), "0:too_many"),
    ],
)
def test_files_that_cannot_be_read(words: ListWords, data: bytes, finding: str) -> None:
    assert voters(words, data) == ([], [finding])


def test_a_file_that_unpacks_to_too_much_is_not_read(words: ListWords) -> None:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b" " * 40_000_000)
    assert voters(words, packed.getvalue()) == ([], ["0:file"])


def test_what_a_list_holds_beside_its_people_is_named(words: ListWords) -> None:
    beside = read_list(
        book(
            sheets={
                "名单": [
                    ("姓名", "支部", None, "姓名"),
                    ("林海棠", "甲支部", None, "柳丁香"),
                    ("备注：新来", "甲支部", None, None),
                    (None, None, None, "花水杉"),
                    ("叶银杏", "乙支部", "已调走", None),
                ],
                "流动党员": [("金合欢", "乙支部")],
                "空白": [],
            }
        ),
        "list.xlsx", words,
    )  # fmt: skip
    assert [line.name for line in beside.lines] == ["林海棠", "叶银杏"]
    assert [(one.key, one.row, one.error) for one in beside.findings] == [
        ("unread_block", 2, False), ("unread_cells", 5, False), ("unread_sheet", 1, False),
    ]  # fmt: skip


def test_people_of_a_list_who_are_not_read_are_named(words: ListWords) -> None:
    person, header = ["林海棠", "养护支部", "甲"], ["姓名", "单位", "类别"]
    for rows, found in (
        ([header, person, ["单位", "姓名", "类别"], ["养护支部", "叶银杏", "乙"]], ("unread_below", 3)),
        ([header + header[1:], [*person, "叶银杏", "养护支部"]], ("unread_block", 2)),
        ([["叶银杏", "养护支部", "乙"], header, person], ("unread_row", 1)),
        ([["序号", *header], ["1", *person], ["备注", "叶银杏*", "", ""]], ("unread_row", 3)),
    ):
        read = read_list("\n".join(map(",".join, rows)).encode(), "list.csv", words)
        assert [line.name for line in read.lines] == ["林海棠"]
        assert [(one.key, one.row) for one in read.findings] == [found]


@pytest.mark.parametrize("number", ["420106-19900101-1234", "138 0000 1111", "6222 0210 0112 2334 458", "027/85551234"])
@pytest.mark.parametrize("column", range(4))
def test_a_list_with_numbers_of_persons_is_refused(words: ListWords, number: str, column: int) -> None:
    cells = ["林海棠", "甲支部", "领导", "无"]
    cells[column] += number
    found = read_list(book(("姓名", "支部", "类别", "备注"), cells), "list.xlsx", words)
    assert [(one.row, one.key, one.error) for one in found.findings] == [(2, "forbidden", True)]
    assert number not in found.findings[0].value


def test_targets_keep_their_order_and_may_be_mere_names(words: ListWords) -> None:
    data = book(
        ["述职人", "单位", "分管"],
        ["王五", "渡运党支部", "分管安全"],
        ["科室甲", "", ""],
        ["张三", "", ""],
        ["科室甲", "", ""],
    )
    found = match_targets(read_list(data, "x", words), KNOWN, words.roster)
    assert [(one.line.name, one.member.id if one.member else None, one.line.note) for one in found.placed] == [
        ("王五", 4, "分管安全"), ("科室甲", None, ""), ("张三", 1, ""),
    ]  # fmt: skip
    assert [(one.row, one.key, one.error) for one in found.findings] == [(3, "by_name", False), (5, "twice", True)]


def test_findings_of_reading_are_kept(words: ListWords) -> None:
    given = PeopleList((), (Finding(3, "no_name"),))
    assert match_voters(given, KNOWN, CLASSES, words.roster).refused


async def begun(pages: Pages) -> str:
    """The office's review of secretaries; its path."""
    page = await pages.enter(OFFICE, "/ratings")
    unit = re.findall(r'name="unit" value="(\d+)"', page.text)[0]
    page = await pages.send(page, "/ratings", title="述职评议", unit=unit, kind="secretary_review", mode="sealed")
    return page.url.path


async def upload(pages: Pages, path: str, action: str, data: bytes | None, name: str = "名单.xlsx") -> httpx.Response:
    token = pages.app.access.csrf(pages.http.cookies[COOKIE])
    files = {"file": (name, data)} if data is not None else None
    return await pages.http.post(f"{path}/upload", data={"csrf": token, "action": action}, files=files)


def roll(session: StoreSession, path: str) -> dict[str, int]:
    return {one.name: one.class_index for one in rating.voters(session, int(path.rsplit("/", 1)[1]))}


def names(session: StoreSession, path: str) -> list[tuple[str, str]]:
    return [(one.name, one.unit) for one in rating.targets(session, int(path.rsplit("/", 1)[1]))]


async def test_a_roll_is_shown_first_and_then_taken_as_a_whole(chat: Chat, pages: Pages) -> None:
    path = await begun(pages)
    before = await chat.app.store.read(roll, path)
    data = book(
        HEADER, [MEMBERS[0], ROADS, "局领导"], [MEMBERS[1], ROADS, "同行"], ["外来的人", "外单位", "党员群众代表"]
    )
    seen = await upload(pages, path, "voters", data)
    assert seen.status_code == 200
    assert says(seen.text, "rating_console.upload.voters", count=3)
    assert says(seen.text, "rating_console.upload.row", row=4)
    assert await chat.app.store.read(roll, path) == before
    packed = unescape(re.findall(r'name="list" value="([^"]+)"', seen.text)[0])
    page = await pages.send(seen, path, action="take_voters", list=packed)
    assert says(page.text, "rating_console.upload.taken", count=3)
    assert await chat.app.store.read(roll, path) == {MEMBERS[0]: 0, MEMBERS[1]: 1, "外来的人": 2}


async def test_a_list_with_a_mistake_changes_nothing(chat: Chat, pages: Pages) -> None:
    path = await begun(pages)
    before = await chat.app.store.read(roll, path)
    seen = await upload(pages, path, "voters", book(HEADER, [MEMBERS[0], ROADS, "局领导"], [MEMBERS[1], ROADS, "贵宾"]))
    assert seen.status_code == 422
    assert says(seen.text, "rating_console.upload.refused", count=1)
    unknown = sentence("rating_console.list.unknown_class", value="贵宾")
    assert says(seen.text, "rating_console.upload.row", row=3, what=unknown)
    assert 'name="list"' not in seen.text
    assert await chat.app.store.read(roll, path) == before


async def test_targets_from_a_spreadsheet(chat: Chat, pages: Pages) -> None:
    path = await begun(pages)
    data = book(["姓名", "单位"], [FERRY_SECRETARY, "渡运党支部"], [SECRETARY, ROADS])
    seen = await upload(pages, path, "targets", data)
    packed = unescape(re.findall(r'name="list" value="([^"]+)"', seen.text)[0])
    await pages.send(seen, path, action="take_targets", list=packed)
    assert await chat.app.store.read(names, path) == [(FERRY_SECRETARY, "渡运党支部"), (SECRETARY, ROADS)]


async def test_a_tampered_list_is_refused(chat: Chat, pages: Pages) -> None:
    path = await begun(pages)
    before = await chat.app.store.read(roll, path)
    for packed in (
        "",
        "[]",
        "x",
        "[1]",
        '[["a","b",0]]',
        '[[0,"a",99]]',
        '[[999999,"",0]]',
        '[[-1,"",0]]',
        '[[100000000000000000000,"",0]]',
        '[[0,"420106199001011234",0]]',
    ):
        page = await pages.http.get(path)
        answer = await pages.send(page, path, action="take_voters", list=packed)
        assert answer.status_code == 422
        assert await chat.app.store.read(roll, path) == before


async def test_uploads_that_are_none(chat: Chat, pages: Pages) -> None:
    path = await begun(pages)
    assert says((await upload(pages, path, "voters", None)).text, "rating_console.upload.no_file")
    assert says((await upload(pages, path, "both", b"x")).text, "rating_console.unknown_action")
    old = await upload(pages, path, "voters", bytes.fromhex("d0cf11e0a1b11ae1"))
    assert says(old.text, "roster.reasons.old_format")
    left = await chat.app.store.read(
        lambda session: session.exec(select(Member.name).where(col(Member.name) == OFFICE)).one()
    )
    assert left == OFFICE
