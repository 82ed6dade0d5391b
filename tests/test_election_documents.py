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
from bot.documents import ballot_docx, election_report_docx, election_result_docx, tally_docx
from bot.documents.election import (
    BallotPaper,
    CountLine,
    CountTable,
    ElectionRecord,
)
from tests.support.wording import says, sentence

LABELS = load_labels(Path(__file__).parent.parent / "content" / "documents.toml")
MARKS = [sentence(f"documents.ballot.{mark}") for mark in ("approve", "disapprove", "abstain")]
OTHER = sentence("documents.ballot.write_in")
WON = sentence("documents.election_result.won")
WRITTEN_IN = sentence("documents.election_result.written_in")
UNKNOWN = sentence("documents.format.unknown")
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


def joined(*words: str) -> str:
    return sentence("documents.format.name_separator").join(words)


@pytest.mark.parametrize("per_page", [1, 2])
def test_a_ballot_has_names_in_order_squares_and_lines_for_others(per_page: int) -> None:
    found = opened(ballot_docx(PAPER, per_page, LABELS))
    assert len(found.tables) == 2 * per_page
    for number in range(per_page):
        names = rows_of(found, 2 * number)
        assert names[0] == [sentence("documents.ballot.name"), *MARKS]
        assert names[1:] == [[name, *[sentence("documents.ballot.box")] * 3] for name in NAMES]
        assert rows_of(found, 2 * number + 1) == [[OTHER] * 3, ["\n"] * 3]
    text = text_of(found)
    assert text.count(sentence("documents.ballot.title_committee", branch="公路养护党支部")) == per_page
    assert says(text, "documents.ballot.how_seats", seats=3)
    assert says(text, "documents.ballot.how_write_in")
    assert text.count(sentence("documents.ballot.cut")) == per_page - 1


def test_every_ballot_looks_like_every_other() -> None:
    found = opened(ballot_docx(PAPER, 2, LABELS))
    section = found.sections[0]
    assert section.footer.paragraphs[0].text == ""
    assert round(section.page_height.cm, 1) == 29.7
    assert ballot_docx(PAPER, 1, LABELS) != ballot_docx(replace(PAPER, names=NAMES[:3]), 1, LABELS)


def test_the_leaders_ballot_is_in_the_order_approved_and_a_further_vote_says_so() -> None:
    paper = replace(PAPER, office="secretary", kind="tie", seats=1, names=("王二", "丁一"))
    found = opened(ballot_docx(paper, 1, LABELS))
    assert rows_of(found, 0)[0][0] == sentence("documents.ballot.name_listed")
    assert [row[0] for row in rows_of(found, 0)[1:]] == ["王二", "丁一"]
    assert says(found.paragraphs[0].text, "documents.ballot.title_secretary", branch="公路养护党支部")
    assert says(text_of(found), "documents.ballot.kind_tie")


def test_among_the_tied_there_is_no_room_for_other_names() -> None:
    paper = replace(PAPER, kind="tie", seats=1, names=NAMES[:2])
    found = opened(ballot_docx(paper, 1, LABELS))
    assert len(found.tables) == 1
    assert says(text_of(found), "documents.ballot.how_blank_tie")
    assert not says(text_of(found), "documents.ballot.how_seats")
    sheet = opened(tally_docx(paper, LABELS))
    assert [row[0] for row in rows_of(sheet, 1)[1:]] == list(NAMES[:2])


@pytest.mark.parametrize("per_page", [1, 2])
def test_a_preliminary_ballot_is_titled_so(per_page: int) -> None:
    found = opened(ballot_docx(replace(PAPER, kind="preliminary", seats=4), per_page, LABELS))
    text = text_of(found)
    assert text.count(sentence("documents.ballot.title_preliminary", branch="公路养护党支部")) == per_page
    assert text.count(sentence("documents.ballot.how_seats_preliminary", seats=4)) == per_page
    for other in ("how_seats", "kind_tie", "kind_rest"):
        assert not says(text, f"documents.ballot.{other}")
    sheet = text_of(opened(tally_docx(replace(PAPER, kind="preliminary", seats=4), LABELS)))
    assert says(sheet, "documents.tally.title_preliminary", office=sentence("documents.office.committee"))
    assert says(sheet, "documents.tally.how", seats=4)


def test_a_ballot_without_names_or_with_three_to_a_page_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="seats and names"):
        replace(PAPER, names=())
    with pytest.raises(ValueError, match="3 ballots"):
        ballot_docx(PAPER, 3, LABELS)


def test_the_blank_sheet_for_counting_has_a_row_for_everybody() -> None:
    found = opened(tally_docx(replace(PAPER, kind="rest"), LABELS))
    assert [row[0] for row in rows_of(found, 1)] == [sentence("documents.election_result.name"), *NAMES, *[OTHER] * 3]
    assert rows_of(found, 0) == [
        [sentence(f"documents.tally.{box}") for box in ("issued", "voted", "returned", "invalid", "decided", "valid")],
        [""] * 6,
    ]
    text = text_of(found)
    title = sentence("documents.tally.title", branch="公路养护党支部", office=sentence("documents.office.committee"))
    assert title in found.paragraphs[0].text
    assert says(text, "documents.ballot.kind_rest")
    assert says(text, "documents.election_result.sign_scrutineers")


