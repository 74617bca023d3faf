"""The shelf remembers which text is in the word index, so that a change of it alone is noticed."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "shelf_row",
        sa.Column(
            "text_mark", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=""
        ),
    )
    with op.batch_alter_table("shelf_row") as batch:
        batch.alter_column("text_mark", server_default=None)


def downgrade() -> None:
    op.drop_column("shelf_row", "text_mark")
