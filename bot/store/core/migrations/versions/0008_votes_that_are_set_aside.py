"""Votes that are set aside; one vote of a contest is open at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OPEN = sa.text("totals IS NULL AND set_aside_on IS NULL")
_INDEX = "uq_election_round_open"
_vote = sa.table("election_round", *(sa.column(name) for name in ("contest_id", "number", "totals", "set_aside_on")))


def upgrade() -> None:
    with op.batch_alter_table("election_round") as votes:
        votes.add_column(sa.Column("aside_reason", sa.String(), nullable=False, server_default=""))
        votes.add_column(sa.Column("aside_names", sa.JSON(), nullable=False, server_default="[]"))
        votes.add_column(sa.Column("aside_asked_by", sa.Integer(), nullable=True))
        votes.add_column(sa.Column("set_aside_on", sa.Date(), nullable=True))
        votes.create_foreign_key("fk_election_round_aside_asked", "member", ["aside_asked_by"], ["id"])
    # Forms that were sent at once have opened several: the first of them goes on.
    other = _vote.alias("other")
    before = sa.exists().where(
        other.c.contest_id == _vote.c.contest_id, other.c.number < _vote.c.number, other.c.totals.is_(None)
    )
    op.execute(sa.update(_vote).where(_vote.c.totals.is_(None), before).values(set_aside_on=sa.func.current_date()))
    op.create_index(_INDEX, "election_round", ["contest_id"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)


def downgrade() -> None:
    op.drop_index(_INDEX, "election_round")
    with op.batch_alter_table("election_round") as votes:
        votes.drop_constraint("fk_election_round_aside_asked", type_="foreignkey")
        for name in ("set_aside_on", "aside_asked_by", "aside_names", "aside_reason"):
            votes.drop_column(name)
