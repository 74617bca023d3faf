"""Rows that belong to an organization are seen and written only from its scope.

No scope, no rows: a query for owned rows outside a scope raises. Public pages
and platform jobs say why they look across organizations with `everyone(...)`.

Two walls. The first adds the scope to the owned tables that a statement names.
The second reads the SQL about to run, once per distinct text, and raises when an
owned table stands in it unscoped; so a table that hides in a subquery is refused,
not leaked (write `.where(in_scope(Table))` there yourself).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any, ClassVar, cast
from uuid import UUID

from flask import Flask, g
from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    Boolean,
    Case,
    Cast,
    ColumnElement,
    Engine,
    False_,
    FunctionElement,
    Label,
    Null,
    True_,
    Uuid,
    and_,
    bindparam,
    event,
    or_,
)
from sqlalchemy.orm import Mapper, ORMExecuteState, with_loader_criteria
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.elements import ClauseList, ColumnClause, Grouping, TypeClause
from sqlalchemy.sql.selectable import AliasedReturnsRows, Select
from sqlmodel import Field, Session, SQLModel


class OwnedByOrg(SQLModel):
    """Mix into every table whose rows belong to one organization.

    `also_seen_by` names further columns that hold an organization's id; those
    organizations read the row too (an order is read by its vendor), but only the
    owner's scope may write it.
    """

    also_seen_by: ClassVar[tuple[str, ...]] = ()

    org_id: UUID = Field(foreign_key="organization.id", index=True)


class ScopeError(RuntimeError):
    """Owned rows were touched from outside their organization's scope."""


EVERYONE = object()
_scope: ContextVar[frozenset[UUID] | object | None] = ContextVar("scope", default=None)


@contextmanager
def scoped_to(org_ids: Iterable[UUID]) -> Iterator[None]:
    token = _scope.set(frozenset(org_ids))
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def everyone(reason: str) -> Iterator[None]:
    """Look across all organizations. The reason is for the reader."""
    token = _scope.set(EVERYONE)
    try:
        yield
    finally:
        _scope.reset(token)


def init_app(app: Flask) -> None:
    """Every request begins without a scope, whatever its thread did before."""
    app.before_request(_begin_without_scope)
    app.teardown_request(_end_scope)


def _begin_without_scope() -> None:
    g.scope_outside = _scope.get()
    _scope.set(None)


def _end_scope(_error: BaseException | None) -> None:
    if "scope_outside" in g:
        _scope.set(g.pop("scope_outside"))


def open_scope(org_ids: Iterable[UUID]) -> None:
    """Set the scope for the rest of this request; the request's context ends it."""
    _scope.set(frozenset(org_ids))


def _ids_in_scope() -> list[UUID]:
    scope = _scope.get()
    return sorted(scope) if isinstance(scope, frozenset) else []


@cache
def in_scope(table: type[OwnedByOrg]) -> ColumnElement[bool]:
    """The condition itself, for subqueries, which the first wall does not see."""
    sees_all = bindparam("sees_all", callable_=_is_everyone, type_=Boolean(), unique=True)
    return or_(sees_all, _listed(table))


def _is_everyone() -> bool:
    return _scope.get() is EVERYONE


def _listed(table: type[OwnedByOrg]) -> ColumnElement[bool]:
    columns = ("org_id", *table.also_seen_by)
    scope = bindparam("scope", callable_=_ids_in_scope, expanding=True, type_=Uuid(), unique=True)
    return or_(*(getattr(table, column).in_(scope) for column in columns))


@cache
def _limit(table: type[OwnedByOrg]) -> ExecutableOption:
    return with_loader_criteria(table, _listed(table), include_aliases=True)


@lru_cache(maxsize=1_000)
def _padded(scope: frozenset[UUID]) -> tuple[UUID, ...]:
    """In order, the last one repeated up to a power of two: few sizes, so few statements."""
    ids = sorted(scope)
    size = 1 << (len(ids) - 1).bit_length()
    return (*ids, *ids[-1:] * (size - len(ids)))


