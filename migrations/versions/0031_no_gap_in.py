"""In which states' law a tool's scorecard shows no gap, for the list of tools."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tool", schema=None) as batch_op:
        batch_op.add_column(sa.Column("no_gap_in", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("tool", schema=None) as batch_op:
        batch_op.alter_column("no_gap_in", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("tool", schema=None) as batch_op:
        batch_op.drop_column("no_gap_in")
