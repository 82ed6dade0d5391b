"""The sealed sheets of one round: a table of their own, made at opening and dropped at publication.

It holds voter, revision and sealed bytes, and nothing else: no time, no class, no order (no rowid on SQLite).
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql

from bot.store.core.columns import table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.rating.tables import RatingVoter

PREFIX = "rating_envelope_"
_REMEMBERED = 64
_voter = table_of(RatingVoter)


class Envelopes:
    """The table of a round and the statements on it."""

    __slots__ = ("_put", "table")

    def __init__(self, round_id: int) -> None:
        self.table = sa.Table(
            f"{PREFIX}{round_id}",
            sa.MetaData(),
            sa.Column("voter_id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("revision", sa.Integer, nullable=False),
            sa.Column("sealed", sa.LargeBinary, nullable=False),
            sqlite_with_rowid=False,
        )
        row = postgresql.insert(self.table).values(
            voter_id=bindparam("voter_id"), revision=1, sealed=bindparam("sealed")
        )
        again = sa.case((self.table.c.sealed == row.excluded.sealed, 0), else_=1)
        changed = {"revision": self.table.c.revision + again, "sealed": row.excluded.sealed}
        self._put = Hot(
            row.on_conflict_do_update(index_elements=["voter_id"], set_=changed).returning(self.table.c.revision)
        )

    def make(self, session: StoreSession) -> None:
        """Create the table, inside the session's transaction. PostgreSQL takes no samples of it: they would outlive it
        among the statistics."""
        self.table.create(session.connection())
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text(f"ALTER TABLE {self.table.name} ALTER COLUMN sealed SET STATISTICS 0"))

    def drop(self, session: StoreSession) -> None:
        """Destroy all envelopes with their table, inside the session's transaction."""
        self.table.drop(session.connection(), checkfirst=True)

    def put(self, session: StoreSession, voter_id: int, sealed: bytes) -> int:
        """Keep a voter's sheet instead of the one before; its revision. The same bytes once more, because an answer got
        lost, are no new one. Hot path."""
        row = session.one(self._put, voter_id=voter_id, sealed=sealed)
        if row is None:
            raise LookupError("an upsert that returns nothing")
        return int(row[0])

    def take_out(self, session: StoreSession, voter_id: int) -> None:
        """Destroy a voter's sheet."""
        session.execute(sa.delete(self.table).where(self.table.c.voter_id == voter_id))

    def rows(self, session: StoreSession, class_index: int, start: int, length: int, but: int | None) -> list[bytes]:
        """A part of each sheet of a class, from byte `start`, without that of member `but`; sorted by the bytes.

        No two sheets are sealed alike, in whatever class, unless somebody who reads the database handed in what
        another one had sealed, to see in the result what comes twice. Such rows are blotted out, each of them.
        """
        part = sa.func.substr(self.table.c.sealed, start + 1, length, type_=sa.LargeBinary)
        query = sa.select(part, _voter.c.class_index, _voter.c.member_id).join(
            _voter, self.table.c.voter_id == _voter.c.id
        )
        found = [(bytes(row), index, member_id) for row, index, member_id in session.execute(query)]
        times = Counter(row for row, _, _ in found)
        return sorted(
            row if times[row] == 1 else bytes(length)
            for row, index, member_id in found
            if index == class_index and (but is None or member_id != but)
        )


@lru_cache(_REMEMBERED)
def of(round_id: int) -> Envelopes:
    """The envelopes of a round; a value, remembered because its statements are costly to compile."""
    return Envelopes(round_id)
