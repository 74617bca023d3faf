"""Reads go to a streaming replica, writes to the primary; reading survives its loss."""

import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from marketplace.app import create_app
from marketplace.core import clock, db, migrate
from marketplace.core.mail import Letter
from tests import postgres
from tests.conftest import Browser

pytestmark = pytest.mark.postgres


@pytest.fixture
def pair():
    """A primary and its streaming replica, both from the wheel."""
    with postgres.folder() as folder:
        primary = postgres.Server(folder, **postgres.HURRIED).create().start()
        primary.run(
            "pg_basebackup", "-h", folder, "-p", 5432, "-U", "postgres",
            "-D", folder / "replica", "-R", "-X", "stream", "-c", "fast", "--no-sync",
        )  # fmt: skip
        replica = postgres.Server(folder, "replica", 5433, **postgres.HURRIED).start()
        yield primary, replica
        replica.stop()
        if (primary.data / "postmaster.pid").exists():
            primary.stop()


@pytest.fixture
def site(pair, tmp_path):
    primary, replica = pair
    app = create_app(
        MODE="test", VAR=tmp_path, DATABASE_URL=primary.url(), REPLICA_URLS=[replica.url()]
    )
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Browser

    @app.post("/letters")
    def write():
        with db.transaction() as session:
            session.add(Letter(written_at=clock.now(), recipient="a@b.org", subject="One", text=""))
        return "written"

    @app.get("/letters")
    def read():
        return ",".join(db.session().exec(select(Letter.subject)))

    migrate.migrate(app.extensions["engine"])
    _wait_until(lambda: _has_caught_up(app))
    yield app
    db.dispose(app)


def _wait_until(true):
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def _has_caught_up(app):
    with app.extensions["engine"].connect() as primary:
        written = primary.execute(text("SELECT pg_current_wal_insert_lsn()::text")).scalar()
    with app.extensions["readers"][0].connect() as replica:
        query = text("SELECT pg_last_wal_replay_lsn() >= CAST(:written AS pg_lsn)")
        return replica.execute(query, {"written": written}).scalar()


def test_reads_go_to_the_replica_and_go_on_without_the_primary(site, pair):
    client = site.test_client()
    assert client.get("/letters").text == ""

    assert client.post("/letters").text == "written"

    _wait_until(lambda: client.get("/letters").text == "One")
    with site.extensions["readers"][0].connect() as replica:
        assert replica.execute(text("SELECT pg_is_in_recovery()")).scalar() is True
        with pytest.raises(DBAPIError, match="read-only"):
            replica.execute(text("DELETE FROM letter"))

    pair[0].stop("fast")

    assert client.get("/letters").text == "One"
    site.config["PROPAGATE_EXCEPTIONS"] = False
    assert client.post("/letters").status_code == 503
    assert client.get("/letters").text == "One"
