"""The demonstration world, built once per engine: these tests only look at it."""

import shutil
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import Session, SQLModel, col, select

import seed
from marketplace.app import create_app
from marketplace.core import clock, db, tenancy
from marketplace.ledger.models import LedgerHead
from tests.conftest import BOTH_ENGINES, NOW, Browser


@dataclass
class World:
    app: Any
    first_sentence: str
    second_sentence: str
    rows_before: dict[str, int]
    rows_after: dict[str, int]
    heads_before: set[tuple[Any, ...]]
    heads_after: set[tuple[Any, ...]]


@pytest.fixture(scope="session", params=BOTH_ENGINES)
def world(request, tmp_path_factory):
    """Load twice, and remember what stood in the database after each time."""
    folder = tmp_path_factory.mktemp("world")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "commons.db")
        url = f"sqlite:///{folder}/commons.db"
    else:
        server = request.getfixturevalue("postgres_server")
        server.sql("CREATE DATABASE world TEMPLATE template_commons")
        url = server.url("world")
    with clock.frozen(NOW):
        app = create_app(MODE="demo", VAR=folder, DATABASE_URL=url, RATE_LIMITS=False)
        app.test_client_class = Browser
        first, rows_before, heads_before = _load(app)
        second, rows_after, heads_after = _load(app)
    yield World(app, first, second, rows_before, rows_after, heads_before, heads_after)
    db.dispose(app)
    if request.param == "postgresql":
        server.sql("DROP DATABASE world WITH (FORCE)")


def _load(app):
    with app.app_context():
        sentence = seed.load()
    with tenancy.everyone("test asserts"), Session(app.extensions["engine"]) as session:
        rows = {
            name: session.exec(select(func.count()).select_from(table)).one()
            for name, table in SQLModel.metadata.tables.items()
        }
        heads = session.exec(select(col(LedgerHead.org_id), LedgerHead.seq, LedgerHead.hash))
        return sentence, rows, {tuple(head) for head in heads}


@pytest.fixture
def look(world):
    """Read anything, across organizations, as it now stands in the database."""
    with tenancy.everyone("test asserts"), Session(world.app.extensions["readers"][0]) as session:
        yield session
