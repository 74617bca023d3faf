"""How an entry gets into the books of each database engine.

PostgreSQL has functions for it, which may do what the site itself may not. On SQLite the
rows are written here, and its triggers refuse what those functions would not do.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from marketplace.core.db import as_sqlalchemy_says
from marketplace.core.errors import RuleBroken
from marketplace.ledger import rules
from marketplace.ledger.body import FIRST_PREV, Body, Head, chained, leaf_of
from marketplace.ledger.body import read as read_body

TRIGGERS_ONLY = "guarded by triggers only"


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

    def guard(self, connection: Connection) -> str:
        """What keeps the site from changing the books past these functions."""
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

    def guard(self, connection: Connection) -> str:
        """Who owns the tables may give itself any right, so that counts as writing."""
        free = connection.exec_driver_sql(
            "SELECT bool_or(has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')"
            " OR pg_has_role(c.relowner, 'MEMBER')) FROM pg_class c"
            " WHERE c.oid = ANY (ARRAY['ledger_head', 'ledger_txn', 'ledger_entry',"
            " 'ledger_account', 'ledger_balance', 'ledger_snapshot']::regclass[])"
        ).scalar()
        if free:
            return f"{TRIGGERS_ONLY}: the site's database user may change the tables"
        return "guarded by roles: the site's database user may read them and call post, no more"


class OnSQLite:
    """The writer's turn is the transaction's: SQLite has one writer at a time.

    An entry is four short statements, so they go to the driver itself.
    """

    def open_books(self, connection: Connection, org_id: UUID) -> bool:
        if self.lock(connection, org_id) is not None:
            return False
        sql = "INSERT INTO ledger_head (org_id, seq, hash) VALUES (?, 0, ?)"
        connection.exec_driver_sql(sql, (org_id.hex, FIRST_PREV))
        return True

    def lock(self, connection: Connection, org_id: UUID) -> Head | None:
        with _cursor(connection) as cursor:
            query = "SELECT seq, hash FROM ledger_head WHERE org_id = ?"
            found = cursor.execute(query, (org_id.hex,)).fetchone()
        return Head(*found) if found else None

    def write(self, connection: Connection, said: Body, text: str) -> Written | None:
        owner = UUID(said.consortium).hex
        with _cursor(connection) as cursor:
            found = cursor.execute(ENDS_AT, (said.key, owner)).fetchone()
            if found is None:
                return None
            last, prev, *known = found
            if known[0] is None:
                seal = self._seal(cursor, owner, Head(last, prev), said, text)
                return Written(last + 1, seal, None)
        if not said.says_the_same_as(read_body(known[2])):
            raise RuleBroken(f"Entry {known[0]} has the same key but says something else.")
        return Written(*known)

    def guard(self, connection: Connection) -> str:
        return f"{TRIGGERS_ONLY}: whoever can open the SQLite file can take the triggers away"

    def _seal(self, cursor: Any, owner: str, head: Head, said: Body, text: str) -> str:
        seq, leaf = head.seq + 1, leaf_of(text)
        seal = chained(head.hash, leaf)
        codes = {leg.account for leg in said.legs}
        accounts = [(owner, code, rules.kind_of(code).value) for code in codes]
        lines = [(owner, seq, n, code, cents) for n, (code, cents) in enumerate(said.legs, 1)]
        at = said.recorded_at.strftime("%Y-%m-%d %H:%M:%S.%f")
        day = said.effective_on.isoformat()
        entry = (owner, seq, said.key, text, leaf, seal, said.kind.value, said.ref, day, at)
        cursor.executemany(ADD_ACCOUNT, accounts)
        cursor.execute(ADD_ENTRY, (*entry, said.reverses))
        cursor.executemany(ADD_LINE, lines)
        cursor.execute(MOVE_HEAD, (seq, seal, owner))
        return seal


@contextmanager
def _cursor(connection: Connection) -> Iterator[Any]:
    """The driver's own cursor; its errors look as they always do."""
    driver = connection.connection.cursor()
    try:
        yield driver
    except sqlite3.Error as problem:
        raise as_sqlalchemy_says(connection, problem) from None
    finally:
        driver.close()


ENDS_AT = """
    SELECT h.seq, h.hash, t.seq, t.hash, t.body FROM ledger_head h
    LEFT JOIN ledger_txn t ON t.org_id = h.org_id AND t.idem_key = ? WHERE h.org_id = ?
"""
MOVE_HEAD = "UPDATE ledger_head SET seq = ?, hash = ? WHERE org_id = ?"
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
