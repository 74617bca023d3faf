"""A site that runs an earlier release keeps every row when it is brought to the newest."""

from datetime import date

import pytest
from alembic import command
from sqlalchemy import text

from marketplace.core import db, migrate, tenancy
from marketplace.core.errors import RuleBroken
from marketplace.ledger import queries
from tests.architecture.filled import NOT_MINE, contents, fill
from tests.conftest import on_sqlite
from tests.ledger.test_upgrade import BOUGHT, ORG, PAID, keep_the_old_way, move

EARLIER = "0014"
GIVEN = {
    "district.leaid": "0100005",
    "district.state": "AL",
    "instrument.ends_on": date(2027, 8, 31),
    "pool.term_ends_on": date(2027, 8, 31),
    "cost_proposal.equal_bps": None,
    "cost_proposal.rest": None,
    "correction_run.decided_at": None,
    "correction_run.decided_by": None,
    "correction_run.reversal_seq": None,
    "correction_run.correction_seq": None,
}
#: Tables and columns that a later revision took away or writes anew on purpose.
CHANGED = {"alembic_version": {"version_num"}, "consortium": {"by_laws"}}


@pytest.fixture
def earlier(app, database_url):
    """An engine on a database of the earlier release, with a row in every table."""
    engine = db.make_engine(database_url)
    if engine.dialect.name == "sqlite":
        engine.dispose()
        with open(database_url.removeprefix("sqlite:///"), "wb"):
            pass  # a new file, which has never seen a later revision
        move(engine, command.upgrade, "0009")
    else:
        move(engine, command.downgrade, "0009")
    with engine.begin() as connection:
        keep_the_old_way(connection, [BOUGHT, PAID])
    move(engine, command.upgrade, EARLIER)
    with tenancy.everyone("every row is kept"), engine.begin() as connection:
        fill(connection, GIVEN)
    yield engine
    engine.dispose()


def test_every_row_is_kept_and_what_it_points_to(earlier, look):
    with tenancy.everyone("test asserts"), earlier.connect() as connection:
        before = contents(connection)
    empty = {name for name, rows in before.items() if not all(rows.values())}
    assert {name for name in empty if not name.startswith(NOT_MINE)} == set()

    migrate.migrate(earlier)

    with tenancy.everyone("test asserts"), earlier.connect() as connection:
        after = contents(connection)
        if earlier.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            assert connection.execute(text("PRAGMA integrity_check")).all() == [("ok",)]
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    for table, columns in before.items():
        for column, values in columns.items():
            if column not in CHANGED.get(table, ()):
                assert after[table][column] == values, (table, column)
    assert migrate.differences(earlier) == []
    proof = queries.verify(look, ORG)
    assert (proof.entries, proof.problems) == (2, [])


@on_sqlite
def test_a_revision_that_would_lose_rows_is_refused_whole(earlier):
    def lose_an_order(config, _):
        command.upgrade(config, "0015")
        config.attributes["connection"].execute(text("DELETE FROM purchase"))

    with pytest.raises(RuleBroken, match="invoice to purchase"):
        move(earlier, lose_an_order, "")

    with tenancy.everyone("test asserts"), earlier.connect() as connection:
        assert migrate.current_revision(connection) == EARLIER
        assert connection.execute(text("SELECT count(*) FROM purchase")).scalar() == 1
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
