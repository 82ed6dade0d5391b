"""The result of a rating as Excel, Word and PDF, read back: all three say the same."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from docx import Document
from msgspec.structs import replace
from openpyxl import load_workbook
from pypdf import PdfReader

from bot.content import load_labels
from bot.documents import rating_to_docx, rating_to_pdf, rating_to_xlsx
from bot.documents.rating import ClassSheets, RatedBox, RatedLine, RatingReport
from bot.rules.rating import Counts, Disclosure, Grade, Item
from tests.support.wording import says, sentence

LABELS = Path(__file__).parent.parent / "content" / "documents.toml"
FINGERPRINT = "9f2c" * 16
RANKS, SHEETS, COUNTS = (sentence(f"documents.rating.heading_{one}") for one in ("ranks", "sheets", "counts"))
UNKNOWN = sentence("documents.format.unknown")


def box(rater: str, *marks: int, score: str = "") -> RatedBox:
    """Marks: blank, 好, 较好, 一般, 差, 弃权."""
    return RatedBox(rater, Counts(sum(marks) + 1, 1, (marks,)), Decimal(score) if score else None)


SHOWN = (
    box("局领导", 0, 4, 0, 1, 0, 0, score="92.00"),
    box("同级", 0, 14, 10, 0, 0, 0, score="91.67"),
    box("代表", 2, 45, 10, 3, 1, 1, score="93.56"),
)
REPORT = RatingReport(
    unit="杜鹃市交通运输局党委",
    title="2026年度述职评议",
    kind="secretary_review",
    mode="sealed",
    held_on=date(2026, 12, 18),
    made_at=datetime(2026, 12, 18, 17, 5, tzinfo=ZoneInfo("Asia/Shanghai")),
    fingerprint=FINGERPRINT,
    tellers=("花茉莉", "柳胡杨"),
    min_group=5,
    ranked=True,
    items=(Item("总体评价"),),
    grades=(
        Grade("好", Fraction(100)), Grade("较好", Fraction(80)), Grade("一般", Fraction(60)), Grade("差", Fraction(40)),
        Grade("弃权", None),
    ),
    sheets=(
        ClassSheets("局领导", "40", voters=6, issued=6, returned=6, paper=6, void=1),
        ClassSheets("同级", "30", voters=26, issued=25, returned=24, paper=0, void=0),
        ClassSheets("代表", "30", voters=66, issued=64, returned=63, paper=3, void=1),
    ),
    lines=(
        RatedLine(1, "林杜鹃", "公路养护党支部", Disclosure.CLASSES, SHOWN, Decimal("92.37"), 1),
        RatedLine(0, "=叶月季", "渡运党支部", Disclosure.TOTAL, (), Decimal("91.96"), 2, (("局领导", "50"),)),
        RatedLine(2, "白雏菊", "机关党支部", Disclosure.NOTHING, ()),
    ),
    median=Decimal("91.96"),
)  # fmt: skip


def joined(*names: str) -> str:
    return sentence("documents.format.name_separator").join(names)


def heads(*names: str) -> list[str]:
    """Headings of columns."""
    return [sentence(f"documents.rating.{name}") for name in names]


def closed_up(text: str) -> str:
    """Without the spaces and the ends of lines, which every format sets otherwise."""
    return "".join(text.split())


@pytest.fixture
def labels() -> dict[str, str]:
    return load_labels(LABELS)


def pdf_text(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def test_the_workbook_holds_ranks_sheets_and_counts(labels: dict[str, str]) -> None:
    book = load_workbook(io.BytesIO(rating_to_xlsx(REPORT, labels)))
    assert book.sheetnames == [RANKS, SHEETS, COUNTS]
    rows = [[cell.value for cell in row] for row in book[RANKS].iter_rows(min_row=2, max_row=5)]
    scores = [sentence("documents.rating.class_score", name=name) for name in ("局领导", "同级", "代表")]
    assert rows[0] == [*heads("rank", "name", "target_unit"), *scores, *heads("total")]
    assert rows[1] == [1, "林杜鹃", "公路养护党支部", 92, 91.67, 93.56, 92.37]
    assert rows[2] == [2, "=叶月季", "渡运党支部", UNKNOWN, UNKNOWN, UNKNOWN, 91.96]
    assert rows[3][0] == rows[3][6] == UNKNOWN
    assert book[RANKS]["G3"].number_format == "0.00"
    assert book[RANKS]["B4"].data_type == "s"
    said = "\n".join(str(row[0].value) for row in book[RANKS].iter_rows())
    assert FINGERPRINT in said
    assert sentence("documents.format.date", year=2026, month=12, day=18) in said
    assert joined("花茉莉", "柳胡杨") in said
    assert sentence("documents.rating.median", median="91.96") in said
    for words in ("basis_secretary_review", "sign_tellers", "sign_office"):
        assert sentence(f"documents.rating.{words}") in said
    sheets = [[cell.value for cell in row] for row in book[SHEETS].iter_rows(min_row=3)]
    assert sheets[0] == ["局领导", "40", 6, 6, 6, 6, 5, 1]
    assert sheets[-1] == [sentence("documents.rating.sum"), None, 98, 95, 93, 9, 91, 2]
    counts = [[cell.value for cell in row] for row in book[COUNTS].iter_rows(min_row=2)]
    assert counts[0] == [*heads("name", "class"), "好", "较好", "一般", "差", "弃权", *heads("blank", "void_marks")]
    assert counts[1][1] == sentence("documents.rating.withheld")
    assert counts[4] == ["林杜鹃", "代表", 45, 10, 3, 1, 1, 2, 1]


def test_word_and_pdf_say_what_the_workbook_says(labels: dict[str, str]) -> None:
    book = load_workbook(io.BytesIO(rating_to_xlsx(REPORT, labels)))
    word = Document(io.BytesIO(rating_to_docx(REPORT, labels)))
    for sheet, table in zip(book.worksheets, word.tables[1:], strict=True):
        for row, cells in zip(sheet.iter_rows(min_row=2), table.rows, strict=False):
            found = [f"{one.value:{'.2f' if one.number_format == '0.00' else ''}}" if one.value is not None else ""
                     for one in row]  # fmt: skip
            assert found == [cell.text for cell in cells.cells]
    pdf = pdf_text(rating_to_pdf(REPORT, labels)).split()
    printed = [cell.text for table in word.tables[1:] for row in table.rows for cell in row.cells if cell.text]
    for text in set(printed):
        assert printed.count(text) <= pdf.count(text), text
    body = closed_up("".join(paragraph.text for paragraph in word.paragraphs))
    whole = "".join(pdf)
    for words in (
        sentence("documents.rating.basis_secretary_review"),
        sentence("documents.rating.note_total"),
        sentence("documents.rating.note_weights", name="=叶月季", weights="局领导 50"),
        sentence("documents.rating.note_withheld", minimum=5, names=joined("=叶月季", "白雏菊")),
        sentence("documents.rating.sign_tellers"),
        sentence("documents.rating.sign_office"),
    ):
        assert closed_up(words) in body
        assert closed_up(words) in whole
    assert FINGERPRINT in whole


def test_a_member_rating_has_counts_but_no_totals(labels: dict[str, str]) -> None:
    plain = replace(
        REPORT, kind="member_rating", ranked=False, median=None, items=(Item("甲"), Item("乙", Fraction(3, 2))),
        lines=(RatedLine(0, "林杜鹃", "", Disclosure.MERGED, (
            RatedBox("", Counts(9, 0, ((0, 6, 3, 0, 0, 0), (1, 4, 2, 1, 1, 0)))),)),),
    )  # fmt: skip
    book = load_workbook(io.BytesIO(rating_to_xlsx(plain, labels)))
    assert book.sheetnames == [SHEETS, COUNTS]
    rows = [[cell.value for cell in row] for row in book[COUNTS].iter_rows(min_row=3)]
    merged = sentence("documents.rating.merged")
    second = sentence("documents.rating.item_weight", name="乙", weight="1.5")
    assert rows == [["林杜鹃", merged, "甲", 6, 3, 0, 0, 0, 0, 0], ["林杜鹃", merged, second, 4, 2, 1, 1, 0, 1, 0]]
    for said in (pdf_text(rating_to_pdf(plain, labels)), str([one.text for one in Document(
        io.BytesIO(rating_to_docx(plain, labels))).paragraphs])):  # fmt: skip
        assert says(said, "documents.rating.basis_member_rating")
        assert not says(said, "documents.rating.note_total")
        assert not any(head in said for head in heads("rank", "heading_ranks"))


def test_long_lists_repeat_their_header_on_every_page(labels: dict[str, str]) -> None:
    many = replace(REPORT, lines=tuple(
        RatedLine(number, f"书记{number}", "支部", Disclosure.CLASSES, SHOWN, Decimal("92.37"), 1) for number in range(25)
    ))  # fmt: skip
    pages = PdfReader(io.BytesIO(rating_to_pdf(many, labels))).pages
    assert len(pages) > 3
    assert all(says(page.extract_text(), "documents.format.page", page=number) for number, page in enumerate(pages, 1))
    counted = [number for number, page in enumerate(pages) if says(page.extract_text(), "documents.rating.blank")]
    assert len(counted) >= 3
    sign_here = closed_up(sentence("documents.rating.sign_tellers"))
    signed = next(number for number, page in enumerate(pages) if sign_here in closed_up(page.extract_text()))
    assert signed < counted[0] + 1
    assert signed <= 2, "the ranks are signed at the front, all counts follow"
    assert "书记24" in pdf_text(rating_to_pdf(many, labels))


def test_a_character_that_the_font_lacks_is_marked(labels: dict[str, str]) -> None:
    rare = replace(REPORT, lines=(replace(REPORT.lines[0], name="林𠮷&<b>"),))
    said = pdf_text(rating_to_pdf(rare, labels))
    assert "林〓&<b>" in said
    assert says(said, "documents.rating.missing_glyphs")
    assert not says(pdf_text(rating_to_pdf(REPORT, labels)), "documents.rating.missing_glyphs")
    assert "林𠮷&<b>" in Document(io.BytesIO(rating_to_docx(rare, labels))).tables[1].rows[1].cells[1].text


def test_a_report_has_a_moment(labels: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="aware"):
        replace(REPORT, made_at=datetime(2026, 12, 18))
