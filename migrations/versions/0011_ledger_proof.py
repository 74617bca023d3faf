"""Proof: signed checkpoints, receipts, results of checks, exports written by a job.

Checkpoints, receipts and public keys are append-only in the database itself.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

#: table -> what a second row with the same key would have in common with the first
APPEND_ONLY = {
    "ledger_checkpoint": "org_id = NEW.org_id AND day = NEW.day",
    "ledger_receipt": "id = NEW.id OR (org_id = NEW.org_id AND paper = NEW.paper)",
    "ledger_key": "public = NEW.public",
}
REFUSED = "ledger: nothing is changed or deleted"


def upgrade() -> None:
    op.create_table(
        "ledger_checkpoint",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", AutoString(length=64), nullable=False),
        sa.Column("head_hash", AutoString(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("size > 0", name="size"),
        sa.CheckConstraint("length(root) = 64 AND length(head_hash) = 64", name="hashes"),
        sa.ForeignKeyConstraint(["org_id"], ["ledger_head.org_id"]),
        sa.PrimaryKeyConstraint("org_id", "day"),
    )
    op.create_table(
        "ledger_key",
        sa.Column("public", AutoString(length=64), nullable=False),
        sa.Column("first_used_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("public"),
    )
    op.create_table(
        "ledger_receipt",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("paper", AutoString(length=200), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", AutoString(length=64), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("length(hash) = 64", name="hash"),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["organization.id"]),
        sa.ForeignKeyConstraint(["org_id", "seq"], ["ledger_txn.org_id", "ledger_txn.seq"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("org_id", "paper"),
    )
    op.create_index("ix_ledger_receipt_org_id", "ledger_receipt", ["org_id"])
    op.create_index("ix_ledger_receipt_member_id", "ledger_receipt", ["member_id"])
    op.create_table(
        "ledger_check",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("checked_at", UTCDateTime(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("failing_since", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["ledger_head.org_id"]),
        sa.PrimaryKeyConstraint("org_id"),
    )
    op.create_table(
        "ledger_export",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("form", AutoString(length=20), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("written_bytes", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("size > 0 AND done BETWEEN 0 AND size", name="done"),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("org_id", "form", "size"),
    )
    op.create_index("ix_ledger_export_org_id", "ledger_export", ["org_id"])
    op.create_table(
        "ledger_export_piece",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"]),
        sa.ForeignKeyConstraint(["export_id"], ["ledger_export.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("export_id", "upto"),
    )
    op.create_index("ix_ledger_export_piece_org_id", "ledger_export_piece", ["org_id"])
    op.create_table(
        "ledger_export_asker",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"]),
        sa.ForeignKeyConstraint(["export_id"], ["ledger_export.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("export_id", "user_id"),
    )
    op.create_index("ix_ledger_export_asker_org_id", "ledger_export_asker", ["org_id"])
    for statement in _guards(op.get_bind().dialect.name == "postgresql"):
        op.execute(statement)


def _guards(on_postgresql: bool) -> list[str]:
    if on_postgresql:
        return [
            f"""
            CREATE FUNCTION ledger_proof_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              RAISE EXCEPTION '{REFUSED} (%)', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
            END $$
            """,
            *(
                f"CREATE TRIGGER {table}_changed BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION ledger_proof_refuse()"
                for table in APPEND_ONLY
            ),
            *(
                f"CREATE TRIGGER {table}_truncated BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION ledger_proof_refuse()"
                for table in APPEND_ONLY
            ),
        ]
    # INSERT OR REPLACE deletes without asking the triggers of DELETE.
    return [
        f"""
        CREATE TRIGGER {table}_replaced BEFORE INSERT ON {table} BEGIN
          SELECT RAISE(ABORT, '{REFUSED}') WHERE EXISTS (SELECT 1 FROM {table} WHERE {same});
        END
        """
        for table, same in APPEND_ONLY.items()
    ] + [
        f"""
        CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON {table} BEGIN
          SELECT RAISE(ABORT, '{REFUSED}');
        END
        """
        for table in APPEND_ONLY
        for event in ("UPDATE", "DELETE")
    ]


def downgrade() -> None:
    for table in (
        "ledger_export_asker",
        "ledger_export_piece",
        "ledger_export",
        "ledger_check",
        "ledger_receipt",
        "ledger_key",
        "ledger_checkpoint",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_proof_refuse()")
