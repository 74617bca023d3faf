"""Bank accounts, their statements, the lines, and which bills lines pay."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
TEXT = sqlmodel.sql.sqltypes.AutoString
TABLES = ("line_match", "bank_line", "bank_file", "bank_account")


def upgrade() -> None:
    op.create_table(
        "bank_account",
        *_ids("org_id"),
        _text("name"),
        _text("ending"),
        sa.Column("columns", sa.JSON(), nullable=True),
        sa.Column("made_at", MOMENT(), nullable=False),
        *_keys("bank_account", org_id="organization"),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_bank_account_org_id_name")),
    )
    op.create_table(
        "bank_file",
        *_ids("org_id", "account_id", "file_id"),
        _text("name"),
        sa.Column("kind", _one_of("filekind", "csv", "ofx"), nullable=False),
        _text("fingerprint"),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("new_lines", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", MOMENT(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("read_at", MOMENT(), nullable=True),
        *_keys(
            "bank_file",
            org_id="organization",
            account_id="bank_account",
            file_id="stored_file",
            uploaded_by="user_account",
        ),
        sa.UniqueConstraint(
            "account_id", "fingerprint", name=op.f("uq_bank_file_account_id_fingerprint")
        ),
    )
    op.create_table(
        "bank_line",
        *_ids("org_id", "account_id", "bank_file_id"),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        _text("text"),
        _text("number"),
        _text("check_number"),
        _text("key"),
        sa.Column(
            "state", _one_of("linestate", "open", "linked", "ignored", "out"), nullable=False
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("closed_at", MOMENT(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        *_keys(
            "bank_line",
            org_id="organization",
            account_id="bank_account",
            bank_file_id="bank_file",
            closed_by="user_account",
        ),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_bank_line_account_id_key")),
    )
    op.create_table(
        "line_match",
        *_ids("org_id", "line_id", "invoice_id", "pending_id"),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("found_written", sa.Boolean(), nullable=False),
        sa.CheckConstraint("cents > 0", name=op.f("ck_line_match_cents")),
        *_keys(
            "line_match",
            org_id="organization",
            line_id="bank_line",
            invoice_id="invoice",
            pending_id="pending_payment",
        ),
        sa.UniqueConstraint("line_id", "invoice_id", name=op.f("uq_line_match_line_id_invoice_id")),
        sa.UniqueConstraint("pending_id", name=op.f("uq_line_match_pending_id")),
    )
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_org_id"), table, ["org_id"])
    op.create_index(op.f("ix_bank_line_bank_file_id"), "bank_line", ["bank_file_id"])
    op.create_index(op.f("ix_line_match_invoice_id"), "line_match", ["invoice_id"])
    op.create_index("ix_bank_line_to_do", "bank_line", ["org_id", "state", "posted_on"])


def _ids(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", *names)]


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, TEXT(), nullable=False)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _keys(table: str, **points_to: str) -> list[sa.Constraint]:
    keys = [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
        for column, to in points_to.items()
    ]
    return [*keys, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
