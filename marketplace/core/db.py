"""Engines, one session per app context, one way to commit.

SQLite (WAL) and PostgreSQL run the same code: a GET reads through a read-only
connection (a replica where there is one), everything else through the primary.
On SQLite a writer begins IMMEDIATE, because a read that later upgrades to a write
loses at once when somebody else wrote in between.
"""

import random
import select
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any

from flask import Flask, Response, current_app, g, has_request_context, request
from flask import session as cookie
from sqlalchemy import Dialect, Engine, Enum, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session, SQLModel, create_engine

from marketplace.core import clock, turns

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

#: Something on the way may have forgotten a connection that rested longer.
RESTED_SECONDS = 30

#: A reader on a replica sees its own writes: it reads the primary this long after one.
PIN_SECONDS = 5

SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "foreign_keys=ON",
    "synchronous=FULL",  # what was acknowledged survives a power cut: there are books in here
    "busy_timeout=10000",
    "cache_size=-20000",
)


def choice(options: type[StrEnum]) -> Enum:
    """A column holding one of `options`, stored by value and checked, so names may change."""
    return Enum(
        options,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
        name=options.__name__.lower(),
    )


def make_engine(url: str, **options: Any) -> Engine:
    """An engine whose errors do not repeat the values of a statement: people typed them."""
    options.setdefault("hide_parameters", True)
    if url.startswith("sqlite"):
        factory = turns.queue_at(make_url(url).database or "")
        connecting = {"timeout": 10, "factory": factory}
        engine = create_engine(url, connect_args=connecting, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    url = url.replace("postgres://", "postgresql://", 1)
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, **options)
    event.listen(engine, "checkout", partial(_see_that_it_is_there, engine.dialect))
    return engine


def _see_that_it_is_there(dialect: Dialect, connection: Any, record: Any, _proxy: Any) -> None:
    """A pooled connection is used again only when the server is still at its other end.

    A server that ends a connection says so or closes it, so there is something to read. Asking
    costs a round trip; that is left for a connection which says something, or rested for long.
    """
    rested = clock.stopwatch() - record.info.get("used_at", 0)
    record.info["used_at"] = clock.stopwatch()
    try:
        line = select.poll()
        line.register(connection.fileno(), select.POLLIN)
        if line.poll(0) or rested >= RESTED_SECONDS:
            dialect.do_ping(connection)
    except Exception:
        raise InvalidatePoolError("the server has ended its connections") from None


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy, not sqlite3, says BEGIN
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    if connection.get_execution_options().get("reads_only"):
        connection.exec_driver_sql("BEGIN")
        return
    writer = connection.connection.dbapi_connection
    try:
        writer.take_turn()
        writer.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as problem:
        writer.rollback()
        raise as_sqlalchemy_says(connection, problem) from None


def as_sqlalchemy_says(connection: Any, problem: sqlite3.Error) -> BaseException:
    """What the driver raised, as the rest of the site expects it; without any values."""
    return DBAPIError.instance(
        None, None, problem, sqlite3.Error, hide_parameters=True, dialect=connection.dialect
    )


#: Lost connections, no room or no connections left, a server that stops (SQLSTATE classes).
AWAY_ON_POSTGRESQL = ("08", "53", "57P")
AWAY_ON_SQLITE = ("SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR")


