"""Direct SQL against the books: refused where the database can, noticed where it cannot."""

import re

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from marketplace.ledger import body, queries
from tests.conftest import on_sqlite
from tests.ledger.conftest import without_triggers

ORG = "(SELECT org_id FROM ledger_head LIMIT 1)"
#: name -> statements of one transaction, each an honest try to change what is written
REFUSED = {
    "change one amount": ["UPDATE ledger_entry SET amount_cents = 501 WHERE seq = 1 AND line = 1"],
    "change both amounts": ["UPDATE ledger_entry SET amount_cents = amount_cents * 2"],
    "move a line to another account": ["UPDATE ledger_entry SET account = 'fee:lead'"],
    "delete a line": ["DELETE FROM ledger_entry WHERE seq = 1 AND line = 1"],
    "delete an entry": [
        "DELETE FROM ledger_entry WHERE seq = 2",
        "DELETE FROM ledger_txn WHERE seq = 2",
    ],
    "change a text": ["UPDATE ledger_txn SET body = replace(body, '500', '600')"],
    "change a hash": ["UPDATE ledger_txn SET hash = leaf"],
    "change what an account is": ["UPDATE ledger_account SET kind = 'asset'"],
    "delete an account": ["DELETE FROM ledger_account"],
    "add a line to the next entry only": [
        f"INSERT INTO ledger_entry VALUES ({ORG}, 3, 1, 'cash:main', 5)",
    ],
    "add a line to an old entry": [
        f"INSERT INTO ledger_entry VALUES ({ORG}, 1, 3, 'cash:main', 5)",
    ],
    "add two lines that cancel to an old entry": [
        f"INSERT INTO ledger_entry VALUES ({ORG}, 1, 3, 'cash:main', 5),"
        f" ({ORG}, 1, 4, 'fee:lead', -5)",
    ],
    "add lines without an entry": [
        f"INSERT INTO ledger_entry VALUES ({ORG}, 3, 1, 'cash:main', 5),"
        f" ({ORG}, 3, 2, 'fee:lead', -5)",
    ],
    "add an entry without lines": ["{copy}"],
    "add an entry that does not cancel": [
        "{copy}",
        f"INSERT INTO ledger_entry VALUES ({ORG}, 3, 1, 'cash:main', 5),"
        f" ({ORG}, 3, 2, 'fee:lead', -4)",
        "UPDATE ledger_head SET seq = 3, hash = (SELECT hash FROM ledger_txn WHERE seq = 3)",
    ],
    "add lines once the head has moved": [
        "{copy}",
        f"INSERT INTO ledger_entry VALUES ({ORG}, 3, 1, 'cash:main', 5),"
        f" ({ORG}, 3, 2, 'fee:lead', -5)",
        "UPDATE ledger_head SET seq = 3, hash = (SELECT hash FROM ledger_txn WHERE seq = 3)",
        f"INSERT INTO ledger_entry VALUES ({ORG}, 3, 3, 'cash:main', 5),"
        f" ({ORG}, 3, 4, 'fee:lead', -5)",
    ],
    "write to an account that is not there": [
        "{copy}",
        f"INSERT INTO ledger_entry VALUES ({ORG}, 3, 1, 'cash:other', 5),"
        f" ({ORG}, 3, 2, 'fee:lead', -5)",
        "UPDATE ledger_head SET seq = 3, hash = (SELECT hash FROM ledger_txn WHERE seq = 3)",
    ],
    "skip a number": [
        f"INSERT INTO ledger_entry VALUES ({ORG}, 4, 1, 'cash:main', 5),"
        f" ({ORG}, 4, 2, 'fee:lead', -5)",
    ],
    "change a balance that is kept": ["UPDATE ledger_balance SET balance_cents = 7"],
    "delete a balance": ["DELETE FROM ledger_balance"],
    "turn the head back": ["UPDATE ledger_head SET seq = 1"],
    "jump ahead with the head": ["UPDATE ledger_head SET seq = 9"],
    "give the head another hash": ["UPDATE ledger_head SET seq = 3, hash = hash"],
    "close the books": ["DELETE FROM ledger_head"],
    "open books that are not empty": [
        "INSERT INTO ledger_head (org_id, seq, hash) SELECT id, 5, {zeros}"
        " FROM organization WHERE id NOT IN (SELECT org_id FROM ledger_head)",
    ],
}
ONLY_SQLITE = {
    "replace an entry": [
        "INSERT OR REPLACE INTO ledger_txn SELECT org_id, 3, idem_key, body, leaf, hash, kind, ref,"
        " effective_on, recorded_at, reverses FROM ledger_txn WHERE seq = 1",
    ],
    "replace a line": [
        "INSERT OR REPLACE INTO ledger_entry SELECT org_id, seq, line, account, 7"
        " FROM ledger_entry WHERE line = 1",
    ],
    "replace the head": [
        "INSERT OR REPLACE INTO ledger_head SELECT org_id, 0, {zeros} FROM ledger_head",
    ],
    "replace a balance": [
        "INSERT OR REPLACE INTO ledger_balance SELECT org_id, code, 7, seq, lines"
        " FROM ledger_balance",
    ],
    "leave an entry unsealed": [
        "{copy}",
        f"INSERT INTO ledger_entry VALUES ({ORG}, 3, 1, 'cash:main', 5),"
        f" ({ORG}, 3, 2, 'fee:lead', -5)",
    ],
    "pretend that an entry is sealed": [
        "{copy}",
        f"INSERT INTO ledger_entry VALUES ({ORG}, 3, 1, 'cash:main', 5),"
        f" ({ORG}, 3, 2, 'fee:lead', -5)",
        "DELETE FROM ledger_unsealed",
    ],
    "let entries stay open": ["INSERT INTO ledger_zero VALUES (1)"],
    "write a sum that is no number": [
        "{copy}",
        f"INSERT INTO ledger_entry VALUES ({ORG}, 3, 1, 'cash:main', 'five')",
    ],
    "update or replace": ["UPDATE OR REPLACE ledger_txn SET seq = 1 WHERE seq = 2"],
}
ONLY_POSTGRESQL = {
    f"truncate {table}": [f"TRUNCATE {table} CASCADE"]
    for table in (
        "ledger_txn",
        "ledger_entry",
        "ledger_account",
        "ledger_head",
        "ledger_balance",
        "ledger_snapshot",
    )
} | {"truncate everything": ["TRUNCATE organization CASCADE"]}
COPY = (
    "INSERT INTO ledger_txn SELECT org_id, 3, 'another key', body, leaf, hash, kind, ref,"
    " effective_on, recorded_at, reverses FROM ledger_txn WHERE seq = 2"
)


