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
    distribution,
    first_share,
    hidden,
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
    Standing,
    cap_of,
    median,
    rounded,
    standings,
    stated,
)

__all__ = [
    "BLANK",
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
    "distribution",
    "first_share",
    "hidden",
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
