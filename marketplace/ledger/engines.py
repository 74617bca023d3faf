"""How an entry gets into the books of each database engine.

PostgreSQL has functions for it, which may do what the site itself may not. On SQLite the
rows are written here, and its triggers refuse what those functions would not do.
"""

from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from marketplace.core.errors import RuleBroken
from marketplace.ledger import rules
from marketplace.ledger.body import FIRST_PREV, Body, Head, chained, leaf_of
from marketplace.ledger.body import read as read_body


class Written(NamedTuple):
    seq: int
    hash: str
    #: The text of the entry that was posted before with this key, if there is one.
    earlier: str | None


class Engine(Protocol):
    def open_books(self, connection: Connection, org_id: UUID) -> bool:
        """Open empty books; False when they are open already."""
        ...

    def lock(self, connection: Connection, org_id: UUID) -> Head | None:
        """Wait for the turn to write, and say where the books end."""
        ...

    def write(self, connection: Connection, said: Body, text: str) -> Written | None:
        """Add an entry, or find the one with its key; None when no books are open."""
        ...


class OnPostgreSQL:
    def open_books(self, connection: Connection, org_id: UUID) -> bool:
        return bool(connection.exec_driver_sql("SELECT ledger_open(%s)", (org_id,)).scalar())

    def lock(self, connection: Connection, org_id: UUID) -> Head | None:
        query = "SELECT seq, hash FROM ledger_lock(%s)"
        seq, seal = connection.exec_driver_sql(query, (org_id,)).one()
        return None if seq is None else Head(seq, seal)

    def write(self, connection: Connection, said: Body, text: str) -> Written | None:
        query = "SELECT seq, hash, earlier FROM ledger_post(%s)"
        try:
            seq, seal, earlier = connection.exec_driver_sql(query, (text,)).one()
        except IntegrityError as problem:
            told: Any = problem.orig
            if told.diag.constraint_name == "ledger_key":
                raise RuleBroken(told.diag.message_primary) from None
            raise
        return None if seq is None else Written(seq, seal, earlier)


class OnSQLite:
    """The writer's turn is the transaction's: SQLite has one writer at a time."""

    def open_books(self, connection: Connection, org_id: UUID) -> bool:
        if self.lock(connection, org_id) is not None:
            return False
        sql = "INSERT INTO ledger_head (org_id, seq, hash) VALUES (?, 0, ?)"
        connection.exec_driver_sql(sql, (org_id.hex, FIRST_PREV))
        return True

    def lock(self, connection: Connection, org_id: UUID) -> Head | None:
        query = "SELECT seq, hash FROM ledger_head WHERE org_id = ?"
        found = connection.exec_driver_sql(query, (org_id.hex,)).one_or_none()
        return Head(*found) if found else None

    def write(self, connection: Connection, said: Body, text: str) -> Written | None:
        owner = UUID(said.consortium).hex
        leaf = leaf_of(text)
        execute = connection.exec_driver_sql
        found = execute(ENDS_AT, (said.key, owner)).one_or_none()
        if found is None:
            return None
        last, prev, known, known_seal, earlier = found
        if known is not None:
            if not said.says_the_same_as(read_body(earlier)):
                raise RuleBroken(f"Entry {known} has the same key but says something else.")
            return Written(known, known_seal, earlier)
        seq, seal = last + 1, chained(prev, leaf)
        codes = dict.fromkeys(leg.account for leg in said.legs)
        execute(ADD_ACCOUNT, [(owner, code, rules.kind_of(code).value) for code in codes])
        execute(
            ADD_LINE,
            [(owner, seq, number, code, cents) for number, (code, cents) in enumerate(said.legs, 1)],
        )
        recorded_at = said.recorded_at.strftime("%Y-%m-%d %H:%M:%S.%f")
        execute(
            ADD_ENTRY,
            (
                owner,
                seq,
                said.key,
                text,
                leaf,
                seal,
                said.kind.value,
                said.ref,
                said.effective_on.isoformat(),
                recorded_at,
                said.reverses,
            ),
        )
        execute("UPDATE ledger_head SET seq = ?, hash = ? WHERE org_id = ?", (seq, seal, owner))
        return Written(seq, seal, None)


ENDS_AT = """
    SELECT h.seq, h.hash, t.seq, t.hash, t.body FROM ledger_head h
    LEFT JOIN ledger_txn t ON t.org_id = h.org_id AND t.idem_key = ? WHERE h.org_id = ?
"""
ADD_ACCOUNT = (
    "INSERT INTO ledger_account (org_id, code, kind) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
)
ADD_LINE = (
    "INSERT INTO ledger_entry (org_id, seq, line, account, amount_cents) VALUES (?, ?, ?, ?, ?)"
)
ADD_ENTRY = """
    INSERT INTO ledger_txn (org_id, seq, idem_key, body, leaf, hash, kind, ref, effective_on,
                            recorded_at, reverses)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def engine_of(connection: Connection) -> Engine:
    return ON_POSTGRESQL if connection.dialect.name == "postgresql" else ON_SQLITE


ON_POSTGRESQL, ON_SQLITE = OnPostgreSQL(), OnSQLite()
