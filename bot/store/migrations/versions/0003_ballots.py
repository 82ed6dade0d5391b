"""Ratings and elections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "running_poll",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("poll_id", sa.String(), nullable=False),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("prompt_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "poll_id"),
    )
    op.create_table(
        "election",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("by_election", sa.Boolean(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("chair", sa.String(), nullable=False),
        sa.Column("elected_base", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("with_rights", sa.Integer(), nullable=True),
        sa.Column("due", sa.Integer(), nullable=True),
        sa.Column("base_on", sa.Date(), nullable=True),
        sa.Column("present", sa.Integer(), nullable=True),
        sa.Column("started_by", sa.Integer(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("announced_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["started_by"],
            ["member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("election", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_election_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "election_term",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("elected_on", sa.Date(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("approved_until", sa.Date(), nullable=True),
        sa.Column("approval_no", sa.String(), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["set_by"],
            ["member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("unit_id"),
    )
    op.create_table(
        "election_contest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("election_id", sa.Integer(), nullable=False),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("by_committee", sa.Boolean(), nullable=False),
        sa.Column("approval_no", sa.String(), nullable=False),
        sa.Column("given_up", sa.Integer(), nullable=False),
        sa.Column("consents", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["election_id"],
            ["election.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("election_id", "office"),
    )
    op.create_table(
        "election_exclusion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("election_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("approval_no", sa.String(), nullable=False),
        sa.Column("resolution", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["election_id"],
            ["election.id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("election_id", "member_id"),
    )
    with op.batch_alter_table("election_exclusion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_election_exclusion_member_id"), ["member_id"], unique=False)

    op.create_table(
        "election_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("election_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("document_no", sa.String(), nullable=False),
        sa.Column("noted_by", sa.Integer(), nullable=True),
        sa.Column("noted_name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["election_id"],
            ["election.id"],
        ),
        sa.ForeignKeyConstraint(
            ["noted_by"],
            ["member.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("election_id", "state"),
    )
    with op.batch_alter_table("election_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_election_report_noted_by"), ["noted_by"], unique=False)

    op.create_table(
        "election_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("election_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["election_id"],
            ["election.id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("election_id", "name"),
    )
    with op.batch_alter_table("election_role", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_election_role_member_id"), ["member_id"], unique=False)

    op.create_table(
        "election_candidate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contest_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contest_id"],
            ["election_contest.id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contest_id", "name"),
    )
    with op.batch_alter_table("election_candidate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_election_candidate_member_id"), ["member_id"], unique=False)

    op.create_table(
        "election_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contest_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("totals", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("entered", sa.JSON(), nullable=False),
        sa.Column("ruling", sa.String(), nullable=True),
        sa.Column("clause", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contest_id"],
            ["election_contest.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contest_id", "number"),
    )
    op.create_table(
        "election_totals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entered_by"],
            ["member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["election_round.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("round_id", "entered_by"),
    )
    with op.batch_alter_table("election_totals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_election_totals_entered_by"), ["entered_by"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("election_totals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_election_totals_entered_by"))

    op.drop_table("election_totals")
    op.drop_table("election_round")
    with op.batch_alter_table("election_candidate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_election_candidate_member_id"))

    op.drop_table("election_candidate")
    with op.batch_alter_table("election_role", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_election_role_member_id"))

    op.drop_table("election_role")
    with op.batch_alter_table("election_report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_election_report_noted_by"))

    op.drop_table("election_report")
    with op.batch_alter_table("election_exclusion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_election_exclusion_member_id"))

    op.drop_table("election_exclusion")
    op.drop_table("election_contest")
    op.drop_table("election_term")
    with op.batch_alter_table("election", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_election_unit_id"))

    op.drop_table("election")
    op.drop_table("running_poll")