def _nth_in_scope(place: int) -> Callable[[], UUID]:
    return lambda: _padded(cast("frozenset[UUID]", _scope.get()))[place]


@cache
def _among(table: type[OwnedByOrg], size: int) -> ColumnElement[bool]:
    """The same condition for a scope of a known size: a third of the cost of an option."""
    scope = [
        bindparam(f"scope_{i}", callable_=_nth_in_scope(i), type_=Uuid(), unique=True)
        for i in range(size)
    ]
    columns = ("org_id", *table.also_seen_by)
    return or_(*(getattr(table, column).in_(scope) for column in columns))


@event.listens_for(Session, "do_orm_execute")
def _limit_to_scope(state: ORMExecuteState) -> None:
    scope = _scope.get()
    if scope is EVERYONE:
        return
    plain = _plain_tables(state.statement) if state.is_select else None
    named = _tables_named(state) if plain is None else plain.keys()
    owned = [table for table in named if issubclass(table, OwnedByOrg)]
    if owned and scope is None:
        raise ScopeError(f"{owned[0].__name__} was queried outside any scope")
    if owned and state.is_column_load:  # a row is read anew, for instance after a rollback
        read_anew: Any = state.statement
        state.statement = read_anew.where(*(_listed(table) for table in owned))
    elif owned and plain is not None and scope:
        size = len(_padded(cast("frozenset[UUID]", scope)))
        state.statement = _limited_plainly(state.statement, plain, owned, size)
    elif owned:
        state.statement = state.statement.options(*(_limit(table) for table in owned))


def _limited_plainly(
    statement: Any, plain: dict[type[Any], bool], owned: list[type[OwnedByOrg]], size: int
) -> Any:
    """The condition at the end, or beside the ON of an outer join, which it would undo."""
    if any(plain[table] for table in owned):
        statement = statement._clone()
        _limit_outer_joins(statement, owned, size)
        statement._memoized_select_entities = tuple(
            _limit_outer_joins(earlier._clone(), owned, size)
            for earlier in statement._memoized_select_entities
        )
    return statement.where(*(_among(table, size) for table in owned if not plain[table]))


def _limit_outer_joins(joining: Any, owned: list[type[OwnedByOrg]], size: int) -> Any:
    joins = []
    for target, on, left, flags in joining._setup_joins:
        table = target._annotations["parententity"].class_
        if flags["isouter"] and table in owned:
            on = and_(on, _among(table, size))
        joins.append((target, on, left, flags))
    joining._setup_joins = tuple(joins)
    return joining


def _plain_tables(statement: Any) -> dict[type[Any], bool] | None:
    """The classes a statement reads as themselves, and whether by an outer join.

    None when it needs a closer look: aliases, subqueries, and a table met in two ways.
    """
    if not isinstance(statement, Select):
        return None
    tables: dict[type[Any], bool] = {}
    # Joins made before the columns were exchanged (`with_only_columns`) are kept apart.
    earlier: Any = statement._memoized_select_entities
    joins: Any = [*statement._setup_joins, *(j for e in earlier for j in e._setup_joins)]
    for target, on, _left, flags in joins:
        entity = target._annotations.get("parententity")
        unclear = flags["full"] or (flags["isouter"] and on is None)
        if unclear or entity is None or entity.is_aliased_class or entity.class_ in tables:
            return None
        tables[entity.class_] = flags["isouter"]
    sources: list[Any] = [*statement._raw_columns, *statement._from_obj]
    for source in sources:
        entity = source._annotations.get("parententity")
        if entity is None:
            if isinstance(source, _LOOKED_INTO):
                sources.extend(source.get_children())
            elif not (isinstance(source, _NAME_NOTHING) or _is_star(source)):
                return None
        elif entity.is_aliased_class:
            return None
        else:
            tables.setdefault(entity.class_, False)
    if earlier and False not in tables.values():  # joined to a table that is named no more
        return None
    return tables


