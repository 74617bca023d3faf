"""The books: tables, and triggers by which the database itself refuses changes.

Lines are written first, then the entry that seals them, then the head. On both engines
the next entry is the only one that takes lines, an entry must cancel to zero, the head
moves by one, and nothing is updated or deleted.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("ledger_txn", "ledger_entry", "ledger_account")

ON_SQLITE = [
    """
    CREATE TRIGGER ledger_entry_added BEFORE INSERT ON ledger_entry BEGIN
      SELECT RAISE(ABORT, 'ledger: only the next entry takes lines')
      WHERE NEW.seq IS NOT (SELECT seq + 1 FROM ledger_head WHERE org_id = NEW.org_id)
         OR EXISTS (SELECT 1 FROM ledger_txn WHERE org_id = NEW.org_id AND seq = NEW.seq)
         OR EXISTS (SELECT 1 FROM ledger_entry
                    WHERE org_id = NEW.org_id AND seq = NEW.seq AND line = NEW.line);
    END
    """,
    """
    CREATE TRIGGER ledger_txn_added BEFORE INSERT ON ledger_txn BEGIN
      SELECT RAISE(ABORT, 'ledger: an entry must be the next one')
      WHERE NEW.seq IS NOT (SELECT seq + 1 FROM ledger_head WHERE org_id = NEW.org_id)
         OR EXISTS (SELECT 1 FROM ledger_txn WHERE org_id = NEW.org_id
                    AND (seq = NEW.seq OR idem_key = NEW.idem_key OR reverses = NEW.reverses));
      SELECT RAISE(ABORT, 'ledger: the lines of an entry must cancel')
      WHERE (SELECT count(*) < 2 OR sum(amount_cents) <> 0 FROM ledger_entry
             WHERE org_id = NEW.org_id AND seq = NEW.seq);
    END
    """,
    """
    CREATE TRIGGER ledger_head_added BEFORE INSERT ON ledger_head BEGIN
      SELECT RAISE(ABORT, 'ledger: books are opened once, and empty')
      WHERE NEW.seq <> 0 OR NEW.hash <> printf('%064d', 0)
         OR EXISTS (SELECT 1 FROM ledger_head WHERE org_id = NEW.org_id);
    END
    """,
    """
    CREATE TRIGGER ledger_head_moved BEFORE UPDATE ON ledger_head BEGIN
      SELECT RAISE(ABORT, 'ledger: the head moves to the next entry only')
      WHERE NEW.org_id <> OLD.org_id OR NEW.seq <> OLD.seq + 1
         OR NOT EXISTS (SELECT 1 FROM ledger_txn WHERE org_id = NEW.org_id
                        AND seq = NEW.seq AND hash = NEW.hash);
    END
    """,
    """
    CREATE TRIGGER ledger_head_deleted BEFORE DELETE ON ledger_head BEGIN
      SELECT RAISE(ABORT, 'ledger: nothing is changed or deleted');
    END
    """,
    *(
        f"""
        CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON {table} BEGIN
          SELECT RAISE(ABORT, 'ledger: nothing is changed or deleted');
        END
        """
        for table in TABLES
        for event in ("UPDATE", "DELETE")
    ),
]

ON_POSTGRESQL = [
    """
    CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'ledger: nothing is changed or deleted (%)', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
    END $$
    """,
    # A table of new rows, one check per statement. The head is locked first, so that lines
    # of a transaction that waits are checked against an entry that was sealed meanwhile.
    """
    CREATE FUNCTION ledger_check_lines() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM 1 FROM ledger_head WHERE org_id IN (SELECT org_id FROM added)
        ORDER BY org_id FOR UPDATE;
      IF EXISTS (SELECT 1 FROM added a LEFT JOIN ledger_head h ON h.org_id = a.org_id
                 WHERE a.seq IS DISTINCT FROM h.seq + 1)
         OR EXISTS (SELECT 1 FROM added a JOIN ledger_txn t
                    ON t.org_id = a.org_id AND t.seq = a.seq) THEN
        RAISE EXCEPTION 'ledger: only the next entry takes lines'
          USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION ledger_check_next() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.seq IS DISTINCT FROM
         (SELECT seq + 1 FROM ledger_head WHERE org_id = NEW.org_id FOR UPDATE) THEN
        RAISE EXCEPTION 'ledger: an entry must be the next one'
          USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION ledger_check_cancels() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT count(*) < 2 OR sum(amount_cents) <> 0 FROM ledger_entry
          WHERE org_id = NEW.org_id AND seq = NEW.seq) THEN
        RAISE EXCEPTION 'ledger: the lines of entry % must cancel', NEW.seq
          USING ERRCODE = 'check_violation';
      END IF;
      IF NEW.seq > (SELECT seq FROM ledger_head WHERE org_id = NEW.org_id) THEN
        RAISE EXCEPTION 'ledger: the head must move to entry %', NEW.seq
          USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION ledger_check_head() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NEW.seq <> 0 OR NEW.hash <> repeat('0', 64) THEN
          RAISE EXCEPTION 'ledger: books are opened empty' USING ERRCODE = 'restrict_violation';
        END IF;
      ELSIF NEW.org_id <> OLD.org_id OR NEW.seq <> OLD.seq + 1
            OR NOT EXISTS (SELECT 1 FROM ledger_txn WHERE org_id = NEW.org_id
                           AND seq = NEW.seq AND hash = NEW.hash) THEN
        RAISE EXCEPTION 'ledger: the head moves to the next entry only'
          USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER ledger_entry_added AFTER INSERT ON ledger_entry
      REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_lines()
    """,
    """
    CREATE TRIGGER ledger_txn_added BEFORE INSERT ON ledger_txn
      FOR EACH ROW EXECUTE FUNCTION ledger_check_next()
    """,
    # Once per entry and at commit: per line it would take quadratic time.
    """
    CREATE CONSTRAINT TRIGGER ledger_txn_cancels AFTER INSERT ON ledger_txn
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_cancels()
    """,
    """
    CREATE TRIGGER ledger_head_moved BEFORE INSERT OR UPDATE ON ledger_head
      FOR EACH ROW EXECUTE FUNCTION ledger_check_head()
    """,
    """
    CREATE TRIGGER ledger_head_deleted BEFORE DELETE ON ledger_head
      FOR EACH ROW EXECUTE FUNCTION ledger_refuse()
    """,
    *(
        f"""
        CREATE TRIGGER {table}_changed BEFORE UPDATE OR DELETE ON {table}
          FOR EACH ROW EXECUTE FUNCTION ledger_refuse()
        """
        for table in TABLES
    ),
    *(
        f"""
        CREATE TRIGGER {table}_truncated BEFORE TRUNCATE ON {table}
          FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()
        """
        for table in (*TABLES, "ledger_head")
    ),
]


def upgrade() -> None:
    op.create_table(
        "ledger_head",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", AutoString(length=64), nullable=False),
        sa.CheckConstraint("seq >= 0", name="seq"),
        sa.CheckConstraint("length(hash) = 64", name="hash"),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"]),
        sa.PrimaryKeyConstraint("org_id"),
    )
    op.create_table(
        "ledger_account",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("code", AutoString(length=100), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "asset",
                "liability",
                "income",
                "expense",
                name="accountkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"]),
        sa.PrimaryKeyConstraint("org_id", "code"),
    )
    op.create_table(
        "ledger_txn",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("idem_key", AutoString(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("leaf", AutoString(length=64), nullable=False),
        sa.Column("hash", AutoString(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("ref", AutoString(length=200), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("seq > 0", name="seq"),
        sa.CheckConstraint("reverses < seq", name="reverses"),
        sa.CheckConstraint("length(leaf) = 64 AND length(hash) = 64", name="hashes"),
        sa.ForeignKeyConstraint(["org_id"], ["ledger_head.org_id"]),
        sa.ForeignKeyConstraint(["org_id", "reverses"], ["ledger_txn.org_id", "ledger_txn.seq"]),
        sa.PrimaryKeyConstraint("org_id", "seq"),
        sa.UniqueConstraint("org_id", "idem_key"),
        sa.UniqueConstraint("org_id", "reverses"),
    )
    op.create_index("ix_ledger_txn_effective_on", "ledger_txn", ["org_id", "effective_on"])
    op.create_table(
        "ledger_entry",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account", AutoString(length=100), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("line > 0", name="line"),
        sa.CheckConstraint("amount_cents <> 0", name="amount"),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"]),
        sa.ForeignKeyConstraint(
            ["org_id", "seq"],
            ["ledger_txn.org_id", "ledger_txn.seq"],
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "account"], ["ledger_account.org_id", "ledger_account.code"]
        ),
        sa.PrimaryKeyConstraint("org_id", "seq", "line"),
    )
    op.create_index("ix_ledger_entry_account", "ledger_entry", ["org_id", "account", "seq", "line"])
    op.create_table(
        "ledger_balance",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("code", AutoString(length=100), nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"]),
        sa.ForeignKeyConstraint(
            ["org_id", "code"], ["ledger_account.org_id", "ledger_account.code"]
        ),
        sa.PrimaryKeyConstraint("org_id", "code"),
    )
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in ON_POSTGRESQL if on_postgresql else ON_SQLITE:
        op.execute(statement)


def downgrade() -> None:
    for table in ("ledger_balance", "ledger_entry", "ledger_txn", "ledger_account", "ledger_head"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in ("refuse", "check_lines", "check_next", "check_cancels", "check_head"):
            op.execute(f"DROP FUNCTION ledger_{function}()")
