"""Values that a member roster is read into."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Level(StrEnum):
    """How bad a finding is: an error leaves the row out, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


UNREAD = ("unread_sheet", "unread_row", "unread_block", "unread_cells", "unread_below")


class RosterRow(Struct, frozen=True):
    """One person of the roster; the whole field list that PI-3 allows.

    ``row_number`` counts from 1 as the spreadsheet shows it. ``stage`` and ``posts`` hold glossary
    names (``full_member``, ``secretary`` ...). ``number`` is the office's own key, if it has one; it
    is never stored, but tells namesakes of a branch apart: then ``name`` carries it. ``also`` is the
    other name, with or without the number, under which the person may be known from an earlier file.
    """

    row_number: int
    name: str
    general_branch: str | None
    branch: str
    group: str | None
    stage: str
    posts: tuple[str, ...]
    phone: str | None
    voting_rights: bool
    attendance_exempt: bool
    number: str | None
    also: str | None = None


class RowError(Struct, frozen=True):
    """A finding about one row; row 0 means the whole file.

    ``column`` is the header as written in the sheet. ``value_hint`` is safe to show: phones are
    masked, and text that may be about health or identity is never repeated. ``sheet`` is given where
    the finding is about something that was not read.
    """

    row: int
    column: str
    reason_key: str
    value_hint: str
    level: Level = Level.ERROR
    sheet: str = ""


class IgnoredColumn(Struct, frozen=True):
    """A column that was not read, and why (PI-3)."""

    column: str
    reason_key: str


class Roster(Struct, frozen=True):
    """What a roster file holds: the good rows, the findings in row order, the columns left unread, and the fields
    that it answers: a field without a column, or with an empty or a doubtful one, says nothing about anybody."""

    rows: tuple[RosterRow, ...]
    errors: tuple[RowError, ...]
    ignored_columns: tuple[IgnoredColumn, ...]
    given: frozenset[str] = frozenset()

    @property
    def is_partial(self) -> bool:
        """True when something in the file was not read that may hold people."""
        return any(error.reason_key in UNREAD for error in self.errors)

    @property
    def has_errors(self) -> bool:
        """True when a finding is more than a warning."""
        return any(error.level is Level.ERROR for error in self.errors)