def _is_star(source: Any) -> bool:
    """The star of count(*). Other texts that hide a table meet the second wall."""
    return isinstance(source, ColumnClause) and source.table is None


#: Expressions whose parts say what they read, and parts that read nothing.
_LOOKED_INTO = (FunctionElement, ClauseList, Grouping, Label, Cast, Case, BinaryExpression)
_NAME_NOTHING = (BindParameter, True_, False_, Null, TypeClause)


def _tables_named(state: ORMExecuteState) -> set[type[Any]]:
    """The mapped classes in the columns and joins of a statement."""
    named = {mapper.class_ for mapper in state.all_mappers}
    return named | _tables_joined(state.statement)


def _tables_joined(statement: Any) -> set[type[Any]]:
    named = set()
    for source in (
        *(join[0] for join in getattr(statement, "_setup_joins", ())),
        *getattr(statement, "_from_obj", ()),
    ):
        named |= _named_by(source)
        if isinstance(source, AliasedReturnsRows) and isinstance(source.element, Select):
            # SELECT count(*) FROM (SELECT … FROM owned): the limit reaches inside
            inner = source.element
            named |= _tables_joined(inner)
            for column in inner._raw_columns:
                named |= _named_by(column)
    return named


def _named_by(source: Any) -> set[type[Any]]:
    entity = source._annotations.get("parententity")
    if entity is None:
        return set()
    mapper: Mapper[Any] = entity.mapper
    return {mapper.class_}


@event.listens_for(Session, "before_flush")
def _refuse_foreign_writes(session: Session, _context: Any, _instances: Any) -> None:
    scope = _scope.get()
    if scope is EVERYONE:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, OwnedByOrg):
            check_may_write(type(row), row.org_id)


def check_may_write(table: type[OwnedByOrg], org_id: UUID) -> None:
    """For rows that are written past the session, by a function of the database."""
    scope = _scope.get()
    if scope is not EVERYONE and (not isinstance(scope, frozenset) or org_id not in scope):
        raise ScopeError(f"{table.__name__} belongs to another organization")


# -- the second wall ---------------------------------------------------------------------

_READS = re.compile(r"(?:\bFROM|\bJOIN|,)\s+\"?(\w+)\"?(?:\s+AS\s+(\w+))?", re.IGNORECASE)
_vetted: set[str] = set()
_VETTED_TEXTS = 5_000


@event.listens_for(Engine, "before_cursor_execute")
def _read_the_sql(
    _connection: Any, _cursor: Any, sql: str, _values: Any, _context: Any, _many: bool
) -> None:
    if sql in _vetted or _scope.get() is EVERYONE:
        return
    if sql.lstrip()[:6].upper().startswith(("SELECT", "WITH")):
        _check_scoped(sql)
    if len(_vetted) >= _VETTED_TEXTS:
        _vetted.clear()
    _vetted.add(sql)


def _check_scoped(sql: str) -> None:
    owned = owned_tables()
    for table, alias in _READS.findall(sql):
        if table in owned and f"{alias or table}.org_id IN (" not in sql:
            raise ScopeError(f"{table} is read without its scope: {sql[:200]}")


@cache
def _owned_tables_of(_known: int) -> dict[str, type[OwnedByOrg]]:
    return {str(t.__tablename__): t for t in _descendants(OwnedByOrg) if hasattr(t, "__table__")}


def owned_tables() -> dict[str, type[OwnedByOrg]]:
    """Every owned table by its name."""
    return _owned_tables_of(len(SQLModel.metadata.tables))


def _descendants(parent: type[OwnedByOrg]) -> Iterator[type[OwnedByOrg]]:
    child: type[OwnedByOrg]
    for child in parent.__subclasses__():
        yield child
        yield from _descendants(child)
