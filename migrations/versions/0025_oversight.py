"""Incidents, their public steps, and which district was told when."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incident",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "unconfirmed",
                "confirmed",
                "closed",
                "not_confirmed",
                name="incidentstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reported_words", sa.Text(), nullable=False),
        sa.Column("reported_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=True),
        sa.Column("vendor_knew_on", sa.Date(), nullable=True),
        sa.Column("public_words", sa.Text(), nullable=False),
        sa.Column("exposes_students", sa.Boolean(), nullable=False),
        sa.Column("evidence_words", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("fingerprint", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("late_words", sa.Text(), nullable=False),
        sa.Column("late_proposed_by", sa.Uuid(), nullable=True),
        sa.Column("late_confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("confirmed_by <> proposed_by", name=op.f("ck_incident_two_people")),
        sa.CheckConstraint(
            "late_confirmed_by <> late_proposed_by", name=op.f("ck_incident_two_people_for_late")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"],
            ["user_account.id"],
            name=op.f("fk_incident_confirmed_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_incident_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["late_confirmed_by"],
            ["user_account.id"],
            name=op.f("fk_incident_late_confirmed_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["late_proposed_by"],
            ["user_account.id"],
            name=op.f("fk_incident_late_proposed_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_incident_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["user_account.id"], name=op.f("fk_incident_proposed_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["reported_by"], ["user_account.id"], name=op.f("fk_incident_reported_by_user_account")
        ),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_incident_tool_id_tool")),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["organization.id"], name=op.f("fk_incident_vendor_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("org_id", "once_key", name=op.f("uq_incident_org_id_once_key")),
    )
    op.create_index(op.f("ix_incident_confirmed_at"), "incident", ["confirmed_at"], unique=False)
    op.create_index(op.f("ix_incident_org_id"), "incident", ["org_id"], unique=False)
    op.create_index(op.f("ix_incident_status"), "incident", ["status"], unique=False)
    op.create_index(op.f("ix_incident_tool_id"), "incident", ["tool_id"], unique=False)
    op.create_index(op.f("ix_incident_vendor_id"), "incident", ["vendor_id"], unique=False)
    op.create_table(
        "incident_notice",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("told_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("clocks", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_notice_incident_id_incident")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_incident_notice_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_notice")),
        sa.UniqueConstraint(
            "incident_id", "org_id", name=op.f("uq_incident_notice_incident_id_org_id")
        ),
    )
    op.create_index(op.f("ix_incident_notice_org_id"), "incident_notice", ["org_id"], unique=False)
    op.create_table(
        "incident_step",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "reported",
                "confirmed",
                "not_confirmed",
                "answered",
                "late_notice",
                "closed",
                name="stepkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("taken_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_step_incident_id_incident")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_incident_step_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["organization.id"], name=op.f("fk_incident_step_vendor_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_step")),
        sa.UniqueConstraint(
            "incident_id", "number", name=op.f("uq_incident_step_incident_id_number")
        ),
    )
    op.create_index(op.f("ix_incident_step_org_id"), "incident_step", ["org_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_incident_step_org_id"), table_name="incident_step")
    op.drop_table("incident_step")
    op.drop_index(op.f("ix_incident_notice_org_id"), table_name="incident_notice")
    op.drop_table("incident_notice")
    op.drop_index(op.f("ix_incident_vendor_id"), table_name="incident")
    op.drop_index(op.f("ix_incident_tool_id"), table_name="incident")
    op.drop_index(op.f("ix_incident_status"), table_name="incident")
    op.drop_index(op.f("ix_incident_org_id"), table_name="incident")
    op.drop_index(op.f("ix_incident_confirmed_at"), table_name="incident")
    op.drop_table("incident")
