"""Decisions of consortia: questions, electors with their votes, remarks; and named voters."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

KINDS = ("found_pool", "pick_tool", "cost_method", "admit_member", "change_by_laws")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    moment = sqlmodel.sql.sqltypes.UTCDateTime
    words = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "decision",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", _choice("decisionkind", *KINDS), nullable=False),
        sa.Column("title", words(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", moment(), nullable=False),
        sa.Column("opened_by_id", sa.Uuid(), nullable=False),
        sa.Column("closes_at", moment(), nullable=False),
        sa.Column("time_zone", words(), nullable=False),
        sa.Column("by_laws_version", sa.Integer(), nullable=False),
        sa.Column("quorum_percent", sa.Integer(), nullable=False),
        sa.Column("majority", _choice("majority", "more_than_half", "two_thirds"), nullable=False),
        sa.Column("conflict", _choice("conflictrule", "counted", "not_counted"), nullable=False),
        sa.Column("proxies", sa.Boolean(), nullable=False),
        sa.Column("closed_at", moment(), nullable=True),
        sa.Column("outcome", _choice("outcome", "passed", "failed", "no_quorum"), nullable=True),
        sa.Column("counted", sa.JSON(), nullable=False),
        sa.Column("once_key", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_decision_closed")
        ),
        _key("decision", "org_id", "organization"),
        _key("decision", "opened_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("org_id", "number", name=op.f("uq_decision_org_id_number")),
        sa.UniqueConstraint("org_id", "once_key", name=op.f("uq_decision_org_id_once_key")),
    )
    for column in ("org_id", "closes_at", "closed_at"):
        op.create_index(op.f(f"ix_decision_{column}"), "decision", [column], unique=False)
    op.create_table(
        "elector",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("conflict_words", sa.Text(), nullable=False),
        sa.Column("conflicted_at", moment(), nullable=True),
        sa.Column("proxy_to_id", sa.Uuid(), nullable=True),
        sa.Column("proxy_words", sa.Text(), nullable=False),
        sa.Column("proxy_at", moment(), nullable=True),
        sa.Column("choice", _choice("choice", "yes", "no", "abstain"), nullable=True),
        sa.Column("cast_at", moment(), nullable=True),
        sa.Column("cast_by_id", sa.Uuid(), nullable=True),
        sa.Column("cast_for_id", sa.Uuid(), nullable=True),
        _key("elector", "org_id", "organization"),
        _key("elector", "decision_id", "decision"),
        _key("elector", "district_id", "organization"),
        _key("elector", "proxy_to_id", "organization"),
        _key("elector", "cast_by_id", "user_account"),
        _key("elector", "cast_for_id", "organization"),
        sa.PrimaryKeyConstraint("decision_id", "district_id", name=op.f("pk_elector")),
    )
    op.create_index(op.f("ix_elector_org_id"), "elector", ["org_id"], unique=False)
    op.create_table(
        "remark",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("for_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("said_at", moment(), nullable=False),
        sa.Column("once_key", sa.String(length=64), nullable=False),
        _key("remark", "org_id", "organization"),
        _key("remark", "decision_id", "decision"),
        _key("remark", "user_id", "user_account"),
        _key("remark", "for_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
        sa.UniqueConstraint("decision_id", "once_key", name=op.f("uq_remark_decision_id_once_key")),
    )
    for column in ("org_id", "decision_id"):
        op.create_index(op.f(f"ix_remark_{column}"), "remark", [column], unique=False)
    with op.batch_alter_table("member") as table:
        for column in ("voter_id", "alternate_id"):
            table.add_column(sa.Column(column, sa.Uuid(), nullable=True))
            table.create_foreign_key(
                op.f(f"fk_member_{column}_user_account"), "user_account", [column], ["id"]
            )
        table.add_column(sa.Column("leaves_on", sa.Date(), nullable=True))
    with op.batch_alter_table("instrument") as table:
        table.add_column(
            sa.Column("reminded_days", sa.Integer(), nullable=False, server_default="999")
        )
    with op.batch_alter_table("instrument") as table:
        table.alter_column("reminded_days", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("instrument") as table:
        table.drop_column("reminded_days")
    with op.batch_alter_table("member") as table:
        table.drop_column("leaves_on")
        for column in ("voter_id", "alternate_id"):
            table.drop_constraint(op.f(f"fk_member_{column}_user_account"), type_="foreignkey")
            table.drop_column(column)
    for table_name in ("remark", "elector", "decision"):
        op.drop_table(table_name)
