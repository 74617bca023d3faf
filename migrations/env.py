"""Alembic runs on a connection that `marketplace.core.migrate` hands over."""

from importlib import import_module
from importlib.util import find_spec

from alembic import context
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
    "sqlite_",
    "huey_",
    "kv",
    "schedule",
    "task",
)


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name and name.startswith(UNMAPPED))


def is_mapped(_object: object, name: str | None, kind: str, reflected: bool, _to: object) -> bool:
    """Indexes made by hand in a migration (by expression, for search) are named `search_…`."""
    return not (kind == "index" and reflected and name and name.startswith("search_"))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_server_default=True,
    include_name=is_ours,
    include_object=is_mapped,
)
with context.begin_transaction():
    context.run_migrations()
