"""A post costs less: the entry is written first, then its lines, then the head seals it.

With the entry already there, its lines are checked against it once per statement, not once
per line; a key that is taken is found by writing it; and what is asked at commit is asked
in one statement. On SQLite the same order saves looking through all entries for each one.
What is refused stays refused: see docs/adr/0006.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

#: Kept by `ledger_check_lines` from now on. A model still names it, and so does SQLite.
KEY_OF_LINES = "fk_ledger_entry_org_id_seq_ledger_txn"
HEAD_OF = """FROM {schema}.ledger_head h WHERE h.org_id >= {0} AND h.org_id <= {0}
          ORDER BY h.org_id DESC LIMIT 1"""
HEADS = {"books": "books", "entry": "entry.org_id", "line": "a.org_id", "new": "NEW.org_id"}

# -- PostgreSQL --------------------------------------------------------------------------

#: The text is all there is to say. An entry is sealed at once or not at all, so its row may
#: be written before its lines, and writing it finds out whether its key is taken.
POST = """
    CREATE OR REPLACE FUNCTION ledger_post(
      said text, OUT seq bigint, OUT hash text, OUT earlier text
    ) LANGUAGE plpgsql SECURITY DEFINER {pinned} AS $$
    DECLARE
      entry jsonb := said::jsonb;
      leaf bytea := sha256('\\x00'::bytea || convert_to(said, 'UTF8'));
      books uuid := (entry->>'c')::uuid;
      head record;
      known boolean;
      passes boolean;
    BEGIN
      -- The lock is a statement of its own: what is read after it is fresh.
      SELECT h.ctid AS place, h.seq, h.hash INTO head {head_of_books} FOR UPDATE;
      IF NOT FOUND THEN
        RETURN;
      END IF;

      seq := head.seq + 1;
      hash := encode(sha256(decode(head.hash, 'hex') || leaf), 'hex');
      INSERT INTO ledger_txn (org_id, seq, idem_key, body, leaf, hash, kind, ref,
                              effective_on, recorded_at, reverses)
      VALUES (books, seq, entry->>'k', said, encode(leaf, 'hex'), hash, entry->>'kind',
              entry->>'ref', (entry->>'d')::date, (entry->>'t')::timestamptz,
              (entry->>'reverses')::bigint)
      ON CONFLICT (idem_key, org_id) DO NOTHING;
      IF NOT FOUND THEN
        SELECT t.seq, t.hash, t.body INTO seq, hash, earlier FROM ledger_txn t
        WHERE (t.idem_key, t.org_id) >= (entry->>'k', books)
          AND (t.idem_key, t.org_id) <= (entry->>'k', books);
        IF earlier::jsonb - ARRAY['t', 'by'] <> entry - ARRAY['t', 'by'] THEN
          RAISE EXCEPTION 'Entry % has the same key but says something else.', seq
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'ledger_key';
        END IF;
        RETURN;
      END IF;

      WITH moved AS (
        UPDATE ledger_balance b SET
          balance_cents = b.balance_cents + change.cents,
          seq = ledger_post.seq,
          lines = b.lines + change.lines
        FROM (SELECT cents, lines, {place_of_balance} AS place FROM ({change}) AS c) AS change
        WHERE b.ctid = change.place
        RETURNING change.lines, b.lines / {every} > (b.lines - change.lines) / {every} AS passes
      )
      SELECT sum(m.lines) = jsonb_array_length(entry->'e'), bool_or(m.passes)
      INTO known, passes FROM moved m;
      IF known IS NOT TRUE THEN
        WITH change AS ({change}), opened AS (
          INSERT INTO ledger_account (org_id, code, kind)
          SELECT books, account, ledger_kind_of(account) FROM change ON CONFLICT DO NOTHING
        )
        INSERT INTO ledger_balance (org_id, code, balance_cents, seq, lines)
        SELECT books, account, cents, ledger_post.seq, lines FROM change ON CONFLICT DO NOTHING;
      END IF;
      IF passes OR known IS NOT TRUE THEN
        INSERT INTO ledger_snapshot (org_id, code, seq, balance_cents)
        SELECT books, b.code, ledger_post.seq, b.balance_cents
        FROM (SELECT lines, {place_of_balance} AS place FROM ({change}) AS c) AS change
        JOIN ledger_balance b ON b.ctid = change.place
        WHERE b.lines / {every} > (b.lines - change.lines) / {every};
      END IF;

      INSERT INTO ledger_entry (org_id, seq, line, account, amount_cents)
      SELECT books, ledger_post.seq, n, leg->>0,
             CASE leg->>2 WHEN 'USD' THEN (leg->>1)::bigint END
      FROM jsonb_array_elements(entry->'e') WITH ORDINALITY AS e (leg, n);
      UPDATE ledger_head h SET seq = ledger_post.seq, hash = ledger_post.hash
      WHERE h.ctid = head.place AND h.org_id = books;
    END $$
