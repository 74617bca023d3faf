"""Bring a database to the newest revision; tell how far it is behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ProgrammingError
from sqlmodel import SQLModel

from marketplace.core import db
from marketplace.core.errors import RuleBroken
from marketplace.core.resources import MIGRATIONS


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine) -> None:
    """Apply what is missing, all in one transaction."""
    with changing(engine) as config:
        command.upgrade(config, "head")


@contextmanager
def changing(engine: Engine) -> Iterator[Config]:
    """One transaction for Alembic's commands: all of it is kept, or nothing.

    SQLite changes a table by writing it anew, and a table that others point to cannot be
    dropped while its keys are kept. So keys rest here and are checked before the end, the
    way of sqlite.org/lang_altertable.html. Raises RuleBroken when a row would point to nothing.
    """
    with engine.connect() as connection, _resting_keys(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        before = current_revision(connection)
        yield _config(connection)
        if connection.dialect.name == "sqlite" and current_revision(connection) != before:
            _see_that_keys_hold(connection)


@contextmanager
def _resting_keys(connection: Connection) -> Iterator[None]:
    """SQLite hears of this only while no transaction is open, so SQLAlchemy must not know."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _see_that_keys_hold(connection: Connection) -> None:
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if rows:
        found = ", ".join(sorted({f"{row[0]} to {row[2]}" for row in rows}))
        raise RuleBroken(f"After this, rows would point to nothing: {found}. Nothing was changed.")


def migrate_for(url: str, owner_url: str) -> None:
    """Migrate as the owner of the tables, then let the site's own user do its work."""
    engine = db.make_engine(owner_url or url)
    try:
        migrate(engine)
        if owner_url:
            site = make_url(url)
            _know(engine, site)
            let_serve(engine, site.username or "")
    finally:
        engine.dispose()


def _know(engine: Engine, site: URL) -> None:
    """The user of DATABASE_URL exists, or is made where that is allowed."""
    with engine.connect() as connection:
        known = connection.scalar(
            text("SELECT count(*) FROM pg_roles WHERE rolname = :name"), {"name": site.username}
        )
    if known:
        return
    name = engine.dialect.identifier_preparer.quote(site.username or "")
    try:
        with engine.begin() as connection:
            quoted = connection.scalar(text("SELECT quote_literal(:word)"), {"word": site.password})
            password = f"PASSWORD {quoted}" if quoted else ""
            connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN {password}".replace("%", "%%"))
    except ProgrammingError:
        raise RuleBroken(
            f"The user {site.username} of DATABASE_URL does not exist, and the user of"
            " MIGRATION_DATABASE_URL may not make it. Make it, then migrate again."
        ) from None


def let_serve(engine: Engine, role: str) -> None:
    """Give a role what the site needs: all rows, but of guarded tables only what they say.

    A model says so with `info={"the_site_may": "SELECT"}` in its table arguments. Run after
    each migration, since new tables belong to nobody but their owner.
    """
    preparer = engine.dialect.identifier_preparer
    to = preparer.quote(role)
    with engine.begin() as connection:
        schema = preparer.quote(connection.scalar(text("SELECT current_schema()")))
        guarded = {
            table.name: table.info["the_site_may"]
            for table in SQLModel.metadata.tables.values()
            if "the_site_may" in table.info
        } | {"alembic_version": "SELECT"}
        for grant in (
            f"GRANT USAGE ON SCHEMA {schema} TO {to}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {to}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {to}",
            f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {to}",
            *(
                grant
                for table, rights in guarded.items()
                for grant in (
                    f"REVOKE ALL ON {schema}.{table} FROM {to}",
                    f"GRANT {rights} ON {schema}.{table} TO {to}",
                )
            ),
        ):
            connection.exec_driver_sql(grant)


def write_revision(engine: Engine, message: str, number: str) -> None:
    """Draft the next numbered revision from the difference between models and database."""
    with engine.begin() as connection:
        command.revision(_config(connection), message, autogenerate=True, rev_id=number)


@cache
def newest_revision() -> str:
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current_revision(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


def differences(engine: Engine) -> list[object]:
    """What autogenerate would change; empty when the migrations match the models."""
    found: list[object] = []

    def compare(_revision: object, context: MigrationContext) -> list[object]:
        found.extend(compare_metadata(context, SQLModel.metadata))
        return []

    with engine.begin() as connection:
        config = _config(connection)
        script = ScriptDirectory.from_config(config)
        with EnvironmentContext(config, script, fn=compare):
            script.run_env()
    return found
