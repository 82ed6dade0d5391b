"""How long everything lives, and what ends a round early."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import SQLModel, col, delete, select

from bot.store import delivery
from bot.store.core.columns import table_of
from bot.store.core.statements import StoreSession
from bot.store.rating import ending
from bot.store.rating.rounds import lock
from bot.store.rating.tables import (
    RatingApproval,
    RatingBox,
    RatingNamed,
    RatingRound,
    RatingTarget,
    RatingTeller,
    RatingVoter,
)
from bot.store.rating.words import RoundMode, RoundState, VoidReason

UNOPENED_DAYS = 30
"""A round that nobody closes or opens for so long is void, and what was cast is destroyed."""
DRAFT_DAYS = 183


def reminder_key(round_id: int) -> str:
    """The key of the message to those who have not cast; it is forgotten with the round's end (SE-8)."""
    return f"rating:{round_id}:remind"


def cancel(session: StoreSession, found: RatingRound, member_id: int | None, now: datetime) -> None:
    """End a round that is open or closed without a result. What was cast is destroyed unopened; the rating has to be
    repeated as a new round."""
    lock(session, found, RoundState.OPEN, RoundState.CLOSED)
    ending.void(session, found, VoidReason.CANCELLED, member_id, now)


def drop_draft(session: StoreSession, found: RatingRound) -> None:
    """Delete a draft with all that belongs to it."""
    lock(session, found, RoundState.DRAFT)
    tables: tuple[type[SQLModel], ...] = (RatingApproval, RatingTeller, RatingVoter, RatingTarget)
    for table in tables:
        session.execute(delete(table).where(table_of(table).c.round_id == found.id))
    session.delete(found)
    session.flush()


def forget_old(session: StoreSession, now: datetime, days: int) -> None:
    """Nightly: rows, marks and rolls `days` after the end (SE-9); who was reminded; forgotten rounds and drafts."""
    for found in _unfinished(session, now):
        ending.void(session, found, VoidReason.NEVER_OPENED, None, now)
    taken = select(RatingRound.id).where(col(RatingRound.state).not_in((RoundState.DRAFT, RoundState.OPEN)))
    delivery.forget(session, [reminder_key(ident or 0) for ident in session.exec(taken)])
    before = (now - timedelta(days=days)).date()
    over = select(RatingRound.id).where(
        sa.or_(
            col(RatingRound.published_on) < before,
            (col(RatingRound.state) == RoundState.VOID) & (col(RatingRound.closed_on) < before),
        )
    )
    tables: tuple[type[SQLModel], ...] = (RatingBox, RatingNamed, RatingVoter)
    for table in tables:
        session.execute(delete(table).where(table_of(table).c.round_id.in_(over)))
    session.expire_all()
    old = (now - timedelta(days=DRAFT_DAYS)).date()
    drafts = (col(RatingRound.state) == RoundState.DRAFT, col(RatingRound.made_on) < old)
    for found in list(session.exec(select(RatingRound).where(*drafts))):
        drop_draft(session, found)


def void_restored(session: StoreSession, now: datetime) -> list[int]:
    """After a restore: sealed rounds that were under way have lost their envelopes, which no backup holds; they are
    void. Their ids."""
    query = select(RatingRound).where(
        col(RatingRound.state).in_((RoundState.OPEN, RoundState.CLOSED)), col(RatingRound.mode) == RoundMode.SEALED
    )
    lost = list(session.exec(query))
    for found in lost:
        ending.void(session, found, VoidReason.RESTORED, None, now)
    return [found.id or 0 for found in lost]


def _unfinished(session: StoreSession, now: datetime) -> list[RatingRound]:
    before = (now - timedelta(days=UNOPENED_DAYS)).date()
    forgotten = sa.or_(
        (col(RatingRound.state) == RoundState.CLOSED) & (col(RatingRound.closed_on) < before),
        (col(RatingRound.state) == RoundState.OPEN) & (col(RatingRound.opened_on) < before),
    )
    return list(session.exec(select(RatingRound).where(forgotten).with_for_update()))
