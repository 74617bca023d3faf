"""What an account holds when five million lines moved it: kept, and summed up."""

import statistics
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask

from bench.ledger_posts import ratio, seconds
from bench.ledger_sites import Site
from marketplace.core import db, tenancy
from marketplace.ledger import queries

LINES, PER_SNAPSHOT, ACCOUNT = 5_000_000, 10_000, "receivable:0100005"
#: Past the functions, as the owner of the database, with no trigger and no index in the way.
FILL = """
    SET session_replication_role = replica;
    SET maintenance_work_mem = '512MB';
    ALTER TABLE ledger_entry DROP CONSTRAINT pk_ledger_entry;
    DROP INDEX ix_ledger_entry_account;
    INSERT INTO ledger_account (org_id, code, kind) VALUES ('{books}', '{account}', 'asset');
    INSERT INTO ledger_entry (org_id, seq, line, account, amount_cents)
      SELECT '{books}', n, 1, '{account}', 1 + n % 1000 FROM generate_series(1, {lines}) n;
    INSERT INTO ledger_snapshot (org_id, code, seq, balance_cents)
      SELECT '{books}', '{account}', upto, sum(cents) OVER (ORDER BY upto) FROM (
        SELECT (seq + {every} - 1) / {every} * {every} AS upto, sum(amount_cents) AS cents
        FROM ledger_entry WHERE org_id = '{books}' GROUP BY 1) AS parts;
    INSERT INTO ledger_balance (org_id, code, balance_cents, seq, lines)
      SELECT '{books}', '{account}', sum(amount_cents), max(seq), count(*)
      FROM ledger_entry WHERE org_id = '{books}';
    ALTER TABLE ledger_entry ADD CONSTRAINT pk_ledger_entry PRIMARY KEY (org_id, seq, line);
    CREATE INDEX ix_ledger_entry_account ON ledger_entry (account, org_id, seq, line);
    RESET session_replication_role;
"""
SUM = "SELECT sum(amount_cents) FROM ledger_entry WHERE org_id = %s AND account = %s AND seq <= %s"


def run(site: Site, url: str) -> list[dict[str, Any]]:
    """Read as the site reads, against the sum the database makes of the same lines."""
    books = site.books[-1]
    with psycopg.connect(url, autocommit=True) as owner:
        sql = FILL.format(books=books, account=ACCOUNT, lines=LINES, every=PER_SNAPSHOT)
        owner.execute(sql)
        for table in ("entry", "balance", "snapshot"):
            owner.execute(f"VACUUM ANALYZE ledger_{table}")
        with site.app.app_context(), tenancy.everyone("measuring"):
            return _measured(site.app, owner, books)


def _measured(app: Flask, owner: psycopg.Connection, books: UUID) -> list[dict[str, Any]]:
    session = db.session()
    middle = LINES // 2 + PER_SNAPSHOT // 2  # as far from a snapshot as one can be

    def summed(until: int) -> int:
        found = owner.execute(SUM, (books, ACCOUNT, until)).fetchone()
        return int(found[0]) if found else 0

    def live() -> int:
        return queries.balance_of(session, books, ACCOUNT)

    def then() -> int:
        return queries.balances_after(session, books, middle, [ACCOUNT])[ACCOUNT]

    same = live() == summed(LINES) and then() == summed(middle)
    times: dict[str, list[float]] = {"live": [], "sum": [], "then": [], "sum then": []}
    asked: dict[str, tuple[Callable[[], int], int]] = {
        "live": (live, 40),
        "sum": (lambda: summed(LINES), 1),
        "then": (then, 20),
        "sum then": (lambda: summed(middle), 1),
    }
    for _ in range(5):
        for name, (ask, often) in asked.items():
            times[name] += [seconds(ask) for _ in range(often)]
    half = {name: statistics.median(found) for name, found in times.items()}
    found = [
        ratio(f"balance of {LINES:,} lines, kept", half["live"] / half["sum"], 1 / 1_000,
              f"their sum: {half['sum'] * 1e3:.0f} ms, kept: {half['live'] * 1e3:.2f} ms"),
        ratio("balance after an entry, from a snapshot", half["then"] / half["sum then"], 1 / 100,
              f"their sum: {half['sum then'] * 1e3:.0f} ms, so: {half['then'] * 1e3:.2f} ms"),
    ]  # fmt: skip
    return [{**row, "ok": row["ok"] and same} for row in found]
