"""Ballots as a Word file: squares to mark, lines for other names, what makes a ballot valid (EL-18, EL-20)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm

from bot.documents.election import BallotPaper
from bot.documents.labels import ZONE, Wording
from bot.documents.word import WordWriter

NO_DATE = datetime(2000, 1, 1, tzinfo=ZONE)
ROOM = "\n"
"""An empty cell two lines high, to write into by hand."""


def write_ballot(paper: BallotPaper, per_page: int, labels: Mapping[str, str]) -> bytes:
    """One page; the ballots on it are the same, a line to cut along between them."""
    if per_page not in (1, 2):
        raise ValueError(f"{per_page} ballots on a page")
    say = Wording(labels)
    title = say(paper.title, branch=paper.branch)
    made_at = datetime.combine(paper.held_on, time(), ZONE) if paper.held_on else NO_DATE
    writer = WordWriter(say, title=title, made_at=made_at)
    _page(writer)
    small = per_page == 2
    for number in range(per_page):
        if number:
            cut = writer.paragraph(say("ballot.cut"), size=10, align=WD_ALIGN_PARAGRAPH.CENTER)
            cut.paragraph_format.space_before = Cm(0.5)
            writer.paragraph(title, font="font.title", size=22, align=WD_ALIGN_PARAGRAPH.CENTER, space=6)
        _ballot(writer, paper, 12 if small else 16)
    return writer.save()


def _page(writer: WordWriter) -> None:
    """Narrow margins and no page number: every ballot looks like every other."""
    section = writer.document.sections[0]
    section.top_margin = section.bottom_margin = Cm(1.5)
    section.left_margin = section.right_margin = Cm(2.7)
    section.footer.paragraphs[0].clear()


def _ballot(writer: WordWriter, paper: BallotPaper, size: float) -> None:
    say = writer.say
    if paper.again:
        writer.paragraph(say(paper.again), size=size, align=WD_ALIGN_PARAGRAPH.CENTER, space=4)
    box = say("ballot.box")
    name = "name" if paper.office == "committee" else "name_listed"
    headings = [say(f"ballot.{key}") for key in (name, "approve", "disapprove", "abstain")]
    writer.grid(headings, [[name, box, box, box] for name in paper.names], (6, 3, 3, 3), size=size, centred=True)
    if lines := paper.write_ins:
        writer.paragraph("", size=4)
        writer.grid([say("ballot.write_in")] * lines, [[ROOM] * lines], [1] * lines, size=size, centred=True)
    writer.paragraph(say("ballot.how"), font="font.heading", size=size - 2).paragraph_format.space_before = Cm(0.2)
    for key in paper.how:
        writer.paragraph(say(key, seats=paper.seats), size=size - 2)
    writer.paragraph(say("ballot.stamp", branch=paper.branch), size=size - 2, align=WD_ALIGN_PARAGRAPH.RIGHT)
