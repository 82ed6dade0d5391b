"""What the documents show, frozen. Names of kinds and states are glossary words, not sentences."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

from msgspec import Struct

from bot.rules.attendance import Tally, rates


def _aware(**moments: datetime | None) -> None:
    for name, moment in moments.items():
        if moment is not None and moment.utcoffset() is None:
            raise ValueError(f"{name} must be an aware datetime")


def _counts(**counts: int | None) -> None:
    for name, count in counts.items():
        if count is not None and count < 0:
            raise ValueError(f"{name} must not be negative")


class Decision(Struct, frozen=True):
    """One decision; votes as counts only (RC-3), all None when nobody voted. `verdict` is a `rules.meeting.Verdict`,
    None where nobody voted or it is not known how many were there."""

    text: str
    due_voters: int | None = None
    present_voters: int | None = None
    approve: int | None = None
    disapprove: int | None = None
    abstain: int | None = None
    verdict: str | None = None

    def __post_init__(self) -> None:
        _counts(
            due_voters=self.due_voters,
            present_voters=self.present_voters,
            approve=self.approve,
            disapprove=self.disapprove,
            abstain=self.abstain,
        )


class Correction(Struct, frozen=True):
    """A dated correction added after the minutes were locked (RC-2)."""

    made_at: datetime
    made_by: str
    text: str

    def __post_init__(self) -> None:
        _aware(made_at=self.made_at)


class Minutes(Struct, frozen=True):
    """The minimum record of a meeting (RC-1).

    ``present`` holds everybody who came; ``late`` are those of them who came late. ``exempt`` and
    ``observers`` do not belong to ``due`` (AT-1, AT-2). Unless ``taken``, nobody knows who came.
    ``content`` is one string per paragraph.
    """

    branch: str
    kind: str
    topic: str
    starts_at: datetime
    ends_at: datetime | None
    place: str
    chair: str
    recorder: str
    due: tuple[str, ...]
    present: tuple[str, ...]
    late: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()
    agenda: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    attachments: tuple[str, ...] = ()
    locked_at: datetime | None = None
    locked_by: str = ""
    corrections: tuple[Correction, ...] = ()
    taken: bool = True

    def __post_init__(self) -> None:
        _aware(starts_at=self.starts_at, ends_at=self.ends_at, locked_at=self.locked_at)
        if self.corrections and self.locked_at is None:
            raise ValueError("corrections belong to locked minutes only (RC-2)")


class SessionLine(Struct, frozen=True):
    """One meeting of the month. Unless ``taken``, no sign-in was kept: only who was due is known."""

    held_on: date
    kind: str
    topic: str
    place: str
    tally: Tally
    record_state: str
    taken: bool = True

    @property
    def attendance_rate(self) -> Fraction | None:
        """Came / due; None when nobody was due or nothing is known (AT-6)."""
        return rates(self.tally).attendance if self.taken else None

    @property
    def coverage_rate(self) -> Fraction | None:
        """Came or caught up / due; None when nobody was due or nothing is known (AT-6)."""
        return rates(self.tally).coverage if self.taken else None


class AttendanceLine(Struct, frozen=True):
    """One person at one meeting, observers too: the ledger of the secretary and the discipline commissioner."""

    held_on: date
    kind: str
    name: str
    group: str | None
    status: str
    make_up: str = "not_needed"
    made_up_on: date | None = None


class NoticeLine(Struct, frozen=True):
    """One notice and how many members it reached; never who (FM-1, PI-6)."""

    title: str
    sent_at: datetime
    sent: int
    opened: int
    confirmed: int

    def __post_init__(self) -> None:
        _aware(sent_at=self.sent_at)


class QuizLine(Struct, frozen=True):
    """One question: how many answered it and how many of them rightly. No member's score (FM-8)."""

    quiz: str
    position: int
    question: str
    answered: int
    correct: int

    def __post_init__(self) -> None:
        _counts(answered=self.answered, correct=self.correct)
        if self.correct > self.answered:
            raise ValueError("correct must not exceed answered")


class PollLine(Struct, frozen=True):
    """One option of a poll; ``voters`` took part in the poll as a whole."""

    poll: str
    option: str
    votes: int
    voters: int


class MaterialLine(Struct, frozen=True):
    """One approved public study material that was pushed (TD-6)."""

    title: str
    source: str
    pushed_on: date
    address: str = ""


class MonthRecord(Struct, frozen=True):
    """Everything that one branch did in one month, as it goes into the office's file."""

    branch: str
    general_branch: str | None
    secretary: str
    year: int
    month: int
    made_at: datetime
    member_count: int
    sessions: tuple[SessionLine, ...] = ()
    attendance: tuple[AttendanceLine, ...] = ()
    notices: tuple[NoticeLine, ...] = ()
    quiz: tuple[QuizLine, ...] = ()
    polls: tuple[PollLine, ...] = ()
    materials: tuple[MaterialLine, ...] = ()

    def __post_init__(self) -> None:
        _aware(made_at=self.made_at)
        if not 1 <= self.month <= 12:
            raise ValueError("month must be 1 to 12")
