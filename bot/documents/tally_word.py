"""The blank sheet on which the tellers count and which the scrutineers sign (EL-16, EL-18..EL-20)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from docx.enum.text import WD_ALIGN_PARAGRAPH

from bot.documents.ballot_word import NO_DATE, ROOM
from bot.documents.election import BallotPaper
from bot.documents.labels import ZONE, Wording
from bot.documents.typeface import printable
from bot.documents.word import WordWriter

_BOX = ("issued", "voted", "returned", "invalid", "decided", "valid")
_MARKS = ("approve", "disapprove", "abstain")


def write_tally(paper: BallotPaper, labels: Mapping[str, str]) -> bytes:
    """A row for every name and for as many people written in as the ballot has lines; room for strokes and totals."""
    say = Wording(labels)
    key = "title_preliminary" if paper.kind == "preliminary" else "title"
    title = say(f"tally.{key}", branch=paper.branch, office=say(f"office.{paper.office}"))
    made_at = datetime.combine(paper.held_on, time(), ZONE) if paper.held_on else NO_DATE
    writer = WordWriter(say, title=title, made_at=made_at, landscape=True)
    if paper.again:
        writer.paragraph(say(paper.again), size=12, align=WD_ALIGN_PARAGRAPH.CENTER, space=6)
    writer.grid([say(f"tally.{name}") for name in _BOX], [[""] * len(_BOX)], [1] * len(_BOX), size=12, centred=True)
    writer.paragraph("", size=6)
    headings = [say("election_result.name")]
    for mark in _MARKS:
        headings += [say("tally.strokes", mark=say(f"ballot.{mark}")), say("tally.total")]
    none = say("format.unknown")
    rows = [[name, ROOM, *[""] * 5] for name in map(printable, paper.names)]
    rows += [[say("ballot.write_in"), ROOM, "", *[none] * 4] for _ in range(paper.write_ins)]
    writer.grid(headings, rows, (4, 6, 2, 6, 2, 4, 2), size=12, centred=True, keep_end=True)
    writer.paragraph("", size=6, keep=True)
    writer.paragraph(say("tally.how", seats=paper.seats), size=12, space=8, keep=True)
    writer.signatures([say(f"election_result.{key}") for key in ("sign_scrutineers", "sign_tellers")])
    return writer.save()
