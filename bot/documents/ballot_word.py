"""Ballots as a Word file: squares to mark, lines for other names, what makes a ballot valid (EL-18, EL-20)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt

from bot.documents.ballot_size import LARGE, LEADING, MARGIN_CM, NAMES, SMALL, TITLE, most_on_a_page
from bot.documents.election import BallotPaper
from bot.documents.labels import ZONE, Wording
from bot.documents.typeface import printable
from bot.documents.word import WordWriter

NO_DATE = datetime(2000, 1, 1, tzinfo=ZONE)
ROOM = "\n"
"""An empty cell two lines high, to write into by hand."""


def write_ballot(paper: BallotPaper, per_page: int, labels: Mapping[str, str]) -> bytes:
    """One page; the ballots on it are the same, a line to cut along between them. Raises ValueError where two do not
    fit."""
    if per_page not in (1, 2):
        raise ValueError(f"{per_page} ballots on a page")
    if per_page > most_on_a_page(paper, labels):
        raise ValueError("two such ballots do not fit on a page")
    say = Wording(labels)
    title = printable(say(paper.title, branch=paper.branch))
    made_at = datetime.combine(paper.held_on, time(), ZONE) if paper.held_on else NO_DATE
    writer = WordWriter(say, title=title, made_at=made_at)
    _page(writer)
    for number in range(per_page):
        if number:
            writer.paragraph(say("ballot.cut"), size=10, align=WD_ALIGN_PARAGRAPH.CENTER, space=6)
            writer.paragraph(title, font="font.title", size=TITLE, align=WD_ALIGN_PARAGRAPH.CENTER, space=6)
        _ballot(writer, paper, SMALL if per_page == 2 else LARGE)
    for one in [*writer.document.paragraphs, *writer.cell_paragraphs()]:
        one.paragraph_format.line_spacing = Pt(LEADING * max(run.font.size.pt for run in one.runs if run.font.size))
    return writer.save()


def _page(writer: WordWriter) -> None:
    """Narrow margins and no page number: every ballot looks like every other."""
    section = writer.document.sections[0]
    section.top_margin = section.bottom_margin = Cm(MARGIN_CM)
    section.left_margin = section.right_margin = Cm(2.7)
    section.header_distance = section.footer_distance = Cm(0.5)
    section.footer.paragraphs[0].clear()


def _ballot(writer: WordWriter, paper: BallotPaper, size: float) -> None:
    say = writer.say
    if paper.again:
        writer.paragraph(say(paper.again), size=size, align=WD_ALIGN_PARAGRAPH.CENTER, space=4)
    box = say("ballot.box")
    name = "name" if paper.office == "committee" else "name_listed"
    headings = [say(f"ballot.{key}") for key in (name, "approve", "disapprove", "abstain")]
    writer.grid(headings, [[printable(name), box, box, box] for name in paper.names], NAMES, size=size, centred=True)
    if lines := paper.write_ins:
        writer.paragraph("", size=4)
        writer.grid([say("ballot.write_in")] * lines, [[ROOM] * lines], [1] * lines, size=size, centred=True)
    how = writer.paragraph(say("ballot.how"), font="font.heading", size=size - 2)
    how.paragraph_format.space_before = Pt(6)
    for key in paper.how:
        writer.paragraph(say(key, seats=paper.seats), size=size - 2)
    stamp = printable(say("ballot.stamp", branch=paper.branch))
    writer.paragraph(stamp, size=size - 2, align=WD_ALIGN_PARAGRAPH.RIGHT)
