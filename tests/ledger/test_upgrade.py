"""Books that were kept before migration 0010 go on, on both engines."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from marketplace.core import db, migrate
from marketplace.ledger import body, queries
from marketplace.ledger.body import Body
from marketplace.ledger.models import LedgerBalance, LedgerSnapshot
from marketplace.ledger.rules import Leg, PostingKind, kind_of, totals_by_account
from tests.ledger.test_tampering import REFUSED, attack

ORG = UUID(int=9)
LONG = [Leg("cash:main", 1 + n % 5) for n in range(12_000)]
BOUGHT = [Leg("receivable:0100005", 36_000_00), Leg("payable:brightpath", -36_000_00)]
PAID = [Leg("cash:main", 36_000_00), Leg("receivable:0100005", -36_000_00)]
ENTRIES = [BOUGHT, [*LONG, Leg("fee:lead", -sum(leg.cents for leg in LONG))], PAID]


def move(engine, how, revision):
    with migrate.changing(engine) as config:
        how(config, revision)


def run(connection, sql, rows=None, **values):
    """A statement with :org in it, for one row or for many."""
    statement = text(sql).bindparams(bindparam("org", type_=Uuid()))
    connection.execute(statement, [{"org": ORG, **row} for row in rows or [values]])


def keep_the_old_way(connection, entries=ENTRIES):
    """Lines, balances, entry, head: as the site wrote them before."""
    run(
        connection,
        "INSERT INTO organization (id, kind, name, slug, founded_at, time_zone) VALUES"
        " (:org, 'consortium', 'Old Rivers', 'old-rivers', '2026-01-01 00:00:00+00', 'UTC')",
    )
    prev = body.FIRST_PREV
    run(
        connection, "INSERT INTO ledger_head (org_id, seq, hash) VALUES (:org, 0, :prev)", prev=prev
    )
    for seq, legs in enumerate(entries, 1):
        at = datetime(2026, 9, seq, tzinfo=UTC)
        said = Body(str(ORG), f"k{seq}", at, at.date(), "system", PostingKind.FEE, "pool:x",
                    tuple(legs)).canonical()  # fmt: skip
        leaf = body.leaf_of(said)
        seal = body.chained(prev, leaf)
        totals = totals_by_account(legs)
        run(
            connection,
            "INSERT INTO ledger_account VALUES (:org, :code, :kind) ON CONFLICT DO NOTHING",
            [{"code": code, "kind": kind_of(code).value} for code in totals],
        )
        run(
            connection,
            "INSERT INTO ledger_entry VALUES (:org, :seq, :line, :account, :cents)",
            [
                {"seq": seq, "line": n, "account": leg.account, "cents": leg.cents}
                for n, leg in enumerate(legs, 1)
            ],
        )
        run(
            connection,
            "INSERT INTO ledger_txn VALUES (:org, :seq, :key, :said, :leaf, :seal, 'fee',"
            " 'pool:x', :day, :at, NULL)",
            seq=seq, key=f"k{seq}", said=said, leaf=leaf, seal=seal, day=at.date().isoformat(),
            at=f"{at:%Y-%m-%d %H:%M:%S.%f}" + ("" if is_sqlite(connection) else "+00"),
        )  # fmt: skip
        run(
            connection,
            "INSERT INTO ledger_balance VALUES (:org, :code, :cents, :seq) ON CONFLICT"
            " (org_id, code) DO UPDATE SET seq = excluded.seq,"
            " balance_cents = ledger_balance.balance_cents + excluded.balance_cents",
            [{"code": code, "cents": cents, "seq": seq} for code, cents in totals.items()],
        )
        run(connection, "UPDATE ledger_head SET seq = :seq, hash = :seal WHERE org_id = :org",
            seq=seq, seal=seal)  # fmt: skip
        prev = seal


def is_sqlite(connection):
    return connection.dialect.name == "sqlite"


@pytest.fixture
def upgraded(app, database_url):
    """Filled at revision 0009, then brought to the newest."""
    engine = db.make_engine(database_url)
    if engine.dialect.name == "sqlite":
        engine.dispose()
        with open(database_url.removeprefix("sqlite:///"), "wb"):
            pass  # a new file, which has never seen a later revision
        move(engine, command.upgrade, "0009")
    else:
        move(engine, command.downgrade, "0009")
    with engine.begin() as connection:
        keep_the_old_way(connection)
    migrate.migrate(engine)
    yield app
    engine.dispose()


def test_books_kept_before_hold_and_go_on(upgraded, post, look, make):
    assert queries.verify(look, ORG).problems == []
    rows = look.exec(select(LedgerBalance)).all()
    kept = {row.code: (row.balance_cents, row.lines) for row in rows}
    assert kept["cash:main"] == (36_000_00 + sum(leg.cents for leg in LONG), 12_001)
    assert kept["receivable:0100005"] == (0, 2)
    snapshots = [(s.code, s.seq, s.balance_cents) for s in look.exec(select(LedgerSnapshot))]
    assert snapshots == [("cash:main", 2, sum(leg.cents for leg in LONG))]
    assert queries.balances_after(look, ORG, 2, ["cash:main", "fee:lead"]) == {
        "cash:main": sum(leg.cents for leg in LONG),
        "fee:lead": -sum(leg.cents for leg in LONG),
    }
    assert queries.balances_after(look, ORG, 3, ["cash:main"]) == {
        "cash:main": kept["cash:main"][0]
    }
    look.rollback()

    class Books:
        id = ORG

    entry = post("next", ("cash:main", 7), ("fee:lead", -7), to=Books)
    assert entry.seq == 4
    proof = queries.verify(look, ORG)
    assert (proof.entries, proof.problems) == (4, [])


def test_books_kept_before_are_guarded(upgraded, look):
    for name in ("change both amounts", "delete a line", "change a text", "turn the head back"):
        with pytest.raises(DatabaseError):
            attack(upgraded, REFUSED[name])

    assert queries.verify(look, ORG).ok


def test_autogenerate_finds_nothing_in_a_database_that_was_upgraded(upgraded):
    assert migrate.differences(upgraded.extensions["engine"]) == []


def test_back_and_forth_keeps_the_books(app, post, books, look):
    post("a")
    post("b", ("cash:main", 5), ("cash:main", 6), ("fee:lead", -11), on=date(2026, 1, 2))
    engine = app.extensions["engine"]
    move(engine, command.downgrade, "0009")
    with pytest.raises(DatabaseError):
        attack(app, REFUSED["change one amount"])
    move(engine, command.upgrade, "head")
    post("c")

    proof = queries.verify(look, books.id)
    assert (proof.entries, proof.problems) == (3, [])
    assert queries.balance_of(look, books.id, "cash:main") == 1011
