"""The documents, read back with the libraries that office programs' files are read with."""

from __future__ import annotations

import io
import re
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from docx import Document
from docx.document import Document as WordDocument
from msgspec.structs import replace
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from bot.content import load_labels
from bot.documents import (
    AttendanceLine,
    Correction,
    Decision,
    MaterialLine,
    Minutes,
    MonthRecord,
    NoticeLine,
    PollLine,
    QuizLine,
    SessionLine,
    minutes_docx,
    month_docx,
    month_xlsx,
)
from bot.rules.attendance import Tally
from bot.toml_files import ContentError
from tests.support.wording import sentence

LABELS_PATH = Path(__file__).parent.parent / "content" / "documents.toml"
ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 5, 15, 0, tzinfo=ZONE)

MINUTES = Minutes(
    branch="公路养护一队党支部",
    kind="theme_day",
    topic="冬季保畅安全学习",
    starts_at=START,
    ends_at=datetime(2026, 11, 5, 8, 30, tzinfo=ZoneInfo("UTC")),
    place="三楼会议室",
    chair="林杜鹃",
    recorder="叶月季",
    due=("林杜鹃", "叶月季", "花茉莉", "柳胡杨"),
    present=("林杜鹃", "叶月季"),
    late=("叶月季",),
    leave=("花茉莉",),
    absent=("柳胡杨",),
    exempt=("梅榆钱",),
    observers=("白雏菊",),
    agenda=("学习文件", "讨论除雪方案"),
    content=("第一段。\n第二段\x00\x0b。",),
    decisions=(
        Decision(
            "通过年度计划", due_voters=16, present_voters=12, approve=9, disapprove=2, abstain=1, verdict="passed"
        ),
        Decision("通报情况"),
    ),
    attachments=("签到表",),
)

MONTH = MonthRecord(
    branch="公路养护一队党支部",
    general_branch="公路事业发展中心党总支",
    secretary="林杜鹃",
    year=2026,
    month=11,
    made_at=datetime(2026, 12, 1, 9, 0, tzinfo=ZONE),
    member_count=24,
    sessions=(
        SessionLine(date(2026, 11, 5), "theme_day", "=HYPERLINK(\"x\")", "会议室", Tally(17, 1, 3, 1, 2, 2, 1), "locked"),
        SessionLine(date(2026, 11, 9), "committee_meeting", "研究计划", "会议室", Tally(), "draft"),
    ),
    attendance=(
        AttendanceLine(date(2026, 11, 5), "theme_day", "花茉莉", None, "leave_approved", "confirmed", date(2026, 11, 12)),
        AttendanceLine(date(2026, 11, 5), "theme_day", "林杜鹃", "第1党小组", "present"),
    ),
    notices=(NoticeLine("+关于学习的通知", datetime(2026, 11, 2, 1, 5, tzinfo=ZoneInfo("UTC")), 24, 20, 18),),
    quiz=(QuizLine("安全知识", 1, "-何时\x07巡查？", 20, 15), QuizLine("安全知识", 2, "人少的题", 4, 4)),
    polls=(PollLine("活动日期", "@周五", 15, 20), PollLine("活动日期", "周四", 0, 0)),
    materials=(MaterialLine("安全生产法", "公开网站", date(2026, 11, 3), "https://example.org/law"),),
)  # fmt: skip


@pytest.fixture(scope="module")
def labels() -> dict[str, str]:
    return load_labels(LABELS_PATH)


def label(key: str, /, **values: object) -> str:
    """A word of content/documents.toml."""
    return sentence(f"documents.{key}", **values)


def moment(day: int, hour: int, minute: int) -> str:
    """How a moment of this month is written."""
    return label("format.time", year=2026, month=11, day=day, hour=hour, minute=minute)


def named(*names: str) -> str:
    """How people are written: how many, and who."""
    joined = label("format.name_separator").join(names)
    return label("format.people_named", count=len(names), names=joined)


def word(data: bytes) -> WordDocument:
    return Document(io.BytesIO(data))


def excel(data: bytes) -> Workbook:
    return load_workbook(io.BytesIO(data))


def all_text(document: WordDocument) -> str:
    texts = [paragraph.text for paragraph in document.paragraphs]
    texts += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join(texts)


