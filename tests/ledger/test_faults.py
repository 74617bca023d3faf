"""A full disk, a cut connection, a dead server: nothing half-saved, the same key works again."""

import os
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from bench import ledger_drill
from bench.ledger_sites import SITE_USER, site_on
from marketplace.cli import main
from marketplace.core import db
from marketplace.ledger import queries
from tests import postgres
from tests.conftest import on_postgresql, on_sqlite


@pytest.mark.postgres
@pytest.mark.timeout(120)
def test_what_was_acknowledged_outlives_cut_connections_and_a_crash(tmp_path):
    """`marketplace bench ledger_drill` at a small size; it waits for the log, not for the disk."""
    with postgres.folder() as place:
        server = postgres.Server(place, fsync="off").create().start()
        try:
            server.sql("CREATE DATABASE site")
            server.sql(f"CREATE ROLE {SITE_USER} LOGIN")
            url = server.url("site")
            theirs = url.replace("postgres@", f"{SITE_USER}@")
            with (
                site_on(url, tmp_path, 2, theirs) as site,
                ThreadPoolExecutor(ledger_drill.WRITERS) as writers,
            ):
                found = ledger_drill.drill(
                    writers, server, url, theirs, site, tmp_path, posts=300, crashes=1
                )
        finally:
            server.stop()

    assert found.acknowledged >= 300
    assert found.crashes == 1
    assert found.kills > 0
    assert found.tries_that_failed > 0
    assert found.repeats > 0
    assert (
        found._replace(
            acknowledged=0,
            repeats=0,
            tries_that_failed=0,
            saved_but_not_heard=0,
            kills=0,
            crashes=0,
        )
        == ledger_drill.Tally()
    )


@on_postgresql
def test_a_connection_cut_before_the_commit_saves_nothing_and_the_key_works_again(
    app, post, books, look, database_url
):
    post("before")

    def cut(connection):
        pid = connection.connection.dbapi_connection.info.backend_pid
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (pid,))

    engine = app.extensions["engine"]
    event.listen(engine, "commit", cut)
    with pytest.raises(OperationalError):
        post("a")
    event.remove(engine, "commit", cut)
    assert queries.find_head(look, books.id).seq == 1
    look.rollback()

    assert (post("a").seq, post("a").seq) == (2, 2)
    assert queries.verify(look, books.id).ok


def fill_the_disk(app):
    """No page more than there are: what SQLite then says is what it says on a full disk."""

    def cap(connection, _record, _proxy):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(app.extensions["engine"], "checkout", cap)
    return lambda: event.remove(app.extensions["engine"], "checkout", cap)


LARGE = [(f"receivable:{n:07}", 100) for n in range(1, 3000)]
VERY_LARGE = [(f"receivable:{n:07}", 100) for n in range(1, 13_000)]


@on_sqlite
def test_a_full_disk_saves_nothing_and_the_key_works_again(app, post, books, look):
    post("before")
    empty_the_disk = fill_the_disk(app)
    with pytest.raises(OperationalError, match="full"):
        post("a", *LARGE, ("payable:brightpath", -299_900))
    assert queries.find_head(look, books.id).seq == 1
    look.rollback()

    empty_the_disk()
    db.dispose(app)
    assert post("a", *LARGE, ("payable:brightpath", -299_900)).seq == 2
    assert queries.verify(look, books.id).problems == []


@pytest.fixture
def small_disk(postgres_server):
    """A disk of one megabyte, where this machine lets us make one."""
    place = postgres_server.folder / "small"
    place.mkdir()
    size = "size=1m,mode=0777"
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", place], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("only root may mount a small disk")
    data = place / "space"
    data.mkdir()
    os.chown(data, postgres_server.data.stat().st_uid, -1)
    yield data
    subprocess.run(["umount", "-l", place], check=True)


@on_postgresql
def test_a_full_disk_of_the_server_saves_nothing_and_the_key_works_again(
    app, post, books, look, small_disk, postgres_server, database_url
):
    post("before")
    name = database_url.split("/")[3].split("?")[0]
    postgres_server.sql(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
    postgres_server.sql("ALTER TABLE ledger_entry SET TABLESPACE small", name)
    try:
        with pytest.raises(OperationalError, match="No space left on device"):
            post("a", *VERY_LARGE, ("payable:brightpath", -100 * len(VERY_LARGE)))
        assert queries.find_head(look, books.id).seq == 1
        look.rollback()
    finally:
        postgres_server.sql("ALTER TABLE ledger_entry SET TABLESPACE pg_default", name)
        postgres_server.sql("DROP TABLESPACE small")

    assert post("a", *VERY_LARGE, ("payable:brightpath", -100 * len(VERY_LARGE))).seq == 2
    assert queries.verify(look, books.id).problems == []


@pytest.fixture
def visit(app, post):
    """A page that posts, and what somebody sees who opens it."""
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/pay")
    def pay():
        return str(post("paid", *LARGE, ("payable:brightpath", -299_900)).seq)

    return lambda: app.test_client().get("/pay")


def test_a_page_says_in_plain_words_that_the_database_is_away(app, visit, books, look):
    engine = app.extensions["engine"]
    sqlite = engine.dialect.name == "sqlite"

    def cut(connection):
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as other:
            pid = connection.connection.dbapi_connection.info.backend_pid
            other.exec_driver_sql("SELECT pg_terminate_backend(%s)", (pid,))

    if sqlite:
        mend = fill_the_disk(app)
    else:
        event.listen(engine, "commit", cut)
    answer = visit()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert "Our database is away or full. Nothing was half-saved." in answer.text
    assert queries.find_head(look, books.id).seq == 0
    look.rollback()

    if sqlite:
        mend()
        db.dispose(app)
    else:
        event.remove(engine, "commit", cut)
    assert [visit().text, visit().text] == ["1", "1"]


@on_sqlite
def test_a_backup_taken_while_the_site_runs_verifies(year, app, tmp_path, monkeypatch):
    with sqlite3.connect(tmp_path / "commons.db") as books:
        books.execute("VACUUM INTO ?", [str(tmp_path / "backup.db")])

    told = verify_at(f"sqlite:///{tmp_path}/backup.db", tmp_path, monkeypatch)
    assert (told.exit_code, told.output[:28]) == (0, "three-rivers: 6 entries hold")


@on_postgresql
def test_a_dump_that_was_restored_verifies(
    year, database_url, postgres_server, tmp_path, monkeypatch
):
    if not (postgres.BINARIES / "pg_restore").exists():
        pytest.skip("pg_dump and pg_restore are not here")
    server, name = postgres_server, database_url.split("/")[3].split("?")[0]
    where = ("-h", server.folder, "-p", server.port, "-U", "postgres")
    dump = server.folder / f"{name}.dump"
    server.run("pg_dump", *where, "--format=custom", "-f", dump, name)
    server.sql(f"CREATE DATABASE {name}_back")
    server.run(
        "pg_restore", *where, "--exit-on-error", "--no-owner", "--no-privileges",
        "-d", f"{name}_back", dump,
    )  # fmt: skip
    restored = server.url(f"{name}_back")

    told = verify_at(restored, tmp_path, monkeypatch)
    assert (told.exit_code, told.output[:28]) == (0, "three-rivers: 6 entries hold")
    server.sql(f"DROP DATABASE {name}_back WITH (FORCE)")


def verify_at(url, var, monkeypatch):
    monkeypatch.setenv("MODE", "test")
    monkeypatch.setenv("VAR", str(var))
    monkeypatch.setenv("DATABASE_URL", url)
    return CliRunner().invoke(main, ["ledger", "verify"])
