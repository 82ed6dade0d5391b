"""Lists of people as the office keeps them for a rating: who is rated, and who rates in which class."""

from __future__ import annotations

from bot.services.rating.roll.match import Known, Matched, Placed, match_targets, match_voters
from bot.services.rating.roll.read import Finding, Line, ListWords, PeopleList, read_list

__all__ = [
    "Finding",
    "Known",
    "Line",
    "ListWords",
    "Matched",
    "PeopleList",
    "Placed",
    "match_targets",
    "match_voters",
    "read_list",
]
