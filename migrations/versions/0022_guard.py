"""What districts accepted: the gaps of a card, in a person's own words."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gap_acceptance",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("card_version", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("accepted_by", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["accepted_by"],
            ["user_account.id"],
            name=op.f("fk_gap_acceptance_accepted_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["card_id"], ["scorecard.id"], name=op.f("fk_gap_acceptance_card_id_scorecard")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_gap_acceptance_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_gap_acceptance_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap_acceptance")),
    )
    op.create_index(op.f("ix_gap_acceptance_org_id"), "gap_acceptance", ["org_id"], unique=False)
    op.create_index(op.f("ix_gap_acceptance_tool_id"), "gap_acceptance", ["tool_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_gap_acceptance_tool_id"), table_name="gap_acceptance")
    op.drop_index(op.f("ix_gap_acceptance_org_id"), table_name="gap_acceptance")
    op.drop_table("gap_acceptance")
