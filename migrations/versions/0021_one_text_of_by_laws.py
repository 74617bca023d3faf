"""The text of the by-laws stands in their versions only."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE consortium DROP COLUMN by_laws")


def downgrade() -> None:
    op.execute("ALTER TABLE consortium ADD COLUMN by_laws TEXT NOT NULL DEFAULT ''")
    op.execute(
        "UPDATE consortium SET by_laws = (SELECT text FROM by_laws"
        " WHERE by_laws.org_id = consortium.org_id"
        " AND by_laws.version = consortium.by_laws_version)"
    )
