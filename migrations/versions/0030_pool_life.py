"""Pools: the whole life, the frozen quote, papers of each rung, what an order sets aside."""

import re
from collections.abc import Callable

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
TEXT = sqlmodel.sql.sqltypes.AutoString
STATES = ("draft", "open", "fill_up", "cleared", "ordered", "closed", "lapsed")


def upgrade() -> None:
    for name, kind in (
        ("quote_valid_until", sa.Date()),
        ("fill_up_at", MOMENT()),
        ("extended_from", MOMENT()),
        ("by_laws_version", sa.Integer()),
        ("clearing_asked_at", MOMENT()),
        ("released_at", MOMENT()),
    ):
        op.add_column("pool", sa.Column(name, kind, nullable=True))
    for name in ("quote_version", "version"):
        op.add_column("pool", sa.Column(name, sa.Integer(), nullable=False, server_default="1"))
    _add_key("pool", "clearing_asked_by", "user_account")
    _let_pools_be((*STATES, "extended"))
    for name in ("quote_version:version", "quote_valid_until:valid_until"):
        ours, theirs = name.split(":")
        op.execute(
            f"UPDATE pool SET {ours} = (SELECT {theirs} FROM price_schedule "
            "WHERE price_schedule.id = pool.price_schedule_id)"
        )

    _forget_default("pool", "quote_version")
    _forget_default("pool", "version")

    op.add_column("commitment", sa.Column("survey_closed_on", sa.Date(), nullable=True))
    op.add_column(
        "commitment", sa.Column("board_minute", TEXT(), nullable=False, server_default="")
    )
    _forget_default("commitment", "board_minute")
    _add_key("commitment", "resolution_id", "stored_file")
    _create_agent_order()
    _create_encumbrance()


def _create_agent_order() -> None:
    op.create_table(
        "agent_order",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("ordered_at", MOMENT(), nullable=False),
        sa.Column("printed", sa.JSON(), nullable=False),
        sa.CheckConstraint("seats > 0", name=op.f("ck_agent_order_seats")),
        sa.CheckConstraint("total_cents >= 0", name=op.f("ck_agent_order_total")),
        *_keys("agent_order", org_id="organization", vendor_id="organization", pool_id="pool"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_order")),
        sa.UniqueConstraint("pool_id", "number", name=op.f("uq_agent_order_pool_id_number")),
    )
    for column in ("org_id", "pool_id", "vendor_id"):
        op.create_index(op.f(f"ix_agent_order_{column}"), "agent_order", [column])


def _create_encumbrance() -> None:
    kind = sa.Enum(
        "set",
        "relieved",
        name="encumbrancekind",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.create_table(
        "encumbrance",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("consortium_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("posted_at", MOMENT(), nullable=False),
        *_keys(
            "encumbrance",
            org_id="organization",
            consortium_id="organization",
            order_id="purchase",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encumbrance")),
        sa.UniqueConstraint("order_id", "kind", name=op.f("uq_encumbrance_order_id_kind")),
    )
    for column in ("org_id", "consortium_id"):
        op.create_index(op.f(f"ix_encumbrance_{column}"), "encumbrance", [column])


def _keys(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
        for column, to in columns.items()
    ]


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _add_key(table: str, column: str, to: str) -> None:
    """A nullable column that points to another table; SQLite takes both in one go only."""
    name = f"fk_{table}_{column}_{to}"
    if _is_sqlite():
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} CHAR(32) "
                   f"CONSTRAINT {name} REFERENCES {to} (id)")  # fmt: skip
        return
    op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
    op.create_foreign_key(name, table, to, [column], ["id"])


def _forget_default(table: str, column: str) -> None:
    """The default was for the rows that were there; new ones are written whole."""
    if not _is_sqlite():
        op.alter_column(table, column, server_default=None)
        return
    # A row from before the column takes its value from the default until it is written again.
    op.execute(f"UPDATE {table} SET {column} = {column}")
    said = re.compile(rf"(\b{column} \w+) DEFAULT '[^']*'")
    _rewrite(table, lambda sql: said.sub(r"\1", sql))


def _let_pools_be(states: tuple[str, ...]) -> None:
    said = ", ".join(f"'{state}'" for state in states)
    if not _is_sqlite():
        op.drop_constraint(op.f("ck_pool_poolstatus"), "pool", type_="check")
        op.create_check_constraint(op.f("ck_pool_poolstatus"), "pool", f"status IN ({said})")
        return
    _rewrite("pool", lambda sql: _with_states(sql, said))


def _with_states(sql: str, said: str) -> str:
    start = sql.index("CHECK (status IN (") + len("CHECK (status IN (")
    return sql[:start] + said + sql[sql.index(")", start) :]


def _rewrite(table: str, change: Callable[[str], str]) -> None:
    """Change a CHECK without copying the table, which others point to: the way that
    sqlite.org/lang_altertable.html gives for changes that touch no stored row."""
    connection = op.get_bind()
    old = connection.scalar(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"),
        {"name": table},
    )
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name"),
        {"sql": change(old), "name": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def downgrade() -> None:
    op.drop_table("encumbrance")
    op.drop_table("agent_order")
    for column in ("resolution_id", "board_minute", "survey_closed_on"):
        _drop("commitment", column, "stored_file" if column == "resolution_id" else "")
    op.execute("UPDATE pool SET status = 'open' WHERE status = 'extended'")
    _let_pools_be(STATES)
    for column in (
        "clearing_asked_by",
        "quote_valid_until",
        "fill_up_at",
        "extended_from",
        "by_laws_version",
        "clearing_asked_at",
        "released_at",
        "quote_version",
        "version",
    ):
        _drop("pool", column, "user_account" if column == "clearing_asked_by" else "")


def _drop(table: str, column: str, to: str = "") -> None:
    name = f"fk_{table}_{column}_{to}"
    if to and _is_sqlite():  # which drops no column that points elsewhere
        _rewrite(table, lambda sql: sql.replace(f" CONSTRAINT {name} REFERENCES {to} (id)", ""))
    elif to:
        op.drop_constraint(name, table, type_="foreignkey")
    op.drop_column(table, column)