"""
CHANGE = """
          SELECT leg->>0 AS account, sum((leg->>1)::bigint)::bigint AS cents, count(*) AS lines
          FROM jsonb_array_elements(entry->'e') AS e (leg) GROUP BY 1"""
#: The newest version of a balance, found from the end of the index: see migration 0010.
PLACE_OF_BALANCE = """(
          SELECT n.ctid FROM ledger_balance n
          WHERE (n.org_id, n.code) >= (books, account) AND (n.org_id, n.code) <= (books, account)
          ORDER BY n.org_id DESC, n.code DESC LIMIT 1)"""
#: Lines are taken by the entry behind the head alone, so only while it is being written: the
#: entry and the head are seen together or not at all, and an entry that is sealed is the head.
CHECK_LINES = """
    CREATE OR REPLACE FUNCTION ledger_check_lines() RETURNS trigger LANGUAGE plpgsql {pinned} AS $$
    BEGIN
      IF EXISTS (
        SELECT FROM added a WHERE a.seq IS DISTINCT FROM (
          SELECT t.seq FROM (SELECT h.org_id, h.seq {head_of_line}) AS head
          JOIN {schema}.ledger_txn t ON t.org_id = head.org_id AND t.seq = head.seq + 1
        )
      ) THEN
        RAISE EXCEPTION 'ledger: only the next entry takes lines'
          USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NULL;
    END $$
"""
CHECK_CANCELS = """
    CREATE OR REPLACE FUNCTION ledger_check_cancels() RETURNS trigger LANGUAGE plpgsql {pinned}
    AS $$
    DECLARE
      found record;
    BEGIN
      SELECT count(*) >= 2 AND sum(e.amount_cents) = 0 AS cancels,
        (SELECT h.seq {head_of_new}) >= NEW.seq AS sealed
      INTO found FROM ledger_entry e WHERE e.org_id = NEW.org_id AND e.seq = NEW.seq;
      IF found.cancels IS NOT TRUE THEN
        RAISE EXCEPTION 'ledger: the lines of entry % must cancel', NEW.seq
          USING ERRCODE = 'check_violation';
      ELSIF found.sealed IS NOT TRUE THEN
        RAISE EXCEPTION 'ledger: the head must move to entry %', NEW.seq
          USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$
"""
#: After the row is there, not before: a repeat adds none, and is harmless in a closed month.
IN_OPEN_PERIOD = """
    CREATE TRIGGER ledger_txn_in_open_period AFTER INSERT ON ledger_txn
      FOR EACH ROW EXECUTE FUNCTION ledger_check_period()
