"""The books in use: what the public sees, closed periods, correction runs, charge codes.

A closed period is kept closed by the database itself, whoever posts: an entry dated in it is
refused, and a closing is neither changed nor deleted.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ON_SQLITE = [
    """
    CREATE TRIGGER ledger_txn_in_open_period BEFORE INSERT ON ledger_txn BEGIN
      SELECT RAISE(ABORT, 'ledger: the period is closed')
      WHERE EXISTS (SELECT 1 FROM ledger_closing
                    WHERE org_id = NEW.org_id AND through_on >= NEW.effective_on);
    END
    """,
    *(
        f"""
        CREATE TRIGGER ledger_closing_{event.lower()} BEFORE {event} ON ledger_closing BEGIN
          SELECT RAISE(ABORT, 'ledger: a closed period stays closed');
        END
        """
        for event in ("UPDATE", "DELETE")
    ),
]
ON_POSTGRESQL = [
    """
    CREATE FUNCTION ledger_check_period() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT 1 FROM ledger_closing
                 WHERE org_id = NEW.org_id AND through_on >= NEW.effective_on) THEN
        RAISE EXCEPTION 'ledger: the period is closed' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION ledger_keep_closed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'ledger: a closed period stays closed' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER ledger_txn_in_open_period BEFORE INSERT ON ledger_txn
      FOR EACH ROW EXECUTE FUNCTION ledger_check_period()
    """,
    """
    CREATE TRIGGER ledger_closing_changed BEFORE UPDATE OR DELETE ON ledger_closing
      FOR EACH ROW EXECUTE FUNCTION ledger_keep_closed()
    """,
    """
    CREATE TRIGGER ledger_closing_truncated BEFORE TRUNCATE ON ledger_closing
      FOR EACH STATEMENT EXECUTE FUNCTION ledger_keep_closed()
    """,
]


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "ledger_openness",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("openness", _choice("openness", "named", "masked", "totals"), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("set_at", UTCDateTime(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["ledger_head.org_id"]),
        sa.ForeignKeyConstraint(["set_by"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("org_id"),
    )
    op.create_table(
        "ledger_closing",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["ledger_head.org_id"]),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("org_id", "through_on"),
    )
    op.create_table(
        "correction_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("legs", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "status", _choice("runstatus", "proposed", "approved", "refused"), nullable=False
        ),
        sa.Column("proposed_at", UTCDateTime(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reversal_seq", sa.BigInteger(), nullable=True),
        sa.Column("correction_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'approved') = (reversal_seq IS NOT NULL AND correction_seq IS NOT NULL)",
            name="posted_when_approved",
        ),
        sa.CheckConstraint("(status = 'proposed') = (decided_at IS NULL)", name="decided"),
        sa.CheckConstraint("decided_by <> proposed_by OR status = 'refused'", name="two_people"),
        sa.ForeignKeyConstraint(["org_id"], ["ledger_head.org_id"]),
        sa.ForeignKeyConstraint(["org_id", "seq"], ["ledger_txn.org_id", "ledger_txn.seq"]),
        sa.ForeignKeyConstraint(
            ["org_id", "reversal_seq"], ["ledger_txn.org_id", "ledger_txn.seq"]
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "correction_seq"], ["ledger_txn.org_id", "ledger_txn.seq"]
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_correction_run_org_id", "correction_run", ["org_id"])
    op.create_index("ix_correction_run_seq", "correction_run", ["org_id", "seq"])
    op.create_table(
        "charge_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("applies_to", AutoString(), nullable=False),
        sa.Column("function_code", AutoString(length=8), nullable=False),
        sa.Column("object_code", AutoString(length=8), nullable=False),
        sa.Column("edition", AutoString(length=16), nullable=False),
        sa.Column("chosen_at", UTCDateTime(), nullable=False),
        sa.Column("chosen_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"]),
        sa.ForeignKeyConstraint(["chosen_by"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("org_id", "applies_to"),
    )
    op.create_index("ix_charge_code_org_id", "charge_code", ["org_id"])
    for statement in ON_POSTGRESQL if _on_postgresql() else ON_SQLITE:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER ledger_txn_in_open_period" + (" ON ledger_txn" * _on_postgresql()))
    for table in ("charge_code", "correction_run", "ledger_closing", "ledger_openness"):
        op.drop_table(table)
    if _on_postgresql():
        op.execute("DROP FUNCTION ledger_check_period()")
        op.execute("DROP FUNCTION ledger_keep_closed()")


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
