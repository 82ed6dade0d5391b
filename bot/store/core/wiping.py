"""Wiping what was deleted: freed pages and the log of writes may still hold the sealed sheets of a rating that is over.

Rounds that ended note it (`tidy` is False) in the transaction that destroys their sheets: a crash forgets nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from bot.store.core.statements import Hot, StoreSession

_PATIENCE = 500
"""Milliseconds that the writer waits for readers before it gives up until later."""
_LOCKED = "55P03"
"""PostgreSQL's error where a lock could not be had in time."""
_NOT_ALLOWED = "42501"
"""PostgreSQL's error for what a role may not do."""
_EMPTIED = ("rating_opening", "rating_paper")
_TOUCHED = ("rating_voter", "rating_round", "web_session")

_UNDER_WAY = ("open", "closed")
"""States of a round that may have sheets in the store."""

_round = sa.table(
    "rating_round", sa.column("id", sa.Integer), sa.column("tidy", sa.Boolean), sa.column("state", sa.String)
)
_HOLDING = Hot(sa.select(_round.c.id).where(~_round.c.tidy | _round.c.state.in_(_UNDER_WAY)).limit(1))
_UNTIDY = Hot(sa.select(_round.c.id).where(~_round.c.tidy).order_by(_round.c.id))
_TIDY = Hot(sa.update(_round).where(_round.c.id == bindparam("round_id")).values(tidy=sa.true()))


def untidy(session: StoreSession) -> list[int]:
    """Rounds that are over and whose sheets were destroyed, but not yet wiped."""
    return [int(row[0]) for row in session.rows(_UNTIDY)]


def holds_sheets(session: StoreSession) -> bool:
    """Whether the store may hold sheets, or what is left of them: of a round under way, or of one not yet wiped."""
    return session.one(_HOLDING) is not None


def mark_tidy(session: StoreSession, round_ids: Sequence[int]) -> None:
    """The store was compacted after these rounds had ended."""
    session.run_each(_TIDY, [{"round_id": ident} for ident in round_ids])


def wipe_sqlite(driver: Any) -> bool:
    """Write the file anew without its freed pages, and empty the log of writes. False when a reader was in the way:
    try again later. On the writer's connection, outside of a transaction."""
    usual = driver.execute("PRAGMA busy_timeout").fetchone()[0]
    driver.execute(f"PRAGMA busy_timeout={_PATIENCE}")
    try:
        driver.execute("VACUUM")
        return not driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
        return False
    finally:
        driver.execute(f"PRAGMA busy_timeout={usual}")


def wipe_postgres(driver: Any) -> bool:
    """A dropped table's files are gone at its commit; the small tables that were emptied are written anew. False when
    somebody was in the way: try again later. On the writer's connection, outside of a transaction."""
    driver.autocommit = True
    try:
        driver.execute(f"SET lock_timeout = {_PATIENCE}")
        for name in _EMPTIED:
            driver.execute(f"VACUUM (FULL) {name}")
        for name in _TOUCHED:
            driver.execute(f"VACUUM {name}")
        _end_log(driver)
        return True
    except Exception as error:
        if getattr(error, "sqlstate", None) != _LOCKED:
            raise
        return False
    finally:
        if not driver.closed:
            driver.execute("RESET lock_timeout")
            driver.autocommit = False


def _end_log(driver: Any) -> None:
    """Have PostgreSQL put the log of writes away, where this role may: the server removes the segments that it needs no
    more, or (with `wal_recycle`) writes over them in time."""
    for statement in ("SELECT pg_switch_wal()", "CHECKPOINT"):
        try:
            driver.execute(statement)
        except Exception as error:
            if getattr(error, "sqlstate", None) != _NOT_ALLOWED:
                raise
