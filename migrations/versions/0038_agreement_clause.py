"""What a district found of a law's clauses in its signed agreement."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreement_clause",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("clause", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("is_there", sa.Boolean(), nullable=False),
        sa.Column("locator", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("looked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("looked_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "NOT is_there OR locator <> ''", name=op.f("ck_agreement_clause_found_somewhere")
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.id"],
            name=op.f("fk_agreement_clause_agreement_id_agreement"),
        ),
        sa.ForeignKeyConstraint(
            ["looked_by"],
            ["user_account.id"],
            name=op.f("fk_agreement_clause_looked_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_agreement_clause_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_clause")),
        sa.UniqueConstraint(
            "org_id",
            "agreement_id",
            "clause",
            name=op.f("uq_agreement_clause_org_id_agreement_id_clause"),
        ),
    )
    with op.batch_alter_table("agreement_clause", schema=None) as batch_op:
        for column in ("agreement_id", "org_id"):
            batch_op.create_index(
                batch_op.f(f"ix_agreement_clause_{column}"), [column], unique=False
            )


def downgrade() -> None:
    op.drop_table("agreement_clause")
