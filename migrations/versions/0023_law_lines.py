"""Accessibility reports, a district's own tasks, and what lists and the ADA date need."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accessibility_report",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("because", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("filed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("filed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["filed_by"],
            ["user_account.id"],
            name=op.f("fk_accessibility_report_filed_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organization.id"],
            name=op.f("fk_accessibility_report_org_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_accessibility_report_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accessibility_report")),
        sa.UniqueConstraint(
            "tool_id", "sha256", name=op.f("uq_accessibility_report_tool_id_sha256")
        ),
    )
    op.create_index(
        op.f("ix_accessibility_report_org_id"), "accessibility_report", ["org_id"], unique=False
    )
    op.create_table(
        "law_task",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("requirement", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["done_by"], ["user_account.id"], name=op.f("fk_law_task_done_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_law_task_org_id_organization")
        ),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_law_task_tool_id_tool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_law_task")),
        sa.UniqueConstraint(
            "org_id", "tool_id", "requirement", name=op.f("uq_law_task_org_id_tool_id_requirement")
        ),
    )
    op.create_index(op.f("ix_law_task_org_id"), "law_task", ["org_id"], unique=False)
    op.add_column("district", sa.Column("people", sa.Integer(), nullable=True))
    op.add_column(
        "tool", sa.Column("privacy_grade", sqlmodel.sql.sqltypes.AutoString(), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("tool", "privacy_grade")
    op.drop_column("district", "people")
    op.drop_table("law_task")
    op.drop_table("accessibility_report")
