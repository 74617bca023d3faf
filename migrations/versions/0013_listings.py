"""Listings: answers to the question set, frozen versions, change notices, files."""

import json
import unicodedata
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from marketplace.core import tenancy

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listing_import",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("header", sa.JSON(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("uploaded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("done_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_listing_import_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_import")),
    )
    op.create_index(op.f("ix_listing_import_org_id"), "listing_import", ["org_id"], unique=False)
    op.create_table(
        "change_notice",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "model",
                "sub_processor",
                "policy",
                "price",
                "ownership",
                name="changekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("takes_effect_on", sa.Date(), nullable=False),
        sa.Column("announced_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reopened", sa.JSON(), nullable=False),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_change_notice_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_change_notice_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_notice")),
        sa.UniqueConstraint("tool_id", "once_key", name=op.f("uq_change_notice_tool_id_once_key")),
    )
    op.create_index(op.f("ix_change_notice_org_id"), "change_notice", ["org_id"], unique=False)
    op.create_index(op.f("ix_change_notice_tool_id"), "change_notice", ["tool_id"], unique=False)
    op.create_table(
        "listing_deadline",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("warned_days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_listing_deadline_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_listing_deadline_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_deadline")),
        sa.UniqueConstraint("tool_id", "what", name=op.f("uq_listing_deadline_tool_id_what")),
    )
    op.create_index(
        op.f("ix_listing_deadline_ends_on"), "listing_deadline", ["ends_on"], unique=False
    )
    op.create_index(
        op.f("ix_listing_deadline_org_id"), "listing_deadline", ["org_id"], unique=False
    )
    op.create_table(
        "listing_draft",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("question_set", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("saved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("saved_by", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_listing_draft_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["saved_by"], ["user_account.id"], name=op.f("fk_listing_draft_saved_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_listing_draft_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_draft")),
        sa.UniqueConstraint("tool_id", name=op.f("uq_listing_draft_tool_id")),
    )
    op.create_index(op.f("ix_listing_draft_org_id"), "listing_draft", ["org_id"], unique=False)
    op.create_index(op.f("ix_listing_draft_sent_at"), "listing_draft", ["sent_at"], unique=False)
    op.create_table(
        "listing_facet",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("question", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("value", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_listing_facet_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_listing_facet_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("tool_id", "question", "value", name=op.f("pk_listing_facet")),
    )
    op.create_index(op.f("ix_listing_facet_org_id"), "listing_facet", ["org_id"], unique=False)
    op.create_index(
        "ix_listing_facet_question_value",
        "listing_facet",
        ["question", "value", "tool_id"],
        unique=False,
    )
    op.create_table(
        "listing_step",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "submitted",
                "in_review",
                "published",
                "suspended",
                "expired",
                name="toolstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("taken_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_listing_step_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_listing_step_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_step")),
    )
    op.create_index(op.f("ix_listing_step_org_id"), "listing_step", ["org_id"], unique=False)
    op.create_index(op.f("ix_listing_step_tool_id"), "listing_step", ["tool_id"], unique=False)
    op.create_table(
        "listing_version",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("question_set", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("published_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_listing_version_number")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_listing_version_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_listing_version_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_version")),
        sa.UniqueConstraint("tool_id", "number", name=op.f("uq_listing_version_tool_id_number")),
    )
    op.create_index(op.f("ix_listing_version_org_id"), "listing_version", ["org_id"], unique=False)
    op.create_table(
        "tool_follower",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_tool_follower_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_tool_follower_tool_id_tool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_follower")),
        sa.UniqueConstraint("tool_id", "org_id", name=op.f("uq_tool_follower_tool_id_org_id")),
    )
    op.create_index(op.f("ix_tool_follower_org_id"), "tool_follower", ["org_id"], unique=False)
    op.create_table(
        "notice_receipt",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("told_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["change_notice.id"],
            name=op.f("fk_notice_receipt_notice_id_change_notice"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_notice_receipt_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_receipt")),
        sa.UniqueConstraint("notice_id", "org_id", name=op.f("uq_notice_receipt_notice_id_org_id")),
    )
    op.create_index(op.f("ix_notice_receipt_org_id"), "notice_receipt", ["org_id"], unique=False)
    with tenancy.everyone("a migration serves every organization"):
        _freeze_what_is_public()


#: What stood on a tool before there was a question set.
COLUMNS = (
    "name", "summary", "description", "lowest_grade", "highest_grade", "subjects", "languages",
    "ai_use", "ai_facts", "runs_on", "works_with",
)  # fmt: skip


def _freeze_what_is_public() -> None:
    """The first version of every listing that is or was public, as buyers read it until now."""
    connection = op.get_bind()
    json_text = sa.JSON()
    tool = sa.table(
        "tool",
        sa.column("id", sa.Uuid()),
        sa.column("org_id", sa.Uuid()),
        sa.column("published_at", sqlmodel.sql.sqltypes.UTCDateTime()),
        *(
            sa.column(name, json_text if name in ("subjects", "languages", "ai_facts") else None)
            for name in COLUMNS
        ),
    )
    version = sa.table(
        "listing_version",
        sa.column("id", sa.Uuid()),
        sa.column("org_id", sa.Uuid()),
        sa.column("tool_id", sa.Uuid()),
        sa.column("number", sa.Integer()),
        sa.column("question_set", sa.String()),
        sa.column("content", json_text),
        sa.column("fingerprint", sa.String()),
        sa.column("because", sa.Text()),
        sa.column("published_at", sqlmodel.sql.sqltypes.UTCDateTime()),
    )
    public = sa.select(tool).where(tool.c.published_at.is_not(None))
    now = datetime.now(UTC)
    rows = []
    for row in connection.execute(public).mappings():
        day = now.date().isoformat()
        answers = {
            name: {"value": row[name], "on": day}
            for name in COLUMNS
            if row[name] not in (None, "", []) and (name != "ai_use" or row["ai_facts"])
        }
        content = {"answers": answers, "editions": []}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        rows.append(
            {
                "id": uuid4(),
                "org_id": row["org_id"],
                "tool_id": row["id"],
                "number": 1,
                "question_set": "2026-11",
                "content": content,
                "fingerprint": sha256(text.encode()).hexdigest(),
                "because": "As it stood before versions were kept",
                "published_at": row["published_at"],
            }
        )
    facet = sa.table(
        "listing_facet",
        sa.column("org_id", sa.Uuid()),
        sa.column("tool_id", sa.Uuid()),
        sa.column("question", sa.String()),
        sa.column("value", sa.String()),
    )
    facets = [
        {"org_id": row["org_id"], "tool_id": row["tool_id"], "question": "languages", "value": word}
        for row in rows
        for word in sorted(_folded(row["content"]["answers"].get("languages", {}).get("value", [])))
    ]
    if rows:
        op.bulk_insert(version, rows)
    if facets:
        op.bulk_insert(facet, facets)


def _folded(words: list[str]) -> set[str]:
    """As the catalogue folds words: without accents and case, single spaces, 80 letters."""
    bare = (unicodedata.normalize("NFKD", word) for word in words)
    plain = ("".join(c for c in word if not unicodedata.combining(c)) for word in bare)
    return {" ".join(word.casefold().split())[:80] for word in plain}


def downgrade() -> None:
    op.drop_index(op.f("ix_notice_receipt_org_id"), table_name="notice_receipt")
    op.drop_table("notice_receipt")
    op.drop_index(op.f("ix_tool_follower_org_id"), table_name="tool_follower")
    op.drop_table("tool_follower")
    op.drop_index(op.f("ix_listing_version_org_id"), table_name="listing_version")
    op.drop_table("listing_version")
    op.drop_index(op.f("ix_listing_step_tool_id"), table_name="listing_step")
    op.drop_index(op.f("ix_listing_step_org_id"), table_name="listing_step")
    op.drop_table("listing_step")
    op.drop_index("ix_listing_facet_question_value", table_name="listing_facet")
    op.drop_index(op.f("ix_listing_facet_org_id"), table_name="listing_facet")
    op.drop_table("listing_facet")
    op.drop_index(op.f("ix_listing_draft_sent_at"), table_name="listing_draft")
    op.drop_index(op.f("ix_listing_draft_org_id"), table_name="listing_draft")
    op.drop_table("listing_draft")
    op.drop_index(op.f("ix_listing_deadline_org_id"), table_name="listing_deadline")
    op.drop_index(op.f("ix_listing_deadline_ends_on"), table_name="listing_deadline")
    op.drop_table("listing_deadline")
    op.drop_index(op.f("ix_change_notice_tool_id"), table_name="change_notice")
    op.drop_index(op.f("ix_change_notice_org_id"), table_name="change_notice")
    op.drop_table("change_notice")
    op.drop_index(op.f("ix_listing_import_org_id"), table_name="listing_import")
    op.drop_table("listing_import")
