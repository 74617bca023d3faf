"""Cost methods: a consortium's proposals from the fair-split designer."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_METHODS = ("proportional", "per_pupil", "equal", "hybrid", "shapley", "epm")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "cost_proposal",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("method", _choice("method", *_METHODS), nullable=False),
        sa.Column("equal_bps", sa.Integer(), nullable=True),
        sa.Column("rest", _choice("rest", "per_pupil", "per_seat"), nullable=True),
        sa.Column("bought", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.Column("price_schedule_id", sa.Uuid(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("inputs_sha256", sa.String(length=64), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("proposed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_for_id", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("withdrawn_by_id", sa.Uuid(), nullable=True),
        sa.Column("once_key", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "equal_bps BETWEEN 0 AND 10000", name=op.f("ck_cost_proposal_equal_bps")
        ),
        sa.CheckConstraint("total_cents >= 0", name=op.f("ck_cost_proposal_total")),
        sa.CheckConstraint(
            "(method = 'hybrid') = (equal_bps IS NOT NULL AND rest IS NOT NULL)",
            name=op.f("ck_cost_proposal_hybrid"),
        ),
        _key("org_id", "organization"),
        _key("pool_id", "pool"),
        _key("price_schedule_id", "price_schedule"),
        _key("proposed_by_id", "user_account"),
        _key("proposed_for_id", "organization"),
        _key("withdrawn_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_proposal")),
        sa.UniqueConstraint("org_id", "once_key", name=op.f("uq_cost_proposal_org_id_once_key")),
    )
    with op.batch_alter_table("cost_proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cost_proposal_org_id"), ["org_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_cost_proposal_proposed_at"), ["proposed_at"], unique=False
        )


def _key(column: str, table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_cost_proposal_{column}_{table}")
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name)


def downgrade() -> None:
    with op.batch_alter_table("cost_proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cost_proposal_proposed_at"))
        batch_op.drop_index(batch_op.f("ix_cost_proposal_org_id"))
    op.drop_table("cost_proposal")
