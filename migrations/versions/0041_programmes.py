"""Programmes of funders in versions, the grants they promise, and each movement of money.

A credit note can be withdrawn when the grant it was written for is clawed back, and an account of
the books can be restricted: then only its programme moves it.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
TEXT = sqlmodel.sql.sqltypes.AutoString
STATUS = ("proposed", "approved", "refused")
KINDS = ("received", "committed", "released", "cancelled", "clawed_back", "returned")


def upgrade() -> None:
    op.create_table(
        "programme",
        *_owned(),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("title", TEXT(), nullable=False),
        sa.Column("made_at", MOMENT(), nullable=False),
        *_keys("programme", org_id="organization"),
        sa.UniqueConstraint("slug", name=op.f("uq_programme_slug")),
    )
    op.create_table(
        "programme_version",
        *_owned(),
        *_ids("programme_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("subsidy", sa.JSON(), nullable=False),
        sa.Column("budget_cents", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("leftover", _one_of("leftover", "return", "next_year"), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("once_key", sa.String(64), nullable=False),
        *_keys(
            "programme_version",
            org_id="organization",
            programme_id="programme",
            made_by="user_account",
        ),
        sa.UniqueConstraint(
            "programme_id", "number", name=op.f("uq_programme_version_programme_id_number")
        ),
        sa.UniqueConstraint(
            "org_id", "once_key", name=op.f("uq_programme_version_org_id_once_key")
        ),
        sa.CheckConstraint("budget_cents > 0", name=op.f("ck_programme_version_budget")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_programme_version_dates")),
    )
    op.create_table(
        "grant_movement",
        *_owned(),
        *_ids("programme_id", "consortium_id"),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.Column("kind", _one_of("movementkind", *KINDS), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", _one_of("movementstatus", *STATUS), nullable=False),
        sa.Column("proposed_at", MOMENT(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", MOMENT(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("ledger_seq", sa.BigInteger(), nullable=True),
        sa.Column("once_key", sa.String(64), nullable=False),
        *_keys(
            "grant_movement",
            org_id="organization",
            programme_id="programme",
            consortium_id="organization",
            pool_id="pool",
            proposed_by="user_account",
            decided_by="user_account",
        ),
        sa.UniqueConstraint("org_id", "once_key", name=op.f("uq_grant_movement_org_id_once_key")),
        sa.CheckConstraint("cents > 0", name=op.f("ck_grant_movement_cents")),
        sa.CheckConstraint(
            "(status = 'proposed') = (decided_at IS NULL)", name=op.f("ck_grant_movement_decided")
        ),
        sa.CheckConstraint(
            "decided_by <> proposed_by OR status = 'refused'",
            name=op.f("ck_grant_movement_two_people"),
        ),
    )
    op.create_table(
        "grant_award",
        *_owned(),
        *_ids("programme_id", "version_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        *_ids("consortium_id", "pool_id", "order_id", "district_id"),
        sa.Column("leaid", sa.String(7), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("share_cents", sa.BigInteger(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            _one_of("awardstatus", "committed", "released", "cancelled", "clawed_back"),
            nullable=False,
        ),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("awarded_at", MOMENT(), nullable=False),
        sa.Column("changed_at", MOMENT(), nullable=False),
        sa.Column("credit_note_id", sa.Uuid(), nullable=True),
        sa.Column("ledger_seq", sa.BigInteger(), nullable=True),
        sa.Column("ledger_hash", sa.String(64), nullable=False),
        sa.Column("reversal_seq", sa.BigInteger(), nullable=True),
        *_keys(
            "grant_award",
            org_id="organization",
            programme_id="programme",
            version_id="programme_version",
            consortium_id="organization",
            pool_id="pool",
            order_id="purchase",
            district_id="organization",
            credit_note_id="credit_note",
        ),
        sa.UniqueConstraint("order_id", "place", name=op.f("uq_grant_award_order_id_place")),
        sa.UniqueConstraint(
            "programme_id", "number", name=op.f("uq_grant_award_programme_id_number")
        ),
        sa.CheckConstraint("cents > 0", name=op.f("ck_grant_award_cents")),
    )
    for table, columns in INDEXES.items():
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_table(
        "restricted_fund",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(100), nullable=False),
        sa.Column("restricted_at", MOMENT(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["ledger_head.org_id"], name=op.f("fk_restricted_fund_org_id_ledger_head")
        ),
        sa.PrimaryKeyConstraint("org_id", "code", name=op.f("pk_restricted_fund")),
    )
    with op.batch_alter_table("credit_note", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawn_at", MOMENT(), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_seq", sa.Integer(), nullable=True))


INDEXES = {
    "programme": ("org_id",),
    "programme_version": ("org_id",),
    "grant_movement": ("org_id", "programme_id", "consortium_id"),
    "grant_award": ("org_id", "programme_id", "consortium_id", "pool_id", "district_id"),
}


def _owned() -> tuple[sa.Column[object], ...]:
    return _ids("org_id", "id")


def _ids(*names: str) -> tuple[sa.Column[object], ...]:
    return tuple(sa.Column(name, sa.Uuid(), nullable=False) for name in names)


def _keys(table: str, **to: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
            )
            for column, other in to.items()
        ),
    )


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def downgrade() -> None:
    with op.batch_alter_table("credit_note", schema=None) as batch_op:
        batch_op.drop_column("withdrawn_seq")
        batch_op.drop_column("withdrawn_at")
    for table in ("restricted_fund", "grant_award", "grant_movement", "programme_version"):
        op.drop_table(table)
    op.drop_table("programme")
