"""Work gets done by a real worker, once, whatever fails on the way."""

import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner
from sqlmodel import select

from marketplace.cli import main
from marketplace.core import clock, commands, db, events, jobs, mail
from marketplace.core.access import Actor
from marketplace.core.events import Delivery
from marketplace.core.mail import Letter
from tests.conftest import on_sqlite


@pytest.fixture
def still_clock():
    """A real worker works in real time."""


@pytest.fixture
def subscribe(monkeypatch):
    def subscribe(**subscribers):
        named = {f"tests.{name}": job for name, job in subscribers.items()}
        monkeypatch.setitem(events.subscribers(), "tests.happened", named)

    return subscribe


@pytest.fixture
def happen(app):
    def emit():
        with app.app_context(), db.transaction() as session:
            subject = SimpleNamespace(id=uuid4(), org_id=uuid4())
            events.emit(session, Actor.system(), "tests.happened", subject)

    return emit


@pytest.fixture
def queue(app, database_url, monkeypatch):
    """The queue beside the database: SQLite's own file, or the same PostgreSQL."""
    monkeypatch.setattr(events, "_wake_worker", [])
    if database_url.startswith("postgres"):
        app.config["QUEUE_URL"] = database_url
    opened, connect = [], psycopg.connect

    def keep_in_mind(*arguments, **options):
        opened.append(connect(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr(psycopg, "connect", keep_in_mind)
    queue = jobs.init_worker(app)
    yield queue
    queue.storage.close()
    for connection in opened:  # each thread of a worker opens one and leaves it to its end
        connection.close()


@contextmanager
def working(queue):
    consumer = queue.create_consumer(workers=2, periodic=False, initial_delay=0.05, max_delay=0.2)
    consumer._set_signal_handlers = lambda: None
    thread = threading.Thread(target=consumer.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        consumer.stop(graceful=True)
        thread.join(timeout=20)


def soon(true):
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until, "the worker did not do it"
        time.sleep(0.05)


def note(session, _event):
    mail.send(session, "a@b.org", "It happened", "")


def test_a_worker_delivers_what_happened_and_posts_the_letter(
    app, queue, subscribe, happen, tmp_path
):
    subscribe(note=note)

    with working(queue):
        happen()
        soon(lambda: list((tmp_path / "outbox").glob("*.eml")))


def test_a_letter_alone_wakes_the_worker_too(app, queue, tmp_path):
    with working(queue), app.app_context():
        with db.transaction() as session:
            mail.send(session, "a@b.org", "Confirm your address", "")
        soon(lambda: list((tmp_path / "outbox").glob("*.eml")))


def test_a_queue_that_is_lost_loses_no_work(app, queue, subscribe, happen, look):
    subscribe(note=note)
    happen()
    queue.storage.flush_queue()

    with app.app_context():
        done = jobs.run_due()

    assert (done["events"], done["letters"]) == (1, 1)


@on_sqlite
def test_a_queue_that_is_away_breaks_no_request(app, queue, subscribe, happen, look, monkeypatch):
    def away(*_arguments, **_options):
        raise ConnectionError("no queue")

    monkeypatch.setattr(queue.storage, "enqueue", away)
    subscribe(note=note)

    happen()

    assert look.exec(select(Delivery.subscriber)).all() == ["tests.note"]


@on_sqlite
def test_a_job_that_keeps_failing_is_put_off_ever_longer_and_then_given_up(
    app, subscribe, happen, look
):
    tries = []

    def fail(_session, _event):
        tries.append(1)
        raise ValueError("never works")

    start = clock.now()
    subscribe(fail=fail, note=note)
    with clock.frozen(start):
        happen()

    counts = []
    for seconds in (0, 30, 60, 300, 301, 1300, 1400, 6000, 90_000):
        with app.app_context(), clock.frozen(start + timedelta(seconds=seconds)):
            events.deliver()
        counts.append(len(tries))

    assert counts == [1, 1, 2, 3, 3, 4, 4, 5, 5]
    (given_up,) = events.dead_letters(look)
    assert (given_up[0].subscriber, given_up[0].attempts) == ("tests.fail", 5)
    assert "never works" in given_up[0].problem
    assert len(look.exec(select(Letter)).all()) == 1  # the other subscriber was not held up


def test_a_dead_letter_can_be_tried_again(app, subscribe, happen, look):
    def fail(_session, _event):
        raise ValueError

    subscribe(note=fail)
    happen()
    with app.app_context():
        for days in range(6):
            with clock.frozen(clock.now() + timedelta(days=days)):
                events.deliver()
        (found,) = events.dead_letters(look)
        subscribe(note=note)
        assert events.deliver() == 0

        with db.transaction() as session:
            events.try_again(session, found[0].event_id, "tests.note")

        assert events.deliver() == 1


def test_what_another_worker_holds_is_left_to_it(app, subscribe, happen, database_url):
    """And is not asked for again and again until that worker is done."""
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer, so nothing is held beside another")
    began, go_on = threading.Event(), threading.Event()

    def slow(session, event):
        began.set()
        assert go_on.wait(20)

    subscribe(slow=slow)
    happen()

    def work():
        with app.app_context():
            return events.deliver()

    worker = threading.Thread(target=work)
    worker.start()
    assert began.wait(20)
    try:
        assert work() == 0
    finally:
        go_on.set()
        worker.join()


@on_sqlite
def test_a_timed_job_that_fails_does_not_stop_the_others(app, look, monkeypatch):
    def fails(session):
        session.add(Letter(written_at=clock.now(), recipient="a@b.org", subject="half", text=""))
        session.flush()
        raise ValueError

    def works(session):
        mail.send(session, "a@b.org", "due", "")
        return 3

    def calls():
        raise OSError

    monkeypatch.setattr(jobs, "_timed", {"tests.a_fails": fails, "tests.b_works": works})
    monkeypatch.setattr(jobs, "_outward", {"tests.c_calls": calls})

    with app.app_context():
        done = jobs.run_due()

    assert done == {
        "tests.a_fails": 0,
        "tests.b_works": 3,
        "tests.c_calls": 0,
        "events": 0,
        "letters": 1,
    }
    assert look.exec(select(Letter.subject)).all() == ["due"]


@on_sqlite
def test_the_command_does_what_is_due_and_says_so(app, subscribe, happen, monkeypatch):
    subscribe(note=note)
    happen()
    monkeypatch.setattr(commands, "open_app", lambda: app)

    answer = CliRunner().invoke(main, ["jobs", "run-due"])

    assert answer.exit_code == 0
    assert "events: 1\nletters: 1\n" in answer.stdout
