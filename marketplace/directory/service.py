"""What can be done to the directory: feed it a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, bindparam, insert, select, text, update
from sqlmodel import Session

from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.directory import rules
from marketplace.directory.models import District
from marketplace.directory.readers import read_file
from marketplace.directory.readers.reading import Facts, Reading, Rejected
from marketplace.directory.spelling import search_key

THE_SITE = UUID(int=0)  # the directory belongs to no organization
_table = District.__table__  # type: ignore[attr-defined]


@dataclass
class Import:
    """What became of one file."""

    kind: rules.SourceKind
    vintage: str
    read: int
    rejected: list[Rejected]
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    id: UUID = field(default_factory=uuid4)
    org_id: UUID = THE_SITE


def import_file(
    session: Session, actor: Actor, path: Path, *, tell: Callable[[], None] = lambda: None
) -> Import:
    """Take over what a federal file, or our own CSV, says; the same file again changes nothing."""
    require(actor, "directory.import_file")
    reading = read_file(path)
    tell()
    done = _store(session, reading)
    tell()
    if done.added or done.updated:
        emit(
            session,
            actor,
            "directory.imported",
            done,
            kind=done.kind,
            vintage=done.vintage,
            added=done.added,
            updated=done.updated,
        )
    return done


def _store(session: Session, reading: Reading) -> Import:
    """Compare with what is known and write only the differences, in bulk."""
    done = Import(reading.kind, reading.vintage, reading.read, list(reading.rejected))
    if not reading.rows:
        return done
    connection = session.connection()
    if connection.dialect.name == "postgresql":  # as SQLite: one import at a time
        connection.execute(text("LOCK TABLE district IN SHARE ROW EXCLUSIVE MODE"))

    columns = next(iter(reading.rows.values()))[1].keys() | {"name", "city"}
    groups = [g for g in rules.GROUPS if f"{g}_year" in columns - reading.starters]
    written = [c for g in groups for c in rules.COLUMNS_OF[g]]
    names = [column.name for column in _table.c if column.name in columns]
    known = {row[0]: row for row in connection.execute(select(*(_table.c[name] for name in names)))}
    added, updated = [], []
    for leaid, (number, facts) in reading.rows.items():
        if leaid in known:
            before = dict(zip(names, known[leaid], strict=True))
            if changed := rules.changes(before, facts, groups):
                updated.append(_updated(before, changed, written))
        elif facts.get("name") and facts.get("state"):
            added.append(_with_search_key(facts))
        else:
            reason = f"district {leaid} is not in the directory yet, and this file does not name it"
            done.rejected.append(Rejected(number, reason))

    if added:
        _insert(connection, added)
    if updated:
        values: dict[str, Any] = {name: bindparam(name) for name in (*written, "search_key")}
        statement = update(_table).where(_table.c.leaid == bindparam("id")).values(values)
        connection.execute(statement, updated)
    session.expire_all()
    done.rejected.sort(key=lambda rejected: rejected.row)
    done.added, done.updated = len(added), len(updated)
    done.unchanged = done.read - done.added - done.updated - len(done.rejected)
    return done


def _insert(connection: Connection, rows: list[Facts]) -> None:
    if connection.dialect.name != "postgresql":
        connection.execute(insert(_table), rows)
        return
    columns = ", ".join(rows[0])  # names of our own columns; COPY is four times as quick here
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY district ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(tuple(row.values()))


def _with_search_key(facts: Facts) -> Facts:
    facts["search_key"] = search_key(facts["name"], facts.get("city"))
    return facts


def _updated(before: Mapping[str, Any], changed: Facts, written: list[str]) -> Facts:
    after = {**before, **changed}
    row = {column: after[column] for column in written}
    row["search_key"] = search_key(after["name"], after["city"])
    row["id"] = before["leaid"]
    return row
