"""The nightly job: every table that names a person is emptied of what has outlived its keeping time (PI-10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import col, delete

from bot.config import Privacy
from bot.store import (
    access,
    attendance,
    delivery,
    due,
    election,
    mine,
    native_polls,
    notices,
    poll,
    practice,
    prompts,
    questions,
    quiz,
    rating,
    study,
    unknown,
)
from bot.store.audit import AuditEntry
from bot.store.hot import StoreSession


def forget_old(session: StoreSession, now: datetime, privacy: Privacy) -> None:
    """Delete what is older than the configured times."""
    prompts.forget_old(session, now)
    native_polls.forget_old(session, now)
    access.forget_old(session, now)
    notices.forget_old(session, now, privacy.notice_months)
    mine.forget_old(session, now, privacy.notice_months)
    due.forget_old(session, now - timedelta(days=60))
    practice.forget_old(session, now, privacy.practice_days)
    quiz.forget_old(session, now, privacy.practice_days)
    questions.forget_reports(session, now)
    study.forget_old(session, now, privacy.practice_days)
    attendance.forget_old(session, now - timedelta(days=366 * privacy.attendance_years))
    poll.forget_old(session, now - timedelta(days=31 * privacy.notice_months))
    election.forget_old(session, (now - timedelta(days=31 * privacy.notice_months)).date())
    rating.forget_old(session, now, privacy.raw_sheet_days)
    delivery.forget_old(session, now - timedelta(days=31 * privacy.notice_months))
    unknown.forget_old(session)
    months = timedelta(days=31 * max(privacy.audit_months, 6))
    session.execute(delete(AuditEntry).where(col(AuditEntry.at) < now - months))


def backup_name(now: datetime) -> str:
    """The file name of a backup taken at `now`."""
    return f"azalea-{now:%Y%m%d-%H%M%S}.zip"


def prune_backups(folder: Path, kept: int) -> None:
    """Delete all but the newest `kept` backups."""
    for old in sorted(folder.glob("azalea-*.zip"))[:-kept]:
        old.unlink()


def last_backup(folder: Path) -> float | None:
    """When the newest backup was written, in seconds of the epoch; None when there is none."""
    return max((path.stat().st_mtime for path in folder.glob("azalea-*.zip")), default=None)
