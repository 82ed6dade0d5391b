"""Papers of an election: ballots, the form with the counts, the draft of the report. Totals only."""

from __future__ import annotations

from datetime import date

from msgspec import Struct


class BallotPaper(Struct, frozen=True):
    """What is printed on a ballot: names in print order (EL-12). `kind` is the kind of vote: preliminary, first, tie,
    rest."""

    branch: str
    office: str
    kind: str
    seats: int
    names: tuple[str, ...]
    held_on: date | None = None

    def __post_init__(self) -> None:
        if self.seats < 1 or not self.names:
            raise ValueError("a ballot needs seats and names")

    @property
    def spelt(self) -> tuple[str, ...]:
        """Everything on it that somebody's spelling decided."""
        return (self.branch, *self.names)

    @property
    def title(self) -> str:
        """The label of the title; a preliminary ballot says that it is one (EL-11)."""
        return "ballot.title_preliminary" if self.kind == "preliminary" else f"ballot.title_{self.office}"

    @property
    def write_ins(self) -> int:
        """Lines for other names: as many as seats (EL-18), none in a vote among the tied (EL-22)."""
        return 0 if self.kind == "tie" else self.seats

    @property
    def how(self) -> tuple[str, ...]:
        """The labels of how to fill it in, in order."""
        if self.kind == "tie":
            return ("ballot.how_seats_tie", "ballot.how_mark", "ballot.how_blank_tie")
        seats = "how_seats_preliminary" if self.kind == "preliminary" else "how_seats"
        return tuple(f"ballot.{key}" for key in (seats, "how_mark", "how_write_in", "how_blank"))

    @property
    def again(self) -> str:
        """The label that tells a further vote from the first; empty where the title says enough."""
        return "" if self.kind in ("preliminary", "first") else f"ballot.kind_{self.kind}"


class CountLine(Struct, frozen=True):
    """One name's totals (EL-24). Who was written in has approvals only, and is `barred` without the right to stand."""

    name: str
    approve: int
    disapprove: int | None
    abstain: int | None
    elected: bool
    barred: bool = False


class CountTable(Struct, frozen=True):
    """One count, in the general meeting or, `by_committee`, in the new committee. `valid` is None when the box was not
    valid (EL-19), the votes needed are None in a vote among the tied; `base` and `clause` tell of a ruling where the
    two bases disagreed (EL-21), `given_up` how many seats were reduced after it (EL-23), `left_open` how many stay open
    under the superior's number `approval` (EL-5); where the seats are not `reducible`, nobody offers it."""

    office: str
    by_committee: bool
    kind: str
    number: int
    seats: int
    due: int
    present: int
    issued: int
    voted: int
    returned: int
    valid: int | None
    invalid: int
    decided: int
    needed_present: int | None
    needed_due: int | None
    base: str | None
    clause: str
    step: str
    lines: tuple[CountLine, ...]
    given_up: int = 0
    left_open: int = 0
    approval: str = ""
    reducible: bool = True


class Correction(Struct, frozen=True):
    """What is wrong and what is right in what was reported, why, and who said so when (RC-2)."""

    made_on: date
    author: str
    text: str
    reason: str


class SetAside(Struct, frozen=True):
    """A counted vote that counts for nothing: why, and which two people set it aside on what day. Where it was
    the last one and none followed, `left_open` seats stay open under the superior's number `approval` (EL-5)."""

    office: str
    kind: str
    number: int
    reason: str
    by: tuple[str, ...]
    on: date | None
    left_open: int = 0
    approval: str = ""


class ElectionRecord(Struct, frozen=True):
    """An election as the office files it: `elected` has the names for every office; `done` when nothing is open. `base`
    is that of the adopted rules: present or due (EL-21)."""

    branch: str
    superior: str
    by_election: bool
    held_on: date | None
    made_on: date
    place: str
    chair: str
    with_rights: int
    due: int
    present: int
    clause: str
    scrutineers: tuple[str, ...]
    tellers: tuple[str, ...]
    counts: tuple[CountTable, ...]
    elected: tuple[tuple[str, tuple[str, ...]], ...]
    done: bool
    base: str = "present"
    corrections: tuple[Correction, ...] = ()
    aside: tuple[SetAside, ...] = ()

    @property
    def spelt(self) -> tuple[str, ...]:
        """Everything in the papers that somebody's spelling decided."""
        people = (*self.scrutineers, *self.tellers, *(line.name for count in self.counts for line in count.lines))
        authors = (one.author for one in self.corrections)
        people += tuple(part for one in self.aside for part in (one.reason, *one.by))
        return (self.branch, self.superior, self.chair, *people, *authors)
