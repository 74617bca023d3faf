"""Alembic runs on a connection that `marketplace.core.migrate` hands over."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from alembic import context
from alembic.migration import MigrationContext
from sqlalchemy import INTEGER, Date, DateTime, Integer, String, Text, Uuid
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from marketplace.core import events, files, mail  # noqa: F401  their tables are part of the schema
from marketplace.features import FEATURES

for feature in FEATURES:
    if find_spec(f"marketplace.{feature}.models"):
        import_module(f"marketplace.{feature}.models")

#: Tables that are no models: search indexes and what PostgreSQL or the queue keep.
UNMAPPED = (
    "directory_search",
    "catalogue_search",
    "ledger_unsealed",
    "ledger_zero",
    "sqlite_",
    "huey_",
    "kv",
    "schedule",
    "task",
)


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name and name.startswith(UNMAPPED))


#: A key of a model that PostgreSQL keeps by a trigger, once per statement: migration 0027.
KEPT_BY_A_TRIGGER = "fk_ledger_entry_org_id_seq_ledger_txn"


def is_mapped(_object: object, name: str | None, kind: str, reflected: bool, _to: object) -> bool:
    """Indexes made by hand in a migration (by expression, for search) are named `search_…`."""
    if kind == "foreign_key_constraint" and name == KEPT_BY_A_TRIGGER:
        return False
    return not (kind == "index" and reflected and name and name.startswith("search_"))


def is_another_type(
    context_: MigrationContext,
    _column: object,
    _meta: object,
    found: object,
    meant: TypeEngine[Any],
) -> bool | None:
    """A STRICT table of SQLite knows TEXT and INTEGER only, whatever a model calls them."""
    if context_.dialect.name == "sqlite" and isinstance(found, (Text, INTEGER)):
        known = Integer if isinstance(found, INTEGER) else (String, Uuid, Date, DateTime)
        if isinstance(getattr(meant, "impl_instance", meant), known):
            return False
    return None


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_server_default=True,
    compare_type=is_another_type,
    include_name=is_ours,
    include_object=is_mapped,
)
with context.begin_transaction():
    context.run_migrations()
