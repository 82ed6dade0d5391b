"""Rosters as offices really keep them, and the sample bureau's own."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from openpyxl import Workbook

from bot.demo.roster import DemoBureau, demo_rows, load_demo_bureau, write_demo_roster
from bot.roster import Level, Roster, RosterWords, RosterWordsError, load_roster_words, read_roster
from bot.roster.values import UNREAD
from tests.support.shipped import shipped_content
from tests.support.wording import sentence

CONTENT = Path(__file__).parent.parent / "content"
HEADER = ["姓名", "所在支部", "党员类型", "党内职务", "手机号", "有无表决权", "免考勤", "工号"]


@pytest.fixture(scope="module")
def words() -> RosterWords:
    return load_roster_words(CONTENT / "roster.toml", shipped_content().marks)


@pytest.fixture(scope="module")
def bureau() -> DemoBureau:
    return load_demo_bureau(CONTENT / "demo" / "bureau.toml")


def sheet_file(path: Path, *rows: Sequence[object], merges: tuple[str, ...] = ()) -> Path:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    for area in merges:
        sheet.merge_cells(area)
    workbook.save(path)
    return path


def keys(roster: Roster) -> list[tuple[int, str]]:
    return [(error.row, error.reason_key) for error in roster.errors]


def read(tmp_path: Path, words: RosterWords, *rows: list[object]) -> Roster:
    return read_roster(sheet_file(tmp_path / "roster.xlsx", HEADER, *rows), words)


def test_titles_above_any_column_order_full_width_and_notes_below(tmp_path: Path, words: RosterWords) -> None:
    path = sheet_file(
        tmp_path / "roster.xlsx",
        ["某局党员名册"],
        [None, "填报单位：党建办"],
        [
            "序号",
            "党　组织\n名称",
            "党员姓名（必填）",
            "政治面貌",
            "党小组",
            "现任职务",
            "联系电话 *",
            "总支",
        ],
        [
            1,
            "机关支部",
            "林　杜鹃",
            "中共党员",
            "第一党小组",
            "支部书记、组织委员",
            13900000000.0,
            "机关总支",
        ],
        [],
        [
            2,
            "机关支部",
            "阿依古丽•玉兰",
            "中共预备党员",
            "",
            "科长",
            "１３９－００００－０００１",
            "机关总支",
        ],
        ["注：本表一式两份"],
        merges=("A1:H1",),
    )
    roster = read_roster(path, words)
    first, second = roster.rows
    assert (first.row_number, first.name, first.branch) == (4, "林杜鹃", "机关支部")
    assert first.posts == ("secretary", "organization_commissioner")
    assert (first.stage, first.phone, first.voting_rights) == ("full_member", "13900000000", True)
    assert (first.general_branch, first.group) == ("机关总支", "第一党小组")
    assert (second.row_number, second.name, second.stage) == (6, "阿依古丽·玉兰", "probationary_member")
    assert (second.phone, second.voting_rights, second.posts) == ("13900000001", False, ())
    assert keys(roster) == [(6, "office_title")]
    assert not roster.has_errors
    assert [(c.column, c.reason_key) for c in roster.ignored_columns] == [("序号", "not_needed")]


def test_header_of_two_rows_and_branch_merged_downwards(tmp_path: Path, words: RosterWords) -> None:
    path = sheet_file(
        tmp_path / "roster.xlsx",
        ["姓名", "党组织情况", None, "党员类型"],
        [None, "党总支", "党支部", None],
        ["林海棠", "公路总支", "养护支部", "正式党员"],
        ["叶银杏", None, None, "正式"],
        ["花水杉", "公路总支", "同上", "积极分子"],
        merges=("B1:C1", "A1:A2", "D1:D2", "B3:B4", "C3:C4"),
    )
    roster = read_roster(path, words)
    assert roster.errors == ()
    assert [(r.name, r.general_branch, r.branch) for r in roster.rows] == [
        ("林海棠", "公路总支", "养护支部"),
        ("叶银杏", "公路总支", "养护支部"),
        ("花水杉", "公路总支", "养护支部"),
    ]


def test_an_unmerged_empty_branch_is_missing(tmp_path: Path, words: RosterWords) -> None:
    roster = read(tmp_path, words, ["林海棠", "养护支部", "正式党员"], ["叶银杏", None, "正式党员"])
    assert keys(roster) == [(3, "missing_branch")]
    assert [row.name for row in roster.rows] == ["林海棠"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_encodings(tmp_path: Path, words: RosterWords, encoding: str) -> None:
    path = tmp_path / "roster.csv"
    text = "党员名册,,\r\n\r\n名字,支部名称,人员类别\r\n林海棠,养护支部,发展对象\r\n,,\r\n叶银杏,养护支部,预备\r\n"
    path.write_bytes(text.encode(encoding))
    roster = read_roster(path, words)
    assert [(r.row_number, r.name, r.stage) for r in roster.rows] == [
        (4, "林海棠", "candidate_member"),
        (6, "叶银杏", "probationary_member"),
    ]
    assert roster.errors == ()


def test_forbidden_columns_are_not_read(tmp_path: Path, words: RosterWords) -> None:
    path = sheet_file(
        tmp_path / "roster.xlsx",
        ["姓名", "身份证号码", "支部", "家庭住址", "党员类型", "出生年月", "月工资", "身体状况", "银行卡号", "照片", "学历"],
        ["林海棠", "110101199001011234", "养护支部", "某路1号", "正式党员", "1990-01", 5000, "良好", "622", "x", "大学"],
    )  # fmt: skip
    roster = read_roster(path, words)
    assert len(roster.rows) == 1
    assert {c.column: c.reason_key for c in roster.ignored_columns} == {
        "身份证号码": "identity_number", "家庭住址": "home_address", "出生年月": "birth", "月工资": "pay",
        "身体状况": "health", "银行卡号": "bank", "照片": "photo", "学历": "not_needed",
    }  # fmt: skip
    shown = repr(roster) + "".join(map(words.explain_ignored, roster.ignored_columns))
    for secret in ("110101", "某路1号", "1990-01", "5000", "良好"):
        assert secret not in shown


def test_every_bad_row_is_reported_with_its_number(tmp_path: Path, words: RosterWords) -> None:
    roster = read(
        tmp_path,
        words,
        [None, "养护支部", "正式党员"],
        ["叶银杏", "养护支部", "老党员"],
        ["花水杉", "养护支部", "正式党员", "支部大管家"],
        ["柳丁香", "养护支部", "正式党员", None, "1234567890123"],
        ["梅木槿", "养护支部", None],
        ["白玉兰", "养护支部", "正式党员", None, None, None, "腰椎间盘突出"],
        ["江月季", "养护支部", "积极分子", "书记"],
        ["山紫薇", "养护支部", "正式党员", None, "110101199001011234"],
        ["#N/A", "养护支部", "正式党员"],
    )
    assert keys(roster) == [
        (2, "missing_name"), (3, "unknown_stage"), (4, "unknown_post"), (5, "bad_phone"), (6, "missing_stage"),
        (7, "unknown_yes_no"), (8, "post_needs_full_member"), (9, "forbidden_value"), (10, "formula_error"),
    ]  # fmt: skip
    assert roster.rows == ()
    sentences = [words.explain(error) for error in roster.errors]
    assert sentences[1] == sentence("roster.reasons.unknown_stage", row=3, column="党员类型", value="老党员")
    assert not any("腰椎" in s or "567890" in s or "199001" in s for s in sentences)


def test_duplicates_need_a_number(tmp_path: Path, words: RosterWords) -> None:
    def person(name: str, number: object = None) -> list[object]:
        return [name, "养护支部", "正式党员", None, None, None, None, number]

    roster = read(
        tmp_path, words,
        person("林海棠"), person("林 海棠"), person("叶银杏", 7.0), person("叶银杏", "8"), person("花水杉", "７"),
    )  # fmt: skip
    assert keys(roster) == [(3, "duplicate"), (6, "duplicate_number")]
    assert [(row.name, row.number) for row in roster.rows] == [
        ("林海棠", None),
        ("叶银杏（7）", "7"),
        ("叶银杏（8）", "8"),
    ]
    assert [row.also for row in roster.rows] == [None, "叶银杏", "叶银杏"]
    assert "林海棠 (2)" in words.explain(roster.errors[0])


def test_warnings_keep_the_row(tmp_path: Path, words: RosterWords) -> None:
    roster = read(
        tmp_path,
        words,
        ["林海棠", "养护支部", "正式党员", "书记"],
        ["叶银杏", "养护支部", "正式党员", "副书记兼宣传委员/支部书记"],
        ["花水杉", "养护党支部", "预备党员", None, "0712-2345678", "有"],
    )
    assert keys(roster) == [
        (3, "two_secretaries"), (4, "similar_unit"), (4, "landline_phone"), (4, "voting_not_allowed"),
    ]  # fmt: skip
    assert {error.level for error in roster.errors} == {Level.WARNING}
    assert roster.rows[1].posts == ("deputy_secretary", "publicity_commissioner", "secretary")
    assert (roster.rows[2].phone, roster.rows[2].voting_rights) == (None, False)


def test_a_branch_belongs_to_one_general_branch(tmp_path: Path, words: RosterWords) -> None:
    path = sheet_file(
        tmp_path / "roster.xlsx",
        ["姓名", "党总支", "党支部", "党员类型"],
        ["林海棠", "公路总支", "第一支部", "正式党员"],
        ["叶银杏", "海事总支", "第一支部", "正式党员"],
        ["花水杉", None, "第一支部", "正式党员"],
        ["柳丁香", None, "公路总支", "正式党员"],
    )
    roster = read_roster(path, words)
    assert keys(roster) == [(3, "unit_conflict"), (5, "unit_conflict")]
    assert [row.general_branch for row in roster.rows] == ["公路总支", "公路总支"]


def test_posts_of_the_general_branch_need_one(tmp_path: Path, words: RosterWords) -> None:
    path = sheet_file(
        tmp_path / "roster.xlsx",
        ["姓名", "党总支", "党支部", "党员类型", "党内职务"],
        ["林海棠", None, "第一支部", "正式党员", "党总支书记、支部书记"],
        ["叶银杏", "公路总支", "第一支部", "正式党员", "党总支副书记"],
        ["花水杉", None, "机关支部", "正式党员", "党总支书记"],
        ["柳丁香", "公路总支", None, "正式党员", "党总支书记"],
        ["梅木槿", "公路总支", "第二支部", "预备党员", "党总支书记"],
        ["白玉兰", "公路总支", "第二支部", "正式党员", "党总支书记"],
    )
    roster = read_roster(path, words)
    assert keys(roster) == [
        (4, "no_general_branch"), (5, "missing_branch"), (6, "post_needs_full_member"), (7, "two_secretaries"),
    ]  # fmt: skip
    assert [row.posts for row in roster.rows[:2]] == [
        ("general_branch_secretary", "secretary"),
        ("general_branch_deputy_secretary",),
    ]
    sentences = [words.explain(error) for error in roster.errors]
    assert sentences[0] == sentence("roster.reasons.no_general_branch", row=4, value="机关支部", column="党总支")
    assert sentences[1] == sentence("roster.reasons.missing_branch", row=5)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"\x89PNG\r\n\0\0", "not_a_spreadsheet"),
        (b"<html><table></table></html>", "not_a_spreadsheet"),
        (b"PK\x03\x04 cut off", "not_a_spreadsheet"),
        (b"\xff\xff\xff", "bad_encoding"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "old_format"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"), "password_protected"),
        ("部门,经费\n办公室,3\n".encode(), "no_header"),
        ("姓名,党员类型\n林海棠,正式党员\n".encode(), "missing_column"),
        ("姓名,支部,党员类型\n\n".encode(), "no_rows"),
    ],
)
def test_a_file_that_cannot_be_read_gives_one_error(
    tmp_path: Path, words: RosterWords, data: bytes, reason: str
) -> None:
    path = tmp_path / "roster.xlsx"
    path.write_bytes(data)
    roster = read_roster(path, words)
    assert keys(roster) == [(0, reason)]
    assert words.explain(roster.errors[0])
    assert roster.has_errors


def test_missing_file_wrong_package_and_damaged_sheet(tmp_path: Path, words: RosterWords) -> None:
    assert keys(read_roster(tmp_path / "nowhere.xlsx", words)) == [(0, "file_missing")]
    assert keys(read_roster(tmp_path, words)) == [(0, "file_missing")]
    package = tmp_path / "other.xlsx"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("readme.txt", "x")
    assert keys(read_roster(package, words)) == [(0, "not_a_spreadsheet")]
    good = sheet_file(tmp_path / "good.xlsx", HEADER, ["林海棠", "养护支部", "正式党员"])
    damaged = tmp_path / "damaged.xlsx"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(damaged, "w") as target:
        for item in source.namelist():
            data = source.read(item)
            target.writestr(item, data[: len(data) // 2] if "sheet1" in item else data)
    assert keys(read_roster(damaged, words)) == [(0, "broken_file")]
    raw = bytearray(good.read_bytes())
    with zipfile.ZipFile(good) as source:
        start = source.getinfo("xl/worksheets/sheet1.xml").header_offset
    raw[start + 60 : start + 160] = b"\xff" * 100
    damaged.write_bytes(raw)
    assert keys(read_roster(damaged, words)) == [(0, "broken_file")]


def test_the_roster_is_found_on_a_later_sheet(tmp_path: Path, words: RosterWords) -> None:
    workbook = Workbook()
    workbook.worksheets[0].append(["填表说明"])
    for title in ("名册", "去年名册"):
        sheet = workbook.create_sheet(title)
        sheet.append(HEADER)
        sheet.append(["林海棠", "养护支部", "正式党员"])
    path = tmp_path / "roster.xlsx"
    workbook.save(path)
    roster = read_roster(path, words)
    assert len(roster.rows) == 1
    assert [(e.reason_key, e.sheet, e.row, e.level) for e in roster.errors] == [
        ("unread_sheet", "Sheet", 1, Level.WARNING),
        ("unread_sheet", "去年名册", 1, Level.WARNING),
    ]
    assert roster.is_partial


def unread(roster: Roster) -> list[tuple[str, str, int]]:
    return [(one.reason_key, one.sheet, one.row) for one in roster.errors if one.reason_key in UNREAD]


def test_a_hidden_sheet_and_one_with_another_layout_are_named(tmp_path: Path, words: RosterWords) -> None:
    workbook = Workbook()
    first = workbook.worksheets[0]
    first.title = "名册"
    for row in (HEADER, ["林海棠", "养护支部", "正式党员"]):
        first.append(row)
    hidden = workbook.create_sheet("离退休")
    hidden.sheet_state = "hidden"
    other = workbook.create_sheet("流动党员")
    workbook.create_sheet("空白")
    for sheet in (hidden, other):
        sheet.append([])
        sheet.append(["叶银杏", "养护支部", "正式党员"])
    path = tmp_path / "roster.xlsx"
    workbook.save(path)
    roster = read_roster(path, words)
    assert [row.name for row in roster.rows] == ["林海棠"]
    assert unread(roster) == [("unread_sheet", "离退休", 2), ("unread_sheet", "流动党员", 2)]


def test_a_second_block_and_texts_under_no_title_are_named(tmp_path: Path, words: RosterWords) -> None:
    beside = sheet_file(
        tmp_path / "beside.xlsx",
        ["姓名", "所在支部", "党员类型", None, "姓名", "所在支部", "党员类型"],
        ["林海棠", "养护支部", "正式党员", None, "叶银杏", "养护支部", "正式党员"],
        [None, None, None, None, "花水杉", "养护支部", "正式党员"],
    )
    assert unread(read_roster(beside, words)) == [("unread_block", "Sheet", 2)]
    untitled = sheet_file(
        tmp_path / "untitled.xlsx",
        ["姓名", "所在支部", "党员类型"],
        ["林海棠", "养护支部", "正式党员"],
        ["柳丁香", "养护支部", "正式党员", None, "叶银杏"],
    )
    assert unread(read_roster(untitled, words)) == [("unread_cells", "Sheet", 3)]


@pytest.mark.parametrize(
    ("titles", "cells"),
    [
        (["姓名2", "所在支部", "党员类型"], ["叶银杏", "养护支部", "正式党员"]),
        (["党员姓名（二）"], ["叶银杏"]),
        (["党员", "所在支部", "党员类型"], ["叶银杏", "养护支部", "正式党员"]),
    ],
)
def test_a_second_block_is_known_by_any_of_its_titles(
    tmp_path: Path, words: RosterWords, titles: list[str], cells: list[str]
) -> None:
    blank = [None] * len(cells)
    path = sheet_file(tmp_path / "b.xlsx", ["姓名", "所在支部", "党员类型", *titles], ["林海棠", "养护支部", "正式党员", *blank],
                      ["合计", "1人", None, *cells])  # fmt: skip
    roster = read_roster(path, words)
    assert {(sheet, row) for reason, sheet, row in unread(roster) if reason == "unread_block"} == {("Sheet", 3)}


@pytest.mark.parametrize(
    "row",
    [
        ["备注", "叶银杏1", "养护支部", "正式党员", None],
        ["备注", "叶银杏、花水杉", None, None, None],
        ["备注", None, "叶银杏", "养护支部", "正式党员"],
        ["备注：叶银杏，养护支部，正式党员", None, None, None, None],
        [None, None, None, None, "叶银杏 养护支部 正式党员"],
        ["2", "花水杉", "养护支部", "正式党员", "另有：叶银杏，养护支部，正式党员"],
        ["2", None, None, None, "叶银杏"],
        ["2", None, None, None, "叶银杏、花水杉"],
        ["备注", None, None, None, "叶银杏"],
    ],
)
def test_a_row_that_holds_somebody_where_nobody_is_read_is_named(
    tmp_path: Path, words: RosterWords, row: list[str | None]
) -> None:
    header = ["序号", "姓名", "所在支部", "党员类型", "情况"]
    path = sheet_file(tmp_path / "r.xlsx", header, ["1", "林海棠", "养护支部", "正式党员", "已转正"], row)
    assert unread(read_roster(path, words)) == [("unread_row", "Sheet", 3)]
    harmless = sheet_file(tmp_path / "h.xlsx", header, ["1", "林海棠", "养护支部", "正式党员", "借调，预备党员时转来"],
        ["3", "柳丁香", "养护支部", "正式党员", "借调，正式党员"],
        ["合计", "1人", None, None, None], ["2", None, None, None, None],
        ["注：1.党员类型填正式党员、预备党员", None, None, None, None])  # fmt: skip
    assert not read_roster(harmless, words).is_partial


def test_people_above_the_header_are_named(tmp_path: Path, words: RosterWords) -> None:
    path = sheet_file(tmp_path / "a.xlsx", ["党员名册"], ["叶银杏", "养护支部", "正式党员"], ["姓名", "所在支部", "党员类型"],
                      ["林海棠", "养护支部", "正式党员"])  # fmt: skip
    assert unread(read_roster(path, words)) == [("unread_row", "Sheet", 2)]


def test_people_behind_a_quote_that_nothing_closes_are_not_lost(tmp_path: Path, words: RosterWords) -> None:
    path = tmp_path / "quote.csv"
    lines = ["姓名,所在支部,党员类型,备注", '林海棠,养护支部,正式党员,"借调', "叶银杏,养护支部,正式党员,"]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert keys(read_roster(path, words)) == [(0, "not_a_spreadsheet")]
    path.write_text("\n".join((*lines, '花水杉,养护支部,正式党员,"')), encoding="utf-8")
    assert read_roster(path, words).is_partial


@pytest.mark.parametrize("name", ["林海棠、叶银杏", "林海棠，叶银杏", "林海棠；叶银杏", "#N/A"])
def test_two_people_in_one_cell_and_errors_of_formulas_are_no_name(
    tmp_path: Path, words: RosterWords, name: str
) -> None:
    roster = read(tmp_path, words, [name, "养护支部", "正式党员"])
    assert (roster.rows, roster.has_errors) == ((), True)
    roster = read(tmp_path, words, ["林海棠", "#REF!", "正式党员"])
    assert keys(roster) == [(2, "formula_error")]


def test_rows_and_cells_that_stand_twice_or_out_of_order_are_not_dropped(tmp_path: Path, words: RosterWords) -> None:
    good = sheet_file(
        tmp_path / "good.xlsx",
        ["姓名", "所在支部", "党员类型"],
        ["林海棠", "养护支部", "正式党员"],
        ["叶银杏", "养护支部", "正式党员"],
    )
    assert len(read_roster(good, words).rows) == 2
    for number, (old, new) in enumerate(
        ((b'<row r="3"', b'<row r="2"'), (b'r="A3"', b'r="C3"'), (b'r="B3"', b'r="A3"'))
    ):
        bad = tmp_path / f"bad{number}.xlsx"
        with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
            for name in source.namelist():
                data = source.read(name)
                assert old in data or "sheet1" not in name
                target.writestr(name, data.replace(old, new) if "sheet1" in name else data)
        assert keys(read_roster(bad, words)) == [(0, "broken_file")]


def test_a_second_phone_is_not_dropped_without_a_word(tmp_path: Path, words: RosterWords) -> None:
    for cell, found in (
        ("13800001111/13900002222", [(2, "several_phones")]),
        ("138-0000-1111、+86 13900002222", [(2, "several_phones")]),
        ("13800001111 138-0000-1111", []),
    ):
        path = sheet_file(
            tmp_path / "p.xlsx", ["姓名", "所在支部", "党员类型", "手机"], ["林海棠", "养护支部", "正式党员", cell]
        )
        roster = read_roster(path, words)
        assert (roster.rows[0].phone, keys(roster)) == ("13800001111", found), cell


def test_another_table_below_is_named(tmp_path: Path, words: RosterWords) -> None:
    path = sheet_file(
        tmp_path / "below.xlsx",
        ["姓名", "所在支部", "党员类型"],
        ["林海棠", "养护支部", "正式党员"],
        ["姓名", "所在支部", "党员类型"],
        ["柳丁香", "养护支部", "正式党员"],
        ["序号", "姓名", "所在支部", "党员类型"],
        [1, "叶银杏", "养护支部", "正式党员"],
    )
    roster = read_roster(path, words)
    assert [row.name for row in roster.rows] == ["林海棠", "柳丁香"]
    assert unread(roster) == [("unread_below", "Sheet", 5)]


def test_a_person_whose_row_begins_like_a_note_is_read(tmp_path: Path, words: RosterWords) -> None:
    path = sheet_file(
        tmp_path / "notes.xlsx",
        ["备注", "姓名", "所在支部", "党员类型"],
        ["备注：已退休", "林海棠", "养护支部", "正式党员"],
        ["说明见后", "叶银杏", "养护支部", None],
        ["备注", "花水杉", None, None],
        ["合计", 3, None, None],
        ["制表：柳丁香", None, "审核人：林海棠", None],
    )
    roster = read_roster(path, words)
    assert [row.name for row in roster.rows] == ["林海棠"]
    assert keys(roster) == [(3, "missing_stage"), (4, "unread_row")]


@pytest.mark.parametrize(
    "number",
    ["420106-19900101-1234", "420106 19900101 123X", "13800001111", "138-0000-1111", "+86 138 0000 1111",
     "6222 0210 0111 2233 445", "027-85551234", "420106900101123", "138/0000/1111", "138、0000、1111", "(138)00001111",
     "１３８，００００，１１１１", "138一0000一1111", "420106/19900101/1234", "420106(19900101)123X", "(027)85551234",
     "6222*0210*0111*2233*445", "4.20106E+17", "1.3800001111E10"],
)  # fmt: skip
@pytest.mark.parametrize("column", ["姓名", "所在支部", "党小组", "党总支", "工号"])
def test_no_number_of_a_person_is_stored_as_something_else(
    tmp_path: Path, words: RosterWords, number: str, column: str
) -> None:
    cells = {
        "姓名": "林海棠",
        "所在支部": "养护支部",
        "党员类型": "正式党员",
        "党小组": "一组",
        "党总支": "",
        "工号": "",
    }
    for text in (number, f"{cells[column]}{number}"):
        path = sheet_file(tmp_path / "roster.xlsx", list(cells), list((cells | {column: text}).values()))
        roster = read_roster(path, words)
        assert roster.rows == ()
        assert roster.has_errors
        assert number not in "".join(words.explain(one) for one in roster.errors)


def test_what_excel_escapes_is_no_part_of_a_name(tmp_path: Path, words: RosterWords) -> None:
    written = sheet_file(
        tmp_path / "roster.xlsx", HEADER, ["林海_x000D_棠", "养护支部_x000D__x000A_", "正式_x0000_党员_x200B_"]
    )
    roster = read_roster(written, words)
    assert [(row.name, row.branch) for row in roster.rows] == [("林海棠", "养护支部")]
    text = tmp_path / "roster.csv"
    text.write_text(
        "姓名,所在支部,党员类型\n林海棠_x000D_,养护支部_x000d_,正式党员\n叶银杏,养护支部,正式党员\n", encoding="utf-8"
    )
    assert {row.branch for row in read_roster(text, words).rows} == {"养护支部"}


def test_five_thousand_rows(tmp_path: Path, words: RosterWords) -> None:
    rows = [[f"林海棠{i}", f"第{i % 100}支部", "正式党员", "", 13900000000 + i, "有", "否", i] for i in range(5000)]
    roster = read(tmp_path, words, *rows)
    assert len(roster.rows) == 5000
    assert roster.errors == ()


def test_words_name_the_faulty_key(tmp_path: Path) -> None:
    text = (CONTENT / "roster.toml").read_text(encoding="utf-8")
    path = tmp_path / "roster.toml"
    path.write_text(text.replace("missing_name =", "missing_names ="), encoding="utf-8")
    with pytest.raises(RosterWordsError, match=r"reasons\.missing_name: missing"):
        load_roster_words(path, ())
    path.write_text(text.replace("{row}", "{line}"), encoding="utf-8")
    with pytest.raises(RosterWordsError, match=r"reasons\.missing_name: not a template"):
        load_roster_words(path, ())


def test_sample_bureau_reads_back_as_written(tmp_path: Path, words: RosterWords, bureau: DemoBureau) -> None:
    path = tmp_path / "demo.xlsx"
    count = write_demo_roster(path, bureau)
    roster = read_roster(path, words)
    assert roster.errors == ()
    assert tuple(replace(row, also=None) for row in roster.rows) == demo_rows(bureau)
    assert count == len(roster.rows)
    assert 480 <= count <= 540


def test_sample_bureau_obeys_the_structure_rules(bureau: DemoBureau) -> None:
    rows = demo_rows(bureau)
    assert len(bureau.branches) == 25
    assert len({row.general_branch for row in rows} - {None}) == 2
    assert len({(row.branch, row.name) for row in rows}) == len(rows)
    posts = Counter((row.branch, post) for row in rows for post in row.posts)
    for branch in bureau.branches:
        assert 3 <= branch.full_members <= 50
        assert posts[branch.name, "secretary"] == 1
        assert (posts[branch.name, "discipline_commissioner"] == 1) == (branch.full_members >= 7)
        assert posts[branch.name, "group_leader"] == branch.groups
    assert sum(count for (_, post), count in posts.items() if post == "party_office") == 3
    leaders = Counter((row.branch, row.group) for row in rows if "group_leader" in row.posts)
    assert set(leaders.values()) == {1}
    assert any(row.attendance_exempt for row in rows)
    assert not any(row.voting_rights for row in rows if row.stage != "full_member")
