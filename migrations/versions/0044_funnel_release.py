"""Releases of the funnel: masked figures about all districts, kept as they were published."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "funnel_release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", MOMENT(), nullable=False),
        sa.Column("checked_at", MOMENT(), nullable=False),
        sa.Column("years", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funnel_release")),
        sa.UniqueConstraint("number", name=op.f("uq_funnel_release_number")),
    )


def downgrade() -> None:
    op.drop_table("funnel_release")
