"""One door into the books: functions that write for the site, balances that count lines, snapshots.

On PostgreSQL the functions act with the rights of a role of their own, `ledger_owner`, so
whoever may only call them can write in no other way. SQLite has no roles: there an entry
that is not sealed cannot be committed, the triggers keep the balances, and the tables are
STRICT. See docs/adr/0006.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

#: An account gets a snapshot whenever it passes another so many lines.
LINES_PER_SNAPSHOT = 10_000
WRITTEN_BY_FUNCTIONS = (
    "ledger_head",
    "ledger_account",
    "ledger_txn",
    "ledger_entry",
    "ledger_balance",
    "ledger_snapshot",
)

# -- PostgreSQL --------------------------------------------------------------------------

#: Nobody can slip in a table of the same name, no call plans its statements anew, and a plan
#: made while the tables were empty does not read all rows when they are full.
PINNED = """SET search_path = pg_catalog, {schema}, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off"""

#: The newest version of a row, found from the end. While one transaction posts many entries
#: all older versions of the head and of the balances stay in the way of an ordinary look-up,
#: which therefore takes longer with each entry. (An equality would be read from the front.)
HEAD_OF = """FROM ledger_head h WHERE h.org_id >= {0} AND h.org_id <= {0}
      ORDER BY h.org_id DESC LIMIT 1"""

#: The words of the account codes; the site's rules name the same ones.
KIND_OF = """
    CREATE FUNCTION ledger_kind_of(code text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
      SELECT CASE split_part(code, ':', 1)
        WHEN 'cash' THEN 'asset' WHEN 'receivable' THEN 'asset'
        WHEN 'payable' THEN 'liability' WHEN 'grant' THEN 'liability'
        WHEN 'credit' THEN 'liability' WHEN 'fee' THEN 'income'
        WHEN 'rounding' THEN 'expense' WHEN 'writeoff' THEN 'expense' END
    $$
"""
OPEN_BOOKS = """
    CREATE FUNCTION ledger_open(books uuid) RETURNS boolean LANGUAGE sql SECURITY DEFINER {pinned}
    AS $$
      INSERT INTO ledger_head (org_id, seq, hash) VALUES (books, 0, repeat('0', 64))
      ON CONFLICT DO NOTHING RETURNING true
    $$
"""
LOCK = """
    CREATE FUNCTION ledger_lock(books uuid, OUT seq bigint, OUT hash text)
    LANGUAGE sql SECURITY DEFINER {pinned} AS $$
      SELECT h.seq, h.hash {head_of_books} FOR UPDATE
    $$
"""
#: The text is all there is to say: what it means for the tables is read from it here, so
#: rows and sealed text cannot differ. No number comes back when no books are open. An
#: earlier entry is sought by a pair that only one index begins with: see below.
POST = """
    CREATE FUNCTION ledger_post(said text, OUT seq bigint, OUT hash text, OUT earlier text)
    LANGUAGE plpgsql SECURITY DEFINER {pinned} AS $$
    DECLARE
      entry jsonb := said::jsonb;
      leaf bytea := sha256('\\x00'::bytea || convert_to(said, 'UTF8'));
      books uuid := (entry->>'c')::uuid;
      head record;
    BEGIN
      -- The lock is a statement of its own: what is read after it is fresh.
      SELECT h.ctid AS place, h.seq, h.hash INTO head {head_of_books} FOR UPDATE;
      IF NOT FOUND THEN
        RETURN;
      END IF;

      SELECT t.seq, t.hash, t.body INTO seq, hash, earlier FROM ledger_txn t
      WHERE (t.idem_key, t.org_id) >= (entry->>'k', books)
        AND (t.idem_key, t.org_id) <= (entry->>'k', books);
      IF FOUND THEN
        IF earlier::jsonb - ARRAY['t', 'by'] <> entry - ARRAY['t', 'by'] THEN
          RAISE EXCEPTION 'Entry % has the same key but says something else.', seq
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'ledger_key';
        END IF;
        RETURN;
      END IF;

      seq := head.seq + 1;
      hash := encode(sha256(decode(head.hash, 'hex') || leaf), 'hex');
      WITH line AS (
        SELECT n, leg->>0 AS account, (leg->>1)::bigint AS cents, leg->>2 AS currency
        FROM jsonb_array_elements(entry->'e') WITH ORDINALITY AS e (leg, n)
      ), change AS (
        SELECT account, sum(cents)::bigint AS cents, count(*) AS lines
        FROM line GROUP BY account
      ), opened AS (
        INSERT INTO ledger_account (org_id, code, kind)
        SELECT books, account, ledger_kind_of(account) FROM change ON CONFLICT DO NOTHING
      ), written AS (
        INSERT INTO ledger_entry (org_id, seq, line, account, amount_cents)
        SELECT books, ledger_post.seq, n, account, CASE currency WHEN 'USD' THEN cents END
        FROM line
      ), kept AS (
        SELECT change.*, newest.place FROM change LEFT JOIN LATERAL (
          SELECT b.ctid AS place FROM ledger_balance b
          WHERE (b.org_id, b.code) >= (books, account) AND (b.org_id, b.code) <= (books, account)
          ORDER BY b.org_id DESC, b.code DESC LIMIT 1
        ) AS newest ON true
      ), begun AS (
        INSERT INTO ledger_balance (org_id, code, balance_cents, seq, lines)
        SELECT books, account, cents, ledger_post.seq, lines FROM kept WHERE place IS NULL
        RETURNING code, balance_cents, lines
      ), moved AS (
        UPDATE ledger_balance b SET
          balance_cents = b.balance_cents + kept.cents,
          seq = ledger_post.seq,
          lines = b.lines + kept.lines
        FROM kept WHERE b.ctid = kept.place
        RETURNING b.code, b.balance_cents, b.lines
      )
      INSERT INTO ledger_snapshot (org_id, code, seq, balance_cents)
      SELECT books, m.code, ledger_post.seq, m.balance_cents
      FROM (TABLE begun UNION ALL TABLE moved) AS m JOIN change c ON c.account = m.code
      WHERE m.lines / {every} > (m.lines - c.lines) / {every};

      INSERT INTO ledger_txn (org_id, seq, idem_key, body, leaf, hash, kind, ref,
                              effective_on, recorded_at, reverses)
      VALUES (books, seq, entry->>'k', said, encode(leaf, 'hex'), hash, entry->>'kind',
              entry->>'ref', (entry->>'d')::date, (entry->>'t')::timestamptz,
              (entry->>'reverses')::bigint);
      UPDATE ledger_head h SET seq = ledger_post.seq, hash = ledger_post.hash
      WHERE h.ctid = head.place AND h.org_id = books;
    END $$
"""
REFUSE = """
    CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'ledger: nothing is changed or deleted (%)', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
    END $$
"""
#: One check per statement. The head is locked by it, so that lines of a transaction that
#: waits are checked against an entry that was sealed meanwhile.
CHECK_LINES = """
    CREATE OR REPLACE FUNCTION ledger_check_lines() RETURNS trigger LANGUAGE plpgsql {pinned} AS $$
    DECLARE
      entry record;
      last bigint;
    BEGIN
      FOR entry IN SELECT DISTINCT org_id, seq FROM added ORDER BY org_id, seq LOOP
        SELECT h.seq INTO last {head_of_entry} FOR UPDATE;
        IF entry.seq IS DISTINCT FROM last + 1 THEN
          RAISE EXCEPTION 'ledger: only the next entry takes lines'
            USING ERRCODE = 'restrict_violation';
        END IF;
      END LOOP;
      RETURN NULL;
    END $$
"""
CHECK_CANCELS = """
    CREATE OR REPLACE FUNCTION ledger_check_cancels() RETURNS trigger LANGUAGE plpgsql {pinned}
    AS $$
    BEGIN
      IF (SELECT count(*) < 2 OR sum(amount_cents) <> 0 FROM ledger_entry
          WHERE org_id = NEW.org_id AND seq = NEW.seq) THEN
        RAISE EXCEPTION 'ledger: the lines of entry % must cancel', NEW.seq
          USING ERRCODE = 'check_violation';
      END IF;
      IF (SELECT h.seq {head_of_new}) >= NEW.seq IS NOT TRUE THEN
        RAISE EXCEPTION 'ledger: the head must move to entry %', NEW.seq
          USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$
"""
CHECK_HEAD = """
    CREATE OR REPLACE FUNCTION ledger_check_head() RETURNS trigger LANGUAGE plpgsql {pinned} AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NEW.seq <> 0 OR NEW.hash <> repeat('0', 64) THEN
          RAISE EXCEPTION 'ledger: books are opened empty' USING ERRCODE = 'restrict_violation';
        END IF;
      ELSIF NEW.org_id <> OLD.org_id OR NEW.seq <> OLD.seq + 1
            OR NOT EXISTS (SELECT FROM ledger_txn WHERE org_id = NEW.org_id
                           AND seq = NEW.seq AND hash = NEW.hash) THEN
        RAISE EXCEPTION 'ledger: the head moves to the next entry only'
          USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
"""
#: A balance moves with an entry only; that it moved by the right sum is for `ledger verify`.
GUARD_BALANCES = [
    """
    CREATE TRIGGER ledger_balance_changed BEFORE UPDATE ON ledger_balance FOR EACH ROW
      WHEN (NEW.org_id <> OLD.org_id OR NEW.code <> OLD.code OR NEW.seq <= OLD.seq
            OR NEW.lines <= OLD.lines) EXECUTE FUNCTION ledger_refuse()
    """,
    """
    CREATE TRIGGER ledger_balance_deleted BEFORE DELETE ON ledger_balance
      FOR EACH ROW EXECUTE FUNCTION ledger_refuse()
    """,
    """
    CREATE TRIGGER ledger_snapshot_changed BEFORE UPDATE OR DELETE ON ledger_snapshot
      FOR EACH ROW EXECUTE FUNCTION ledger_refuse()
    """,
    *(
        f"""
        CREATE TRIGGER {table}_truncated BEFORE TRUNCATE ON {table}
          FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()
        """
        for table in ("ledger_balance", "ledger_snapshot")
    ),
]
#: Keys that cost a look-up for each line or entry and say what the triggers demand as well:
#: the head, which is never deleted, must have moved to the entry.
OWNER_KEYS = {"ledger_entry": "organization", "ledger_txn": "ledger_head"}
SIGNATURES = ("ledger_open(uuid)", "ledger_lock(uuid)", "ledger_post(text)")
#: The role that writes may add and never take away. Where roles may not be made, the
#: functions stay with whoever migrates, and /readyz says what guards the books.
HAND_OVER = """
    DO $$
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_owner') THEN
        CREATE ROLE ledger_owner NOLOGIN;
      END IF;
      IF NOT pg_has_role(current_user, 'ledger_owner', 'MEMBER') THEN
        EXECUTE format('GRANT ledger_owner TO %I', current_user);
      END IF;
      GRANT USAGE, CREATE ON SCHEMA {schema} TO ledger_owner;
      GRANT SELECT ON {tables} TO ledger_owner;
      GRANT INSERT ON {tables} TO ledger_owner;
      GRANT UPDATE ON ledger_head, ledger_balance TO ledger_owner;
      -- What a later trigger of these tables asks (is the month closed?) can be read as well.
      ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO ledger_owner;
      {owners}
      REVOKE CREATE ON SCHEMA {schema} FROM ledger_owner;
    EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN
      RAISE NOTICE 'no role of its own for the books: %', SQLERRM;
    END $$
"""


def _turn_indexes_round(*, first: bool) -> None:
    """Only the primary keys begin with the owner. While a table is young and was never
    analyzed, the planner finds all indexes that begin with it equally good, takes the newest
    one for (owner, number), and keeps that plan for the life of the connection."""

    def order(*columns: str) -> list[str]:
        return ["org_id", *columns] if first else [columns[0], "org_id", *columns[1:]]

    for column in ("idem_key", "reverses"):
        old = (column, "org_id") if first else ("org_id", column)
        op.drop_constraint(f"uq_ledger_txn_{'_'.join(old)}", "ledger_txn", type_="unique")
        new = order(column)
        op.create_unique_constraint(f"uq_ledger_txn_{'_'.join(new)}", "ledger_txn", new)
    # With the amount in it, what an account held at some time is read from the index alone.
    amount = [] if first else ["amount_cents"]
    for name, table, columns, carried in (
        ("ix_ledger_txn_effective_on", "ledger_txn", ("effective_on",), []),
        ("ix_ledger_entry_account", "ledger_entry", ("account", "seq", "line"), amount),
    ):
        op.drop_index(name, table)
        op.create_index(name, table, order(*columns), postgresql_include=carried)


def _on_postgresql() -> None:
    preparer = op.get_bind().dialect.identifier_preparer
    schema = preparer.quote(op.get_bind().scalar(sa.text("SELECT current_schema()")))
    pinned = PINNED.format(schema=schema)

    def run(sql: str) -> None:
        for name, value in {
            "pinned": pinned,
            "schema": schema,
            "every": LINES_PER_SNAPSHOT,
            "head_of_books": HEAD_OF.format("books"),
            "head_of_entry": HEAD_OF.format("entry.org_id"),
            "head_of_new": HEAD_OF.format("NEW.org_id"),
        }.items():
            sql = sql.replace("{" + name + "}", str(value))
        op.get_bind().exec_driver_sql(sql.replace("%", "%%"))

    for table, to in OWNER_KEYS.items():
        op.drop_constraint(f"fk_{table}_org_id_{to}", table, type_="foreignkey")
    _turn_indexes_round(first=False)
    op.add_column("ledger_balance", sa.Column("lines", sa.BigInteger(), nullable=True))
    op.execute(f"UPDATE ledger_balance SET lines = {LINES.format('ledger_balance')}")
    op.alter_column("ledger_balance", "lines", nullable=False)
    run("ALTER TABLE ledger_balance SET (fillfactor = 50)")
    run("ALTER TABLE ledger_head SET (fillfactor = 50)")
    _create_snapshots(AutoString(length=100), sa.BigInteger())
    run("DROP TRIGGER ledger_txn_added ON ledger_txn")  # the deferred check covers it
    run("DROP FUNCTION ledger_check_next()")
    for sql in (REFUSE, CHECK_LINES, CHECK_CANCELS, CHECK_HEAD, *GUARD_BALANCES):
        run(sql)
    for sql in (KIND_OF, OPEN_BOOKS, LOCK, POST):
        run(sql)
    for signature in SIGNATURES:
        run(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        run(f"GRANT EXECUTE ON FUNCTION {signature} TO CURRENT_USER")
    owners = "".join(f"ALTER FUNCTION {s} OWNER TO ledger_owner;\n" for s in SIGNATURES)
    tables = ", ".join(WRITTEN_BY_FUNCTIONS)
    run(HAND_OVER.replace("{tables}", tables).replace("{owners}", owners))


# -- SQLite ------------------------------------------------------------------------------

#: From the row of an entry until the head has moved to it, the entry points at a row that
#: cannot exist, so COMMIT fails. Lines without an entry fail by their own deferred key.
UNSEALED = [
    "CREATE TABLE ledger_zero (v INTEGER PRIMARY KEY CHECK (v = 0)) STRICT",
    "INSERT INTO ledger_zero VALUES (0)",
    """
    CREATE TABLE ledger_unsealed (
      org_id TEXT NOT NULL, seq INTEGER NOT NULL,
      open INTEGER NOT NULL DEFAULT 1 CHECK (open = 1)
        REFERENCES ledger_zero (v) DEFERRABLE INITIALLY DEFERRED,
      PRIMARY KEY (org_id, seq)
    ) STRICT, WITHOUT ROWID
    """,
]
NEVER = "'ledger: nothing is changed or deleted'"
WITH_AN_ENTRY = "'ledger: a balance moves with an entry only'"
TRIGGERS_ON_SQLITE = [
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
      INSERT INTO ledger_unsealed (org_id, seq) VALUES (NEW.org_id, NEW.seq);
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
    CREATE TRIGGER ledger_sealed AFTER UPDATE ON ledger_head BEGIN
      INSERT INTO ledger_balance (org_id, code, balance_cents, seq, lines)
        SELECT org_id, account, sum(amount_cents), seq, count(*) FROM ledger_entry
        WHERE org_id = NEW.org_id AND seq = NEW.seq GROUP BY account
        ON CONFLICT DO UPDATE SET balance_cents = balance_cents + excluded.balance_cents,
          seq = excluded.seq, lines = lines + excluded.lines;
      INSERT INTO ledger_snapshot (org_id, code, seq, balance_cents)
        SELECT b.org_id, b.code, b.seq, b.balance_cents
        FROM (SELECT account, count(*) AS lines FROM ledger_entry
              WHERE org_id = NEW.org_id AND seq = NEW.seq GROUP BY account) AS new
        JOIN ledger_balance AS b ON b.org_id = NEW.org_id AND b.code = new.account
        WHERE b.lines / {every} > (b.lines - new.lines) / {every};
      DELETE FROM ledger_unsealed WHERE org_id = NEW.org_id AND seq = NEW.seq;
    END
    """,
    f"""
    CREATE TRIGGER ledger_unsealed_delete BEFORE DELETE ON ledger_unsealed BEGIN
      SELECT RAISE(ABORT, {NEVER})
      WHERE OLD.seq > (SELECT seq FROM ledger_head WHERE org_id = OLD.org_id);
    END
    """,
    *(
        f"""
        CREATE TRIGGER ledger_{table}_{event.lower()} BEFORE {event} ON ledger_{table} BEGIN
          SELECT RAISE(ABORT, {WITH_AN_ENTRY})
          WHERE NOT EXISTS (SELECT 1 FROM ledger_unsealed
                            WHERE org_id = NEW.org_id AND seq = NEW.seq);
        END
        """
        for table, event in (("balance", "INSERT"), ("balance", "UPDATE"), ("snapshot", "INSERT"))
    ),
    *(
        f"CREATE TRIGGER ledger_{table}_{event.lower()} BEFORE {event} ON ledger_{table} BEGIN"
        f" SELECT RAISE(ABORT, {NEVER}); END"
        for table, events in {
            "txn": ("UPDATE", "DELETE"),
            "entry": ("UPDATE", "DELETE"),
            "account": ("UPDATE", "DELETE"),
            "snapshot": ("UPDATE", "DELETE"),
            "balance": ("DELETE",),
            "head": ("DELETE",),
            "unsealed": ("UPDATE",),
            "zero": ("INSERT", "UPDATE", "DELETE"),
        }.items()
        for event in events
    ),
]
#: Children first, as they are dropped; parents first, as they are filled.
REBUILT = ("ledger_balance", "ledger_entry", "ledger_txn", "ledger_account", "ledger_head")


