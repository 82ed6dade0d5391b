"""What must happen at a moment: rows, so that a restart misses nothing and nothing happens twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Field, col, delete, select, update

from bot.store.core.columns import Moment, Row, flag, insert
from bot.store.core.statements import StoreSession

MOST_TRIES = 5
ASK = "late.ask"
"""The job that asks about another one, which was too late."""


class Due(Row, table=True):
    """A job of `kind` on `subject` at `at`. `asked`: its last sensible moment passed before it ran, and a person is
    asked what shall become of it (bot/rules/lateness.py). Done rows are dropped after 60 days."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    at: datetime = Field(sa_type=Moment, index=True)
    kind: str
    subject: int
    claimed: bool = False
    asked: bool = Field(default=False, sa_column=flag())
    failures: int = 0


def plan(session: StoreSession, key: str, at: datetime, kind: str, subject: int) -> None:
    """Add the row, or move an unclaimed one with the same key to `at`."""
    values = {"key": key, "at": at, "kind": kind, "subject": subject, "claimed": False}
    session.execute(
        insert(Due)
        .values(values)
        .on_conflict_do_update(
            index_elements=["key"], set_={"at": at, "kind": kind, "subject": subject}, where=~col(Due.claimed)
        )
    )


def planned(session: StoreSession, kind: str, subject: int) -> datetime | None:
    """When the job will run; None where it has run, or a person is asked about it."""
    waits = (col(Due.kind) == kind, col(Due.subject) == subject, ~col(Due.claimed))
    return session.exec(select(Due.at).where(*waits).order_by(col(Due.at)).limit(1)).first()


def first(session: StoreSession, key: str, at: datetime, kind: str) -> bool:
    """Note that this is done; False when it was noted before."""
    done = {"key": key, "at": at, "kind": kind, "subject": 0, "claimed": True}
    noted = insert(Due).values(done).on_conflict_do_nothing(index_elements=["key"]).returning(col(Due.id))
    return session.execute(noted).scalar() is not None


def cancel(session: StoreSession, kind: str, subject: int) -> None:
    """Drop what has not happened yet."""
    session.execute(delete(Due).where(col(Due.kind) == kind, col(Due.subject) == subject, ~col(Due.claimed)))


def next_due(session: StoreSession, now: datetime) -> int | None:
    """The id of the earliest row that is due; None when there is none."""
    query = (
        select(Due.id)
        .where(~col(Due.claimed), col(Due.at) <= now)
        .order_by(col(Due.at), col(Due.id))
        .limit(1)
    )
    return session.exec(query).first()


def claim(session: StoreSession, row_id: int) -> Due | None:
    """Take a row by a conditional UPDATE; None when another took it. It commits with the job's own work."""
    taken = session.changed(update(Due).where(col(Due.id) == row_id, ~col(Due.claimed)).values(claimed=True))
    return session.get(Due, row_id) if taken == 1 else None


def ask_about(session: StoreSession, row: Due, now: datetime) -> None:
    """A claimed row came too late: have a person asked. A job of its own does it, so that no failure of it makes the
    row look as if it were in time."""
    row.asked = True
    session.add(row)
    plan(session, f"{ASK}:{row.id}:{int(row.at.timestamp())}", now, ASK, row.id or 0)


def waiting(session: StoreSession, row_id: int) -> Due | None:
    """The row, while a person is asked about it."""
    row = session.get(Due, row_id)
    return row if row is not None and row.asked else None


def decided(session: StoreSession, row_id: int) -> bool:
    """Nobody is asked any more; False when somebody else has decided."""
    return session.changed(update(Due).where(col(Due.id) == row_id, col(Due.asked)).values(asked=False)) == 1


def again(session: StoreSession, row_id: int, at: datetime) -> None:
    """A person named another moment for a row that they were asked about."""
    values = {"asked": False, "claimed": False, "at": at, "failures": 0}
    session.execute(update(Due).where(col(Due.id) == row_id, col(Due.asked)).values(**values))


def postpone(session: StoreSession, row_id: int, at: datetime) -> bool:
    """After a failure: try again at `at`, MOST_TRIES times at most; False when it is given up, or was done meanwhile by
    another process."""
    failures = col(Due.failures) + 1
    done = session.execute(
        update(Due)
        .where(col(Due.id) == row_id, ~col(Due.claimed))
        .values(failures=failures, at=at, claimed=failures >= MOST_TRIES)
        .returning(col(Due.claimed))
        .execution_options(synchronize_session=False)
    )
    return done.scalar() is False


def given_up(session: StoreSession, since: datetime) -> dict[str, int]:
    """How many jobs of each kind have failed every time and were given up since that moment."""
    gone = (col(Due.failures) >= MOST_TRIES, col(Due.at) >= since)
    query = select(Due.kind, func.count()).where(*gone).group_by(col(Due.kind)).order_by(col(Due.kind))
    return dict(session.exec(query).all())


def forget_old(session: StoreSession, before: datetime) -> None:
    """Nightly: drop done rows that fell due before this moment."""
    session.execute(delete(Due).where(col(Due.claimed), col(Due.at) < before))


def next_at(session: StoreSession) -> datetime | None:
    """When the next row falls due."""
    return session.exec(select(Due.at).where(~col(Due.claimed)).order_by(col(Due.at)).limit(1)).first()
