"""The order of a member's accounts by their last use, what nobody has opened, and whom a late job was asked about."""

from __future__ import annotations

from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("used", sa.Integer(), server_default="0", nullable=False))
    op.add_column("delivery", sa.Column("unopened", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("due", sa.Column("asked", sa.Boolean(), server_default=sa.false(), nullable=False))
    _arrange()


def _arrange() -> None:
    """Nothing is known of earlier use but when each account was bound: the newest comes first, one of each channel; the
    account behind the pages only where it is the only one."""
    account = sa.table("account", *(sa.column(name) for name in ("channel", "account", "member_id", "rank", "used")))
    bind = op.get_bind()
    order = "SELECT member_id, channel, account FROM account ORDER BY member_id, bound_at, rank, channel, account"
    rows = bind.execute(sa.text(order)).all()
    for member_id, group in groupby(rows, key=lambda row: row[0]):
        own = list(group)
        pages = ("local", f"m{member_id}")
        chats = [row for row in own if (row[1], row[2]) != pages] or own
        first = {row[1]: row for row in chats}
        ranked = sorted(first.values(), key=own.index, reverse=True)
        for used, row in enumerate(own, 1):
            rank = ranked.index(row) if row in ranked else -1
            here = sa.and_(account.c.channel == row[1], account.c.account == row[2])
            used = 0 if (row[1], row[2]) == pages else used
            bind.execute(sa.update(account).where(here).values(used=used, rank=rank))


def downgrade() -> None:
    op.drop_column("due", "asked")
    op.drop_column("delivery", "unopened")
    op.execute("UPDATE account SET rank = 9 WHERE rank < 0")
    op.drop_column("account", "used")
