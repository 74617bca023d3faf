"""pools"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pool",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("price_schedule_id", sa.Uuid(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "open",
                "fill_up",
                "cleared",
                "ordered",
                "closed",
                "lapsed",
                name="poolstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("closes_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("time_zone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("term_starts_on", sa.Date(), nullable=False),
        sa.Column("term_ends_on", sa.Date(), nullable=False),
        sa.Column("pay_by", sa.Date(), nullable=False),
        sa.Column("threshold_seats", sa.Integer(), nullable=True),
        sa.Column("split_method", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("cleared_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("clearing", sa.JSON(), nullable=True),
        sa.CheckConstraint("term_ends_on > term_starts_on", name=op.f("ck_pool_term")),
        sa.CheckConstraint(
            "threshold_seats IS NULL OR threshold_seats > 0",
            name=op.f("ck_pool_threshold"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_pool_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["price_schedule_id"],
            ["price_schedule.id"],
            name=op.f("fk_pool_price_schedule_id_price_schedule"),
        ),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_pool_tool_id_tool")),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organization.id"],
            name=op.f("fk_pool_vendor_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool")),
        sa.UniqueConstraint("org_id", "slug", name=op.f("uq_pool_org_id_slug")),
    )
    with op.batch_alter_table("pool", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pool_closes_at"), ["closes_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_pool_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pool_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_pool_tool_id"), ["tool_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pool_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "allocation",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column("leaid", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("spare_seats", sa.Integer(), nullable=False),
        sa.Column("share_cents", sa.BigInteger(), nullable=False),
        sa.Column("alone_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("seats > 0 AND spare_seats >= 0", name=op.f("ck_allocation_seats")),
        sa.CheckConstraint("share_cents >= 0", name=op.f("ck_allocation_share")),
        sa.ForeignKeyConstraint(
            ["district_id"],
            ["organization.id"],
            name=op.f("fk_allocation_district_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organization.id"],
            name=op.f("fk_allocation_org_id_organization"),
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_allocation_pool_id_pool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
        sa.UniqueConstraint(
            "pool_id", "district_id", name=op.f("uq_allocation_pool_id_district_id")
        ),
    )
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_allocation_district_id"), ["district_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_allocation_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_allocation_pool_id"), ["pool_id"], unique=False)

    op.create_table(
        "commitment",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column("leaid", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "rung",
            sa.Enum(
                "interest",
                "intent",
                "board_approved",
                "committed",
                name="rung",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("tolerance", sa.Integer(), nullable=False),
        sa.Column("limit_cents", sa.BigInteger(), nullable=True),
        sa.Column("pupils", sa.Integer(), nullable=True),
        sa.Column("contact_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("contact_email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("board_date", sa.Date(), nullable=True),
        sa.Column("po_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("committed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("changed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("withdrawn_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("last_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "limit_cents IS NULL OR limit_cents > 0", name=op.f("ck_commitment_limit")
        ),
        sa.CheckConstraint("seats > 0", name=op.f("ck_commitment_seats")),
        sa.CheckConstraint("tolerance >= 0", name=op.f("ck_commitment_tolerance")),
        sa.ForeignKeyConstraint(
            ["district_id"],
            ["organization.id"],
            name=op.f("fk_commitment_district_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organization.id"],
            name=op.f("fk_commitment_org_id_organization"),
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_commitment_pool_id_pool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
        sa.UniqueConstraint(
            "pool_id", "district_id", name=op.f("uq_commitment_pool_id_district_id")
        ),
    )
    with op.batch_alter_table("commitment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_commitment_district_id"), ["district_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_commitment_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_commitment_pool_id"), ["pool_id"], unique=False)

    op.create_table(
        "join_draft",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("changed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organization.id"],
            name=op.f("fk_join_draft_org_id_organization"),
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_join_draft_pool_id_pool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_draft")),
        sa.UniqueConstraint("org_id", "pool_id", name=op.f("uq_join_draft_org_id_pool_id")),
    )
    with op.batch_alter_table("join_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_join_draft_org_id"), ["org_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("join_draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_join_draft_org_id"))

    op.drop_table("join_draft")
    with op.batch_alter_table("commitment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_commitment_pool_id"))
        batch_op.drop_index(batch_op.f("ix_commitment_org_id"))
        batch_op.drop_index(batch_op.f("ix_commitment_district_id"))

    op.drop_table("commitment")
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_allocation_pool_id"))
        batch_op.drop_index(batch_op.f("ix_allocation_org_id"))
        batch_op.drop_index(batch_op.f("ix_allocation_district_id"))

    op.drop_table("allocation")
    with op.batch_alter_table("pool", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pool_vendor_id"))
        batch_op.drop_index(batch_op.f("ix_pool_tool_id"))
        batch_op.drop_index(batch_op.f("ix_pool_status"))
        batch_op.drop_index(batch_op.f("ix_pool_org_id"))
        batch_op.drop_index(batch_op.f("ix_pool_closes_at"))

    op.drop_table("pool")
