"""How a round ends: published or void. Either destroys the sealed sheets in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import SQLModel, col, delete, select

from bot.rules.rating import tally
from bot.store import audit
from bot.store.core.columns import table_of
from bot.store.core.statements import StoreSession
from bot.store.rating import envelopes
from bot.store.rating.codes import close_pages
from bot.store.rating.rounds import number_of, targets
from bot.store.rating.tables import (
    RatingBox,
    RatingCount,
    RatingNamed,
    RatingOpening,
    RatingPaper,
    RatingRound,
    RatingVoter,
)
from bot.store.rating.words import RoundMode, RoundState, VoidReason

Place = tuple[int, int]
"""A target and a class."""


def publish(session: StoreSession, found: RatingRound, boxes: Mapping[Place, bytes], now: datetime) -> None:
    """Write boxes (sorted rows) and counts, destroy what they came from, and set the round published."""
    items, grades = len(found.items), len(found.grades)
    for target in range(len(targets(session, number_of(found)))):
        for index in range(len(found.classes)):
            rows = boxes.get((target, index), b"")
            counted = tally(rows, items, grades)
            place = {"round_id": number_of(found), "target": target, "class_index": index}
            session.add(RatingBox(**place, rows=rows))
            session.add(
                RatingCount(
                    **place, rows=counted.rows, void=counted.void, counts=[list(marks) for marks in counted.items]
                )
            )
    found.state, found.published_on = RoundState.PUBLISHED, now.date()
    _destroy(session, found)
    audit.record(session, now, None, "rating published", str(found.id))


def publish_named(session: StoreSession, found: RatingRound, now: datetime) -> None:
    """Publish a named round straight from the marks that are kept with its voters."""
    query = select(RatingNamed.target, RatingVoter.class_index, RatingNamed.marks).join(
        RatingVoter, col(RatingVoter.id) == col(RatingNamed.voter_id)
    )
    rows: dict[Place, list[bytes]] = {}
    for target, index, marks in session.exec(query.where(col(RatingNamed.round_id) == found.id)):
        rows.setdefault((target, index), []).append(bytes(marks))
    publish(session, found, {part: b"".join(sorted(marks)) for part, marks in rows.items()}, now)


def void(session: StoreSession, found: RatingRound, reason: VoidReason, member_id: int | None, now: datetime) -> None:
    """End the round without a result; what was cast is destroyed unopened."""
    found.state, found.void_reason = RoundState.VOID, reason
    found.closed_on = found.closed_on or now.date()
    session.execute(delete(RatingNamed).where(col(RatingNamed.round_id) == found.id))
    _destroy(session, found)
    audit.record(session, now, member_id, "rating void", f"{found.id}:{reason}")


def _destroy(session: StoreSession, found: RatingRound) -> None:
    """Envelopes, openings, paper and codes go; the files still hold freed pages until the store is compacted."""
    session.add(found)
    session.flush()
    pending: tuple[type[SQLModel], ...] = (RatingOpening, RatingPaper)
    for table in pending:
        session.execute(delete(table).where(table_of(table).c.round_id == found.id))
    close_pages(session, number_of(found))
    session.execute(sa.update(RatingVoter).where(col(RatingVoter.round_id) == found.id).values(paper=False))
    session.expire_all()
    if found.mode is RoundMode.SEALED:
        envelopes.of(number_of(found)).drop(session)
        found.tidy = False
        session.add(found)
        session.flush()
