"""The record of a meeting: what it needs, when it is due, when it is locked (RC-1..RC-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from bot.rules.calendar import Calendar

REQUIRED_FIELDS = (
    "branch",
    "kind",
    "date",
    "place",
    "chair",
    "recorder",
    "due",
    "present",
    "agenda",
    "content",
)
"""Parts of RC-1 that are never empty; leave, absent, invited, decisions and attachments may be."""


class Correction(Struct, frozen=True):
    """A dated change to a locked record: which field, its new text, why and by whom (RC-2)."""

    at: datetime
    author: str
    field: str
    text: str
    reason: str


class Votes(Struct, frozen=True):
    """A decision's result as counts, without names (RC-3)."""

    due: int
    present: int
    yes: int
    no: int
    abstain: int


def record_due(day: date, calendar: Calendar, days: int = 3) -> date:
    """The last day for handing in the record of an event held on `day`, in working days (RC-2)."""
    return calendar.add_working_days(day, days)


def is_locked(signed_at: datetime | None) -> bool:
    """Whether the secretary has signed, after which the text itself no longer changes (RC-2)."""
    return signed_at is not None


def missing_fields(record: Mapping[str, object]) -> tuple[str, ...]:
    """The parts of RC-1 that are absent or empty, in the order of RC-1; zero people present is a fact."""
    return tuple(name for name in REQUIRED_FIELDS if _empty(record.get(name)))


def add_correction(
    signed_at: datetime | None, corrections: tuple[Correction, ...], new: Correction
) -> tuple[Correction, ...]:
    """The corrections with `new` at the end; earlier ones are never changed (RC-2). It is dated no earlier than the
    signature and the last correction: where the clock was set back, with their time.

    Raises ValueError when the record is not locked yet (edit it instead), when the correction has a naive time, or
    lacks a field, reason or author.
    """
    if signed_at is None:
        raise ValueError("a record that is not signed is edited, not corrected")
    if new.at.tzinfo is None or new.at.utcoffset() is None:
        raise ValueError("an aware datetime is needed")
    for name, value in (("author", new.author), ("field", new.field), ("reason", new.reason)):
        if not value.strip():
            raise ValueError(f"a correction needs its {name}")
    before = corrections[-1].at if corrections else signed_at
    return (*corrections, replace(new, at=max(new.at, before)))


def decided(motions: Sequence[Mapping[str, Any]], written: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The decisions of a meeting: its motions as they were voted on, then what was written besides. What was written
    about a motion in the motion's own words is that motion, with the motion's counts."""
    voted = {same_words(str(one["text"])) for one in motions}
    return [*motions, *(one for one in written if same_words(str(one["text"])) not in voted)]


def same_words(text: str) -> str:
    """The text without blanks and punctuation, to tell whether two texts say the same."""
    return "".join(char for char in text.casefold() if char.isalnum())


def votes_problem(votes: Votes) -> str | None:
    """The first thing wrong with a decision's counts, as a code, or None (RC-3).

    Codes: "negative", "present_over_due", "votes_over_present".
    """
    if min(votes.due, votes.present, votes.yes, votes.no, votes.abstain) < 0:
        return "negative"
    if votes.present > votes.due:
        return "present_over_due"
    if votes.yes + votes.no + votes.abstain > votes.present:
        return "votes_over_present"
    return None


def _empty(value: object) -> bool:
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    return isinstance(value, list | tuple | set | frozenset | dict) and not value
