"""Scorecards: published cards that the database itself keeps from being changed."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

FROZEN = ("scorecard", "scorecard_score", "scorecard_correction", "scorecard_stop")

REFUSE_ON_POSTGRESQL = """
    CREATE FUNCTION scorecard_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'scorecards: what was published is not changed (%)', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
    END $$
"""


def upgrade() -> None:
    op.create_table(
        "scorecard",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("edition_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("product", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("rubric_version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("rubric_sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("input_sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("outputs", sa.JSON(), nullable=False),
        sa.Column("reviewers", sa.JSON(), nullable=False),
        sa.Column("recusals", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("is_desk_review", sa.Boolean(), nullable=False),
        sa.Column("published_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "length(input_sha256) = 64 AND length(rubric_sha256) = 64",
            name=op.f("ck_scorecard_hashes"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_scorecard_version")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_scorecard_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["published_by"],
            ["user_account.id"],
            name=op.f("fk_scorecard_published_by_user_account"),
        ),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_scorecard_tool_id_tool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard")),
        sa.UniqueConstraint(
            "tool_id",
            "edition_key",
            "version",
            name=op.f("uq_scorecard_tool_id_edition_key_version"),
        ),
        sa.UniqueConstraint("tool_id", "once_key", name=op.f("uq_scorecard_tool_id_once_key")),
    )
    op.create_index(op.f("ix_scorecard_org_id"), "scorecard", ["org_id"], unique=False)
    op.create_table(
        "scorecard_incident",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "exposure",
                "concealed",
                name="incidentkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("closed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_scorecard_incident_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_scorecard_incident_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_incident")),
        sa.UniqueConstraint("ref", name=op.f("uq_scorecard_incident_ref")),
    )
    op.create_index(
        op.f("ix_scorecard_incident_org_id"), "scorecard_incident", ["org_id"], unique=False
    )
    op.create_index(
        op.f("ix_scorecard_incident_tool_id"), "scorecard_incident", ["tool_id"], unique=False
    )
    op.create_table(
        "scorecard_correction",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("question", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("appended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("appended_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appended_by"],
            ["user_account.id"],
            name=op.f("fk_scorecard_correction_appended_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["card_id"], ["scorecard.id"], name=op.f("fk_scorecard_correction_card_id_scorecard")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organization.id"],
            name=op.f("fk_scorecard_correction_org_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_correction")),
        sa.UniqueConstraint(
            "card_id", "number", name=op.f("uq_scorecard_correction_card_id_number")
        ),
    )
    op.create_index(
        op.f("ix_scorecard_correction_org_id"), "scorecard_correction", ["org_id"], unique=False
    )
    op.create_table(
        "scorecard_score",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "cause",
            sa.Enum(
                "published",
                "aged",
                "incident",
                name="scorecause",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("incidents", sa.JSON(), nullable=False),
        sa.Column("input_sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("outputs", sa.JSON(), nullable=False),
        sa.Column("scored_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["scorecard.id"], name=op.f("fk_scorecard_score_card_id_scorecard")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_scorecard_score_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_score")),
        sa.UniqueConstraint("card_id", "number", name=op.f("uq_scorecard_score_card_id_number")),
    )
    op.create_index(op.f("ix_scorecard_score_org_id"), "scorecard_score", ["org_id"], unique=False)
    op.create_table(
        "scorecard_standing",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("edition_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rubric_version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("grade", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("score", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("scored_on", sa.Date(), nullable=False),
        sa.Column("changes_on", sa.Date(), nullable=True),
        sa.Column("next_drop_on", sa.Date(), nullable=True),
        sa.Column("next_grade", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("scores", sa.Integer(), nullable=False),
        sa.Column("incidents", sa.JSON(), nullable=False),
        sa.Column("stopped_because", sa.Text(), nullable=True),
        sa.Column("expiry_told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["scorecard.id"], name=op.f("fk_scorecard_standing_card_id_scorecard")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_scorecard_standing_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_scorecard_standing_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("tool_id", "edition_key", name=op.f("pk_scorecard_standing")),
    )
    op.create_index(
        op.f("ix_scorecard_standing_card_id"), "scorecard_standing", ["card_id"], unique=False
    )
    op.create_index(
        op.f("ix_scorecard_standing_changes_on"), "scorecard_standing", ["changes_on"], unique=False
    )
    op.create_index(
        op.f("ix_scorecard_standing_org_id"), "scorecard_standing", ["org_id"], unique=False
    )
    op.create_table(
        "scorecard_stop",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_lifted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("decided_by <> agreed_by", name=op.f("ck_scorecard_stop_two_people")),
        sa.ForeignKeyConstraint(
            ["agreed_by"],
            ["user_account.id"],
            name=op.f("fk_scorecard_stop_agreed_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["card_id"], ["scorecard.id"], name=op.f("fk_scorecard_stop_card_id_scorecard")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["user_account.id"],
            name=op.f("fk_scorecard_stop_decided_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_scorecard_stop_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_stop")),
        sa.UniqueConstraint("card_id", "number", name=op.f("uq_scorecard_stop_card_id_number")),
    )
    op.create_index(op.f("ix_scorecard_stop_org_id"), "scorecard_stop", ["org_id"], unique=False)
    _freeze()


def _freeze() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(REFUSE_ON_POSTGRESQL)
    for table in FROZEN:
        for statement in _triggers(table, op.get_bind().dialect.name):
            op.execute(statement)


def _triggers(table: str, engine: str) -> list[str]:
    if engine == "postgresql":
        return [
            f"CREATE TRIGGER {table}_changed BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION scorecard_refuse()",
            f"CREATE TRIGGER {table}_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION scorecard_refuse()",
        ]
    return [
        f"CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON {table} BEGIN "
        "SELECT RAISE(ABORT, 'scorecards: what was published is not changed'); END"
        for event in ("UPDATE", "DELETE")
    ]


def downgrade() -> None:
    for table in (
        "scorecard_stop",
        "scorecard_standing",
        "scorecard_score",
        "scorecard_correction",
        "scorecard_incident",
        "scorecard",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION scorecard_refuse()")
