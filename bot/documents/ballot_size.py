"""How large the parts of a ballot are, and whether two ballots fit on a page."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from bot.documents.election import BallotPaper
from bot.documents.labels import Wording

TEXT_WIDTH_CM = 15.6
MARGIN_CM = 1.5
TITLE, LARGE, SMALL = 22.0, 16.0, 12.0
NAMES = (6, 3, 3, 3)
"""Widths of the columns, as parts of the text."""
LEADING = 1.5
"""Height of a line, in heights of its characters: fixed, so that every machine breaks the page at the same place."""
_POINTS_PER_CM = 72 / 2.54
_CELL_MARGINS_CM = 0.4


def most_on_a_page(paper: BallotPaper, labels: Mapping[str, str]) -> int:
    """2 where two such ballots fit on a page, else 1."""
    say, room = Wording(labels), 29.7 - 2 * MARGIN_CM
    title = _height([say(paper.title, branch=paper.branch)], TITLE, TEXT_WIDTH_CM) + 12
    again = _height([say(paper.again)], SMALL, TEXT_WIDTH_CM) + 4 if paper.again else 0
    width = TEXT_WIDTH_CM * NAMES[0] / sum(NAMES) - _CELL_MARGINS_CM
    headings = [say(f"ballot.{'name' if paper.office == 'committee' else 'name_listed'}")]
    rows = _height([*headings, *paper.names], SMALL, width) + len(paper.names) + 1
    others = 0.0
    if paper.write_ins:
        column = TEXT_WIDTH_CM / paper.write_ins - _CELL_MARGINS_CM
        others = 4 * LEADING + _height([say("ballot.write_in"), "", ""], SMALL, column) + 2
    words = [say("ballot.how"), *(say(key, seats=paper.seats) for key in paper.how)]
    words.append(say("ballot.stamp", branch=paper.branch))
    below = _height(words, SMALL - 2, TEXT_WIDTH_CM) + 6
    cut = 10 * LEADING + 6
    return 2 if 2 * (title + again + rows + others + below) + cut <= room * _POINTS_PER_CM else 1


def _height(texts: list[str], size: float, width_cm: float) -> float:
    """How high these paragraphs are, in points: one below the other, each broken into lines of this width."""
    room = width_cm * _POINTS_PER_CM
    wide = [sum(size * (1 if unicodedata.east_asian_width(char) in "WFA" else 0.6) for char in text) for text in texts]
    # A line may end a character early, where punctuation must not begin the next.
    return sum(LEADING * size * max(1, -(-one // max(size, room - size))) for one in wide)
