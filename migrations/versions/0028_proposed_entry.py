"""Entries by hand wait for a second person."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposed_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("act", AutoString(length=32), nullable=False),
        sa.Column("legs", sa.JSON(), nullable=False),
        sa.Column("ref", AutoString(length=200), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "proposed",
                "approved",
                "refused",
                name="runstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("proposed_at", UTCDateTime(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'approved') = (seq IS NOT NULL)", name="posted_when_approved"
        ),
        sa.CheckConstraint("(status = 'proposed') = (decided_at IS NULL)", name="decided"),
        sa.CheckConstraint("decided_by <> proposed_by OR status = 'refused'", name="two_people"),
        sa.ForeignKeyConstraint(["org_id"], ["ledger_head.org_id"]),
        sa.ForeignKeyConstraint(["org_id", "seq"], ["ledger_txn.org_id", "ledger_txn.seq"]),
        sa.ForeignKeyConstraint(["proposed_by"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_proposed_entry_org_id", "proposed_entry", ["org_id"])


def downgrade() -> None:
    op.drop_table("proposed_entry")