def attack(app, statements):
    with app.extensions["engine"].begin() as connection:
        for statement in statements:
            sql = statement.replace("{copy}", COPY).replace("{zeros}", f"'{body.FIRST_PREV}'")
            connection.execute(text(sql))


@pytest.fixture
def two_entries(make, post):
    make.organization("consortium")
    return post("a"), post("b")


def everything(look, books):
    query = text("SELECT seq, body, hash FROM ledger_txn ORDER BY seq")
    lines = text("SELECT seq, line, account, amount_cents FROM ledger_entry ORDER BY seq, line")
    return (look.execute(query).all(), look.execute(lines).all(), queries.find_head(look, books.id))


def test_the_database_refuses_every_change(app, books, two_entries, look):
    sqlite = app.extensions["engine"].dialect.name == "sqlite"
    before = everything(look, books)
    look.rollback()
    accepted = []
    for name, statements in (REFUSED | (ONLY_SQLITE if sqlite else ONLY_POSTGRESQL)).items():
        try:
            attack(app, statements)
            accepted.append(name)
        except DatabaseError:
            pass

    assert accepted == []
    assert everything(look, books) == before


def test_an_honest_entry_by_hand_is_what_the_attacks_differ_from(app, books, two_entries, look):
    """The same statements in the right order pass, so the refusals above are for cause."""
    attack(
        app,
        [
            "{copy}",
            f"INSERT INTO ledger_entry VALUES ({ORG}, 3, 1, 'cash:main', 5),"
            f" ({ORG}, 3, 2, 'fee:lead', -5)",
            "UPDATE ledger_head SET seq = 3, hash = (SELECT hash FROM ledger_txn WHERE seq = 3)",
        ],
    )

    assert queries.find_head(look, books.id).seq == 3


