"""Hand-overs of the lead agency and of the fiscal agent."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
ORGS = ("org_id", "from_id", "to_id", "successor_id")


def upgrade() -> None:
    op.create_table(
        "handover",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", _one_of("office", "lead_agency", "fiscal_agent"), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("offered_at", MOMENT(), nullable=False),
        sa.Column("offered_by_id", sa.Uuid(), nullable=False),
        sa.Column(
            "answer", _one_of("offeranswer", "accepted", "declined", "taken_back"), nullable=True
        ),
        sa.Column("answered_at", MOMENT(), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("books_seq", sa.BigInteger(), nullable=True),
        sa.Column("books_hash", sa.String(64), nullable=False),
        sa.Column("held", sa.JSON(), nullable=False),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_handover_somebody_else")),
        *(_key(column, "organization") for column in ORGS),
        *(_key(column, "user_account") for column in ("offered_by_id", "answered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    for column in ("org_id", "from_id", "to_id"):
        op.create_index(op.f(f"ix_handover_{column}"), "handover", [column])


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _key(column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_handover_{column}_{to}"))


def downgrade() -> None:
    op.drop_table("handover")