def test_minutes_hold_the_minimum_record(labels: dict[str, str]) -> None:
    document = word(minutes_docx(MINUTES, labels))
    head = {row.cells[0].text: row.cells[1].text for row in document.tables[0].rows}
    title = label("minutes.title", branch="公路养护一队党支部", kind=label("kind.theme_day"))
    assert document.paragraphs[0].text == title
    for key, shown in {
        "time": label("format.until", start=moment(5, 15, 0), end=moment(5, 16, 30)),
        "place": "三楼会议室", "chair": "林杜鹃", "recorder": "叶月季",
        "due": named("林杜鹃", "叶月季", "花茉莉", "柳胡杨"), "present": named("林杜鹃", "叶月季"),
        "late": named("叶月季"), "leave": named("花茉莉"), "absent": named("柳胡杨"),
        "observers": named("白雏菊"), "exempt": named("梅榆钱"),
    }.items():  # fmt: skip
        assert head[label(f"minutes.{key}")] == shown
    text = all_text(document)
    for expected in (
        label("minutes.numbered", number=1, text="学习文件"),
        label("minutes.numbered", number=2, text="讨论除雪方案"),
        "第一段。\n第二段。",
        label("minutes.numbered", number=1, text="签到表"),
        label("minutes.sign_chair"),
        label("minutes.sign_recorder"),
    ):
        assert expected in text


def test_decisions_show_counts_or_dashes(labels: dict[str, str]) -> None:
    rows = [[cell.text for cell in row.cells] for row in word(minutes_docx(MINUTES, labels)).tables[1].rows]
    columns = ("due_voters", "present_voters", "approve", "disapprove", "abstain", "result")
    assert rows[0][2:] == [label(f"minutes.{column}") for column in columns]
    assert rows[1] == ["1", "通过年度计划", "16", "12", "9", "2", "1", label("minutes.passed")]
    assert rows[2] == ["2", "通报情况", *[label("format.unknown")] * 6]


def test_minutes_are_a4_in_chinese_fonts_with_borders(labels: dict[str, str]) -> None:
    document = word(minutes_docx(MINUTES, labels))
    section = document.sections[0]
    assert section.page_width is not None
    assert section.page_height is not None
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    assert document.paragraphs[0]._p.xpath("./w:r/w:rPr/w:rFonts/@w:eastAsia") == [labels["font.title"]]
    assert {table.style.name for table in document.tables if table.style} == {"Table Grid"}
    assert len(document.tables[1]._tbl.xpath("./w:tr[1]/w:trPr/w:tblHeader")) == 1
    assert document.core_properties.author == ""


def test_draft_mark_goes_and_corrections_come_when_locked(labels: dict[str, str]) -> None:
    draft = all_text(word(minutes_docx(MINUTES, labels)))
    assert labels["minutes.draft_mark"] in draft
    assert label("minutes.corrections") not in draft
    corrected = replace(
        MINUTES,
        locked_at=datetime(2026, 11, 6, 9, 0, tzinfo=ZONE),
        locked_by="林杜鹃",
        corrections=(Correction(datetime(2026, 11, 8, 10, 30, tzinfo=ZONE), "叶月季", "地点应为二楼"),),
    )
    document = word(minutes_docx(corrected, labels))
    text = all_text(document)
    assert labels["minutes.draft_mark"] not in text
    assert label("minutes.locked", name="林杜鹃", time=moment(6, 9, 0)) in text
    last = [cell.text for cell in document.tables[-1].rows[1].cells]
    assert last == [moment(8, 10, 30), "叶月季", "地点应为二楼"]
    assert "三楼会议室" in text


def test_empty_minutes_say_none(labels: dict[str, str]) -> None:
    bare = replace(MINUTES, agenda=(), content=(), decisions=(), attachments=(), observers=(), late=())
    document = word(minutes_docx(bare, labels))
    assert [p.text for p in document.paragraphs].count(label("format.none")) == 4
    head = {row.cells[0].text: row.cells[1].text for row in document.tables[0].rows}
    assert head[label("minutes.observers")] == label("format.people", count=0)


