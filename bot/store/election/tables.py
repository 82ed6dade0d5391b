"""What is kept of elections: terms, preparation, totals, the way of the report. Never a ballot, never who voted, how or
when (SE-1, SE-2): there is no column for it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from bot.rules.election import Base, Office, Postponement, Reason, ReportState, RoundKind, Term
from bot.store.core.columns import Moment, Row, Word


class RoleKind(StrEnum):
    """Who watches over the vote and who counts under them (EL-16)."""

    SCRUTINEER = "scrutineer"
    TELLER = "teller"


class UnitTerm(Row, table=True):
    """The term of a unit's committee and an approved other date (EL-1..EL-3). Kept for good; the name of who wrote it
    goes with the member."""

    __tablename__ = "election_term"

    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    elected_on: date
    years: int
    approved_until: date | None = None
    approval_no: str = ""
    set_by: int | None = Field(default=None, foreign_key="member.id")
    set_at: datetime = Field(sa_type=Moment)

    def term(self) -> Term:
        """The term as the rules see it."""
        changed = Postponement(self.approved_until, self.approval_no) if self.approved_until else None
        return Term(self.elected_on, self.years, changed)


class Appointment(Row, table=True):
    """A secretary or deputy whom the superior appointed after a vacancy; the term stays as it is (EL-5). Kept for good,
    like the term."""

    __tablename__ = "election_appointment"

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    office: Office = Field(sa_type=Word(Office))
    name: str
    member_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    appointed_on: date
    approval_no: str
    noted_by: int | None = Field(default=None, foreign_key="member.id", index=True)


class Election(Row, table=True):
    """An election of a unit: meeting, base (EL-7..EL-9), who chairs. `with_rights` and `due` are taken together and
    stay as they were on `base_on`; `present` is the meeting's, each vote keeps its own. Kept until the archive office
    takes it over (RC-4); one given up is deleted at once."""

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    by_election: bool = False
    held_on: date | None = None
    place: str = ""
    chair: str = ""
    elected_base: Base = Field(sa_type=Word(Base))
    clause: str = ""
    with_rights: int | None = None
    due: int | None = None
    base_on: date | None = None
    present: int | None = None
    started_by: int | None = Field(default=None, foreign_key="member.id")
    started_on: date
    announced_on: date | None = None


class ElectionExclusion(Row, table=True):
    """Somebody to be left out of the base; without both approvals they stay in it (EL-8, EL-9). The reason may be about
    health: deleted `notice_months` after the result was announced, the numbers of the base stay."""

    __tablename__ = "election_exclusion"
    __table_args__ = (UniqueConstraint("election_id", "member_id"),)

    id: int | None = Field(default=None, primary_key=True)
    election_id: int = Field(foreign_key="election.id")
    member_id: int = Field(foreign_key="member.id", index=True)
    reason: Reason = Field(sa_type=Word(Reason))
    approval_no: str = ""
    resolution: str = ""


class ElectionRole(Row, table=True):
    """A scrutineer or teller (EL-16). Kept as long as the election."""

    __tablename__ = "election_role"
    __table_args__ = (UniqueConstraint("election_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    election_id: int = Field(foreign_key="election.id")
    role: RoleKind = Field(sa_type=Word(RoleKind))
    name: str
    member_id: int | None = Field(default=None, foreign_key="member.id", index=True)


class Contest(Row, table=True):
    """What is elected, how many seats, and by whom: the general meeting, or the new committee (EL-14). `given_up` seats
    were reduced with the consent of `consents` voters (EL-23); `shortlist` is how many names a preliminary round is to
    leave on the list, None without one (EL-11). `vacant_approval` is the superior's number for leaving open the seats
    that nobody won (EL-5, EL-23). Kept as long as the election."""

    __tablename__ = "election_contest"
    __table_args__ = (UniqueConstraint("election_id", "office"),)

    id: int | None = Field(default=None, primary_key=True)
    election_id: int = Field(foreign_key="election.id")
    office: Office = Field(sa_type=Word(Office))
    seats: int
    by_committee: bool = False
    approval_no: str = ""
    given_up: int = 0
    consents: int | None = None
    shortlist: int | None = None
    vacant_approval: str = ""


class Candidate(Row, table=True):
    """A candidate: a member, or a name. `place` is where a person put one whom the strokes could not place (EL-12).
    Kept as long as the election."""

    __tablename__ = "election_candidate"
    __table_args__ = (UniqueConstraint("contest_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    contest_id: int = Field(foreign_key="election_contest.id")
    name: str
    member_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    place: int | None = None


class Round(Row, table=True):
    """One vote: the names as printed, the seats, the bases, and once two entries agreed the `totals`, which two others
    that agree may replace until the result is reported. `entered` are the names of the two who typed them. A ruling
    says which base holds (EL-21). One vote of a contest is open at a time. A counted one that was opened by mistake is
    set aside by two people (`aside_names`; `aside_asked_by` is the first, until the second agrees) and counts for
    nothing. Kept as long as the election."""

    __tablename__ = "election_round"
    __table_args__ = (
        UniqueConstraint("contest_id", "number"),
        Index(
            "uq_election_round_open",
            "contest_id",
            unique=True,
            sqlite_where=text("totals IS NULL AND set_aside_on IS NULL"),
            postgresql_where=text("totals IS NULL AND set_aside_on IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    contest_id: int = Field(foreign_key="election_contest.id")
    number: int
    kind: RoundKind = Field(sa_type=Word(RoundKind))
    seats: int
    names: list[str] = Field(sa_column=Column(JSON, nullable=False))
    due: int
    present: int
    totals: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    entered: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    ruling: Base | None = Field(default=None, sa_type=Word(Base))
    clause: str = ""
    aside_reason: str = ""
    aside_names: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    aside_asked_by: int | None = Field(default=None, foreign_key="member.id")
    set_aside_on: date | None = None


class TotalsEntry(Row, table=True):
    """The totals of a round as one person typed them from the signed sheet. Deleted as soon as two people's agree."""

    __tablename__ = "election_totals"
    __table_args__ = (UniqueConstraint("round_id", "entered_by"),)

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="election_round.id")
    entered_by: int = Field(foreign_key="member.id", index=True)
    totals: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class ReportStep(Row, table=True):
    """A step of the report to the superior, with the number of its paper (EL-25). Kept as long as the election."""

    __tablename__ = "election_report"
    __table_args__ = (UniqueConstraint("election_id", "state"),)

    id: int | None = Field(default=None, primary_key=True)
    election_id: int = Field(foreign_key="election.id")
    state: ReportState = Field(sa_type=Word(ReportState))
    taken_on: date
    document_no: str = ""
    noted_by: int | None = Field(default=None, foreign_key="member.id", index=True)
    noted_name: str = ""


class ElectionCorrection(Row, table=True):
    """A dated correction of an election whose result has been reported: what is wrong and what is right, why, and who
    says so. What was reported stays beside it; never changed or deleted (RC-2). Kept as long as the election."""

    __tablename__ = "election_correction"

    id: int | None = Field(default=None, primary_key=True)
    election_id: int = Field(foreign_key="election.id", index=True)
    made_on: date
    text: str
    reason: str
    noted_by: int | None = Field(default=None, foreign_key="member.id", index=True)
    noted_name: str = ""
