"""Reminders of open bills, and the board meetings they wait for."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
STEPS = ("before", "due", "late_30", "late_60", "late_90")
PARTIES = ("org_id", "consortium_id", "vendor_id")


def upgrade() -> None:
    step = sa.Enum(*STEPS, name="step", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "reminder",
        *_ids(),
        sa.Column("step", step, nullable=False),
        sa.Column("open_cents", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", MOMENT(), nullable=False),
        sa.CheckConstraint("open_cents > 0", name=op.f("ck_reminder_open")),
        *_keys("reminder"),
        sa.UniqueConstraint("invoice_id", "step", name=op.f("uq_reminder_invoice_id_step")),
    )
    op.create_table(
        "board_date",
        *_ids(),
        sa.Column("meets_on", sa.Date(), nullable=False),
        sa.Column("said_at", MOMENT(), nullable=False),
        sa.Column("said_by", sa.Uuid(), nullable=True),
        *_keys("board_date", ("said_by", "user_account")),
        sa.UniqueConstraint("invoice_id", name=op.f("uq_board_date_invoice_id")),
    )
    for table in ("reminder", "board_date"):
        for column in PARTIES:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _ids() -> list[sa.Column[object]]:
    return [
        sa.Column(name, sa.Uuid(), nullable=False)
        for name in ("id", "org_id", "invoice_id", "consortium_id", "vendor_id")
    ]


def _keys(table: str, *more: tuple[str, str]) -> list[sa.Constraint]:
    points_to = [*((party, "organization") for party in PARTIES), ("invoice_id", "invoice"), *more]
    keys = [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
        for column, to in points_to
    ]
    return [*keys, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def downgrade() -> None:
    op.drop_table("board_date")
    op.drop_table("reminder")
