"""Payments: more ways to pay, which account holds the money, and what went back."""

from collections.abc import Callable

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
TEXT = sqlmodel.sql.sqltypes.AutoString
BEFORE = ("check", "ach", "warrant")
MEANS = (*BEFORE, "wire", "debit", "card", "credit")
TABLES = {"payment": "means", "vendor_payment": "means", "credit_note": "refund_means"}


def upgrade() -> None:
    for table, column in TABLES.items():
        _let_means_be(table, column, MEANS)
    op.add_column("payment", sa.Column("held_in", TEXT(), nullable=True))
    reason = sa.Enum(
        "refund",
        "dispute",
        "bounced",
        name="returnreason",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.create_table(
        "payment_return",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("consortium_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("reason", reason, nullable=False),
        sa.Column("reference", TEXT(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", MOMENT(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("once_key", TEXT(), nullable=False),
        sa.Column("ledger_seq", sa.Integer(), nullable=False),
        sa.Column("ledger_hash", TEXT(), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payment_return_amount")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{to}.id"], name=op.f(f"fk_payment_return_{column}_{to}")
            )
            for column, to in (
                ("org_id", "organization"),
                ("consortium_id", "organization"),
                ("vendor_id", "organization"),
                ("payment_id", "payment"),
                ("invoice_id", "invoice"),
                ("recorded_by", "user_account"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_return")),
        sa.UniqueConstraint("once_key", name=op.f("uq_payment_return_once_key")),
    )
    for column in ("org_id", "consortium_id", "vendor_id", "payment_id", "invoice_id"):
        op.create_index(op.f(f"ix_payment_return_{column}"), "payment_return", [column])


def _let_means_be(table: str, column: str, means: tuple[str, ...]) -> None:
    said = ", ".join(f"'{one}'" for one in means)
    if op.get_bind().dialect.name != "sqlite":
        name = op.f(f"ck_{table}_paymentmeans")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"{column} IN ({said})")
        return

    def change(sql: str) -> str:
        start = sql.index(f"CHECK ({column} IN (") + len(f"CHECK ({column} IN (")
        return sql[:start] + said + sql[sql.index(")", start) :]

    _rewrite(table, change)


def _rewrite(table: str, change: Callable[[str], str]) -> None:
    """Change a CHECK without copying the table, which others point to: the way that
    sqlite.org/lang_altertable.html gives for changes that touch no stored row."""
    connection = op.get_bind()
    old = connection.scalar(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"),
        {"name": table},
    )
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name"),
        {"sql": change(old), "name": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def downgrade() -> None:
    op.drop_table("payment_return")
    op.drop_column("payment", "held_in")
    for table, column in TABLES.items():
        op.execute(f"UPDATE {table} SET {column} = 'ach' WHERE {column} IN "
                   "('wire', 'debit', 'card', 'credit')")  # fmt: skip
        _let_means_be(table, column, BEFORE)
