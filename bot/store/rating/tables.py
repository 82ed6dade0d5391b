"""The tables of ratings. Ballot tables (opening, paper, box, count) know no time, account, member or serial number;
the sealed sheets themselves lie in a table per round (envelopes.py)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field

from bot.store.core.columns import NOT_SAVED, Moment, Row, Word
from bot.store.rating.words import RoundKind, RoundMode, RoundState, VoidReason


class RatingRound(Row, table=True):
    """One rating. `items` are {name, weight}, `grades` {name, value} and `classes` {name, weight}, numbers as decimal
    texts, a value null where the grade does not count. `present`, `cast` and `paper_issued` hold one number a class and
    are written at closing, `paper_returned` and `paper_void` at publication. `released` targets may be rated;
    `sheet_bytes` is the length of a sealed sheet; `tidy` is False while freed pages may still hold sealed sheets.
    Days, never hours. Kept with the records of its unit; a draft for half a year."""

    __tablename__ = "rating_round"

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    kind: RoundKind = Field(sa_type=Word(RoundKind))
    mode: RoundMode = Field(default=RoundMode.SEALED, sa_type=Word(RoundMode))
    title: str
    state: RoundState = Field(default=RoundState.DRAFT, sa_type=Word(RoundState), index=True)
    void_reason: VoidReason | None = Field(default=None, sa_type=Word(VoidReason))
    ranked: bool = True
    meeting_id: int | None = Field(default=None, foreign_key="meeting.id", index=True)
    per_speaker: bool = False
    minutes_each: int = 0
    speaker: int = -1
    speaker_since: datetime | None = Field(default=None, sa_type=Moment)
    released: int = 0
    items: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    grades: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    classes: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    min_group: int = 5
    cap: str = ""
    second_check: bool = True
    public_key: str = ""
    test_challenge_hash: str = ""
    key_proved_by: int | None = Field(default=None, foreign_key="member.id")
    manifest: str = ""
    manifest_hash: str = ""
    sheet_bytes: int = 0
    closes_at: datetime | None = Field(default=None, sa_type=Moment)
    present: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    cast: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    paper_issued: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    paper_returned: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    paper_void: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    tidy: bool = Field(default=True, index=True)
    made_by: int = Field(foreign_key="member.id")
    made_on: date
    opened_on: date | None = None
    closed_on: date | None = None
    published_on: date | None = None


class RatingTarget(Row, table=True):
    """Who or what is rated, by place on the sheet (from 0). `weights` override those of classes by name. Kept with
    its round."""

    __tablename__ = "rating_target"

    round_id: int = Field(foreign_key="rating_round.id", primary_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str
    unit: str = ""
    member_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    note: str = ""
    weights: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class RatingVoter(Row, table=True):
    """Somebody of the roll: a member, somebody known by name only (`label`), or an anonymous slip (neither). `paper`:
    has a sheet of paper instead of an electronic one; taken back at publication. `code_hash`: a code of theirs that
    works once. `ticket` is which right to cast holds: 0 the member's own accounts, from 1 on the code given out as the
    so-manieth, and no other; 0 again at publication. Deleted `raw_sheet_days` after publication or cancellation."""

    __tablename__ = "rating_voter"
    __table_args__ = (UniqueConstraint("round_id", "member_id"),)

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="rating_round.id", index=True)
    member_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    label: str = ""
    class_index: int = 0
    present: bool = False
    paper: bool = False
    code_hash: str | None = Field(default=None, unique=True, sa_column_kwargs=NOT_SAVED)
    ticket: int = 0


class RatingTeller(Row, table=True):
    """A member who keeps the key and opens the box. Kept with its round."""

    __tablename__ = "rating_teller"

    round_id: int = Field(foreign_key="rating_round.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True, index=True)


class RatingApproval(Row, table=True):
    """Somebody approved the round as its manifest had it (NS-2). Kept with its round."""

    __tablename__ = "rating_approval"

    round_id: int = Field(foreign_key="rating_round.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True, index=True)
    manifest_hash: str


class RatingOpening(Row, table=True):
    """What one teller's browser found in the box: packed rows by target and class. Deleted when the tellers agree or
    the round is void; never in backups."""

    __tablename__ = "rating_opening"
    __table_args__ = NOT_SAVED

    round_id: int = Field(foreign_key="rating_round.id", primary_key=True)
    teller_id: int = Field(foreign_key="member.id", primary_key=True)
    digest: str
    boxes: bytes


class RatingPaper(Row, table=True):
    """The paper sheets of a class as one clerk typed them: how many came back, how many of these are void as a whole
    (SR-9), and of the others packed rows by target. Deleted at publication or when the round is void; never in
    backups."""

    __tablename__ = "rating_paper"
    __table_args__ = NOT_SAVED

    round_id: int = Field(foreign_key="rating_round.id", primary_key=True)
    class_index: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    clerk_id: int = Field(foreign_key="member.id", primary_key=True)
    returned: int
    void: int
    boxes: bytes


class RatingNamed(Row, table=True):
    """How a voter of a named round marked a target: a byte an item. Deleted with the roll."""

    __tablename__ = "rating_named"

    round_id: int = Field(foreign_key="rating_round.id", primary_key=True)
    voter_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    target: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    revision: int
    marks: bytes


class RatingBox(Row, table=True):
    """All marks that a class gave a target: a byte an item, rows sorted. Deleted `raw_sheet_days` after publication
    (SE-9)."""

    __tablename__ = "rating_box"

    round_id: int = Field(foreign_key="rating_round.id", primary_key=True)
    target: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    class_index: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    rows: bytes


class RatingCount(Row, table=True):
    """A box counted: `counts` holds for each item how many valid rows carry grade 0 (blank), 1, ... Names nobody; kept
    with its round."""

    __tablename__ = "rating_count"

    round_id: int = Field(foreign_key="rating_round.id", primary_key=True)
    target: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    class_index: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    rows: int
    void: int
    counts: list[list[int]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class RatingDecision(Row, table=True):
    """The grade that the committee gave a member, and why (DR-4). From `told_on` on the member may see it (DR-9). Kept
    with the records of its unit."""

    __tablename__ = "rating_decision"

    round_id: int = Field(foreign_key="rating_round.id", primary_key=True)
    target: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    grade: str
    reason: str
    decided_on: date
    recorded_by: int = Field(foreign_key="member.id")
    told_on: date | None = None


class RatingDecisionBefore(Row, table=True):
    """A grade that the member had been told and that was corrected afterwards: what stood there, who corrected it, when
    and why (RC-2). Never changed or deleted; kept with its round."""

    __tablename__ = "rating_decision_before"

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="rating_round.id", index=True)
    target: int
    grade: str
    reason: str
    decided_on: date
    told_on: date | None = None
    replaced_on: date
    replaced_name: str
    why: str