def _on_sqlite() -> None:
    """STRICT cannot be added to a table: each is built anew and its rows are copied."""
    for table in REBUILT:
        op.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}")
    for table in REBUILT:
        op.drop_table(table)
    strict = {"sqlite_strict": True, "sqlite_with_rowid": False}
    op.create_table(
        "ledger_head",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("seq >= 0", name="seq"),
        sa.CheckConstraint("length(hash) = 64", name="hash"),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"]),
        sa.PrimaryKeyConstraint("org_id"),
        **strict,
    )
    op.create_table(
        "ledger_account",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('asset', 'liability', 'income', 'expense')", name="accountkind"
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"]),
        sa.PrimaryKeyConstraint("org_id", "code"),
        **strict,
    )
    op.create_table(
        "ledger_txn",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("idem_key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("leaf", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.Text(), nullable=False),
        sa.Column("reverses", sa.Integer(), nullable=True),
        sa.CheckConstraint("seq > 0", name="seq"),
        sa.CheckConstraint("reverses < seq", name="reverses"),
        sa.CheckConstraint("length(leaf) = 64 AND length(hash) = 64", name="hashes"),
        sa.ForeignKeyConstraint(["org_id", "reverses"], ["ledger_txn.org_id", "ledger_txn.seq"]),
        sa.PrimaryKeyConstraint("org_id", "seq"),
        sa.UniqueConstraint("idem_key", "org_id"),
        sa.UniqueConstraint("reverses", "org_id"),
        **strict,
    )
    op.create_index("ix_ledger_txn_effective_on", "ledger_txn", ["effective_on", "org_id"])
    op.create_table(
        "ledger_entry",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.CheckConstraint("line > 0", name="line"),
        sa.CheckConstraint("amount_cents <> 0", name="amount"),
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
        **strict,
    )
    op.create_index("ix_ledger_entry_account", "ledger_entry", ["account", "org_id", "seq", "line"])
    op.create_table(
        "ledger_balance",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("balance_cents", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"]),
        sa.ForeignKeyConstraint(
            ["org_id", "code"], ["ledger_account.org_id", "ledger_account.code"]
        ),
        sa.PrimaryKeyConstraint("org_id", "code"),
        **strict,
    )
    for table in reversed(REBUILT):
        if table == "ledger_balance":
            names, values = f"{BALANCE}, lines", f"{BALANCE}, {LINES.format('kept_ledger_balance')}"
        else:
            kept = sa.inspect(op.get_bind()).get_columns(f"kept_{table}")
            names = values = ", ".join(column["name"] for column in kept)
        op.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM kept_{table}")
        op.execute(f"DROP TABLE kept_{table}")
    _create_snapshots(sa.Text(), sa.Integer(), **strict)
    for statement in (*UNSEALED, *TRIGGERS_ON_SQLITE):
        op.execute(statement.replace("{every}", str(LINES_PER_SNAPSHOT)))


# -- both --------------------------------------------------------------------------------

BALANCE = "org_id, code, balance_cents, seq"
LINES = (
    """(SELECT count(*) FROM ledger_entry e WHERE e.org_id = {0}.org_id AND e.account = {0}.code)"""
)
#: The same rule by which a new entry takes them, for entries that were there before.
TAKE_SNAPSHOTS = """
    INSERT INTO ledger_snapshot (org_id, code, seq, balance_cents)
    SELECT org_id, account, seq, after_it FROM (
      SELECT org_id, account, seq, new_lines,
             sum(cents) OVER so_far AS after_it, sum(new_lines) OVER so_far AS lines
      FROM (SELECT org_id, account, seq, sum(amount_cents) AS cents, count(*) AS new_lines
            FROM ledger_entry GROUP BY org_id, account, seq) AS moved
      WINDOW so_far AS (PARTITION BY org_id, account ORDER BY seq)
    ) AS running
    WHERE floor(lines / {every}) > floor((lines - new_lines) / {every})
"""


def _create_snapshots(text: sa.types.TypeEngine, number: sa.types.TypeEngine, **options) -> None:
    strict = bool(options)
    op.create_table(
        "ledger_snapshot",
        sa.Column("org_id", text if strict else sa.Uuid(), nullable=False),
        sa.Column("code", text, nullable=False),
        sa.Column("seq", number, nullable=False),
        sa.Column("balance_cents", number, nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "code"], ["ledger_account.org_id", "ledger_account.code"]
        ),
        sa.PrimaryKeyConstraint("org_id", "code", "seq"),
        **options,
    )
    sql = TAKE_SNAPSHOTS.replace("{every}", str(LINES_PER_SNAPSHOT))
    op.execute(sql if not strict else sql.replace("floor", ""))  # SQLite divides whole numbers


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _on_postgresql()
    else:
        _on_sqlite()


def downgrade() -> None:
    """The tables keep what does not disturb the older version: STRICT, pinned triggers."""
    before = op.get_context().script.get_revision("0007").module
    if op.get_bind().dialect.name == "postgresql":
        for signature in (*SIGNATURES, "ledger_kind_of(text)"):
            op.execute(f"DROP FUNCTION {signature}")
        for trigger in ("changed", "deleted", "truncated"):
            op.execute(f"DROP TRIGGER ledger_balance_{trigger} ON ledger_balance")
        op.drop_table("ledger_snapshot")
        _turn_indexes_round(first=True)
        op.drop_column("ledger_balance", "lines")
        for (table, to), column in zip(OWNER_KEYS.items(), ("id", "org_id"), strict=True):
            name = f"fk_{table}_org_id_{to}"
            op.create_foreign_key(name, table, to, ["org_id"], [column])
        for statement in before.ON_POSTGRESQL:
            if "ledger_check_next" in statement:
                op.execute(statement)
        return
    names = sa.text(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'ledger_%'"
    )
    for name in op.get_bind().scalars(names).all():
        op.execute(f"DROP TRIGGER {name}")
    for table in ("ledger_snapshot", "ledger_unsealed", "ledger_zero"):
        op.drop_table(table)
    op.execute("ALTER TABLE ledger_balance DROP COLUMN lines")
    for statement in before.ON_SQLITE:
        op.execute(statement)
