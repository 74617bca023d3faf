"""catalogue"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tool",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("summary", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "submitted",
                "in_review",
                "published",
                "suspended",
                "expired",
                name="toolstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("lowest_grade", sa.Integer(), nullable=False),
        sa.Column("highest_grade", sa.Integer(), nullable=False),
        sa.Column("subjects", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column(
            "ai_use",
            sa.Enum(
                "none",
                "predictive",
                "generative",
                name="aiuse",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("ai_facts", sa.JSON(), nullable=False),
        sa.Column("open_pools", sa.Integer(), nullable=False),
        sa.Column("runs_on", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("works_with", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("subject_keys", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lowest_seat_cents", sa.BigInteger(), nullable=True),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.Column("review_note", sa.Text(), nullable=False),
        sa.Column("suspended_because", sa.Text(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("submitted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("published_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("suspended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "highest_grade BETWEEN lowest_grade AND 12",
            name=op.f("ck_tool_highest_grade"),
        ),
        sa.CheckConstraint("lowest_grade BETWEEN -1 AND 12", name=op.f("ck_tool_lowest_grade")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_tool_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool")),
        sa.UniqueConstraint("slug", name=op.f("uq_tool_slug")),
    )
    with op.batch_alter_table("tool", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tool_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_tool_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tool_published_at"), ["published_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_tool_status"), ["status"], unique=False)

    op.create_table(
        "vendor_profile",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("website", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("city", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("billing_email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("remit_to", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organization.id"],
            name=op.f("fk_vendor_profile_org_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_profile")),
        sa.UniqueConstraint("org_id", name=op.f("uq_vendor_profile_org_id")),
    )
    with op.batch_alter_table("vendor_profile", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vendor_profile_org_id"), ["org_id"], unique=False)

    op.create_table(
        "edition",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("included", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_edition_org_id_organization")
        ),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_edition_tool_id_tool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("tool_id", "name", name=op.f("uq_edition_tool_id_name")),
    )
    with op.batch_alter_table("edition", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_edition_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_edition_tool_id"), ["tool_id"], unique=False)

    op.create_table(
        "price_schedule",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "form",
            sa.Enum(
                "flat",
                "per_seat",
                "graduated",
                "volume",
                "site",
                name="scheduleform",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("offered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("withdrawn_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "term_months BETWEEN 1 AND 120", name=op.f("ck_price_schedule_term_months")
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_price_schedule_version")),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["edition.id"],
            name=op.f("fk_price_schedule_edition_id_edition"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organization.id"],
            name=op.f("fk_price_schedule_org_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_price_schedule_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_schedule")),
        sa.UniqueConstraint(
            "edition_id", "version", name=op.f("uq_price_schedule_edition_id_version")
        ),
    )
    with op.batch_alter_table("price_schedule", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_price_schedule_edition_id"), ["edition_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_price_schedule_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_price_schedule_tool_id"), ["tool_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("price_schedule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_price_schedule_tool_id"))
        batch_op.drop_index(batch_op.f("ix_price_schedule_org_id"))
        batch_op.drop_index(batch_op.f("ix_price_schedule_edition_id"))

    op.drop_table("price_schedule")
    with op.batch_alter_table("edition", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_edition_tool_id"))
        batch_op.drop_index(batch_op.f("ix_edition_org_id"))

    op.drop_table("edition")
    with op.batch_alter_table("vendor_profile", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vendor_profile_org_id"))

    op.drop_table("vendor_profile")
    with op.batch_alter_table("tool", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tool_status"))
        batch_op.drop_index(batch_op.f("ix_tool_published_at"))
        batch_op.drop_index(batch_op.f("ix_tool_org_id"))
        batch_op.drop_index(batch_op.f("ix_tool_name"))

    op.drop_table("tool")