def test_the_result_form_has_every_count() -> None:
    found = opened(election_result_docx(RECORD, LABELS))
    text = text_of(found)
    assert sentence("documents.election_result.title", branch="公路养护党支部") in found.paragraphs[0].text
    assert not says(text, "documents.election_result.open")
    assert sentence("documents.election_result.base_text", with_rights=21, excluded=1, due=20, present=18) in text
    assert says(text, "documents.election_result.ballots", issued=18, voted=18, returned=18, valid=17, invalid=1)
    assert says(text, "documents.election_result.needed", present=10, due=11)
    assert rows_of(found, 1)[1:] == [
        ["丁一", "15", "2", "0", WON],
        ["王二", "12", "4", "1", WON],
        ["李三", "11", "6", "0", WON],
        ["欧阳四", "3", "14", "0", ""],
        ["赵五", "2", UNKNOWN, UNKNOWN, WRITTEN_IN],
    ]
    assert says(text, "documents.election_result.sign_scrutineers")
    assert says(text, "documents.election_result.sign_tellers")


@pytest.mark.parametrize(
    ("changed", "key", "shown"),
    [
        ({"base": "present", "step": "ruling"}, "unruled", {}),
        (
            {"base": "due", "clause": "第八条", "step": "vacant"},
            "ruled",
            {"base": sentence("documents.election_result.base_due"), "clause": "第八条"},
        ),
        ({"step": "tie"}, "step_tie", {}),
        ({"step": "vacant", "given_up": 1}, "given_up", {"seats": 1}),
        ({"valid": None, "returned": 19, "step": "again"}, "box_invalid", {"voted": 18, "returned": 19}),
        ({"decided": 2}, "decided", {"decided": 2}),
        (
            {"by_committee": True},
            "count",
            {
                "office": sentence("documents.office.committee"),
                "kind": sentence("documents.vote_kind.by_committee") + sentence("documents.vote_kind.first"),
            },
        ),
        ({"kind": "preliminary", "step": "tie"}, "preliminary_tie", {}),
        ({"kind": "preliminary", "step": "vacant"}, "preliminary_vacant", {}),
        (
            {"kind": "preliminary", "valid": None, "returned": 19, "step": "again"},
            "box_invalid",
            {"wanted": sentence("documents.election_result.wanted_preliminary", seats=3), "due": 20},
        ),
    ],
)
def test_the_result_form_says_what_is_open(changed: dict[str, object], key: str, shown: dict[str, object]) -> None:
    record = replace(RECORD, counts=(replace(COUNT, **changed),), done=False)
    text = text_of(opened(election_result_docx(record, LABELS)))
    assert says(text, f"documents.election_result.{key}", **shown)
    assert says(text, "documents.election_result.open")


def test_somebody_written_in_without_the_right_to_stand_is_marked() -> None:
    lines = (*COUNT.lines[:4], CountLine("预备六", 9, None, None, False, barred=True))
    found = opened(election_result_docx(replace(RECORD, counts=(replace(COUNT, lines=lines),)), LABELS))
    notes = joined(WRITTEN_IN, sentence("documents.election_result.barred"))
    assert rows_of(found, 1)[-1] == ["预备六", "9", UNKNOWN, UNKNOWN, notes]


def test_the_report_files_members_and_asks_approval_for_secretary_and_deputy() -> None:
    elected = (("committee", ("丁一", "王二", "李三")), ("secretary", ("丁一",)), ("deputy", ("王二",)))
    text = text_of(opened(election_report_docx(replace(RECORD, elected=elected), LABELS)))
    kind = sentence("documents.election_report.term_election")
    assert sentence("documents.election_report.title", branch="公路养护党支部", kind=kind) in text
    assert says(text, "documents.election_report.draft")
    assert sentence("documents.election_report.to", superior="杜鹃市交通运输局党委") in text
    office, secretary, deputy = (sentence(f"documents.office.{one}") for one in ("committee", "secretary", "deputy"))
    three = sentence("documents.format.people_named", names=joined("丁一", "王二", "李三"), count=3)
    assert says(text, "documents.election_report.elected", office=office, names=three)
    assert says(text, "documents.election_report.file")
    assert says(text, "documents.election_report.approve", offices=joined(secretary, deputy))
    assert sentence("documents.format.date", year=2026, month=12, day=5) in text


def test_a_by_election_of_members_asks_for_no_approval() -> None:
    text = text_of(opened(election_report_docx(replace(RECORD, by_election=True), LABELS)))
    kind = sentence("documents.election_report.by_election")
    assert says(text, "documents.election_report.title", kind=kind)
    assert says(text, "documents.election_report.file")
    assert not says(text, "documents.election_report.approve")


def test_strange_characters_do_not_break_a_paper() -> None:
    paper = replace(PAPER, names=("丁\x00一", "王\u202e二", "<b>三</b>", "四&"))
    assert [row[0] for row in rows_of(opened(ballot_docx(paper, 1, LABELS)), 0)[1:]] == [
        "丁一",
        "王二",
        "<b>三</b>",
        "四&",
    ]
