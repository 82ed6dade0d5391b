"""Groups: their topic, and why one is not reached; a platform's own polls are no longer used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("running_poll")
    op.drop_table("native_poll")
    with op.batch_alter_table("groupchat") as groups:
        groups.add_column(sa.Column("topic", sa.String(), nullable=False, server_default=""))
        groups.add_column(sa.Column("trouble", sa.String(), nullable=False, server_default=""))
        groups.add_column(sa.Column("trouble_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("groupchat") as groups:
        groups.drop_column("trouble_at")
        groups.drop_column("trouble")
        groups.drop_column("topic")
    _make("native_poll", sa.Column("is_group", sa.Boolean(), nullable=False),
          sa.Column("multiple", sa.Boolean(), nullable=False),
          sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False, index=True))  # fmt: skip
    _make("running_poll", sa.Column("message_id", sa.String(), nullable=False))


def _make(name: str, *more: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("channel", sa.String(), primary_key=True),
        sa.Column("poll_id", sa.String(), primary_key=True),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("prompt_id", sa.Integer(), nullable=False),
        *more,
    )
