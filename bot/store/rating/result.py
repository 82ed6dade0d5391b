"""After publication: the counts, the file that anybody can count again, and what the committee decided."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlmodel import col, select

from bot.rules.rating import ROWS_FORMAT, Counts, Disclosure, Scheme, TargetCounts, disclosure, number, stated
from bot.store import audit
from bot.store.core.statements import StoreSession
from bot.store.people import Fact, Member
from bot.store.rating import packing
from bot.store.rating.rounds import class_names, lock, number_of, require, targets
from bot.store.rating.tables import (
    RatingBox,
    RatingCount,
    RatingDecision,
    RatingDecisionBefore,
    RatingRound,
    RatingTarget,
    RatingVoter,
)
from bot.store.rating.words import RatingError, RoundKind, RoundState


class ClassSheets(Struct, frozen=True):
    """The sheets of a class (SR-9): one issued to everybody who was there, those that came back, electronic and on
    paper, and of these the ones void as a whole."""

    issued: int
    returned: int
    void: int

    @property
    def valid(self) -> int:
        """Sheets that count."""
        return self.returned - self.void


def scheme(found: RatingRound) -> Scheme:
    """What the round counts by, as its manifest froze it."""
    return Scheme.read(json.loads(found.manifest))


def counts(session: StoreSession, found: RatingRound) -> list[TargetCounts]:
    """All counts by target, classes in the order of the scheme. Raises RatingError before publication."""
    require(found, RoundState.PUBLISHED)
    query = select(RatingCount).where(col(RatingCount.round_id) == found.id)
    rows = {(row.target, row.class_index): row for row in session.exec(query)}
    return [
        TargetCounts(
            target.name,
            tuple(_counts(rows[target.position, index]) for index in range(len(found.classes))),
            {name: number(weight) for name, weight in target.weights.items()},
        )
        for target in targets(session, number_of(found))
    ]


def sheets(found: RatingRound) -> list[ClassSheets]:
    """The sheets of each class. Raises RatingError before publication."""
    require(found, RoundState.PUBLISHED)
    columns = zip(found.present, found.cast, found.paper_returned, found.paper_void, strict=True)
    return [ClassSheets(issued, cast + paper, void) for issued, cast, paper, void in columns]


def rows_file(session: StoreSession, found: RatingRound) -> dict[str, Any]:
    """The published rows and the manifest, for counting again without this program: of each target as much as may be
    shown of it. Raises RatingError before publication and after the rows were deleted (SE-9)."""
    counted, plan = counts(session, found), scheme(found)
    query = select(RatingBox).where(col(RatingBox.round_id) == found.id)
    boxes = {(row.target, row.class_index): bytes(row.rows) for row in session.exec(query)}
    if not boxes:
        raise RatingError("rows_deleted")
    listed: list[dict[str, Any]] = []
    for target, one in enumerate(counted):
        rows = [boxes[target, index] for index in range(len(found.classes))]
        shown = disclosure(one, plan)
        if shown is Disclosure.CLASSES:
            listed += [{"target": target, "class": index, "rows": box.hex()} for index, box in enumerate(rows)]
        elif shown is Disclosure.MERGED:
            merged = packing.canonical(b"".join(rows), len(found.items), len(found.grades))
            listed.append({"target": target, "withheld": True, "rows": merged.hex()})
        else:
            listed.append({"target": target, "withheld": True})
    return {
        "format": ROWS_FORMAT,
        "manifest": found.manifest,
        "manifest_hash": found.manifest_hash,
        "boxes": listed,
        "totals": stated(counted, plan),
    }


def exported(session: StoreSession, found: RatingRound, member_id: int, what: str, now: datetime) -> None:
    """Note in the audit log who took the result out, and in which form."""
    audit.record(session, now, member_id, "rating exported", f"{found.id}:{what}")


def decide(
    session: StoreSession,
    found: RatingRound,
    target: int,
    grade: str,
    reason: str,
    on: date,
    by: int,
    *,
    today: date | None = None,
    why: str = "",
) -> RatingDecision:
    """Record the grade that the committee gave a member, with its reason (DR-4); a later one replaces it and is to be
    told again. One that the member had been told is kept beside it, with who corrected it `today` (None: `on`) and
    `why`, the new reason where nothing is said (RC-2)."""
    lock(session, found, RoundState.PUBLISHED)
    if found.kind is not RoundKind.MEMBER_RATING:
        raise RatingError("no_decisions")
    if session.get(RatingTarget, (found.id, target)) is None:
        raise RatingError("no_target")
    if grade not in [one["name"] for one in found.grades if one["value"] is not None]:
        raise RatingError("no_grade")
    if not reason.strip():
        raise RatingError("no_reason")
    row = session.get(RatingDecision, (found.id, target)) or RatingDecision(
        round_id=number_of(found), target=target, grade="", reason="", decided_on=on, recorded_by=by
    )
    if row.told_on is not None:
        _keep_before(session, row, by, today or on, why.strip() or reason.strip())
    row.grade, row.reason, row.decided_on, row.recorded_by, row.told_on = grade, reason.strip(), on, by, None
    session.add(row)
    session.flush()
    return row


def _keep_before(session: StoreSession, row: RatingDecision, by: int, today: date, why: str) -> None:
    kept = {name: getattr(row, name) for name in ("round_id", "target", "grade", "reason", "decided_on", "told_on")}
    name = session.get_one(Member, by).name
    session.add(RatingDecisionBefore(**kept, replaced_on=today, replaced_name=name, why=why))


def decisions_before(session: StoreSession, found: RatingRound) -> list[RatingDecisionBefore]:
    """The grades that had been told and were corrected, in the order in which they were."""
    query = select(RatingDecisionBefore).where(col(RatingDecisionBefore.round_id) == found.id)
    return list(session.exec(query.order_by(col(RatingDecisionBefore.id))))


def tell(session: StoreSession, found: RatingRound, target: int, on: date) -> RatingDecision:
    """The member was told the grade and may see it (DR-9); raises RatingError when none is recorded."""
    lock(session, found, RoundState.PUBLISHED)
    row = session.get(RatingDecision, (found.id, target))
    if row is None:
        raise RatingError("no_decision")
    row.told_on = on
    session.add(row)
    session.flush()
    return row


def decisions(session: StoreSession, found: RatingRound) -> dict[int, RatingDecision]:
    """The recorded grades, by target."""
    query = select(RatingDecision).where(col(RatingDecision.round_id) == found.id)
    return {row.target: row for row in session.exec(query)}


def about_member(session: StoreSession, member_id: int) -> list[Fact]:
    """On which rolls a member stands, in which rounds they were rated, and their grades (PI-4). Never a mark."""
    on_roll = select(RatingRound, RatingVoter.class_index).join(
        RatingVoter, col(RatingVoter.round_id) == col(RatingRound.id)
    )
    facts = [
        Fact(f"rating.fact.roll_{found.mode}", {"title": found.title, "class_name": class_names(found)[index]})
        for found, index in session.exec(
            on_roll.where(col(RatingVoter.member_id) == member_id).order_by(col(RatingRound.id))
        )
    ]
    rated = select(RatingRound, RatingTarget).join(RatingTarget, col(RatingTarget.round_id) == col(RatingRound.id))
    rated = rated.where(col(RatingTarget.member_id) == member_id, col(RatingRound.state) != RoundState.DRAFT)
    for found, target in session.exec(rated.order_by(col(RatingRound.id))):
        facts.append(Fact("rating.fact.rated", {"title": found.title}))
        row = session.get(RatingDecision, (found.id, target.position))
        if row is not None and row.told_on:
            facts.append(Fact("rating.fact.grade", {"title": found.title, "grade": row.grade, "on": row.decided_on}))
        elif row is not None:
            facts.append(Fact("rating.fact.grade_untold", {"title": found.title}))
        for old in decisions_before(session, found):
            if old.target == target.position:
                facts.append(
                    Fact("rating.fact.grade_before", {"title": found.title, "grade": old.grade, "on": old.replaced_on})
                )
    return facts


def _counts(row: RatingCount) -> Counts:
    return Counts(row.rows, row.void, tuple(tuple(marks) for marks in row.counts))
