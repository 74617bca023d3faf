"""By-laws as choices, in versions; what a membership paper covers; the fiscal agent's successor."""

from datetime import UTC, datetime, time
from hashlib import sha256
from json import dumps
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from marketplace.core import tenancy

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

#: What the site did for a consortium whose by-laws were one text; its text is kept beside them.
AS_IT_WAS: dict[str, Any] = {
    "who_may_join": "any_district",
    "admission": "lead",
    "quorum_percent": 50,
    "weights": "one_each",
    "majority": "more_than_half",
    "change_majority": "two_thirds",
    "proxies": True,
    "conflict": "not_counted",
    "survey_before_intent": False,
    "cost_method": "proportional",
    "equal_bps": None,
    "rest": None,
    "drop_rule": "no_rise_or_consent",
    "drop_free_days": 0,
    "late_join": "prorated",
    "true_up": "committed_total",
    "fee_bps": 0,
    "fee_cap_cents": None,
    "fee_payer": "vendor",
    "books": "named",
    "names": "everybody",
    "term_years": 0,
    "notice_days": 60,
    "leave_at": "year_end",
    "dissolution": "two_thirds",
}
STATUS = "ck_consortium_consortiumstatus"
SCOPE = "ck_instrument_instrumentscope"


def upgrade() -> None:
    op.create_table(
        "by_laws",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("modules", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_major", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("changed_by_id", sa.Uuid(), nullable=True),
        sa.Column("put_to_vote_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("adopted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_by_laws_version")),
        sa.ForeignKeyConstraint(
            ["changed_by_id"],
            ["user_account.id"],
            name=op.f("fk_by_laws_changed_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_by_laws_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_by_laws")),
        sa.UniqueConstraint("org_id", "version", name=op.f("uq_by_laws_org_id_version")),
    )
    op.create_index(op.f("ix_by_laws_org_id"), "by_laws", ["org_id"], unique=False)
    op.create_index(op.f("ix_by_laws_adopted_at"), "by_laws", ["adopted_at"], unique=False)
    op.create_table(
        "founding_draft",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("changed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_founding_draft_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_founding_draft_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("org_id", "user_id", name=op.f("pk_founding_draft")),
    )
    with op.batch_alter_table("consortium") as table:
        table.add_column(sa.Column("successor_id", sa.Uuid(), nullable=True))
        table.add_column(
            sa.Column("accept_from_version", sa.Integer(), nullable=False, server_default="1")
        )
        table.create_foreign_key(
            op.f("fk_consortium_successor_id_organization"),
            "organization",
            ["successor_id"],
            ["id"],
        )
        table.drop_constraint(op.f(STATUS), type_="check")
        table.create_check_constraint(
            op.f(STATUS), "status IN ('forming', 'constituted', 'dissolved')"
        )
    with op.batch_alter_table("instrument") as table:
        # Until now every pool bought software, and every paper was taken to cover it.
        table.add_column(
            sa.Column("covers", sa.String(32), nullable=False, server_default="software")
        )
        table.create_check_constraint(
            op.f(SCOPE), "covers IN ('ai_tools', 'software', 'all_purchases')"
        )
    with tenancy.everyone("a migration serves every organization"):
        _write_down_what_is_in_force()
    with op.batch_alter_table("consortium") as table:
        table.alter_column("accept_from_version", server_default=None)
    with op.batch_alter_table("instrument") as table:
        table.alter_column("covers", server_default=None)


def _write_down_what_is_in_force() -> None:
    bind = op.get_bind()
    consortium = sa.table(
        "consortium",
        sa.column("org_id", sa.Uuid()),
        sa.column("by_laws", sa.Text()),
        sa.column("by_laws_version", sa.Integer()),
        sa.column("accept_from_version", sa.Integer()),
        sa.column("split_method", sa.String()),
        sa.column("founded_on", sa.Date()),
    )
    openness = sa.table(
        "ledger_openness", sa.column("org_id", sa.Uuid()), sa.column("openness", sa.String())
    )
    by_laws = sa.table(
        "by_laws",
        sa.column("org_id", sa.Uuid()),
        sa.column("id", sa.Uuid()),
        sa.column("version", sa.Integer()),
        sa.column("modules", sa.JSON()),
        sa.column("text", sa.Text()),
        sa.column("is_major", sa.Boolean()),
        sa.column("why", sa.Text()),
        sa.column("revision", sa.Integer()),
        sa.column("changed_at", sqlmodel.sql.sqltypes.UTCDateTime()),
        sa.column("adopted_at", sqlmodel.sql.sqltypes.UTCDateTime()),
        sa.column("fingerprint", sa.String()),
    )
    books = {row.org_id: row.openness for row in bind.execute(sa.select(openness))}
    rows = []
    for found in bind.execute(sa.select(consortium)).mappings().all():
        modules = AS_IT_WAS | {"books": books.get(found["org_id"], "named")}
        if found["split_method"] != "hybrid":  # how much of it is equal stood in no by-laws
            modules["cost_method"] = found["split_method"]
        since = datetime.combine(found["founded_on"], time(12), UTC)
        rows.append(
            {
                "org_id": found["org_id"],
                "id": uuid4(),
                "version": found["by_laws_version"],
                "modules": modules,
                "text": found["by_laws"],
                "is_major": True,
                "why": "Written down as choices; the text is as it was accepted.",
                "revision": 1,
                "changed_at": since,
                "adopted_at": since,
                "fingerprint": _fingerprint(modules, found["by_laws"]),
            }
        )
    if rows:
        op.bulk_insert(by_laws, rows)
    bind.execute(sa.update(consortium).values(accept_from_version=consortium.c.by_laws_version))


def _fingerprint(modules: dict[str, Any], text: str) -> str:
    document = {"choices": modules, "text": text}
    written = dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(written.encode()).hexdigest()


def downgrade() -> None:
    op.execute("UPDATE consortium SET status = 'constituted' WHERE status = 'dissolved'")
    with op.batch_alter_table("instrument") as table:
        table.drop_constraint(op.f(SCOPE), type_="check")
        table.drop_column("covers")
    with op.batch_alter_table("consortium") as table:
        table.drop_constraint(op.f(STATUS), type_="check")
        table.create_check_constraint(op.f(STATUS), "status IN ('forming', 'constituted')")
        table.drop_constraint(op.f("fk_consortium_successor_id_organization"), type_="foreignkey")
        table.drop_column("accept_from_version")
        table.drop_column("successor_id")
    op.drop_table("founding_draft")
    op.drop_index(op.f("ix_by_laws_adopted_at"), table_name="by_laws")
    op.drop_index(op.f("ix_by_laws_org_id"), table_name="by_laws")
    op.drop_table("by_laws")
