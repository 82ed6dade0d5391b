"""Member rosters: spreadsheets in, checked rows and plain findings out. Nothing is stored here."""

from __future__ import annotations

from bot.roster.read import read_roster
from bot.roster.values import IgnoredColumn, Level, Roster, RosterRow, RowError
from bot.roster.words import RosterWords, RosterWordsError, load_roster_words

__all__ = [
    "IgnoredColumn",
    "Level",
    "Roster",
    "RosterRow",
    "RosterWords",
    "RosterWordsError",
    "RowError",
    "load_roster_words",
    "read_roster",
]
