"""The audit log in tests: things to record, what `doctor` says of it, and what somebody with the database does to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, delete, select, update

from bot.commands.doctor_audit import audit_finding
from bot.config import Settings
from bot.store import audit
from bot.store.audit import AuditEntry, AuditHead
from bot.store.core.columns import table_of
from bot.store.core.engine import Store
from bot.store.core.statements import StoreSession
from tests.support.shipped import shipped_content

TEN = 10


async def note(store: Store, at: datetime, action: str, count: int = TEN) -> None:
    for number in range(count):
        await store.write(audit.record, at, None, action, str(number))


async def told(store: Store, settings: Settings) -> tuple[bool, str]:
    """What `doctor` says of the log, in one of its lines."""
    line = await store.read(audit_finding, settings, shipped_content().texts)
    return line.ok, line.sentence


async def ids(store: Store) -> list[int]:
    return await store.read(lambda session: list(session.exec(select(AuditEntry.id).order_by(col(AuditEntry.id)))))


def rows(session: StoreSession) -> list[tuple[sa.Table, list[dict[str, object]]]]:
    """The log and its head as they stand."""
    tables = (table_of(AuditEntry), table_of(AuditHead))
    return [(one, [dict(row) for row in session.execute(sa.select(one)).mappings()]) for one in tables]


def put_back(session: StoreSession, saved: list[tuple[sa.Table, list[dict[str, object]]]]) -> None:
    for table, kept in saved:
        session.execute(table.delete())
        session.execute(table.insert(), kept)


def drop(*which: int) -> Callable[[StoreSession, list[int]], None]:
    """Delete entries by their place in the log."""

    def work(session: StoreSession, known: list[int]) -> None:
        gone = [known[place] for place in which]
        session.execute(delete(AuditEntry).where(col(AuditEntry.id).in_(gone)))

    return work


def reword(session: StoreSession, known: list[int]) -> None:
    session.execute(update(AuditEntry).where(col(AuditEntry.id) == known[4]).values(subject="something else"))
