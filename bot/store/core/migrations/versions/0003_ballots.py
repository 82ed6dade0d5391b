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
        "election_appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("appointed_on", sa.Date(), nullable=False),
        sa.Column("approval_no", sa.String(), nullable=False),
        sa.Column("noted_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["noted_by"],
            ["member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("election_appointment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_election_appointment_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_election_appointment_noted_by"), ["noted_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_election_appointment_unit_id"), ["unit_id"], unique=False)

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
        sa.Column("shortlist", sa.Integer(), nullable=True),
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
        "rating_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("void_reason", sa.String(), nullable=True),
        sa.Column("ranked", sa.Boolean(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("per_speaker", sa.Boolean(), nullable=False),
        sa.Column("minutes_each", sa.Integer(), nullable=False),
        sa.Column("speaker", sa.Integer(), nullable=False),
        sa.Column("speaker_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released", sa.Integer(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("grades", sa.JSON(), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("min_group", sa.Integer(), nullable=False),
        sa.Column("cap", sa.String(), nullable=False),
        sa.Column("second_check", sa.Boolean(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("test_challenge_hash", sa.String(), nullable=False),
        sa.Column("key_proved_by", sa.Integer(), nullable=True),
        sa.Column("manifest", sa.String(), nullable=False),
        sa.Column("manifest_hash", sa.String(), nullable=False),
        sa.Column("sheet_bytes", sa.Integer(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("present", sa.JSON(), nullable=False),
        sa.Column("cast", sa.JSON(), nullable=False),
        sa.Column("paper_issued", sa.JSON(), nullable=False),
        sa.Column("paper_returned", sa.JSON(), nullable=False),
        sa.Column("paper_void", sa.JSON(), nullable=False),
        sa.Column("tidy", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["key_proved_by"],
            ["member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meeting.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("rating_round", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_round_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rating_round_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_rating_round_tidy"), ["tidy"], unique=False)
        batch_op.create_index(batch_op.f("ix_rating_round_unit_id"), ["unit_id"], unique=False)

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
        "rating_approval",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("manifest_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["rating_round.id"],
        ),
        sa.PrimaryKeyConstraint("round_id", "member_id"),
    )
    with op.batch_alter_table("rating_approval", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_approval_member_id"), ["member_id"], unique=False)

    op.create_table(
        "rating_box",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("class_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["rating_round.id"],
        ),
        sa.PrimaryKeyConstraint("round_id", "target", "class_index"),
    )
    op.create_table(
        "rating_count",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("class_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("void", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["rating_round.id"],
        ),
        sa.PrimaryKeyConstraint("round_id", "target", "class_index"),
    )
    op.create_table(
        "rating_decision",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recorded_by"],
            ["member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["rating_round.id"],
        ),
        sa.PrimaryKeyConstraint("round_id", "target"),
    )
    op.create_table(
        "rating_named",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("voter_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("target", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["rating_round.id"],
        ),
        sa.PrimaryKeyConstraint("round_id", "voter_id", "target"),
    )
    op.create_table(
        "rating_opening",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("teller_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("boxes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["rating_round.id"],
        ),
        sa.ForeignKeyConstraint(
            ["teller_id"],
            ["member.id"],
        ),
        sa.PrimaryKeyConstraint("round_id", "teller_id"),
    )
    op.create_table(
        "rating_paper",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("class_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("clerk_id", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("void", sa.Integer(), nullable=False),
        sa.Column("boxes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clerk_id"],
            ["member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["rating_round.id"],
        ),
        sa.PrimaryKeyConstraint("round_id", "class_index", "clerk_id"),
    )
    op.create_table(
        "rating_target",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["rating_round.id"],
        ),
        sa.PrimaryKeyConstraint("round_id", "position"),
    )
    with op.batch_alter_table("rating_target", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_target_member_id"), ["member_id"], unique=False)

    op.create_table(
        "rating_teller",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["rating_round.id"],
        ),
        sa.PrimaryKeyConstraint("round_id", "member_id"),
    )
    with op.batch_alter_table("rating_teller", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_teller_member_id"), ["member_id"], unique=False)

    op.create_table(
        "rating_voter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("class_index", sa.Integer(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("paper", sa.Boolean(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["rating_round.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_hash"),
        sa.UniqueConstraint("round_id", "member_id"),
    )
    with op.batch_alter_table("rating_voter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_voter_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rating_voter_round_id"), ["round_id"], unique=False)

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

    with op.batch_alter_table("correction_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(), server_default="correction", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("correction_request", schema=None) as batch_op:
        batch_op.drop_column("kind")

    with op.batch_alter_table("election_totals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_election_totals_entered_by"))

    op.drop_table("election_totals")
    with op.batch_alter_table("rating_voter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rating_voter_round_id"))
        batch_op.drop_index(batch_op.f("ix_rating_voter_member_id"))

    op.drop_table("rating_voter")
    with op.batch_alter_table("rating_teller", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rating_teller_member_id"))

    op.drop_table("rating_teller")
    with op.batch_alter_table("rating_target", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rating_target_member_id"))

    op.drop_table("rating_target")
    op.drop_table("rating_paper")
    op.drop_table("rating_opening")
    op.drop_table("rating_named")
    op.drop_table("rating_decision")
    op.drop_table("rating_count")
    op.drop_table("rating_box")
    with op.batch_alter_table("rating_approval", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rating_approval_member_id"))

    op.drop_table("rating_approval")
    op.drop_table("election_round")
    with op.batch_alter_table("election_candidate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_election_candidate_member_id"))

    op.drop_table("election_candidate")
    with op.batch_alter_table("rating_round", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rating_round_unit_id"))
        batch_op.drop_index(batch_op.f("ix_rating_round_tidy"))
        batch_op.drop_index(batch_op.f("ix_rating_round_state"))
        batch_op.drop_index(batch_op.f("ix_rating_round_meeting_id"))

    op.drop_table("rating_round")
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
    with op.batch_alter_table("election_appointment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_election_appointment_unit_id"))
        batch_op.drop_index(batch_op.f("ix_election_appointment_noted_by"))
        batch_op.drop_index(batch_op.f("ix_election_appointment_member_id"))

    op.drop_table("election_appointment")
    with op.batch_alter_table("election", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_election_unit_id"))

    op.drop_table("election")
    op.drop_table("running_poll")
