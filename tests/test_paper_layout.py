"""How papers break into pages: signatures with what they sign, headings with their tables, numbers of pages, GB/T 9704."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from msgspec.structs import replace
from openpyxl import load_workbook
from pypdf import PdfReader

from bot.content import load_labels
from bot.documents import (
    ballot_docx,
    election_report_docx,
    election_result_docx,
    minutes_docx,
    month_docx,
    month_xlsx,
    rating_to_docx,
    rating_to_pdf,
    rating_to_xlsx,
    tally_docx,
)
from bot.documents.ballot_size import most_on_a_page
from bot.documents.rating import RatedLine
from bot.rules.rating import Disclosure
from tests.support.wording import sentence
from tests.test_documents import LABELS_PATH, MINUTES, MONTH
from tests.test_election_documents import COUNT, PAPER, RECORD
from tests.test_rating_documents import REPORT, SHOWN, closed_up

LABELS = load_labels(LABELS_PATH)
MEMBER_RATING = replace(REPORT, kind="member_rating", ranked=False, median=None)


def label(key: str, /, **values: object) -> str:
    return sentence(f"documents.{key}", **values)


def word(data: bytes) -> WordDocument:
    return Document(io.BytesIO(data))


def flat(element: object) -> str:
    return closed_up("".join(element.xpath(".//w:t/text() | .//w:instrText/text()")))


def keeps(element: object) -> bool:
    """Whether a paragraph, or every paragraph of a row, stays on the page of what follows."""
    paragraphs = [element] if element.tag == qn("w:p") else list(element.iter(qn("w:p")))
    return all(paragraph.xpath("./w:pPr/w:keepNext[not(@w:val='0')]") for paragraph in paragraphs)


def lines(document: WordDocument) -> list[object]:
    """Paragraphs and rows of tables, in order."""
    found: list[object] = []
    for element in document.element.body:
        if element.tag == qn("w:tbl"):
            found += element.tr_lst
        elif element.tag == qn("w:p"):
            found.append(element)
    return found


def signed_with(document: WordDocument, first_sign: str, last_sign: str) -> list[object]:
    """What cannot be parted from the lines to sign on; these are together."""
    found = lines(document)
    first = next(at for at, one in enumerate(found) if closed_up(first_sign) in flat(one))
    last = max(at for at, one in enumerate(found) if closed_up(last_sign) in flat(one))
    assert all(keeps(one) for one in found[first:last])
    begin = first
    while keeps(found[begin - 1]):
        begin -= 1
    return [one for one in found[begin:first] if flat(one)]


SIGN = {one: label(f"election_result.{one}") for one in ("sign_scrutineers", "sign_tellers")}
DATE = label("format.date", year=2026, month=12, day=5)
SIGNED = (
    (minutes_docx(MINUTES, LABELS), label("minutes.sign_chair"), label("minutes.sign_recorder")),
    (election_result_docx(RECORD, LABELS), SIGN["sign_scrutineers"], label("minutes.sign_date")),
    (election_report_docx(RECORD, LABELS), DATE, DATE),
    (tally_docx(PAPER, LABELS), SIGN["sign_scrutineers"], SIGN["sign_tellers"]),
    (rating_to_docx(REPORT, LABELS), label("rating.sign_tellers"), label("rating.sign_office")),
    (rating_to_docx(MEMBER_RATING, LABELS), label("rating.sign_tellers"), label("rating.sign_date")),
)


@pytest.mark.parametrize(("data", "first", "last"), SIGNED)
def test_signatures_stay_together_and_with_what_they_sign(data: bytes, first: str, last: str) -> None:
    assert signed_with(word(data), first, last)


def test_the_tally_and_the_ranks_are_signed_under_their_last_rows() -> None:
    tally = signed_with(word(tally_docx(PAPER, LABELS)), *SIGN.values())
    assert sum(one.tag == qn("w:tr") for one in tally) == 2
    ranks = signed_with(word(rating_to_docx(REPORT, LABELS)), label("rating.sign_tellers"), label("rating.sign_office"))
    assert "白雏菊" in "".join(flat(one) for one in ranks if one.tag == qn("w:tr"))


PAPERS = {
    "minutes": minutes_docx(MINUTES, LABELS),
    "report": election_report_docx(replace(RECORD, counts=(COUNT, COUNT)), LABELS),
    "result": election_result_docx(replace(RECORD, counts=(COUNT, COUNT)), LABELS),
    "rating": rating_to_docx(REPORT, LABELS),
    "month": month_docx(MONTH, LABELS),
}


@pytest.mark.parametrize("name", PAPERS)
def test_no_heading_is_cut_from_its_table_and_no_row_is_cut(name: str) -> None:
    """From the heading (of 16 points, in its own font) to the first row everything stays with what follows."""
    found = lines(word(PAPERS[name]))
    headers = [at for at, one in enumerate(found) if one.tag == qn("w:tr") and one.xpath("./w:trPr/w:tblHeader")]
    assert headers
    for at in headers:
        assert keeps(found[at])
        assert found[at].xpath("./w:trPr/w:cantSplit")
        before = at - 1
        while not found[before].xpath(f".//w:rFonts[@w:eastAsia='{label('font.heading')}']"):
            assert keeps(found[before]), flat(found[before])
            before -= 1
        assert keeps(found[before])


def many(count: int, **more: object) -> object:
    """A report of so many people."""
    one = RatedLine(0, "书记", "支部", Disclosure.CLASSES, SHOWN, Decimal("92.37"), 1)
    return replace(REPORT, lines=tuple(replace(one, position=at, name=f"书记{at:03}") for at in range(count)), **more)


def pages(data: bytes) -> list[str]:
    return [closed_up(page.extract_text()) for page in PdfReader(io.BytesIO(data)).pages]


@pytest.mark.parametrize("changed", [{}, {"kind": "member_rating", "ranked": False, "median": None}])
def test_the_pdf_breaks_where_it_should_whatever_its_length(changed: dict[str, object]) -> None:
    sign, annex = closed_up(label("rating.sign_tellers")), closed_up(label("rating.heading_sheets"))
    counts = closed_up(label("rating.heading_counts"))
    for count in (1, 11, 12):
        found = pages(rating_to_pdf(many(count, **changed), LABELS))
        for number, page in enumerate(found, 1):
            assert closed_up(label("format.page", page=number, pages=len(found))) in page
        at = next(number for number, page in enumerate(found) if sign in page)
        assert f"书记{count - 1:03}" in found[at].split(sign)[0], f"{count}: signatures alone on a page"
        assert "书记" in next(page for page in found if counts in page).split(counts)[1], f"{count}: a heading alone"
        if changed:
            assert at == len(found) - 1 or not found[at + 1 :] or label("rating.heading_notes") in "".join(found[at:])
        else:
            assert closed_up(label("rating.heading_ranks")) in "".join(found[: at + 1])
            assert annex in found[at + 1], "counts are an annex"


def test_members_ratings_print_no_values_and_ask_for_no_stamp() -> None:
    """DR-4: nothing is scored. SR-9: a sheet is void when nothing at all is filled in."""
    member, secretary = ("".join(pages(rating_to_pdf(one, LABELS))) for one in (MEMBER_RATING, REPORT))
    value = closed_up(label("rating.grade", name="好", value="100"))
    uncounted = closed_up(label("rating.grade_uncounted", name="弃权"))
    office = closed_up(label("rating.sign_office"))
    for text in (value, uncounted, office):
        assert text in secretary
        assert text not in member
    said = [*(p.text for p in word(rating_to_docx(MEMBER_RATING, LABELS)).paragraphs)]
    book = load_workbook(io.BytesIO(rating_to_xlsx(MEMBER_RATING, LABELS)))
    said += [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [text for text in said if value in closed_up(text) or office in closed_up(text)]
    blank = REPORT.sheets[0]
    assert blank.void == 1, "one sheet of paper of the leaders was void"
    assert "都没填" in label("rating.note_void")


def test_headers_repeat_in_ranks_and_overview() -> None:
    ranks = load_workbook(io.BytesIO(rating_to_xlsx(REPORT, LABELS)))[label("rating.heading_ranks")]
    assert ranks.print_title_rows == "$2:$2"
    overview = load_workbook(io.BytesIO(month_xlsx(MONTH, LABELS)))[label("month.sheet_overview")]
    header = next(row[0].row for row in overview.iter_rows() if row[0].value == label("month.date"))
    assert overview.print_title_rows == f"${header}:${header}"
    assert overview.oddFooter.center.text == label("format.page", page="&P", pages="&N")


def test_files_number_their_pages() -> None:
    for data in (PAPERS["rating"], PAPERS["month"], PAPERS["result"]):
        footer = word(data).sections[0].footer._element
        assert footer.xpath(".//w:instrText/text()") == ["PAGE", "NUMPAGES"]
        assert flat(footer) == closed_up(label("format.page", page="PAGE", pages="NUMPAGES"))


@pytest.mark.parametrize("name", ["minutes", "report"])
def test_official_papers_have_the_page_of_the_standard(name: str) -> None:
    """GB/T 9704-2012: 156 by 225 mm, 37 mm from the top and 28 from the left, 22 lines of 28 characters."""
    document = word(PAPERS[name])
    section = document.sections[0]
    margins = [
        round(one.mm) for one in (section.top_margin, section.left_margin, section.right_margin, section.bottom_margin)
    ]
    assert margins == [37, 28, 26, 35]
    grid = section._sectPr.find(qn("w:docGrid"))
    assert grid.get(qn("w:type")) == "linesAndChars"
    pitch = int(grid.get(qn("w:linePitch"))) / 20
    assert 22 * pitch <= 225 / 25.4 * 72 < 23 * pitch
    wide = 16 + int(grid.get(qn("w:charSpace"))) / 4096
    assert 28 * wide <= 156 / 25.4 * 72 < 29 * wide
    assert {one.paragraph_format.line_spacing.pt for one in document.paragraphs} == {28.95}
    assert {one.paragraph_format.space_after.pt for one in document.paragraphs} == {0}
    assert document.settings.odd_and_even_pages_header_footer
    odd, even = section.footer.paragraphs[0], section.even_page_footer.paragraphs[0]
    assert (odd.alignment, even.alignment) == (2, 0)
    for footer in (odd, even):
        assert closed_up(flat(footer._p)) == closed_up(label("format.page_official", page="PAGE"))
        assert {run.font.size.pt for run in footer.runs} == {14}
    body = [run for paragraph in document.paragraphs for run in paragraph.runs if run.font.name == label("font.body")]
    assert {run.font.size.pt for run in body} <= {16, 12}


def test_two_ballots_share_a_page_only_where_they_fit() -> None:
    assert most_on_a_page(PAPER, LABELS) == 2
    for wide in (
        {"names": tuple(f"候选人{at}" for at in range(9)), "seats": 7},
        {"names": tuple(f"阿卜杜拉·买买提·吐尔逊江·阿不都热合曼{at}" for at in range(6))},
        {"branch": "杜鹃市交通运输局公路事业发展中心公路养护应急抢险保障大队机关第一联合党支部" * 4},
    ):
        paper = replace(PAPER, **wide)
        assert most_on_a_page(paper, LABELS) == 1, wide
        with pytest.raises(ValueError, match="do not fit"):
            ballot_docx(paper, 2, LABELS)
        assert ballot_docx(paper, 1, LABELS)
    spacing = [p.paragraph_format.line_spacing for p in word(ballot_docx(PAPER, 2, LABELS)).paragraphs]
    assert None not in spacing, "where the page breaks depends on no machine's fonts"


def test_the_base_that_was_chosen_is_printed_with_its_clause() -> None:
    """EL-21: the clause that is cited below stands above too, and what it chooses."""
    ruled = replace(COUNT, base="due", clause="第九条")
    due, present = label("election_result.base_due"), label("election_result.base_present")
    for record, wanted, other in (
        (
            replace(RECORD, clause="", counts=(ruled,)),
            label("election_result.rule", clause="第九条", base=due),
            present,
        ),
        (
            replace(RECORD, clause="第八条", base="due"),
            label("election_result.rule", clause="第八条", base=due),
            present,
        ),
        (replace(RECORD, clause="", base="due"), due, present),
        (replace(RECORD, clause=""), present, due),
    ):
        form = word(election_result_docx(record, LABELS))
        head = {row.cells[0].text: row.cells[1].text for row in form.tables[0].rows}
        assert head[label("election_result.clause")] == wanted
        report = [one.text for one in word(election_report_docx(record, LABELS)).paragraphs]
        assert label("election_report.rules", rules=wanted) in report
        assert other not in head[label("election_result.clause")]


def test_a_long_list_in_a_workbook_is_signed_with_its_last_rows() -> None:
    """Excel breaks a page where it likes, or where it is told: above the last rows, whose header is repeated."""
    sheet = load_workbook(io.BytesIO(rating_to_xlsx(many(25), LABELS)))[label("rating.heading_ranks")]
    last = max(row[0].row for row in sheet.iter_rows() if str(row[1].value).startswith("书记"))
    sign = next(row[0].row for row in sheet.iter_rows() if row[0].value == label("rating.sign_tellers"))
    assert [one.id for one in sheet.row_breaks.brk] == [last - 3]
    assert last < sign <= last + 5
    assert not sheet.sheet_properties.pageSetUpPr.fitToPage
    assert 50 <= sheet.page_setup.scale <= 100
    short = load_workbook(io.BytesIO(rating_to_xlsx(REPORT, LABELS)))[label("rating.heading_ranks")]
    assert not short.row_breaks.brk
