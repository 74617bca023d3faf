"""One world, built once for each engine; every test begins with a fresh copy of it."""

import copy
import itertools
import shutil
from pathlib import Path

import pytest
from sqlmodel import Session

from marketplace.app import create_app
from marketplace.core import clock, db
from tests.conftest import BOTH_ENGINES, NOW
from tests.factories import Factory
from tests.fake_stripe import KEY, SECRET, FakeStripe
from tests.isolation import world as worlds
from tests.isolation.site import Site

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def built(request, tmp_path_factory, sqlite_template):
    """`built("sqlite")`: where the world stands, and who is in it."""
    known = {}

    def build(engine):
        if engine not in known:
            folder = tmp_path_factory.mktemp(f"world-{engine}")
            if engine == "sqlite":
                shutil.copy(sqlite_template, folder / "world.db")
                place, url = folder / "world.db", f"sqlite:///{folder}/world.db"
            else:
                server = request.getfixturevalue("postgres_server")
                server.sql("CREATE DATABASE template_world TEMPLATE template_commons")
                place, url = "template_world", server.url("template_world")
            known[engine] = place, _build(url, folder)
        return known[engine]

    return build


def _build(url, folder):
    app = _app(url, folder)
    reading = Session(app.extensions["engine"], expire_on_commit=False)
    with clock.frozen(NOW), reading as session:
        world = worlds.build(Factory(app, session))
        session.expunge_all()
    if url.startswith("sqlite"):
        with app.extensions["engine"].connect() as connection:
            connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.dispose(app)
    return world


def _app(url, folder):
    return create_app(
        MODE="test",
        VAR=folder,
        DATABASE_URL=url,
        SECRET_KEYS=["a secret for tests only, long enough"],
        PAGE_CACHE=False,
    )


@pytest.fixture(scope="session")
def stripe():
    """Districts can pay online here."""
    with FakeStripe(now=NOW.timestamp) as fake:
        yield fake


@pytest.fixture(params=BOTH_ENGINES)
def database_url(request, tmp_path, built):
    """A fresh copy of the world's database."""
    place, _ = built(request.param)
    if request.param == "sqlite":
        shutil.copy(place, tmp_path / "commons.db")
        yield f"sqlite:///{tmp_path}/commons.db"
    else:
        server, name = request.getfixturevalue("postgres_server"), f"world_{next(_numbers)}"
        server.sql(f"CREATE DATABASE {name} TEMPLATE {place}")
        yield server.url(name)
        server.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def world(database_url, built):
    engine = "sqlite" if database_url.startswith("sqlite") else "postgresql"
    return copy.copy(built(engine)[1])


@pytest.fixture
def site(request, app, database_url, world, client_for, built, stripe):
    """The application over the world: who comes, what they get, what changes."""
    app.config.update(
        STRIPE_SECRET_KEY=KEY, STRIPE_WEBHOOK_SECRETS=[SECRET], STRIPE_API_BASE=stripe.url
    )

    def restore():
        db.dispose(app)
        if database_url.startswith("sqlite"):
            path = database_url.removeprefix("sqlite:///")
            for ending in ("-wal", "-shm"):
                Path(path + ending).unlink(missing_ok=True)
            shutil.copy(built("sqlite")[0], path)
        else:
            server, name = (
                request.getfixturevalue("postgres_server"),
                database_url.split("@/")[1].split("?")[0],
            )
            server.sql(f"DROP DATABASE {name} WITH (FORCE)")
            server.sql(f"CREATE DATABASE {name} TEMPLATE template_world")

    return Site(app, world, client_for, restore)
