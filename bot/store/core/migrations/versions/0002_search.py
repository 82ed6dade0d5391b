"""The search index of study materials; each database has its own kind of full-text table."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TABLE IF NOT EXISTS material_search "
            "(id bigint PRIMARY KEY, body text NOT NULL, pairs tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX IF NOT EXISTS ix_material_search ON material_search USING gin (pairs)")
    else:
        op.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS material_search "
            "USING fts5(body UNINDEXED, pairs, tokenize='unicode61 remove_diacritics 0')"
        )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS material_search")
