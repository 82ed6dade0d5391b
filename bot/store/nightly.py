"""The nightly job: every table that names a person is emptied of what has outlived its keeping time (PI-10)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, delete

from bot.config import Privacy
from bot.store import access, due, prompts
from bot.store.audit import AuditEntry
from bot.store.hot import StoreSession


def forget_old(session: StoreSession, now: datetime, privacy: Privacy) -> None:
    """Delete what is older than the configured times."""
    prompts.forget_old(session, now)
    access.forget_old(session, now)
    due.forget_old(session, now - timedelta(days=60))
    months = timedelta(days=31 * max(privacy.audit_months, 6))
    session.execute(delete(AuditEntry).where(col(AuditEntry.at) < now - months))
