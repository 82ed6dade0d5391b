"""The nightly work: every table that names a person is emptied of what has outlived its keeping time (PI-10), and what
comes next is planned. A machine that is off at night does it by day."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, time, timedelta
from pathlib import Path

from bot.clock import SHANGHAI
from bot.config import Privacy
from bot.store import (
    absences,
    access,
    attendance,
    audit,
    binding,
    delivery,
    due,
    election,
    late,
    mine,
    notices,
    poll,
    practice,
    prompts,
    questions,
    quiz,
    rating,
    sessions,
    study,
    theme_day,
    unknown,
)
from bot.store.core import turns
from bot.store.core.statements import StoreSession

_AT = time(3, 30)
_BACKUP = "azalea-%Y%m%d-%H%M%S.zip"


def last_night(now: datetime) -> datetime:
    """When the last night's work fell due: 03:30 of today, or of yesterday where that is still to come."""
    tonight = now.replace(hour=_AT.hour, minute=_AT.minute, second=0, microsecond=0)
    return tonight if tonight <= now else tonight - timedelta(days=1)


def work(session: StoreSession, night: datetime, now: datetime, privacy: Privacy) -> bool:
    """The work of a night, in one transaction; False when it was done before."""
    turns.take(session)
    if not due.first(session, f"nightly:{night:%Y-%m-%d}", night, "nightly"):
        return False
    forget_old(session, now, privacy)
    theme_day.plan_months(session, now)
    absences.plan(session, now)
    return True


def forget_old(session: StoreSession, now: datetime, privacy: Privacy) -> None:
    """Delete what is older than the configured times."""
    prompts.forget_old(session, now)
    access.forget_old(session, now)
    sessions.forget_old(session, now)
    binding.forget_guests(session, now)
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
    late.forget_old(session)
    months = timedelta(days=31 * max(privacy.audit_months, 6))
    audit.forget_old(session, now, now - months)


def backup_name(now: datetime) -> str:
    """The file name of a backup taken at `now`."""
    return now.strftime(_BACKUP)


def saved_since(folder: Path, night: datetime) -> bool:
    """Whether a backup was taken at that moment or later."""
    last = last_backup(folder)
    return last is not None and last >= night


def prune_backups(folder: Path, kept: int) -> None:
    """Delete all but the newest `kept` backups."""
    for _, old in _backups(folder)[:-kept]:
        old.unlink()


def last_backup(folder: Path) -> datetime | None:
    """When the newest backup was taken; None when there is none."""
    taken = _backups(folder)
    return taken[-1][0] if taken else None


def _backups(folder: Path) -> list[tuple[datetime, Path]]:
    """The backups that `backup_name` named, oldest first. The name says when; a file's own time changes when it is
    copied, and is the machine's, not the program's clock's."""
    found = []
    for path in folder.glob("azalea-*.zip"):
        with suppress(ValueError):
            found.append((datetime.strptime(path.name, _BACKUP).replace(tzinfo=SHANGHAI), path))
    return sorted(found)
