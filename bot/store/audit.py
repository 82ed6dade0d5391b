"""Who did what and when, in a hash chain (NS-3). Never what was said, voted or answered."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlmodel import Field, col, select

from bot.clock import to_utc
from bot.store import turns
from bot.store.columns import Moment, Row
from bot.store.hot import StoreSession


class AuditEntry(Row, table=True):
    """One action. Kept at least six months (PI-10)."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Moment, index=True)
    member_id: int | None = None
    action: str
    subject: str = ""
    hash: str


def record(
    session: StoreSession, at: datetime, member_id: int | None, action: str, subject: str = ""
) -> None:
    """Append an entry whose hash covers the one before it."""
    turns.wait(session)
    before = session.exec(select(AuditEntry.hash).order_by(col(AuditEntry.id).desc()).limit(1)).first() or ""
    digest = _digest(before, at, member_id, action, subject)
    session.add(AuditEntry(at=at, member_id=member_id, action=action, subject=subject, hash=digest))
    session.flush()


def broken_at(session: StoreSession) -> int | None:
    """The id of the first entry that does not fit the chain; None when all do. The oldest entry is trusted."""
    before: str | None = None
    for entry in session.exec(select(AuditEntry).order_by(col(AuditEntry.id))):
        if before is not None and entry.hash != _digest(
            before, entry.at, entry.member_id, entry.action, entry.subject
        ):
            return entry.id
        before = entry.hash
    return None


def _digest(before: str, at: datetime, member_id: int | None, action: str, subject: str) -> str:
    line = "\x1f".join((before, to_utc(at).isoformat(), str(member_id or ""), action, subject))
    return hashlib.sha256(line.encode()).hexdigest()
