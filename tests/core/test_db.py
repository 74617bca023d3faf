"""One way to read, one way to write, and nothing lost between them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from marketplace.core import clock, db
from marketplace.core.mail import Letter
from tests.conftest import on_postgresql


def a_letter(subject):
    return Letter(written_at=clock.now(), recipient="a@b.org", subject=subject, text="")


def write_and_fail(*follow_ups):
    with db.transaction() as session:
        for follow_up in follow_ups:
            db.after_commit(session, follow_up)
        session.add(a_letter("One"))
        session.flush()
        raise ZeroDivisionError


def test_six_threads_that_read_and_then_write_lose_nothing(app, letter, look):
    def count_sixty():
        for _ in range(60):
            with app.app_context(), db.transaction() as session:
                row = session.exec(select(Letter).with_for_update()).one()
                row.attempts += 1

    with ThreadPoolExecutor(6) as pool:
        for one in [pool.submit(count_sixty) for _ in range(6)]:
            one.result()

    assert look.exec(select(Letter.attempts)).one() == 360


@on_postgresql
def test_a_locked_row_is_read_anew(app, letter):
    with app.app_context(), db.transaction() as session:
        before = session.exec(select(Letter)).one()
        with Session(app.extensions["engine"]) as other:
            other.exec(select(Letter)).one().attempts = 7
            other.commit()

        locked = session.exec(select(Letter).with_for_update()).one()

        assert locked is before
        assert locked.attempts == 7


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_write_while_reading_fails(app, subjects, method):
    with app.test_request_context("/", method=method):
        db.session().add(a_letter("One"))

        with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
            db.session().flush()

    assert subjects() == []


def test_a_connection_that_only_read_may_write_afterwards(app, subjects):
    """Readers and writers may share pooled connections on PostgreSQL."""
    for _ in range(3):
        with app.test_request_context("/"):
            db.session().exec(select(Letter)).all()
    with app.test_request_context("/", method="POST"), db.transaction() as session:
        session.add(a_letter("One"))

    assert subjects() == ["One"]


def test_an_error_undoes_the_whole_transaction(app, subjects):
    with app.app_context(), pytest.raises(ZeroDivisionError):
        write_and_fail()

    assert subjects() == []


def test_transactions_do_not_nest(app):
    with app.app_context(), db.transaction():
        inner = db.transaction()
        with pytest.raises(RuntimeError, match="nest"):
            inner.__enter__()


def test_after_a_failed_transaction_the_next_one_works(app, subjects):
    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            write_and_fail()
        with db.transaction() as session:
            session.add(a_letter("Two"))

    assert subjects() == ["Two"]


def test_follow_ups_run_once_and_only_after_the_commit(app, subjects):
    seen = []

    def note():
        seen.append(subjects())

    with app.app_context():
        with db.transaction() as session:
            db.after_commit(session, note)
            db.after_commit(session, note)
            session.add(a_letter("One"))
        with pytest.raises(ZeroDivisionError):
            write_and_fail(note)
        with db.transaction():
            pass

    assert seen == [["One"]]


def test_a_get_that_must_write_does_it_apart_and_then_sees_it(app, subjects):
    with app.test_request_context("/"):
        assert db.session().exec(select(Letter)).all() == []
        with db.transaction() as session:
            session.add(a_letter("One"))

        assert [row.subject for row in db.session().exec(select(Letter))] == ["One"]
        assert db.session().get_bind() is app.extensions["primary_reader"]
    assert subjects() == ["One"]


def test_errors_do_not_repeat_what_people_typed(app, letter):
    twin = a_letter("a secret of somebody")
    twin.id = letter.id
    with app.app_context(), pytest.raises(DBAPIError) as raised, db.transaction() as session:
        session.add(twin)

    assert "a secret of somebody" not in str(raised.value)


@pytest.fixture
def reads_from(app):
    """Ask which database answers a GET, in a browser that has a session."""

    @app.post("/write")
    def write():
        with db.transaction() as session:
            session.add(a_letter("One"))
        return "written"

    @app.get("/where")
    def where():
        here = db.session().get_bind()
        return "primary" if here is app.extensions["primary_reader"] else "replica"

    app.config["WTF_CSRF_ENABLED"] = False
    replica = db.reader_of(app.extensions["engine"])
    app.extensions["readers"] = [replica]
    yield lambda client: client.get("/where").text
    replica.dispose()


def test_who_has_just_written_reads_the_primary_for_five_seconds(app, reads_from):
    client, other = app.test_client(), app.test_client()
    for browser in (client, other):
        with browser.session_transaction() as cookie:
            cookie["visited"] = True
    assert reads_from(client) == "replica"

    client.post("/write")

    assert (reads_from(client), reads_from(other)) == ("primary", "replica")
    with clock.frozen(clock.now() + timedelta(seconds=6)):
        assert reads_from(client) == "replica"


def test_a_machine_without_a_session_gets_no_cookie_for_writing(app, reads_from):
    answer = app.test_client().post("/write")

    assert "Set-Cookie" not in answer.headers


@on_postgresql
@pytest.mark.parametrize("rested", [0, 60])
def test_a_pooled_connection_that_the_server_has_ended_is_replaced(app, rested):
    """Whether it was used a moment ago or rested for long."""
    engine = app.extensions["engine"]
    with engine.connect() as pooled:
        pid = pooled.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        pooled.connection._connection_record.info["used_at"] -= rested
    other = db.make_engine(app.config["DATABASE_URL"])
    with other.connect() as killer:
        killer.exec_driver_sql("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    other.dispose()

    with engine.connect() as fresh:
        assert fresh.exec_driver_sql("SELECT pg_backend_pid()").scalar() != pid
