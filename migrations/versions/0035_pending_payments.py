"""Payments that one person wrote down and a second has yet to confirm."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0035"
down_revision = "0034"
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
    ("invoice_id", "invoice"),
    ("payment_id", "payment"),
    ("recorded_by", "user_account"),
    ("closed_by", "user_account"),
)


def upgrade() -> None:
    op.create_table(
        "pending_payment",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("consortium_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("said_by", _one_of("saidby", "payer", "receiver"), nullable=False),
        sa.Column(
            "state",
            _one_of("pendingstate", "waiting", "confirmed", "taken_back", "declined"),
            nullable=False,
        ),
        sa.Column("means", _one_of("paymentmeans", *MEANS), nullable=False),
        sa.Column("reference", TEXT(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", MOMENT(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("once_key", TEXT(), nullable=False),
        sa.Column("closed_at", MOMENT(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_pending_payment_amount")),
        sa.CheckConstraint(
            "(state = 'confirmed') = (payment_id IS NOT NULL)",
            name=op.f("ck_pending_payment_confirmed"),
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (closed_at IS NULL)", name=op.f("ck_pending_payment_closed")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{to}.id"], name=op.f(f"fk_pending_payment_{column}_{to}")
            )
            for column, to in KEYS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_payment")),
        sa.UniqueConstraint("once_key", name=op.f("uq_pending_payment_once_key")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_pending_payment_payment_id")),
    )
    for column in ("org_id", "consortium_id", "vendor_id", "issuer_id", "invoice_id"):
        op.create_index(op.f(f"ix_pending_payment_{column}"), "pending_payment", [column])


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def downgrade() -> None:
    op.drop_table("pending_payment")
