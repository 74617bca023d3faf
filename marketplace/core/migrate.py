"""Bring a database to the newest revision; tell how far it is behind."""

from functools import cache

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlmodel import SQLModel

from marketplace.core.resources import MIGRATIONS


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine) -> None:
    """Apply what is missing, all in one transaction."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        command.upgrade(_config(connection), "head")


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
