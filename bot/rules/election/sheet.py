"""The ballot box, single ballots, and the sheet of totals that the scrutineers sign (EL-18..EL-20)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct


class Ballot(StrEnum):
    """What a ballot counts as."""

    VALID = "valid"
    INVALID = "invalid"


class Line(Struct, frozen=True):
    """The totals of one candidate on the ballots that count (EL-24)."""

    name: str
    approve: int
    disapprove: int
    abstain: int


class WriteIn(Struct, frozen=True):
    """Somebody named by hand, and on how many ballots; who may not stand cannot be elected (EL-6)."""

    name: str
    votes: int
    may_stand: bool = True


class Sheet(Struct, frozen=True):
    """The totals of one vote: ballots handed out, people who voted, ballots in the box, invalid ones, ballots whose
    unreadable marks the scrutineers decided on; then every candidate and everybody written in."""

    issued: int
    voted: int
    returned: int
    invalid: int
    decided: int
    lines: tuple[Line, ...]
    write_ins: tuple[WriteIn, ...] = ()

    @property
    def valid(self) -> int:
        """How many ballots count."""
        return self.returned - self.invalid


def box_is_valid(issued: int, voted: int, returned: int) -> bool:
    """Whether the vote stands: no more ballots returned than people voted, no more voted than ballots were handed out;
    otherwise it is held again (EL-19)."""
    return 0 <= returned <= voted <= issued


def judge(approvals: int, write_ins: int, seats: int) -> Ballot:
    """One ballot: more names chosen than seats make it invalid, fewer or none do not (EL-20)."""
    if approvals < 0 or write_ins < 0 or seats < 1:
        raise ValueError(f"{approvals} approvals and {write_ins} written in for {seats} seats")
    return Ballot.VALID if approvals + write_ins <= seats else Ballot.INVALID


def sheet_problems(sheet: Sheet, seats: int, present: int) -> tuple[str, ...]:
    """What cannot be right in the totals, as codes with the name concerned after a colon; none when they add up.

    A box that is not valid is no mistake in the sheet: `box_is_valid` judges it, and nothing below is looked at."""
    numbers = (sheet.issued, sheet.voted, sheet.returned, sheet.invalid, sheet.decided)
    counted = [count for line in sheet.lines for count in (line.approve, line.disapprove, line.abstain)]
    if min((*numbers, *counted, *(one.votes for one in sheet.write_ins)), default=0) < 0:
        return ("negative",)
    if sheet.voted > present:
        return ("voted",)
    if not box_is_valid(sheet.issued, sheet.voted, sheet.returned):
        return ()
    found = []
    if sheet.invalid > sheet.returned:
        return ("invalid",)
    if sheet.decided > sheet.returned:
        found.append("decided")
    for line in sheet.lines:
        if line.approve + line.disapprove + line.abstain != sheet.valid:
            found.append(f"line:{line.name}")
    return (*found, *_write_in_problems(sheet, seats))


def _write_in_problems(sheet: Sheet, seats: int) -> Iterable[str]:
    """Only who disapproves may name another (EL-18); all names chosen fit the seats of the valid ballots (EL-20)."""
    names = [one.name for one in sheet.write_ins]
    printed = {line.name for line in sheet.lines}
    for name in dict.fromkeys(names):
        if name in printed:
            yield f"printed:{name}"
        if names.count(name) > 1:
            yield f"twice:{name}"
    written = sum(one.votes for one in sheet.write_ins)
    if any(one.votes > sheet.valid for one in sheet.write_ins) or written > sum(one.disapprove for one in sheet.lines):
        yield "written"
    if sum(line.approve for line in sheet.lines) + written > seats * sheet.valid:
        yield "chosen"


def differing(one: Sheet, other: Sheet) -> tuple[str, ...]:
    """The cells in which two entries of the same sheet differ: "issued", "approve:<name>", "write_in:<name>"."""
    left, right = _cells(one), _cells(other)
    return tuple(cell for cell in dict.fromkeys([*left, *right]) if left.get(cell) != right.get(cell))


def _cells(sheet: Sheet) -> dict[str, int]:
    cells = {name: getattr(sheet, name) for name in ("issued", "voted", "returned", "invalid", "decided")}
    for line in sheet.lines:
        cells |= {f"{kind}:{line.name}": getattr(line, kind) for kind in ("approve", "disapprove", "abstain")}
    return cells | {f"write_in:{one.name}": one.votes for one in sheet.write_ins if one.votes}
