"""The papers of an election, read back: ballots, the form with the counts, the draft of the report."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as WordDocument
from msgspec.structs import replace

from bot.content import load_labels
from bot.documents.election import (
    BallotPaper,
    CountLine,
    CountTable,
    ElectionRecord,
    ballot_docx,
    election_report_docx,
    election_result_docx,
    tally_docx,
)
from tests.support.wording import says, sentence

LABELS = load_labels(Path(__file__).parent.parent / "content" / "documents.toml")
NAMES = ("丁一", "王二", "李三", "欧阳四")
PAPER = BallotPaper("公路养护党支部", "committee", "first", 3, NAMES, date(2026, 12, 4))
COUNT = CountTable(
    office="committee",
    by_committee=False,
    kind="first",
    number=1,
    seats=3,
    due=20,
    present=18,
    issued=18,
    voted=18,
    returned=18,
    valid=17,
    invalid=1,
    decided=0,
    needed_present=10,
    needed_due=11,
    base=None,
    clause="",
    step="done",
    given_up=0,
    lines=(
        CountLine("丁一", 15, 2, 0, True),
        CountLine("王二", 12, 4, 1, True),
        CountLine("李三", 11, 6, 0, True),
        CountLine("欧阳四", 3, 14, 0, False),
        CountLine("赵五", 2, None, None, False),
    ),
)
RECORD = ElectionRecord(
    branch="公路养护党支部",
    superior="杜鹃市交通运输局党委",
    by_election=False,
    held_on=date(2026, 12, 4),
    made_on=date(2026, 12, 5),
    place="三楼会议室",
    chair="赵主持",
    with_rights=21,
    due=20,
    present=18,
    clause="第八条",
    scrutineers=("钱监",),
    tellers=("孙计", "周计"),
    counts=(COUNT,),
    elected=(("committee", ("丁一", "王二", "李三")),),
    done=True,
)


def opened(data: bytes) -> WordDocument:
    return Document(io.BytesIO(data))


def text_of(document: WordDocument) -> str:
    """All paragraphs and cells."""
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in document.paragraphs), *cells])


def rows_of(document: WordDocument, table: int) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in document.tables[table].rows]


@pytest.mark.parametrize("per_page", [1, 2])
def test_a_ballot_has_names_in_order_squares_and_lines_for_others(per_page: int) -> None:
    found = opened(ballot_docx(PAPER, per_page, LABELS))
    assert len(found.tables) == 2 * per_page
    for number in range(per_page):
        names = rows_of(found, 2 * number)
        assert names[0] == [sentence("documents.ballot.name"), "赞成", "不赞成", "弃权"]
        assert names[1:] == [[name, "□", "□", "□"] for name in NAMES]
        assert rows_of(found, 2 * number + 1) == [["另选他人"] * 3, ["\n"] * 3]
    text = text_of(found)
    assert text.count(sentence("documents.ballot.title_committee", branch="公路养护党支部")) == per_page
    assert says(text, "documents.ballot.how_seats", seats=3)
    assert says(text, "documents.ballot.how_write_in")
    assert text.count("沿此线裁开") == per_page - 1


def test_every_ballot_looks_like_every_other() -> None:
    found = opened(ballot_docx(PAPER, 2, LABELS))
    section = found.sections[0]
    assert section.footer.paragraphs[0].text == ""
    assert round(section.page_height.cm, 1) == 29.7
    assert ballot_docx(PAPER, 1, LABELS) != ballot_docx(replace(PAPER, names=NAMES[:3]), 1, LABELS)


def test_the_leaders_ballot_is_in_the_order_approved_and_a_further_vote_says_so() -> None:
    paper = replace(PAPER, office="secretary", kind="tie", seats=1, names=("王二", "丁一"))
    found = opened(ballot_docx(paper, 1, LABELS))
    assert rows_of(found, 0)[0][0] == "候选人"
    assert [row[0] for row in rows_of(found, 0)[1:]] == ["王二", "丁一"]
    assert says(found.paragraphs[0].text, "documents.ballot.title_secretary")
    assert says(text_of(found), "documents.ballot.kind_tie")


def test_among_the_tied_there_is_no_room_for_other_names() -> None:
    paper = replace(PAPER, kind="tie", seats=1, names=NAMES[:2])
    found = opened(ballot_docx(paper, 1, LABELS))
    assert len(found.tables) == 1
    assert says(text_of(found), "documents.ballot.how_blank_tie")
    assert "和另选的合计" not in text_of(found)
    sheet = opened(tally_docx(paper, LABELS))
    assert [row[0] for row in rows_of(sheet, 1)[1:]] == list(NAMES[:2])


@pytest.mark.parametrize("per_page", [1, 2])
def test_a_preliminary_ballot_is_titled_so(per_page: int) -> None:
    found = opened(ballot_docx(replace(PAPER, kind="preliminary", seats=4), per_page, LABELS))
    text = text_of(found)
    assert text.count(sentence("documents.ballot.title_preliminary", branch="公路养护党支部")) == per_page
    assert text.count("本次为预选，产生候选人4名") == per_page
    assert "应选" not in text
    assert "再次投票" not in text
    sheet = text_of(opened(tally_docx(replace(PAPER, kind="preliminary", seats=4), LABELS)))
    assert says(sheet, "documents.tally.title_preliminary")
    assert says(sheet, "documents.tally.how", seats=4)


def test_a_ballot_without_names_or_with_three_to_a_page_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="seats and names"):
        replace(PAPER, names=())
    with pytest.raises(ValueError, match="3 ballots"):
        ballot_docx(PAPER, 3, LABELS)


def test_the_blank_sheet_for_counting_has_a_row_for_everybody() -> None:
    found = opened(tally_docx(replace(PAPER, kind="rest"), LABELS))
    assert [row[0] for row in rows_of(found, 1)] == [sentence("documents.election_result.name"), *NAMES, *["另选他人"] * 3]
    assert rows_of(found, 0) == [
        [sentence("documents.tally.issued"), sentence("documents.tally.voted"), sentence("documents.tally.returned"), "无效票", sentence("documents.tally.decided"), "有效票"],
        [""] * 6,
    ]
    text = text_of(found)
    assert sentence("documents.tally.title", branch="公路养护党支部", office=sentence("documents.office.committee")) in found.paragraphs[0].text
    assert says(text, "documents.ballot.kind_rest")
    assert says(text, "documents.election_result.sign_scrutineers")


def test_the_result_form_has_every_count() -> None:
    found = opened(election_result_docx(RECORD, LABELS))
    text = text_of(found)
    assert sentence("documents.election_result.title", branch="公路养护党支部") in found.paragraphs[0].text
    assert "选举尚未结束" not in text
    assert sentence("documents.election_result.base_text", with_rights=21, excluded=1, due=20, present=18) in text
    assert says(text, "documents.election_result.ballots", issued=18, voted=18, returned=18, valid=17, invalid=1)
    assert says(text, "documents.election_result.needed", present=10, due=11)
    assert rows_of(found, 1)[1:] == [
        ["丁一", "15", "2", "0", "当选"],
        ["王二", "12", "4", "1", "当选"],
        ["李三", "11", "6", "0", "当选"],
        ["欧阳四", "3", "14", "0", ""],
        ["赵五", "2", "—", "—", sentence("documents.election_result.written_in")],
    ]
    assert says(text, "documents.election_result.sign_scrutineers")
    assert says(text, "documents.election_result.sign_tellers")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"base": "present", "step": "ruling"}, "不能宣布结果"),
        ({"base": "due", "clause": "第八条", "step": "vacant"}, "经认定按应到会人数计算，依据：第八条"),
        ({"step": "tie"}, "得票相等的候选人再次投票"),
        ({"step": "vacant", "given_up": 1}, "经选举人同意，减少名额1名"),
        ({"valid": None, "returned": 19, "step": "again"}, "本次投票无效，须重新投票"),
        ({"decided": 2}, "由监票人认定2张"),
        ({"by_committee": True}, "新一届委员会第一次会议"),
        ({"kind": "preliminary", "step": "tie"}, "再次预选，或者都列入、都不列入"),
        ({"kind": "preliminary", "step": "vacant"}, "预选产生的候选人少于规定名额"),
        ({"kind": "preliminary", "valid": None, "returned": 19, "step": "again"}, "预选产生候选人3名。应到20人"),
    ],
)
def test_the_result_form_says_what_is_open(changed: dict[str, object], said: str) -> None:
    record = replace(RECORD, counts=(replace(COUNT, **changed),), done=False)
    text = text_of(opened(election_result_docx(record, LABELS)))
    assert said in text
    assert says(text, "documents.election_result.open")


def test_somebody_written_in_without_the_right_to_stand_is_marked() -> None:
    lines = (*COUNT.lines[:4], CountLine("预备六", 9, None, None, False, barred=True))
    found = opened(election_result_docx(replace(RECORD, counts=(replace(COUNT, lines=lines),)), LABELS))
    assert rows_of(found, 1)[-1] == ["预备六", "9", "—", "—", "另选、不能当选"]


def test_the_report_files_members_and_asks_approval_for_secretary_and_deputy() -> None:
    elected = (("committee", ("丁一", "王二", "李三")), ("secretary", ("丁一",)), ("deputy", ("王二",)))
    text = text_of(opened(election_report_docx(replace(RECORD, elected=elected), LABELS)))
    assert sentence("documents.election_report.title", branch="公路养护党支部", kind=sentence("documents.election_report.term_election")) in text
    assert says(text, "documents.election_report.draft")
    assert sentence("documents.election_report.to", superior="杜鹃市交通运输局党委") in text
    assert says(text, "documents.election_report.elected", names=sentence("documents.format.people_named", names="丁一、王二、李三", count=3))
    assert says(text, "documents.election_report.file")
    assert says(text, "documents.election_report.approve", offices="书记、副书记")
    assert sentence("documents.format.date", year=2026, month=12, day=5) in text


def test_a_by_election_of_members_asks_for_no_approval() -> None:
    text = text_of(opened(election_report_docx(replace(RECORD, by_election=True), LABELS)))
    assert says(text, "documents.election_report.title")
    assert says(text, "documents.election_report.file")
    assert "请予批准" not in text


def test_strange_characters_do_not_break_a_paper() -> None:
    paper = replace(PAPER, names=("丁\x00一", "王\u202e二", "<b>三</b>", "四&"))
    assert [row[0] for row in rows_of(opened(ballot_docx(paper, 1, LABELS)), 0)[1:]] == [
        "丁一",
        "王二",
        "<b>三</b>",
        "四&",
    ]
