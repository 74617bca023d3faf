"""Reviews: who read what and who may, kept apart by the database itself."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


#: Only ever added to: answers that were decided, doubts that were raised, papers that were filed.
FROZEN = ("review_decision", "review_reopening", "evidence_document")
REFUSE_ON_POSTGRESQL = """
    CREATE FUNCTION review_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'reviews: what was decided or filed is not changed (%)', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
    END $$
"""


def upgrade() -> None:
    op.create_table(
        "emergency_stop",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("confirmed_by_id", sa.Uuid(), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_emergency_stop_reason")),
        sa.CheckConstraint(
            "(confirmed_by_id IS NULL) = (confirmed_at IS NULL)",
            name=op.f("ck_emergency_stop_confirmed"),
        ),
        sa.CheckConstraint(
            "confirmed_by_id <> asked_by_id", name=op.f("ck_emergency_stop_two_people")
        ),
        sa.CheckConstraint("is_open IS NULL OR is_open", name=op.f("ck_emergency_stop_is_open")),
        sa.ForeignKeyConstraint(
            ["asked_by_id"],
            ["user_account.id"],
            name=op.f("fk_emergency_stop_asked_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"],
            ["user_account.id"],
            name=op.f("fk_emergency_stop_confirmed_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_emergency_stop_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_emergency_stop_tool_id_tool")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organization.id"],
            name=op.f("fk_emergency_stop_vendor_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_stop")),
        sa.UniqueConstraint("tool_id", "is_open", name=op.f("uq_emergency_stop_tool_id_is_open")),
    )
    with op.batch_alter_table("emergency_stop", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_stop_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_emergency_stop_tool_id"), ["tool_id"], unique=False)

    op.create_table(
        "evidence_document",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "policy",
                "contract",
                "audit",
                "behaviour",
                "telemetry",
                "acr",
                "drill",
                "study",
                "attestation",
                name="documentkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("captured_on", sa.Date(), nullable=False),
        sa.Column("period_ended_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("source_url", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "public",
                "districts",
                "reviewers",
                name="audience",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("filed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("filed_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind <> 'audit' OR period_ended_on IS NOT NULL",
            name=op.f("ck_evidence_document_audit"),
        ),
        sa.CheckConstraint(
            "kind <> 'contract' OR expires_on IS NOT NULL",
            name=op.f("ck_evidence_document_contract"),
        ),
        sa.CheckConstraint(
            "expires_on IS NULL OR expires_on > captured_on",
            name=op.f("ck_evidence_document_expires_on"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_evidence_document_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["filed_by_id"],
            ["user_account.id"],
            name=op.f("fk_evidence_document_filed_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_evidence_document_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_evidence_document_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_document")),
        sa.UniqueConstraint("tool_id", "sha256", name=op.f("uq_evidence_document_tool_id_sha256")),
    )
    with op.batch_alter_table("evidence_document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_document_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_document_tool_id"), ["tool_id"], unique=False)

    op.create_table(
        "review",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "answering",
                "reading",
                "settling",
                "checking",
                "published",
                "replaced",
                "expired",
                name="reviewstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("is_open", sa.Boolean(), nullable=True),
        sa.Column("rubric_version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("rubric_sha256", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("opened_by_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.Column("officer_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("officer_title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("signed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("signed_by_id", sa.Uuid(), nullable=True),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reminded_days", sa.Integer(), nullable=False),
        sa.Column("check_answered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("published_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("card_number", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(signed_at IS NULL) = (officer_name = '') AND (signed_at IS NULL) = (officer_title = '') AND (signed_at IS NULL) = (signed_on IS NULL)",
            name=op.f("ck_review_signed"),
        ),
        sa.CheckConstraint("is_open IS NULL OR is_open", name=op.f("ck_review_is_open")),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["user_account.id"], name=op.f("fk_review_opened_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_review_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["signed_by_id"], ["user_account.id"], name=op.f("fk_review_signed_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_review_tool_id_tool")),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["organization.id"], name=op.f("fk_review_vendor_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("id", "vendor_id", name=op.f("uq_review_id_vendor_id")),
        sa.UniqueConstraint("tool_id", "is_open", name=op.f("uq_review_tool_id_is_open")),
        sa.UniqueConstraint("tool_id", "number", name=op.f("uq_review_tool_id_number")),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_due_on"), ["due_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_expires_on"), ["expires_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_tool_id"), ["tool_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "review_standing",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("is_fit", sa.Boolean(), nullable=False),
        sa.Column(
            "tie",
            sa.Enum(
                "negotiated",
                "employed",
                "money",
                "family",
                "other",
                name="tie",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("declared_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("is_fit = (tie IS NULL)", name=op.f("ck_review_standing_has_tie")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_review_standing_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_review_standing_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organization.id"],
            name=op.f("fk_review_standing_vendor_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_standing")),
        sa.UniqueConstraint(
            "user_id",
            "vendor_id",
            "is_fit",
            name=op.f("uq_review_standing_user_id_vendor_id_is_fit"),
        ),
        sa.UniqueConstraint(
            "user_id", "vendor_id", name=op.f("uq_review_standing_user_id_vendor_id")
        ),
    )
    with op.batch_alter_table("review_standing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_standing_org_id"), ["org_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_review_standing_vendor_id"), ["vendor_id"], unique=False
        )

    op.create_table(
        "watched_policy",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("url", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("added_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("try_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("looked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_watched_policy_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_watched_policy_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watched_policy")),
        sa.UniqueConstraint("tool_id", "url", name=op.f("uq_watched_policy_tool_id_url")),
    )
    with op.batch_alter_table("watched_policy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_watched_policy_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_watched_policy_tool_id"), ["tool_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_watched_policy_try_at"), ["try_at"], unique=False)

    op.create_table(
        "policy_capture",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("raw_sha256", sa.String(length=64), nullable=False),
        sa.Column("spaced_sha256", sa.String(length=64), nullable=False),
        sa.Column("shown_sha256", sa.String(length=64), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("captured_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("change", sa.JSON(), nullable=False),
        sa.Column("decide_by", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("reminded_days", sa.Integer(), nullable=False),
        sa.Column(
            "decision",
            sa.Enum(
                "accepted",
                "reopened",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_at IS NULL)", name=op.f("ck_policy_capture_decided")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["user_account.id"],
            name=op.f("fk_policy_capture_decided_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_policy_capture_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_policy_capture_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["watched_policy.id"],
            name=op.f("fk_policy_capture_policy_id_watched_policy"),
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_policy_capture_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_capture")),
        sa.UniqueConstraint(
            "policy_id", "shown_sha256", name=op.f("uq_policy_capture_policy_id_shown_sha256")
        ),
    )
    with op.batch_alter_table("policy_capture", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_policy_capture_decide_by"), ["decide_by"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_policy_capture_org_id"), ["org_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_policy_capture_policy_id"), ["policy_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_policy_capture_tool_id"), ["tool_id"], unique=False)

    op.create_table(
        "review_message",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("question", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "question",
                "reply",
                "point",
                "note",
                name="messagekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("written_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("written_by_id", sa.Uuid(), nullable=False),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_review_message_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_message_review_id_review")
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"],
            ["user_account.id"],
            name=op.f("fk_review_message_written_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_message")),
        sa.UniqueConstraint(
            "review_id", "once_key", name=op.f("uq_review_message_review_id_once_key")
        ),
    )
    with op.batch_alter_table("review_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_message_org_id"), ["org_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_review_message_review_id"), ["review_id"], unique=False
        )

    op.create_table(
        "review_reopening",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("question", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("is_void", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_review_reopening_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_reopening_review_id_review")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_reopening")),
        sa.UniqueConstraint(
            "review_id",
            "question",
            "source_id",
            name=op.f("uq_review_reopening_review_id_question_source_id"),
        ),
    )
    with op.batch_alter_table("review_reopening", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_reopening_org_id"), ["org_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_review_reopening_review_id"), ["review_id"], unique=False
        )

    op.create_table(
        "review_seat",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("home_id", sa.Uuid(), nullable=False),
        sa.Column(
            "seat",
            sa.Enum(
                "first",
                "second",
                "settles",
                "appeal",
                name="seat",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("is_fit", sa.Boolean(), nullable=True),
        sa.Column("taken_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("assigned_by_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reminded_days", sa.Integer(), nullable=False),
        sa.Column("done_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(is_fit IS NULL) = (ended_at IS NOT NULL)", name=op.f("ck_review_seat_ended")
        ),
        sa.CheckConstraint("home_id <> vendor_id", name=op.f("ck_review_seat_not_the_vendors")),
        sa.CheckConstraint("is_fit IS NULL OR is_fit", name=op.f("ck_review_seat_is_fit")),
        sa.ForeignKeyConstraint(
            ["assigned_by_id"],
            ["user_account.id"],
            name=op.f("fk_review_seat_assigned_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["home_id"], ["organization.id"], name=op.f("fk_review_seat_home_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_review_seat_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "vendor_id"],
            ["review.id", "review.vendor_id"],
            name=op.f("fk_review_seat_review_id_vendor_id_review"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "vendor_id", "is_fit"],
            ["review_standing.user_id", "review_standing.vendor_id", "review_standing.is_fit"],
            name="fk_review_seat_standing",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_review_seat_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_seat")),
        sa.UniqueConstraint(
            "id", "review_id", "seat", name=op.f("uq_review_seat_id_review_id_seat")
        ),
        sa.UniqueConstraint(
            "review_id", "seat", "is_fit", name=op.f("uq_review_seat_review_id_seat_is_fit")
        ),
        sa.UniqueConstraint("review_id", "user_id", name=op.f("uq_review_seat_review_id_user_id")),
    )
    with op.batch_alter_table("review_seat", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_seat_due_on"), ["due_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_seat_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_seat_review_id"), ["review_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_seat_user_id"), ["user_id"], unique=False)

    op.create_table(
        "review_appeal",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("question", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("filed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("filed_by_id", sa.Uuid(), nullable=False),
        sa.Column("decide_by", sa.Date(), nullable=False),
        sa.Column("reminded_days", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "upheld",
                "corrected",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("seat_id", sa.Uuid(), nullable=True),
        sa.Column(
            "decided_in",
            sa.Enum(
                "first",
                "second",
                "settles",
                "appeal",
                name="seat",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "decided_in IS NULL OR decided_in = 'appeal'", name=op.f("ck_review_appeal_decided_in")
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (decided_at IS NULL) AND (outcome IS NULL) = (seat_id IS NULL) AND (outcome IS NULL) = (is_open IS NOT NULL) AND (seat_id IS NULL) = (decided_in IS NULL)",
            name=op.f("ck_review_appeal_decided"),
        ),
        sa.CheckConstraint("is_open IS NULL OR is_open", name=op.f("ck_review_appeal_is_open")),
        sa.ForeignKeyConstraint(
            ["filed_by_id"],
            ["user_account.id"],
            name=op.f("fk_review_appeal_filed_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_review_appeal_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_appeal_review_id_review")
        ),
        sa.ForeignKeyConstraint(
            ["seat_id", "review_id", "decided_in"],
            ["review_seat.id", "review_seat.review_id", "review_seat.seat"],
            name="fk_review_appeal_seat",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_appeal")),
        sa.UniqueConstraint(
            "review_id", "once_key", name=op.f("uq_review_appeal_review_id_once_key")
        ),
        sa.UniqueConstraint(
            "review_id",
            "org_id",
            "question",
            "is_open",
            name=op.f("uq_review_appeal_review_id_org_id_question_is_open"),
        ),
    )
    with op.batch_alter_table("review_appeal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_appeal_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_appeal_review_id"), ["review_id"], unique=False)

    op.create_table(
        "review_reading",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("question", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "answered",
                "declined",
                "not_found",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("option", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "E0",
                "E1",
                "E2",
                "E3",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("locator", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("saved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "(state = 'answered') = (option <> '')", name=op.f("ck_review_reading_option")
        ),
        sa.CheckConstraint(
            "level NOT IN ('E2', 'E3') OR (document_id IS NOT NULL AND locator <> '' AND quote <> '')",
            name=op.f("ck_review_reading_proof"),
        ),
        sa.CheckConstraint("length(quote) <= 300", name=op.f("ck_review_reading_quote")),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["evidence_document.id"],
            name=op.f("fk_review_reading_document_id_evidence_document"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_review_reading_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_reading_review_id_review")
        ),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["review_seat.id"], name=op.f("fk_review_reading_seat_id_review_seat")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_reading")),
        sa.UniqueConstraint("seat_id", "question", name=op.f("uq_review_reading_seat_id_question")),
    )
    with op.batch_alter_table("review_reading", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_reading_org_id"), ["org_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_review_reading_review_id"), ["review_id"], unique=False
        )

    op.create_table(
        "review_decision",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("question", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "answered",
                "declined",
                "not_found",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("option", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "E0",
                "E1",
                "E2",
                "E3",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("locator", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "agreed",
                "first",
                "settled",
                "corrected",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=True),
        sa.Column("appeal_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'answered') = (option <> '')", name=op.f("ck_review_decision_option")
        ),
        sa.CheckConstraint(
            "level NOT IN ('E2', 'E3') OR (document_id IS NOT NULL AND locator <> '' AND quote <> '')",
            name=op.f("ck_review_decision_proof"),
        ),
        sa.CheckConstraint(
            "source NOT IN ('settled', 'corrected') OR why <> ''",
            name=op.f("ck_review_decision_why"),
        ),
        sa.CheckConstraint("length(quote) <= 300", name=op.f("ck_review_decision_quote")),
        sa.CheckConstraint("version > 0", name=op.f("ck_review_decision_version")),
        sa.ForeignKeyConstraint(
            ["appeal_id"],
            ["review_appeal.id"],
            name=op.f("fk_review_decision_appeal_id_review_appeal"),
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["evidence_document.id"],
            name=op.f("fk_review_decision_document_id_evidence_document"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_review_decision_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_decision_review_id_review")
        ),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["review_seat.id"], name=op.f("fk_review_decision_seat_id_review_seat")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_decision")),
        sa.UniqueConstraint(
            "review_id",
            "question",
            "version",
            name=op.f("uq_review_decision_review_id_question_version"),
        ),
    )
    with op.batch_alter_table("review_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_decision_org_id"), ["org_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_review_decision_review_id"), ["review_id"], unique=False
        )

    _freeze()


def _freeze() -> None:
    engine = op.get_bind().dialect.name
    if engine == "postgresql":
        op.execute(REFUSE_ON_POSTGRESQL)
    for table in FROZEN:
        for statement in _triggers(table, engine):
            op.execute(statement)


def _triggers(table: str, engine: str) -> list[str]:
    if engine == "postgresql":
        return [
            f"CREATE TRIGGER {table}_changed BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION review_refuse()",
            f"CREATE TRIGGER {table}_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION review_refuse()",
        ]
    return [
        f"CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON {table} BEGIN "
        "SELECT RAISE(ABORT, 'reviews: what was decided or filed is not changed'); END"
        for event in ("UPDATE", "DELETE")
    ]


def downgrade() -> None:
    with op.batch_alter_table("review_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_decision_review_id"))
        batch_op.drop_index(batch_op.f("ix_review_decision_org_id"))

    op.drop_table("review_decision")
    with op.batch_alter_table("review_reading", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_reading_review_id"))
        batch_op.drop_index(batch_op.f("ix_review_reading_org_id"))

    op.drop_table("review_reading")
    with op.batch_alter_table("review_appeal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_appeal_review_id"))
        batch_op.drop_index(batch_op.f("ix_review_appeal_org_id"))

    op.drop_table("review_appeal")
    with op.batch_alter_table("review_seat", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_seat_user_id"))
        batch_op.drop_index(batch_op.f("ix_review_seat_review_id"))
        batch_op.drop_index(batch_op.f("ix_review_seat_org_id"))
        batch_op.drop_index(batch_op.f("ix_review_seat_due_on"))

    op.drop_table("review_seat")
    with op.batch_alter_table("review_reopening", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_reopening_review_id"))
        batch_op.drop_index(batch_op.f("ix_review_reopening_org_id"))

    op.drop_table("review_reopening")
    with op.batch_alter_table("review_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_message_review_id"))
        batch_op.drop_index(batch_op.f("ix_review_message_org_id"))

    op.drop_table("review_message")
    with op.batch_alter_table("policy_capture", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_policy_capture_tool_id"))
        batch_op.drop_index(batch_op.f("ix_policy_capture_policy_id"))
        batch_op.drop_index(batch_op.f("ix_policy_capture_org_id"))
        batch_op.drop_index(batch_op.f("ix_policy_capture_decide_by"))

    op.drop_table("policy_capture")
    with op.batch_alter_table("watched_policy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_watched_policy_try_at"))
        batch_op.drop_index(batch_op.f("ix_watched_policy_tool_id"))
        batch_op.drop_index(batch_op.f("ix_watched_policy_org_id"))

    op.drop_table("watched_policy")
    with op.batch_alter_table("review_standing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_standing_vendor_id"))
        batch_op.drop_index(batch_op.f("ix_review_standing_org_id"))

    op.drop_table("review_standing")
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_vendor_id"))
        batch_op.drop_index(batch_op.f("ix_review_tool_id"))
        batch_op.drop_index(batch_op.f("ix_review_status"))
        batch_op.drop_index(batch_op.f("ix_review_org_id"))
        batch_op.drop_index(batch_op.f("ix_review_expires_on"))
        batch_op.drop_index(batch_op.f("ix_review_due_on"))

    op.drop_table("review")
    with op.batch_alter_table("evidence_document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_document_tool_id"))
        batch_op.drop_index(batch_op.f("ix_evidence_document_org_id"))

    op.drop_table("evidence_document")
    with op.batch_alter_table("emergency_stop", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_emergency_stop_tool_id"))
        batch_op.drop_index(batch_op.f("ix_emergency_stop_org_id"))

    op.drop_table("emergency_stop")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION review_refuse()")
