"""What districts paid beyond a bill, held for the next one."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
TEXT = sqlmodel.sql.sqltypes.AutoString
MEANS = ("check", "ach", "warrant", "wire", "debit", "card", "credit")
KEYS = (
    ("org_id", "organization"),
    ("consortium_id", "organization"),
    ("vendor_id", "organization"),
    ("issuer_id", "organization"),
    ("payment_id", "payment"),
    ("held_by", "user_account"),
    ("return_by", "user_account"),
)


def upgrade() -> None:
    means = sa.Enum(
        *MEANS, name="paymentmeans", native_enum=False, create_constraint=True, length=32
    )
    op.create_table(
        "held_credit",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("consortium_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("used_cents", sa.BigInteger(), nullable=False),
        sa.Column("held_at", MOMENT(), nullable=False),
        sa.Column("held_by", sa.Uuid(), nullable=True),
        sa.Column("ledger_seq", sa.Integer(), nullable=False),
        sa.Column("ledger_hash", TEXT(), nullable=False),
        sa.Column("returned_cents", sa.BigInteger(), nullable=False),
        sa.Column("return_means", means, nullable=True),
        sa.Column("return_reference", TEXT(), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("return_key", TEXT(), nullable=True),
        sa.Column("return_by", sa.Uuid(), nullable=True),
        sa.Column("return_seq", sa.Integer(), nullable=True),
        sa.Column("return_hash", TEXT(), nullable=False),
        sa.CheckConstraint("total_cents > 0", name=op.f("ck_held_credit_total")),
        sa.CheckConstraint(
            "used_cents >= 0 AND returned_cents >= 0 "
            "AND used_cents + returned_cents <= total_cents",
            name=op.f("ck_held_credit_parts"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{to}.id"], name=op.f(f"fk_held_credit_{column}_{to}")
            )
            for column, to in KEYS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_credit")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_held_credit_payment_id")),
        sa.UniqueConstraint("return_key", name=op.f("uq_held_credit_return_key")),
    )
    for column in ("org_id", "consortium_id", "vendor_id", "issuer_id"):
        op.create_index(op.f(f"ix_held_credit_{column}"), "held_credit", [column])


def downgrade() -> None:
    op.drop_table("held_credit")
