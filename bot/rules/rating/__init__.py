"""The arithmetic of democratic ratings (SR-7..SR-14, DR-3), exact throughout."""

from __future__ import annotations

from bot.rules.rating.count import (
    BLANK,
    VOID,
    Counts,
    Disclosure,
    TargetCounts,
    answers,
    class_score,
    disclosure,
    first_share,
    item_score,
    merge,
    score,
    tally,
)
from bot.rules.rating.scheme import (
    Grade,
    Item,
    RaterClass,
    Scheme,
    number,
)
from bot.rules.rating.standing import (
    ROWS_FORMAT,
    Standing,
    cap_of,
    median,
    rounded,
    standings,
    stated,
)

__all__ = [
    "BLANK",
    "ROWS_FORMAT",
    "VOID",
    "Counts",
    "Disclosure",
    "Grade",
    "Item",
    "RaterClass",
    "Scheme",
    "Standing",
    "TargetCounts",
    "answers",
    "cap_of",
    "class_score",
    "disclosure",
    "first_share",
    "item_score",
    "median",
    "merge",
    "number",
    "rounded",
    "score",
    "standings",
    "stated",
    "tally",
]