def test_month_workbook_has_its_sheets_and_numbers(labels: dict[str, str]) -> None:
    book = excel(month_xlsx(MONTH, labels))
    sheets = ("overview", "attendance", "notices", "quiz", "polls", "materials")
    assert book.sheetnames == [label(f"month.sheet_{sheet}") for sheet in sheets]
    overview = [list(row) for row in book[label("month.sheet_overview")].iter_rows(values_only=True)]
    month = label("format.month", year=2026, month=11)
    assert overview[0][0] == label("month.title", branch="公路养护一队党支部", month=month)
    assert [label("month.general_branch"), "公路事业发展中心党总支"] in [row[:2] for row in overview]
    session = next(row for row in overview if row[1] == label("kind.theme_day"))
    assert session[0] == datetime(2026, 11, 5)
    assert session[4:12] == [22, 18, 1, 3, 1, 2, 1, 2]
    assert session[12:14] == [pytest.approx(18 / 22), pytest.approx(20 / 22)]
    assert session[14] == label("record_state.locked")
    committee = next(row for row in overview if row[1] == label("kind.committee_meeting"))
    assert committee[12:14] == [label("format.unknown")] * 2
    ledger = [list(row) for row in book[label("month.sheet_attendance")].iter_rows(min_row=3, values_only=True)]
    leave, made_up = label("status.leave_approved"), label("make_up.confirmed")
    assert ledger[0][2:] == ["花茉莉", None, leave, made_up, datetime(2026, 11, 12)]
    assert ledger[1][2:5] == ["林杜鹃", "第1党小组", label("status.present")]
    notice = [cell.value for cell in book[label("month.sheet_notices")][3]]
    assert notice == ["+关于学习的通知", moment(2, 9, 5), 24, 20, 18]
    assert [cell.value for cell in book[label("month.sheet_polls")][3]][2:] == [15, 20, 0.75]
    assert book[label("month.sheet_materials")]["A3"].value == "安全生产法"


def test_quiz_shows_shares_only_for_enough_answers(labels: dict[str, str]) -> None:
    sheet = excel(month_xlsx(MONTH, labels))[label("month.sheet_quiz")]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    columns = ("quiz", "question_number", "question", "answered", "correct_share")
    assert rows[1] == [label(f"month.{column}") for column in columns]
    assert rows[2][3:] == [20, 0.75]
    assert rows[3][3:] == [4, label("format.unknown")]


def test_text_never_becomes_a_formula(labels: dict[str, str]) -> None:
    book = excel(month_xlsx(MONTH, labels))
    suspicious = [
        cell
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@"))
    ]
    assert sorted(str(cell.value) for cell in suspicious) == [
        "+关于学习的通知",
        "-何时巡查？",
        '=HYPERLINK("x")',
        "@周五",
    ]
    assert {cell.data_type for cell in suspicious} == {"s"}
    assert all(cell.quotePrefix for cell in suspicious)


def test_month_workbook_prints_on_a4(labels: dict[str, str]) -> None:
    book = excel(month_xlsx(MONTH, labels))
    for sheet in book.worksheets:
        assert int(sheet.page_setup.paperSize or 0) == 9
        assert sheet.page_setup.orientation == "landscape"
    ledger = book[label("month.sheet_attendance")]
    assert ledger.print_title_rows == "$2:$2"
    assert ledger.freeze_panes == "A3"
    assert ledger["A2"].border.left.style == "thin"
    assert ledger["A2"].font.name == labels["font.table"]
    assert ledger.column_dimensions["A"].width == 16
    assert book[label("month.sheet_overview")]["A1"].font.name == labels["font.heading"]


def test_month_document_tells_the_same(labels: dict[str, str]) -> None:
    document = word(month_docx(MONTH, labels))
    text = all_text(document)
    assert len(document.tables) == 7
    for expected in (
        "81.8%",
        "90.9%",
        "花茉莉",
        label("make_up.confirmed"),
        "75.0%",
        "何时巡查？",
        label("format.date", year=2026, month=11, day=3),
        label("month.small_group_note", minimum=5),
    ):
        assert expected in text
    assert not re.search("[\x00-\x08]", text)
    empty = replace(MONTH, sessions=(), attendance=(), notices=(), quiz=(), polls=(), materials=())
    assert all_text(word(month_docx(empty, labels))).count(label("month.nothing")) == 6
    notices = excel(month_xlsx(empty, labels))[label("month.sheet_notices")]
    assert notices["A3"].value == label("month.nothing")


def test_values_refuse_what_cannot_be(labels: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="starts_at must be an aware datetime"):
        replace(MINUTES, starts_at=datetime(2026, 11, 5, 15, 0))
    with pytest.raises(ValueError, match="corrections belong to locked minutes"):
        replace(MINUTES, corrections=(Correction(START, "叶月季", "x"),))
    with pytest.raises(ValueError, match="approve must not be negative"):
        Decision("x", approve=-1)
    with pytest.raises(ValueError, match="correct must not exceed answered"):
        QuizLine("x", 1, "x", 3, 4)
    with pytest.raises(KeyError, match=r"kind\.unheard_of"):
        minutes_docx(replace(MINUTES, kind="unheard_of"), labels)


def test_labels_name_the_faulty_key(tmp_path: Path) -> None:
    path = tmp_path / "documents.toml"
    path.write_text("[month]\ntitle = 3\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"month\.title must be a text"):
        load_labels(path)
