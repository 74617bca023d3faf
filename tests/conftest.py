"""What every test may ask for."""

import itertools
import shutil
from contextvars import copy_context
from datetime import UTC, datetime

import pytest
from flask import has_app_context
from flask.testing import FlaskClient
from hypothesis import settings
from jinja2 import BytecodeCache
from sqlmodel import Session
from werkzeug.routing import Rule

from marketplace.accounts import login
from marketplace.app import create_app
from marketplace.core import clock, db, events, migrate, tenancy
from tests import postgres
from tests.factories import Factory

#: How long an example takes says more about the machine than about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
BOTH_ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(autouse=True)
def still_clock():
    with clock.frozen(NOW):
        yield


# -- databases -------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server():
    with postgres.folder() as folder:
        server = postgres.Server(folder, **postgres.HURRIED).create().start()
        server.sql("CREATE DATABASE template_commons")
        _migrate(server.url("template_commons"))
        yield server
        server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "commons.db"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url):
    engine = db.make_engine(url)
    migrate.migrate(engine)
    engine.dispose()


_numbers = itertools.count(1)


@pytest.fixture(params=BOTH_ENGINES)
def database_url(request, tmp_path):
    """An empty, migrated database of its own, on each engine in turn."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "commons.db")
        yield f"sqlite:///{tmp_path}/commons.db"
    else:
        server, name = request.getfixturevalue("postgres_server"), f"test_{next(_numbers)}"
        server.sql(f"CREATE DATABASE {name} TEMPLATE template_commons STRATEGY FILE_COPY")
        yield server.url(name)
        server.sql(f"DROP DATABASE {name} WITH (FORCE)")


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)

# -- the application -------------------------------------------------------------------------


class Browser(FlaskClient):
    """A client that refuses to share `g`, and so the signed-in person, with the test."""

    def open(self, *args, **kwargs):
        assert not has_app_context(), "close the app context before making requests"
        # In a context of its own, as on a server: the scope a request ends is not the test's.
        kwargs.setdefault("buffered", True)
        return copy_context().run(super().open, *args, **kwargs)

    def send(self, url, **fields):
        """Fill in and send the form of a page, with the page's own CSRF token."""
        page = self.get(url).text
        token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        return self.post(url, data={"csrf_token": token, **fields})


class KeptTemplates(BytecodeCache):
    """Every test has an application of its own; templates are compiled once for all of them."""

    def __init__(self):
        self.kept = {}

    def load_bytecode(self, bucket):
        if code := self.kept.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket):
        self.kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


TEMPLATES = KeptTemplates()


def _kept_builders(compile_builder):
    """Routes too: an application's are compiled from their text alone, 0.2 s for all of them."""
    kept = {}

    def builder(rule, append_unknown=True):
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in kept:
            kept[key] = compile_builder(rule, append_unknown)
        return kept[key]

    return builder


Rule._compile_builder = _kept_builders(Rule._compile_builder)


@pytest.fixture
def app(database_url, tmp_path):
    app = create_app(
        MODE="test",
        VAR=tmp_path,
        DATABASE_URL=database_url,
        SECRET_KEYS=["a secret for tests only, long enough"],
        PAGE_CACHE=False,
        PAGE_CACHE_PAUSE=0,
    )
    app.test_client_class = Browser
    app.jinja_env.bytecode_cache = TEMPLATES
    yield app
    db.dispose(app)


@pytest.fixture
def _push_request_context():
    """Switch off pytest-flask's own context: it makes every client one signed-in person."""


@pytest.fixture
def make(app):
    """Build rows: `make.district()`, `make.buyer(district)`, `make.pool(consortium)`."""
    with Session(app.extensions["engine"], expire_on_commit=False) as session:
        yield Factory(app, session)


@pytest.fixture
def act(app):
    """Run a use case as somebody: `act(user, service.promise_seats, pool.id, 10)`."""

    def run(user, use_case, *args, **kwargs):
        with app.app_context():
            with db.transaction() as session, tenancy.everyone("finding out who acts"):
                actor = login.actor_for(session, user)
            with tenancy.scoped_to(actor.scope), db.transaction() as session:
                return use_case(session, actor, *args, **kwargs)

    return run


@pytest.fixture
def look(app):
    """Read anything, across organizations, as it now stands in the database."""
    reader = Session(app.extensions["readers"][0])
    with tenancy.everyone("test asserts"), reader as session:
        yield session


@pytest.fixture
def deliver(app):
    """Let the jobs that follow from events run."""

    def run():
        with app.app_context():
            return events.deliver()

    return run


@pytest.fixture
def client_for(app):
    """A browser in which somebody is already signed in."""

    def sign_in(user):
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = user.fs_uniquifier
            cookie["_fresh"] = True
        return client

    return sign_in
