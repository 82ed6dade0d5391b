"""Who is elected, on both bases, and what comes next (EL-21..EL-23)."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from bot.rules.election.sheet import Sheet, box_is_valid


class Base(StrEnum):
    """Half of whom must be exceeded; the sources disagree (TBC-7)."""

    PRESENT = "present"
    DUE = "due"


class RoundKind(StrEnum):
    """A preliminary vote that fixes the list (EL-11); the first vote; another among those tied at the last seat;
    another for the seats left vacant."""

    PRELIMINARY = "preliminary"
    FIRST = "first"
    TIE = "tie"
    REST = "rest"


class Step(StrEnum):
    """What comes after a count."""

    AGAIN = "again"
    RULING = "ruling"
    TIE = "tie"
    VACANT = "vacant"
    LISTED = "listed"
    DONE = "done"


MORE_WINS = (RoundKind.PRELIMINARY, RoundKind.TIE)
"""Votes in which the higher number wins without a threshold."""


class Outcome(Struct, frozen=True):
    """What the votes say on one base: the elected (highest first), those tied at the cut and for how many seats, and
    the seats that nobody won."""

    elected: tuple[str, ...]
    tied: tuple[str, ...] = ()
    tied_seats: int = 0
    vacant: int = 0


class Result(Struct, frozen=True):
    """Both outcomes of one count; `ruled` says that a person has ruled which base holds. The elected of a preliminary
    vote are those who come on the list."""

    box_valid: bool
    present: Outcome
    due: Outcome
    base: Base
    ruled: bool = False
    kind: RoundKind = RoundKind.FIRST

    @property
    def needs_ruling(self) -> bool:
        """True when a seat's outcome differs between the bases and nobody has ruled: nothing is declared (EL-21)."""
        return self.box_valid and not self.ruled and self.present != self.due

    @property
    def outcome(self) -> Outcome | None:
        """What holds; None while the box is not valid or a ruling is needed."""
        if not self.box_valid or self.needs_ruling:
            return None
        return self.present if self.base is Base.PRESENT else self.due


def votes_needed(base: int) -> int:
    """The least number of approvals that exceeds half of the base (EL-21)."""
    if base < 0:
        raise ValueError(f"a base of {base}")
    return base // 2 + 1


def who_may_win(sheet: Sheet, kind: RoundKind, won: Collection[str]) -> Sheet:
    """The sheet with those written in marked who cannot be elected by it: whom the votes before have elected, and in a
    vote among the tied everybody, as nobody else has passed half (EL-21, EL-22)."""
    nobody = kind is RoundKind.TIE
    write_ins = (
        replace(one, may_stand=one.may_stand and not nobody and one.name not in won) for one in sheet.write_ins
    )
    return replace(sheet, write_ins=tuple(write_ins))


def result(
    sheet: Sheet,
    seats: int,
    *,
    present: int,
    due: int,
    base: Base,
    ruled: bool = False,
    kind: RoundKind = RoundKind.FIRST,
) -> Result:
    """The result of a count (EL-21..EL-23). Among the tied, who have passed half before (EL-22), and in a preliminary
    vote (EL-11) the higher number wins; nobody wins without a vote. Raises ValueError for no seats or impossible
    bases."""
    if seats < 1 or not 0 <= present <= due:
        raise ValueError(f"{seats} seats, {present} of {due} present")
    if not box_is_valid(sheet.issued, sheet.voted, sheet.returned):
        none = Outcome((), vacant=seats)
        return Result(False, none, none, base, kind=kind)
    votes = {line.name: line.approve for line in sheet.lines}
    votes |= {one.name: one.votes for one in sheet.write_ins if one.may_stand}
    least = (1, 1) if kind in MORE_WINS else (votes_needed(present), votes_needed(due))
    return Result(True, _fill(votes, seats, least[0]), _fill(votes, seats, least[1]), base, ruled, kind)


def _fill(votes: dict[str, int], seats: int, least: int) -> Outcome:
    """Highest votes fill the seats; a tie across the cut leaves its seats open (EL-22)."""
    passed = sorted((name for name, count in votes.items() if count >= least), key=lambda name: -votes[name])
    if len(passed) <= seats:
        return Outcome(tuple(passed), vacant=seats - len(passed))
    cut = votes[passed[seats - 1]]
    if votes[passed[seats]] < cut:
        return Outcome(tuple(passed[:seats]))
    above = tuple(name for name in passed if votes[name] > cut)
    return Outcome(above, tuple(name for name in passed if votes[name] == cut), seats - len(above))


def next_step(found: Result) -> Step:
    """What the meeting does next (EL-11, EL-19, EL-21..EL-23)."""
    if not found.box_valid:
        return Step.AGAIN
    outcome = found.outcome
    if outcome is None:
        return Step.RULING
    if outcome.tied:
        return Step.TIE
    if outcome.vacant:
        return Step.VACANT
    return Step.LISTED if found.kind is RoundKind.PRELIMINARY else Step.DONE


def may_reduce(consents: int, voters: int) -> bool:
    """Whether vacant seats may be given up: at least half of the voters consent (EL-23)."""
    if not 0 <= consents <= voters:
        raise ValueError(f"{consents} of {voters} cannot consent")
    return voters > 0 and 2 * consents >= voters
