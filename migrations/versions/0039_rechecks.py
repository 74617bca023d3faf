"""Reviews: facts a reviewer confirms, re-checks that carry over, appeals that two people decide."""

import re
from collections.abc import Callable

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
TEXT = sqlmodel.sql.sqltypes.AutoString
SEATS = ("first", "second", "settles", "appeal")
SOURCES = ("agreed", "first", "settled", "corrected")
#: (table, column, name of the check) -> what it may be.
CHOICES = {
    ("review_seat", "seat", "seat"): (SEATS, "appeal_second"),
    ("review_appeal", "decided_in", "seat"): (SEATS, "appeal_second"),
    ("review_decision", "source", "source"): (SOURCES, "carried"),
}


def upgrade() -> None:
    op.add_column("review", sa.Column("facts_confirmed_at", MOMENT(), nullable=True))
    _add_person("review", "facts_confirmed_by_id")
    op.add_column("review", sa.Column("facts_said", sa.JSON(), nullable=True))
    op.add_column("review", sa.Column("facts_words", sa.Text(), nullable=False, server_default=""))
    _forget_default("review", "facts_words")
    op.add_column("review", sa.Column("rereads", sa.JSON(), nullable=True))
    op.add_column("review", sa.Column("carries_over", sa.Integer(), nullable=True))
    for (table, column, name), (before, fresh) in CHOICES.items():
        _let_be(table, column, name, (*before, fresh))
    _create_votes()
    _freeze("review_appeal_vote")


def _freeze(table: str) -> None:
    """What somebody found on an appeal is only ever added to (as decisions are, since 0017)."""
    if not _is_sqlite():
        op.execute(
            f"CREATE TRIGGER {table}_changed BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION review_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION review_refuse()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON {table} BEGIN "
            "SELECT RAISE(ABORT, 'reviews: what was decided or filed is not changed'); END"
        )


def _create_votes() -> None:
    def one_of(name: str, *values: str) -> sa.Enum:
        return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)

    op.create_table(
        "review_appeal_vote",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("question", TEXT(), nullable=False),
        sa.Column("state", one_of("state", "answered", "declined", "not_found"), nullable=False),
        sa.Column("option", TEXT(), nullable=False),
        sa.Column("level", one_of("level", "E0", "E1", "E2", "E3"), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("locator", TEXT(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appeal_id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("seat", one_of("seat", *SEATS, "appeal_second"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", one_of("outcome", "upheld", "corrected"), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("found_at", MOMENT(), nullable=False),
        sa.CheckConstraint(
            "(state = 'answered') = (option <> '')", name=op.f("ck_review_appeal_vote_option")
        ),
        sa.CheckConstraint(
            "level NOT IN ('E2', 'E3')"
            " OR (document_id IS NOT NULL AND locator <> '' AND quote <> '')",
            name=op.f("ck_review_appeal_vote_proof"),
        ),
        sa.CheckConstraint("length(quote) <= 300", name=op.f("ck_review_appeal_vote_quote")),
        sa.CheckConstraint(
            "seat IN ('appeal', 'appeal_second')",
            name=op.f("ck_review_appeal_vote_from_a_seat_for_appeals"),
        ),
        sa.CheckConstraint("why <> ''", name=op.f("ck_review_appeal_vote_why")),
        sa.ForeignKeyConstraint(
            ["seat_id", "review_id", "seat"],
            ["review_seat.id", "review_seat.review_id", "review_seat.seat"],
            name="fk_review_appeal_vote_seat",
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{to}.id"], name=op.f(f"fk_review_appeal_vote_{column}_{to}")
            )
            for column, to in (
                ("org_id", "organization"),
                ("review_id", "review"),
                ("document_id", "evidence_document"),
                ("appeal_id", "review_appeal"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_appeal_vote")),
        sa.UniqueConstraint(
            "appeal_id", "number", name=op.f("uq_review_appeal_vote_appeal_id_number")
        ),
    )
    for column in ("appeal_id", "org_id", "review_id"):
        op.create_index(op.f(f"ix_review_appeal_vote_{column}"), "review_appeal_vote", [column])


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _add_person(table: str, column: str) -> None:
    """SQLite adds a column with its key in one statement and no other way."""
    name = op.f(f"fk_{table}_{column}_user_account")
    if _is_sqlite():
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} CHAR(32) "
                   f"CONSTRAINT {name} REFERENCES user_account (id)")  # fmt: skip
        return
    op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
    op.create_foreign_key(name, table, "user_account", [column], ["id"])


def _forget_default(table: str, column: str) -> None:
    """The default was for the rows that were there; new ones are written whole."""
    if not _is_sqlite():
        op.alter_column(table, column, server_default=None)
        return
    # A row from before the column takes its value from the default until it is written again.
    op.execute(f"UPDATE {table} SET {column} = {column}")
    said = re.compile(rf"(\b{column} \w+) DEFAULT '[^']*'")
    _rewrite(table, lambda sql: said.sub(r"\1", sql))


def _let_be(table: str, column: str, name: str, values: tuple[str, ...]) -> None:
    said = ", ".join(f"'{one}'" for one in values)
    if not _is_sqlite():
        full = op.f(f"ck_{table}_{name}")
        op.drop_constraint(full, table, type_="check")
        op.create_check_constraint(full, table, f"{column} IN ({said})")
        return

    def change(sql: str) -> str:
        head = f"CONSTRAINT ck_{table}_{name} CHECK ({column} IN ("
        start = sql.index(head) + len(head)
        return sql[:start] + said + sql[sql.index(")", start) :]

    _rewrite(table, change)


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
    op.drop_table("review_appeal_vote")
    op.execute("DELETE FROM review_seat WHERE seat = 'appeal_second'")
    for (table, column, name), (before, _) in CHOICES.items():
        _let_be(table, column, name, before)
    _drop("review", "facts_confirmed_by_id", "user_account")
    for column in ("carries_over", "rereads", "facts_words", "facts_said", "facts_confirmed_at"):
        _drop("review", column)


def _drop(table: str, column: str, to: str = "") -> None:
    name = f"fk_{table}_{column}_{to}"
    if to and _is_sqlite():  # which drops no column that points elsewhere
        _rewrite(table, lambda sql: sql.replace(f" CONSTRAINT {name} REFERENCES {to} (id)", ""))
    elif to:
        op.drop_constraint(name, table, type_="foreignkey")
    op.drop_column(table, column)
