"""One row in every table of an earlier release, each pointing to the others wherever it can."""

import re
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import (
    CHAR,
    JSON,
    Boolean,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    inspect,
    select,
)

NOT_MINE = ("ledger_", "alembic_", "directory_search", "catalogue_search")

#: As SQLite and as PostgreSQL tell it.
CHOICE = re.compile(
    r"""\(*"?(\w+)"?\)?(?:::text)?\)* (?:IN \(|= ANY \(+ARRAY\[\(*)'(\w+)'""",
)


def reflected(connection):
    """The tables as they are now, keys and all."""
    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _: "_search_" not in name)
    return metadata


def fill(connection, given):
    """`given` says what no rule below can guess: `{"table.column": value}`."""
    rows = {}
    for number, table in enumerate(reflected(connection).sorted_tables, 1):
        there = connection.execute(select(table)).mappings().first()
        if there or table.name.startswith(NOT_MINE):
            rows[table.name] = dict(there or {})
            continue
        choices = _choices(connection, table.name)
        row = {}
        for column in table.columns:
            if f"{table.name}.{column.name}" in given:
                row[column.name] = given[f"{table.name}.{column.name}"]
            elif column.name in choices:
                row[column.name] = choices[column.name]
            else:
                row[column.name] = _value(column, number, rows)
        connection.execute(table.insert(), row)
        rows[table.name] = row
    return rows


def _choices(connection, table):
    """The first value that a list of choices allows."""
    found = {}
    for check in inspect(connection).get_check_constraints(table):
        if said := CHOICE.match(check["sqltext"]):
            found[said[1]] = said[2]
    return found


def _value(column, number, rows):
    for key in column.foreign_keys:
        if key.column.name in rows.get(key.column.table.name, ()):
            return rows[key.column.table.name][key.column.name]
    kind = column.type
    if isinstance(kind, JSON):
        return []
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Integer | Numeric):
        return 1
    if isinstance(kind, DateTime):
        return datetime(2026, 9, 1, tzinfo=UTC if kind.timezone else None)
    if isinstance(kind, Date):
        return date(2026, 9, 1)
    if isinstance(kind, LargeBinary):
        return column.name.encode()
    if isinstance(kind, String) and not isinstance(kind, CHAR):
        return f"{column.name} {number}"[: kind.length]
    return as_kept(UUID(int=100 + number), kind)


def as_kept(this, kind):
    """SQLite keeps a UUID as 32 digits, and tells so."""
    return this.hex if isinstance(kind, CHAR) else this


def contents(connection):
    """`{table: {column: its values}}`, the values in the order of all columns' text."""
    found = {}
    for table in reflected(connection).sorted_tables:
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
        found[table.name] = {
            c.name: sorted(str(row[c.name]) for row in rows) for c in table.columns
        }
    return found
