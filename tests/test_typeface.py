"""The fonts that PDF files carry: what they have, that a file carries it, and what is asked before a name is printed with a
mark in place of a character."""

from __future__ import annotations

import io
import tomllib
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from msgspec.structs import replace
from pypdf import PdfReader

from bot.documents import ballot_docx, rating_to_docx, rating_to_pdf, tally_docx
from bot.documents.election import BallotPaper
from bot.documents.rating import rating_names
from bot.documents.typeface import MISSING, RARE, SONG, font_of, lacking, printable, runs
from tests.test_rating_documents import LABELS, REPORT, load_labels, says

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "bot" / "documents" / "fonts"
NAMES = ("阿卜杜拉·买买提", "李䶮", "王𬭎", "赵𫍯", "钱㛃", "孙𠅤")
LACKING = "林\U00031350"


def gb2312() -> str:
    """Every character of GB 2312."""
    pairs = (bytes((row, cell)) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    return "".join(pair.decode("gb2312", "ignore") for pair in pairs)


def test_both_fonts_are_free_small_and_part_of_the_package() -> None:
    licence = (FOLDER / "OFL.txt").read_text("utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert 'Reserved Font Name "Hanazono Font"' in licence
    for name in ("song.ttf", "rare.ttf"):
        data = (FOLDER / name).read_bytes()
        assert data.startswith(b"\x00\x01\x00\x00"), "ReportLab reads TrueType outlines only"
        assert len(data) <= 10_000_000
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert str((FOLDER / "OFL.txt").relative_to(ROOT)) in settings["project"]["license-files"]


def test_what_is_written_every_day_is_there() -> None:
    usual = gb2312() + "·•—…“”℃№○□√×〇" + "".join(map(chr, range(0x4E00, 0x9FA6)))
    assert lacking(usual) == ()
    words = "".join(path.read_text("utf-8") for path in (ROOT / "content").rglob("documents.toml"))
    assert lacking(words.split()) == ()
    assert font_of("·") == SONG
    assert {font_of(char) for char in "䶮𬭎𫍯㛃𠅤"} == {RARE}
    assert lacking(map(chr, range(0x3400, 0x4DC0))) == ()


def test_what_neither_has_is_a_mark_and_what_is_invisible_is_left_out() -> None:
    assert runs("李䶮a\U00031350") == [(SONG, "李"), (RARE, "䶮"), (SONG, "a〓")]
    assert printable("葛\U000e0100\u200b\ufe0f\u2066") == "葛"
    assert printable("Rene\u0301") == "René"
    assert [printable(f"阿卜杜拉{dot}买买提")[4] for dot in "·\u22c5\u2219\u2024\u2e31"] == ["·"] * 5
    assert not any(lacking([f"阿{dot}买"]) for dot in "\u2022\u2027\u30fb\uff65\u0387\u22c5\u2219\u2024")
    assert lacking([*NAMES, LACKING, LACKING, "\ue000"]) == (LACKING, "\ue000")


def test_a_result_carries_its_fonts_and_every_name_can_be_read_back() -> None:
    labels = load_labels(LABELS)
    lines = tuple(replace(REPORT.lines[0], name=name) for name in (*NAMES, LACKING))
    reader = PdfReader(io.BytesIO(rating_to_pdf(replace(REPORT, lines=lines), labels)))
    said = "".join(page.extract_text() for page in reader.pages)
    assert [name for name in NAMES if name not in said] == []
    assert printable(LACKING) in said
    assert says(said, "documents.rating.missing_glyphs", names=printable(LACKING))
    used = {font["/BaseFont"].split("+")[1]: font for page in reader.pages for font in page_fonts(page)}
    assert set(used) == {"AzaleaSong-Regular", "AzaleaRare-Regular"}
    assert all("/FontFile2" in font["/FontDescriptor"] for font in used.values())


def page_fonts(page: object) -> list[dict]:
    return [font.get_object() for font in page["/Resources"]["/Font"].values()]


@pytest.mark.parametrize("write", [lambda paper, labels: ballot_docx(paper, 1, labels), tally_docx])
def test_ballot_and_tally_print_the_mark(write: object) -> None:
    """A square in place of a character would look like a square to mark."""
    paper = BallotPaper("公路养护党支部", "committee", "first", 1, (*NAMES, LACKING), date(2026, 12, 4))
    cells = [
        cell.text for table in Document(io.BytesIO(write(paper, load_labels(LABELS)))).tables for cell in table._cells
    ]
    assert [name for name in NAMES if name not in cells] == []
    assert f"林{MISSING}" in cells


def test_every_run_of_a_word_file_names_a_chinese_font() -> None:
    document = Document(io.BytesIO(rating_to_docx(REPORT, load_labels(LABELS))))
    parts = [document.element.body, *(section.footer._element for section in document.sections)]
    bare = [run for part in parts for run in part.xpath(".//w:r[w:t][not(w:rPr/w:rFonts/@w:eastAsia)]")]
    assert bare == []


def test_everything_that_is_printed_is_looked_at() -> None:
    """Not only people's names: items, grades and classes are typed by hand, too."""
    report = replace(
        REPORT,
        items=(replace(REPORT.items[0], name=f"甲{LACKING}"),),
        grades=(replace(REPORT.grades[0], name=f"乙{LACKING}"), *REPORT.grades[1:]),
        sheets=(replace(REPORT.sheets[0], name=f"丙{LACKING}"), *REPORT.sheets[1:]),
    )
    assert lacking(rating_names(report)) == (f"甲{LACKING}", f"乙{LACKING}", f"丙{LACKING}")
