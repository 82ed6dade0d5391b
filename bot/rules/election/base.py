"""Who elects, how many must be there, how many candidates are needed (EL-6..EL-10)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from bot.rules.people import Stage, has_vote


class Reason(StrEnum):
    """Why somebody may be left out of the base (EL-8). RETIRED_AWAY stands in some guides only (TBC-5)."""

    ILLNESS = "a"
    ABROAD = "b"
    SENTENCE = "c"
    BEDRIDDEN = "d"
    NOT_MOVED = "e"
    RETIRED_AWAY = "f"


class Exclusion(Struct, frozen=True):
    """Somebody to be left out of the base; only both approvals together do it (EL-9)."""

    reason: Reason
    approval_no: str
    resolution: str

    @property
    def stands(self) -> bool:
        """True with the superior's approval number and the meeting's resolution."""
        return bool(self.approval_no.strip() and self.resolution.strip())


def completes(kept: tuple[str, ...], given: tuple[str, ...]) -> bool:
    """Whether what is given only fills what is empty in what is kept: nothing that was written down is replaced."""
    return all(not old or old == new for old, new in zip(kept, given, strict=True))


def reasons(guides: bool) -> tuple[Reason, ...]:
    """The reasons that may be given: (a) to (e), and (f) where the bureau follows the guides that have it."""
    return tuple(reason for reason in Reason if guides or reason is not Reason.RETIRED_AWAY)


def may_elect(stage: Stage, voting_rights: bool) -> bool:
    """The right to elect and to stand: full members whose rights are not suspended (EL-6)."""
    return has_vote(stage, voting_rights)


def due_count(full_members_with_rights: int, exclusions: Iterable[Exclusion]) -> int:
    """How many should attend: those with rights less the approved exclusions (EL-9).

    Raises ValueError when more are excluded than there are.
    """
    due = full_members_with_rights - sum(one.stands for one in exclusions)
    if due < 0:
        raise ValueError(f"{-due} more excluded than have rights")
    return due


def quorum_needed(due: int) -> int:
    """The least number present that opens the meeting: four fifths, rounded up, at least 1 (EL-7)."""
    return max(1, -(-4 * due // 5))


def has_quorum(due: int, present: int) -> bool:
    """Whether no fewer than four fifths of those due are there (EL-7).

    Raises ValueError for negative numbers or more present than due.
    """
    if not 0 <= present <= due:
        raise ValueError(f"{present} of {due} cannot be present")
    return due > 0 and 5 * present >= 4 * due


def candidates_needed(seats: int, surplus_percent: int) -> int:
    """The least number of candidates: the seats and a surplus of so many per cent of them, rounded up (EL-10)."""
    if seats < 1 or surplus_percent < 0:
        raise ValueError(f"{seats} seats with {surplus_percent} % more")
    return seats + -(-seats * surplus_percent // 100)