def is_away(error: BaseException | None) -> bool:
    """The database could not do it just now; the same again may well work later."""
    if not isinstance(error, OperationalError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        name = getattr(error.orig, "sqlite_errorname", "SQLITE_BUSY")  # none: no turn to write
        return name.startswith(AWAY_ON_SQLITE)
    state = getattr(error.orig, "sqlstate", None)  # none: there was no connection
    return error.connection_invalidated or state is None or state.startswith(AWAY_ON_POSTGRESQL)


def _refuse_writes(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON")


def reader_of(primary: Engine) -> Engine:
    """The same database, but a write fails, as it would on a replica."""
    if primary.dialect.name != "sqlite":
        return primary.execution_options(postgresql_readonly=True)
    reader = make_engine(primary.url.render_as_string(hide_password=False))
    event.listen(reader, "connect", _refuse_writes)
    return reader.execution_options(reads_only=True)


def init_app(app: Flask) -> None:
    primary = make_engine(app.config["DATABASE_URL"])
    replicas = [make_engine(url) for url in app.config["REPLICA_URLS"]]
    app.extensions["engine"] = primary
    app.extensions["primary_reader"] = reader_of(primary)
    app.extensions["readers"] = replicas or [app.extensions["primary_reader"]]
    app.before_request(_pin_who_has_just_written)
    app.after_request(_remember_writing)
    app.teardown_appcontext(_close_sessions)


def dispose(app: Flask) -> None:
    """Close every pooled connection, so that nothing outlives the application."""
    named = [app.extensions[name] for name in ("engine", "primary_reader")]
    for engine in (*named, *app.extensions["readers"]):
        engine.dispose()


def session() -> Session:
    """What this request, command or job reads through; it cannot write (see `transaction`)."""
    if "session" not in g:
        g.session = Session(_engine_for_this_request(), expire_on_commit=False)
    return g.session


def _engine_for_this_request() -> Engine:
    reads = has_request_context() and request.method in ("GET", "HEAD", "OPTIONS")
    if reads and not g.get("reads_own_writes"):
        return random.choice(current_app.extensions["readers"])
    return current_app.extensions["primary_reader"]


def now(session: Session) -> datetime:
    """The time by the database's clock, which all workers share, as of this very moment.

    What must be wholly before or wholly after a deadline asks it while it holds the lock. With
    SQLite all workers are on one machine and its clock is the one.
    """
    if clock.is_frozen() or session.get_bind().dialect.name == "sqlite":
        return clock.now()
    moment: datetime = session.connection().scalar(text("SELECT clock_timestamp()"))
    return moment.astimezone(UTC)


def read_own_writes() -> None:
    """Read from the primary for the rest of this request: somebody has just written."""
    g.reads_own_writes = True


def _pin_who_has_just_written() -> None:
    if clock.now().timestamp() - cookie.get("wrote_at", 0) < PIN_SECONDS:
        read_own_writes()


def _remember_writing(response: Response) -> Response:
    """Who has just written reads the primary for a while: a replica may be behind."""
    if g.get("wrote") and cookie:
        cookie["wrote_at"] = int(clock.now().timestamp())
    return response


def outside_transactions() -> None:
    """Call before speaking to the network: an answer may take long, and locks would wait for it.

    Raises RuntimeError while a transaction of this context is open. What was read is let go of.
    """
    if g.get("writer"):
        raise RuntimeError("no network call while a transaction is open: commit first")
    forget_session()


@contextmanager
def snapshot() -> Iterator[Session]:
    """Read for long, and all of it as it stood at one moment; it cannot write."""
    with Session(current_app.extensions["primary_reader"], expire_on_commit=False) as reader:
        if reader.get_bind().dialect.name == "postgresql":
            reader.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield reader


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit on the way out, roll back on any error. Open it at the edge, once."""
    if g.get("writer"):
        raise RuntimeError("transaction() does not nest: pass the session on instead")
    writer = g.writer = Session(current_app.extensions["engine"], expire_on_commit=False)
    try:
        yield writer
        writer.commit()
    except BaseException:
        writer.rollback()
        writer.info.pop("after_commit", None)
        raise
    finally:
        g.writer = None
        writer.close()
        forget_session()  # what was read before is stale now, but stays readable
    g.wrote = True
    read_own_writes()
    for follow_up in writer.info.pop("after_commit", ()):
        follow_up()


def after_commit(writer: Session, follow_up: Callable[[], None]) -> None:
    """Do something harmless to lose (wake a worker) once the rows are safe."""
    follow_ups = writer.info.setdefault("after_commit", [])
    if follow_up not in follow_ups:
        follow_ups.append(follow_up)


@event.listens_for(Session, "do_orm_execute")
def _reload_what_is_locked(state: ORMExecuteState) -> None:
    """A locked row is read anew: what this session saw before it got the lock may be old."""
    if state.is_select and getattr(state.statement, "_for_update_arg", None) is not None:
        state.update_execution_options(populate_existing=True)


def forget_session() -> None:
    """Give up a session that may have failed half-way; the next one starts clean."""
    if failed := g.pop("session", None):
        failed.close()


def _close_sessions(_error: BaseException | None) -> None:
    forget_session()
