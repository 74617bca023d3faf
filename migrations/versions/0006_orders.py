"""orders"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "issuer_counter",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organization.id"],
            name=op.f("fk_issuer_counter_org_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer_counter")),
        sa.UniqueConstraint("org_id", name=op.f("uq_issuer_counter_org_id")),
    )
    with op.batch_alter_table("issuer_counter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuer_counter_org_id"), ["org_id"], unique=False)

    op.create_table(
        "purchase",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("consortium_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("leaid", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "ordered",
                "po_issued",
                "active",
                "ended",
                name="orderstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("spare_seats", sa.Integer(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("alone_cents", sa.BigInteger(), nullable=False),
        sa.Column("term_starts_on", sa.Date(), nullable=False),
        sa.Column("term_ends_on", sa.Date(), nullable=False),
        sa.Column("pay_by", sa.Date(), nullable=False),
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
        sa.Column("contact_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("contact_email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("ordered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ledger_seq", sa.Integer(), nullable=True),
        sa.Column("ledger_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("agreed", sa.JSON(), nullable=False),
        sa.CheckConstraint("seats > 0 AND spare_seats >= 0", name=op.f("ck_purchase_seats")),
        sa.CheckConstraint("total_cents >= 0", name=op.f("ck_purchase_total")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["organization.id"],
            name=op.f("fk_purchase_consortium_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organization.id"],
            name=op.f("fk_purchase_org_id_organization"),
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_purchase_pool_id_pool")),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_purchase_tool_id_tool")),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organization.id"],
            name=op.f("fk_purchase_vendor_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase")),
        sa.UniqueConstraint("pool_id", "org_id", name=op.f("uq_purchase_pool_id_org_id")),
    )
    with op.batch_alter_table("purchase", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_purchase_consortium_id"), ["consortium_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_purchase_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_purchase_pool_id"), ["pool_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_purchase_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "invoice",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("consortium_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "issued",
                "part_paid",
                "paid",
                "credited",
                name="invoicestatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("ledger_seq", sa.Integer(), nullable=True),
        sa.Column("ledger_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("printed", sa.JSON(), nullable=False),
        sa.CheckConstraint("paid_cents BETWEEN 0 AND total_cents", name=op.f("ck_invoice_paid")),
        sa.CheckConstraint("total_cents >= 0", name=op.f("ck_invoice_total")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["organization.id"],
            name=op.f("fk_invoice_consortium_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["issued_by"],
            ["user_account.id"],
            name=op.f("fk_invoice_issued_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["issuer_id"],
            ["organization.id"],
            name=op.f("fk_invoice_issuer_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["purchase.id"], name=op.f("fk_invoice_order_id_purchase")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_invoice_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organization.id"],
            name=op.f("fk_invoice_vendor_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("issuer_id", "number", name=op.f("uq_invoice_issuer_id_number")),
        sa.UniqueConstraint("order_id", name=op.f("uq_invoice_order_id")),
    )
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_invoice_consortium_id"), ["consortium_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_invoice_issuer_id"), ["issuer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "purchase_order",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("consortium_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("printed", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["organization.id"],
            name=op.f("fk_purchase_order_consortium_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["issued_by"],
            ["user_account.id"],
            name=op.f("fk_purchase_order_issued_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["purchase.id"],
            name=op.f("fk_purchase_order_order_id_purchase"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organization.id"],
            name=op.f("fk_purchase_order_org_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organization.id"],
            name=op.f("fk_purchase_order_vendor_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order")),
        sa.UniqueConstraint("order_id", name=op.f("uq_purchase_order_order_id")),
        sa.UniqueConstraint("org_id", "number", name=op.f("uq_purchase_order_org_id_number")),
    )
    with op.batch_alter_table("purchase_order", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_purchase_order_consortium_id"),
            ["consortium_id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_purchase_order_org_id"), ["org_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_purchase_order_vendor_id"), ["vendor_id"], unique=False
        )

    op.create_table(
        "payment",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("consortium_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "means",
            sa.Enum(
                "check",
                "ach",
                "warrant",
                name="paymentmeans",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("ledger_seq", sa.Integer(), nullable=False),
        sa.Column("ledger_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payment_amount")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["organization.id"],
            name=op.f("fk_payment_consortium_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_payment_invoice_id_invoice")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_payment_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"],
            ["user_account.id"],
            name=op.f("fk_payment_recorded_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organization.id"],
            name=op.f("fk_payment_vendor_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint(
            "invoice_id",
            "means",
            "reference",
            name=op.f("uq_payment_invoice_id_means_reference"),
        ),
        sa.UniqueConstraint("once_key", name=op.f("uq_payment_once_key")),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payment_consortium_id"), ["consortium_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_payment_invoice_id"), ["invoice_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "vendor_payment",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "means",
            sa.Enum(
                "check",
                "ach",
                "warrant",
                name="paymentmeans",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("ledger_seq", sa.Integer(), nullable=False),
        sa.Column("ledger_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_vendor_payment_amount")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_vendor_payment_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"],
            ["user_account.id"],
            name=op.f("fk_vendor_payment_recorded_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organization.id"],
            name=op.f("fk_vendor_payment_vendor_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_payment")),
        sa.UniqueConstraint(
            "org_id",
            "vendor_id",
            "means",
            "reference",
            name=op.f("uq_vendor_payment_org_id_vendor_id_means_reference"),
        ),
        sa.UniqueConstraint("once_key", name=op.f("uq_vendor_payment_once_key")),
    )
    with op.batch_alter_table("vendor_payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vendor_payment_org_id"), ["org_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_vendor_payment_vendor_id"), ["vendor_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("vendor_payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vendor_payment_vendor_id"))
        batch_op.drop_index(batch_op.f("ix_vendor_payment_org_id"))

    op.drop_table("vendor_payment")
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_vendor_id"))
        batch_op.drop_index(batch_op.f("ix_payment_org_id"))
        batch_op.drop_index(batch_op.f("ix_payment_invoice_id"))
        batch_op.drop_index(batch_op.f("ix_payment_consortium_id"))

    op.drop_table("payment")
    with op.batch_alter_table("purchase_order", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_purchase_order_vendor_id"))
        batch_op.drop_index(batch_op.f("ix_purchase_order_org_id"))
        batch_op.drop_index(batch_op.f("ix_purchase_order_consortium_id"))

    op.drop_table("purchase_order")
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_vendor_id"))
        batch_op.drop_index(batch_op.f("ix_invoice_org_id"))
        batch_op.drop_index(batch_op.f("ix_invoice_issuer_id"))
        batch_op.drop_index(batch_op.f("ix_invoice_consortium_id"))

    op.drop_table("invoice")
    with op.batch_alter_table("purchase", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_purchase_vendor_id"))
        batch_op.drop_index(batch_op.f("ix_purchase_pool_id"))
        batch_op.drop_index(batch_op.f("ix_purchase_org_id"))
        batch_op.drop_index(batch_op.f("ix_purchase_consortium_id"))

    op.drop_table("purchase")
    with op.batch_alter_table("issuer_counter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuer_counter_org_id"))

    op.drop_table("issuer_counter")
