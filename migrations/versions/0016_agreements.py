"""Executed privacy agreements, their standing offers, and who joined them."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreement",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "family",
            sa.Enum(
                "ndpa",
                "ca_ndpa",
                "il_ndpa",
                "ny_2d",
                "ct_dpa",
                "tx_ndpa",
                "state_form",
                "own_form",
                name="family",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("provider", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("data_elements", sa.JSON(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("offer_present", sa.Boolean(), nullable=False),
        sa.Column("offer_until", sa.Date(), nullable=True),
        sa.Column("offer_conditions", sa.Text(), nullable=False),
        sa.Column("modifications", sa.Text(), nullable=False),
        sa.Column("ai_addendum", sa.Boolean(), nullable=False),
        sa.Column("district_signer", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("vendor_signer", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("registry_url", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("filed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("filed_by", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=False),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "NOT offer_present OR offer_until IS NOT NULL",
            name=op.f("ck_agreement_offer_has_an_end"),
        ),
        sa.CheckConstraint("ends_on > effective_on", name=op.f("ck_agreement_ends_after_start")),
        sa.CheckConstraint("length(state) = 2", name=op.f("ck_agreement_state_is_2_letters")),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_agreement_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["filed_by"], ["user_account.id"], name=op.f("fk_agreement_filed_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_agreement_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by"], ["agreement.id"], name=op.f("fk_agreement_superseded_by_agreement")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["organization.id"], name=op.f("fk_agreement_vendor_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"],
            ["organization.id"],
            name=op.f("fk_agreement_withdrawn_by_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("org_id", "once_key", name=op.f("uq_agreement_org_id_once_key")),
    )
    op.create_index(op.f("ix_agreement_org_id"), "agreement", ["org_id"], unique=False)
    op.create_index(op.f("ix_agreement_state"), "agreement", ["state"], unique=False)
    op.create_index(op.f("ix_agreement_vendor_id"), "agreement", ["vendor_id"], unique=False)
    op.create_table(
        "agreement_join",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=True),
        sa.Column("data_elements", sa.JSON(), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("signer", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("sent_to", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("acknowledged_on", sa.Date(), nullable=True),
        sa.Column("acknowledged_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("acknowledged_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "acknowledged_on >= sent_on", name=op.f("ck_agreement_join_acknowledged_after_sent")
        ),
        sa.CheckConstraint(
            "sent_on >= signed_on", name=op.f("ck_agreement_join_sent_after_signed")
        ),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"],
            ["user_account.id"],
            name=op.f("fk_agreement_join_acknowledged_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.id"],
            name=op.f("fk_agreement_join_agreement_id_agreement"),
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_agreement_join_edition_id_edition")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_agreement_join_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_agreement_join_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["sent_by"], ["user_account.id"], name=op.f("fk_agreement_join_sent_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_agreement_join_tool_id_tool")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organization.id"],
            name=op.f("fk_agreement_join_vendor_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_join")),
        sa.UniqueConstraint(
            "agreement_id",
            "org_id",
            "tool_id",
            name=op.f("uq_agreement_join_agreement_id_org_id_tool_id"),
        ),
    )
    op.create_index(op.f("ix_agreement_join_org_id"), "agreement_join", ["org_id"], unique=False)
    op.create_index(op.f("ix_agreement_join_tool_id"), "agreement_join", ["tool_id"], unique=False)
    op.create_index(
        op.f("ix_agreement_join_vendor_id"), "agreement_join", ["vendor_id"], unique=False
    )
    op.create_table(
        "agreement_product",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.id"],
            name=op.f("fk_agreement_product_agreement_id_agreement"),
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_agreement_product_edition_id_edition")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_agreement_product_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool.id"], name=op.f("fk_agreement_product_tool_id_tool")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organization.id"],
            name=op.f("fk_agreement_product_vendor_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_product")),
    )
    op.create_index(
        op.f("ix_agreement_product_agreement_id"),
        "agreement_product",
        ["agreement_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_agreement_product_org_id"), "agreement_product", ["org_id"], unique=False
    )
    op.create_index(
        op.f("ix_agreement_product_tool_id"), "agreement_product", ["tool_id"], unique=False
    )
    op.create_index(
        op.f("ix_agreement_product_vendor_id"), "agreement_product", ["vendor_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_agreement_product_vendor_id"), table_name="agreement_product")
    op.drop_index(op.f("ix_agreement_product_tool_id"), table_name="agreement_product")
    op.drop_index(op.f("ix_agreement_product_org_id"), table_name="agreement_product")
    op.drop_index(op.f("ix_agreement_product_agreement_id"), table_name="agreement_product")
    op.drop_table("agreement_product")
    op.drop_index(op.f("ix_agreement_join_vendor_id"), table_name="agreement_join")
    op.drop_index(op.f("ix_agreement_join_tool_id"), table_name="agreement_join")
    op.drop_index(op.f("ix_agreement_join_org_id"), table_name="agreement_join")
    op.drop_table("agreement_join")
    op.drop_index(op.f("ix_agreement_vendor_id"), table_name="agreement")
    op.drop_index(op.f("ix_agreement_state"), table_name="agreement")
    op.drop_index(op.f("ix_agreement_org_id"), table_name="agreement")
    op.drop_table("agreement")