"""


def _on_postgresql() -> None:
    run = _runner()
    for sql in (POST, CHECK_LINES, CHECK_CANCELS):
        run(sql)
    op.drop_constraint(KEY_OF_LINES, "ledger_entry", type_="foreignkey")
    op.execute("DROP TRIGGER ledger_txn_in_open_period ON ledger_txn")
    op.execute(IN_OPEN_PERIOD)


def _revision(number: str) -> Any:
    return op.get_context().script.get_revision(number).module


def _runner() -> Callable[[str], None]:
    """Runs statements of this revision and of 0010 with what their words stand for."""
    older = _revision("0010")
    preparer = op.get_bind().dialect.identifier_preparer
    schema = preparer.quote(op.get_bind().scalar(sa.text("SELECT current_schema()")))
    words = {
        "pinned": older.PINNED,
        "change": CHANGE,
        "place_of_balance": PLACE_OF_BALANCE,
        "every": str(older.LINES_PER_SNAPSHOT),
        **{f"head_of_{name}": HEAD_OF.replace("{0}", owner) for name, owner in HEADS.items()},
        "schema": schema,
    }

    def run(sql: str) -> None:
        for name, value in words.items():
            sql = sql.replace("{" + name + "}", value)
        op.get_bind().exec_driver_sql(sql.replace("%", "%%"))

    return run


# -- SQLite ------------------------------------------------------------------------------

#: An entry that is being written is the one that is not sealed yet.
ON_SQLITE = {
    "ledger_entry_added": """
    CREATE TRIGGER ledger_entry_added BEFORE INSERT ON ledger_entry BEGIN
      SELECT RAISE(ABORT, 'ledger: only the next entry takes lines')
      WHERE NOT EXISTS (SELECT 1 FROM ledger_unsealed
                        WHERE org_id = NEW.org_id AND seq = NEW.seq)
         OR EXISTS (SELECT 1 FROM ledger_entry
                    WHERE org_id = NEW.org_id AND seq = NEW.seq AND line = NEW.line);
    END
    """,
    # Three questions, each answered by its own index: joined by OR none of them would be.
    "ledger_txn_added": """
    CREATE TRIGGER ledger_txn_added BEFORE INSERT ON ledger_txn BEGIN
      SELECT RAISE(ABORT, 'ledger: an entry must be the next one')
      WHERE NEW.seq IS NOT (SELECT seq + 1 FROM ledger_head WHERE org_id = NEW.org_id)
         OR EXISTS (SELECT 1 FROM ledger_txn WHERE org_id = NEW.org_id AND seq = NEW.seq)
         OR EXISTS (SELECT 1 FROM ledger_txn
                    WHERE idem_key = NEW.idem_key AND org_id = NEW.org_id)
         OR EXISTS (SELECT 1 FROM ledger_txn
                    WHERE reverses = NEW.reverses AND org_id = NEW.org_id);
      INSERT INTO ledger_unsealed (org_id, seq) VALUES (NEW.org_id, NEW.seq);
    END
    """,
    "ledger_head_moved": """
    CREATE TRIGGER ledger_head_moved BEFORE UPDATE ON ledger_head BEGIN
      SELECT RAISE(ABORT, 'ledger: the head moves to the next entry only')
      WHERE NEW.org_id <> OLD.org_id OR NEW.seq <> OLD.seq + 1
         OR NOT EXISTS (SELECT 1 FROM ledger_txn WHERE org_id = NEW.org_id
                        AND seq = NEW.seq AND hash = NEW.hash);
      SELECT RAISE(ABORT, 'ledger: the lines of an entry must cancel')
      WHERE (SELECT count(*) < 2 OR sum(amount_cents) <> 0 FROM ledger_entry
             WHERE org_id = NEW.org_id AND seq = NEW.seq);
    END
    """,
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _on_postgresql()
        return
    for name, sql in ON_SQLITE.items():
        op.execute(f"DROP TRIGGER {name}")
        op.execute(sql)


def downgrade() -> None:
    older = _revision("0010")
    if op.get_bind().dialect.name == "postgresql":
        run = _runner()
        for sql in (older.POST, older.CHECK_LINES, older.CHECK_CANCELS):
            run(sql.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
        op.create_foreign_key(
            KEY_OF_LINES,
            "ledger_entry",
            "ledger_txn",
            ["org_id", "seq"],
            ["org_id", "seq"],
            deferrable=True,
            initially="DEFERRED",
        )
        op.execute("DROP TRIGGER ledger_txn_in_open_period ON ledger_txn")
        for sql in _revision("0012").ON_POSTGRESQL:
            if "CREATE TRIGGER ledger_txn_in_open_period" in sql:
                op.execute(sql)
        return
    for name in ON_SQLITE:
        op.execute(f"DROP TRIGGER {name}")
    for sql in older.TRIGGERS_ON_SQLITE:
        if any(f"CREATE TRIGGER {name} " in sql for name in ON_SQLITE):
            op.execute(sql)
