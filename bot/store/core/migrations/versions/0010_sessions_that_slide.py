"""Web sessions that use puts off; those of before end when they would have ended, and are not fresh."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_LONG_AGO = "2000-01-01 00:00:00+00"


def upgrade() -> None:
    long_ago = _LONG_AGO if op.get_bind().dialect.name == "postgresql" else "2000-01-01 00:00:00.000000"
    for name in ("ends_at", "fresh_until"):
        op.add_column(
            "web_session",
            sa.Column(name, sa.DateTime(timezone=True), server_default=long_ago, nullable=False),
        )
    op.execute("UPDATE web_session SET ends_at = expires_at")


def downgrade() -> None:
    op.drop_column("web_session", "fresh_until")
    op.drop_column("web_session", "ends_at")
