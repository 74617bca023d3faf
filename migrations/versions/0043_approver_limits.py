"""A district's limits for ordering, and purchase orders that wait for a second person."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
TEXT = sqlmodel.sql.sqltypes.AutoString
STATES = ("waiting", "approved", "refused", "withdrawn")
TABLES = ("purchase_order_request", "approver_limit", "spending_rule")


def upgrade() -> None:
    op.create_table(
        "spending_rule",
        *_ids("org_id"),
        sa.Column("alone_up_to_cents", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", MOMENT(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("alone_up_to_cents >= 0", name=op.f("ck_spending_rule_alone")),
        *_keys("spending_rule", org_id="organization", changed_by="user_account"),
        sa.UniqueConstraint("org_id", name=op.f("uq_spending_rule_org_id")),
    )
    op.create_table(
        "approver_limit",
        *_ids("org_id", "user_id"),
        sa.Column("up_to_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("up_to_cents >= 0", name=op.f("ck_approver_limit_up_to")),
        *_keys("approver_limit", org_id="organization", user_id="user_account"),
        sa.UniqueConstraint("org_id", "user_id", name=op.f("uq_approver_limit_org_id_user_id")),
    )
    state = sa.Enum(
        *STATES, name="requeststate", native_enum=False, create_constraint=True, length=32
    )
    op.create_table(
        "purchase_order_request",
        *_ids("org_id", "order_id"),
        sa.Column("number", TEXT(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("asked_at", MOMENT(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("words", TEXT(), nullable=False),
        *_keys(
            "purchase_order_request",
            org_id="organization",
            order_id="purchase",
            asked_by="user_account",
            decided_by="user_account",
        ),
    )
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_org_id"), table, ["org_id"])
    op.create_index(
        op.f("ix_purchase_order_request_order_id"), "purchase_order_request", ["order_id"]
    )


def _ids(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", *names)]


def _keys(table: str, **points_to: str) -> list[sa.Constraint]:
    keys = [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
        for column, to in points_to.items()
    ]
    return [*keys, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
