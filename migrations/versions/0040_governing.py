"""Observers, winding up and dissolving a consortium, and what an adopted decision opens next."""

import re
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from marketplace.core import tenancy

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
ROLES = (
    *("administrator", "buyer", "approver", "data_steward", "ai_supervisor", "viewer"),
    *("listing_editor", "finance", "programme_officer", "convener", "fiscal_agent", "voter"),
    *("alternate", "reviewer", "operator"),
)
KINDS = ("found_pool", "pick_tool", "cost_method", "admit_member", "change_by_laws")
NEEDED = ("more_than_half", "two_thirds")


def upgrade() -> None:
    for table in ("membership", "invitation"):
        _allow(table, "role", "role", (*ROLES, "observer"))
    _allow("decision", "kind", "decisionkind", (*KINDS, "renew_pool", "dissolve"))
    _allow(
        "decision", "majority", "majority", (*NEEDED, "two_thirds_of_all", "everybody"), "needed"
    )
    _add_key("decision", "opens_pool_id", "pool")
    op.add_column("decision", sa.Column("next_step", sa.Text(), nullable=True))
    op.add_column("consortium", sa.Column("runs_until", sa.Date(), nullable=True))
    op.add_column("consortium", sa.Column("winding_up_on", sa.Date(), nullable=True))
    op.add_column("consortium", sa.Column("dissolved_on", sa.Date(), nullable=True))
    op.add_column("consortium", sa.Column("term_reminded_days", sa.Integer(), nullable=True))
    _reckon_ends()
    _create_observer()
    _create_dissolution()


def _reckon_ends() -> None:
    """The last day of each consortium whose by-laws in force give it one."""
    with tenancy.everyone("a migration moves rows of every organization"):
        rows = op.get_bind().execute(
            sa.text(
                "SELECT consortium.id, consortium.founded_on, by_laws.modules FROM consortium "
                "JOIN by_laws ON by_laws.org_id = consortium.org_id "
                "AND by_laws.version = consortium.by_laws_version"
            ).columns(founded_on=sa.Date(), modules=sa.JSON())
        )
        for row in rows.all():
            if years := row.modules.get("term_years", 0):
                leap = (row.founded_on.month, row.founded_on.day) == (2, 29)
                day = row.founded_on + timedelta(days=1) if leap else row.founded_on
                ends = day.replace(year=day.year + years) - timedelta(days=1)
                op.get_bind().execute(
                    sa.text("UPDATE consortium SET runs_until = :ends WHERE id = :id").bindparams(
                        sa.bindparam("ends", type_=sa.Date())
                    ),
                    {"ends": ends, "id": row.id},
                )


def _create_observer() -> None:
    op.create_table(
        "observer",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("observer_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("since", MOMENT(), nullable=False),
        sa.Column("named_by_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", MOMENT(), nullable=True),
        _key("observer", "org_id", "organization"),
        _key("observer", "observer_id", "organization"),
        _key("observer", "named_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observer")),
    )
    for column in ("org_id", "observer_id"):
        op.create_index(op.f(f"ix_observer_{column}"), "observer", [column])


def _create_dissolution() -> None:
    op.create_table(
        "dissolution",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("begun_at", MOMENT(), nullable=False),
        sa.Column("begun_by_id", sa.Uuid(), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("proposed_at", MOMENT(), nullable=True),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=True),
        sa.Column("settled_at", MOMENT(), nullable=True),
        sa.Column("settled_by_id", sa.Uuid(), nullable=True),
        sa.Column("settled_seq", sa.BigInteger(), nullable=True),
        sa.Column("dissolved_at", MOMENT(), nullable=True),
        sa.Column("dissolved_by_id", sa.Uuid(), nullable=True),
        sa.Column("books_seq", sa.BigInteger(), nullable=True),
        sa.Column("books_hash", sa.String(64), nullable=False),
        sa.CheckConstraint(
            "settled_by_id <> proposed_by_id", name=op.f("ck_dissolution_two_people")
        ),
        _key("dissolution", "org_id", "organization"),
        _key("dissolution", "decision_id", "decision"),
        *(
            _key("dissolution", f"{what}_by_id", "user_account")
            for what in ("begun", "proposed", "settled", "dissolved")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dissolution")),
        sa.UniqueConstraint("org_id", name=op.f("uq_dissolution_org_id")),
    )
    op.create_index(op.f("ix_dissolution_org_id"), "dissolution", ["org_id"])


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


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


def _allow(table: str, column: str, name: str, values: tuple[str, ...], new_name: str = "") -> None:
    """Other words for a column of a table that stays as it is."""
    before, after = op.f(f"ck_{table}_{name}"), op.f(f"ck_{table}_{new_name or name}")
    said = ", ".join(f"'{value}'" for value in values)
    if _is_sqlite():
        check = re.compile(rf"CONSTRAINT {before} CHECK \({column} IN \([^)]*\)\)")
        _rewrite(
            table, lambda sql: check.sub(f"CONSTRAINT {after} CHECK ({column} IN ({said}))", sql)
        )
        return
    op.drop_constraint(before, table, type_="check")
    op.create_check_constraint(after, table, f"{column} IN ({said})")


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
    op.drop_table("dissolution")
    op.drop_table("observer")
    for column in ("runs_until", "winding_up_on", "dissolved_on", "term_reminded_days"):
        op.drop_column("consortium", column)
    op.drop_column("decision", "next_step")
    name = "fk_decision_opens_pool_id_pool"
    if _is_sqlite():  # which drops no column that points elsewhere
        _rewrite(
            "decision", lambda sql: sql.replace(f" CONSTRAINT {name} REFERENCES pool (id)", "")
        )
    else:
        op.drop_constraint(name, "decision", type_="foreignkey")
    op.drop_column("decision", "opens_pool_id")
    op.execute("DELETE FROM membership WHERE role = 'observer'")
    op.execute("DELETE FROM invitation WHERE role = 'observer'")
    for table in ("membership", "invitation"):
        _allow(table, "role", "role", ROLES)
    op.execute("UPDATE decision SET kind = 'found_pool' WHERE kind IN ('renew_pool', 'dissolve')")
    op.execute(
        "UPDATE decision SET majority = 'two_thirds' "
        "WHERE majority IN ('two_thirds_of_all', 'everybody')"
    )
    _allow("decision", "kind", "decisionkind", KINDS)
    _allow("decision", "majority", "needed", NEEDED, "majority")
