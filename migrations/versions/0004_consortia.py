"""consortia"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consortium",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "legal_shape",
            sa.Enum(
                "piggyback",
                "joint",
                "pooled_cash",
                name="legalshape",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "forming",
                "constituted",
                name="consortiumstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("lead_agency_id", sa.Uuid(), nullable=False),
        sa.Column("fiscal_agent_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("by_laws", sa.Text(), nullable=False),
        sa.Column("by_laws_version", sa.Integer(), nullable=False),
        sa.Column("split_method", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("founded_on", sa.Date(), nullable=False),
        sa.Column("constituted_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["fiscal_agent_id"],
            ["organization.id"],
            name=op.f("fk_consortium_fiscal_agent_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["lead_agency_id"],
            ["organization.id"],
            name=op.f("fk_consortium_lead_agency_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organization.id"],
            name=op.f("fk_consortium_org_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consortium")),
        sa.UniqueConstraint("org_id", name=op.f("uq_consortium_org_id")),
    )
    with op.batch_alter_table("consortium", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consortium_lead_agency_id"), ["lead_agency_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_consortium_org_id"), ["org_id"], unique=False)

    op.create_table(
        "member",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "invited",
                "requested",
                "active",
                "ended",
                name="memberstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("approved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("accepted_by_laws_version", sa.Integer(), nullable=True),
        sa.Column("active_since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["district_id"],
            ["organization.id"],
            name=op.f("fk_member_district_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_member_org_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("org_id", "district_id", name=op.f("uq_member_org_id_district_id")),
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_district_id"), ["district_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_member_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_member_status"), ["status"], unique=False)

    op.create_table(
        "instrument",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "interlocal_agreement",
                "letter_of_agency",
                "memorandum",
                "resolution",
                name="instrumentkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("signer_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("signer_title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("board_date", sa.Date(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("filed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_instrument_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["district_id"],
            ["organization.id"],
            name=op.f("fk_instrument_district_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["stored_file.id"],
            name=op.f("fk_instrument_file_id_stored_file"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_instrument_member_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organization.id"],
            name=op.f("fk_instrument_org_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument")),
    )
    with op.batch_alter_table("instrument", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_instrument_district_id"), ["district_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_instrument_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_instrument_org_id"), ["org_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("instrument", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_instrument_org_id"))
        batch_op.drop_index(batch_op.f("ix_instrument_member_id"))
        batch_op.drop_index(batch_op.f("ix_instrument_district_id"))

    op.drop_table("instrument")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_status"))
        batch_op.drop_index(batch_op.f("ix_member_org_id"))
        batch_op.drop_index(batch_op.f("ix_member_district_id"))

    op.drop_table("member")
    with op.batch_alter_table("consortium", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consortium_org_id"))
        batch_op.drop_index(batch_op.f("ix_consortium_lead_agency_id"))

    op.drop_table("consortium")