@on_sqlite
@pytest.mark.parametrize(
    ("statements", "says"),
    [
        (
            ["UPDATE ledger_entry SET amount_cents = 501 WHERE seq = 1 AND line = 1"],
            "entry 1: its lines differ from its sealed text",
        ),
        (
            ["UPDATE ledger_entry SET amount_cents = amount_cents * 2 WHERE seq = 1"],
            "entry 1: its lines differ from its sealed text",
        ),
        (
            ["UPDATE ledger_txn SET body = replace(body, '500', '600') WHERE seq = 2"],
            "entry 2: the text was changed",
        ),
        (
            [
                "UPDATE ledger_txn SET body = replace(body, '500', '600') WHERE seq = 1",
                "UPDATE ledger_entry SET amount_cents = amount_cents * 6 / 5 WHERE seq = 1",
            ],
            "entry 1: the text was changed",
        ),
        (
            ["UPDATE ledger_txn SET ref = 'pool:another' WHERE seq = 1"],
            "entry 1: a column differs from its sealed text",
        ),
        (
            ["UPDATE ledger_txn SET idem_key = 'another' WHERE seq = 1"],
            "entry 1: a column differs from its sealed text",
        ),
        (
            ["UPDATE ledger_txn SET hash = leaf WHERE seq = 1"],
            "entry 1: its hash does not follow",
        ),
        (
            ["DELETE FROM ledger_entry WHERE seq = 2", "DELETE FROM ledger_txn WHERE seq = 2"],
            "the books end at entry 1, but the head says 2",
        ),
        (
            ["DELETE FROM ledger_entry WHERE seq = 1", "DELETE FROM ledger_txn WHERE seq = 1"],
            "entry 1 is missing",
        ),
        (
            ["UPDATE ledger_head SET seq = 1, hash = (SELECT hash FROM ledger_txn WHERE seq = 1)"],
            "there are lines after the last entry 1",
        ),
        (
            ["UPDATE ledger_balance SET balance_cents = 7 WHERE code = 'cash:main'"],
            "account cash:main: the balance kept is not the sum",
        ),
        (
            ["DELETE FROM ledger_balance WHERE code = 'cash:main'"],
            "account cash:main: the balance kept is not the sum",
        ),
        (
            ["UPDATE ledger_balance SET lines = 9 WHERE code = 'cash:main'"],
            "account cash:main: it has another number of lines than is kept",
        ),
        (
            ["INSERT INTO ledger_snapshot SELECT org_id, code, 1, 7 FROM ledger_balance"],
            "account cash:main: its snapshot after entry 1 is not the sum of its lines",
        ),
        (
            [
                "INSERT INTO ledger_account SELECT org_id, 'rounding', 'expense' FROM ledger_head",
                "INSERT INTO ledger_snapshot SELECT org_id, 'rounding', 1, 0 FROM ledger_head",
            ],
            "account rounding: it has a snapshot after entry 1, which did not move it",
        ),
        (
            ["UPDATE ledger_account SET kind = 'income' WHERE code = 'cash:main'"],
            "account cash:main: it is kept as income",
        ),
    ],
)
def test_what_the_owner_of_the_database_changes_is_noticed(
    app, books, two_entries, look, statements, says
):
    assert queries.verify(look, books.id).ok
    look.rollback()
    without_triggers(app, *statements)

    look.expire_all()
    assert re.search(re.escape(says), " | ".join(queries.verify(look, books.id).problems))


def test_a_reversal_that_is_no_mirror_is_noticed(app, books, post, undo, look):
    """Even when the whole chain is computed anew, and every sum holds."""
    post("a")
    undo(1)
    second = queries.get_txn(look, books.id, 2)
    forged = second.body.replace("500", "400")
    leaf = body.leaf_of(forged)
    seal = body.chained(queries.get_txn(look, books.id, 1).hash, leaf)
    look.rollback()
    without_triggers(
        app,
        f"UPDATE ledger_txn SET body = '{forged.replace(':', chr(92) + ':')}', leaf = '{leaf}',"
        f" hash = '{seal}' WHERE seq = 2",
        "UPDATE ledger_entry SET amount_cents = amount_cents * 4 / 5 WHERE seq = 2",
        f"UPDATE ledger_head SET hash = '{seal}'",
        "UPDATE ledger_balance SET balance_cents = 100 WHERE code = 'cash:main'",
        "UPDATE ledger_balance SET balance_cents = -100 WHERE code = 'fee:lead'",
    )

    look.expire_all()
    assert queries.verify(look, books.id).problems == ["entry 2: it is not entry 1 mirrored"]
