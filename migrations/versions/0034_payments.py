"""Payments by Stripe: attempts, refunds and disputes, events, accounts, transfers, the balance."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stripe_event",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("account", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("taken_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "applied",
                "kept",
                "parked",
                "left",
                name="eventstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("try_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_event")),
    )
    with op.batch_alter_table("stripe_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stripe_event_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_stripe_event_taken_at"), ["taken_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_stripe_event_try_at"), ["try_at"], unique=False)

    op.create_table(
        "stripe_account",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("account_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("is_ready", sa.Boolean(), nullable=False),
        sa.Column("started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_stripe_account_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["started_by"],
            ["user_account.id"],
            name=op.f("fk_stripe_account_started_by_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_account")),
        sa.UniqueConstraint("account_id", name=op.f("uq_stripe_account_account_id")),
        sa.UniqueConstraint("org_id", "livemode", name=op.f("uq_stripe_account_org_id_livemode")),
    )
    with op.batch_alter_table("stripe_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stripe_account_org_id"), ["org_id"], unique=False)

    op.create_table(
        "payment_attempt",
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
                "wire",
                "debit",
                "card",
                "credit",
                name="paymentmeans",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("fee_cents", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "started",
                "open",
                "processing",
                "failed",
                "expired",
                "paid",
                name="attemptstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("session_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("intent_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("charge_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("booked_cents", sa.BigInteger(), nullable=False),
        sa.Column("held_cents", sa.BigInteger(), nullable=False),
        sa.Column("back_cents", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("looked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("paid_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "amount_cents > 0 AND fee_cents >= 0", name=op.f("ck_payment_attempt_amount")
        ),
        sa.CheckConstraint(
            "back_cents BETWEEN 0 AND amount_cents + fee_cents",
            name=op.f("ck_payment_attempt_back"),
        ),
        sa.CheckConstraint(
            "booked_cents + held_cents IN (0, amount_cents)", name=op.f("ck_payment_attempt_booked")
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["organization.id"],
            name=op.f("fk_payment_attempt_consortium_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_payment_attempt_invoice_id_invoice")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_payment_attempt_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_payment_attempt_payment_id_payment")
        ),
        sa.ForeignKeyConstraint(
            ["started_by"],
            ["user_account.id"],
            name=op.f("fk_payment_attempt_started_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organization.id"],
            name=op.f("fk_payment_attempt_vendor_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempt")),
        sa.UniqueConstraint("intent_id", name=op.f("uq_payment_attempt_intent_id")),
        sa.UniqueConstraint("once_key", name=op.f("uq_payment_attempt_once_key")),
        sa.UniqueConstraint("session_id", name=op.f("uq_payment_attempt_session_id")),
    )
    with op.batch_alter_table("payment_attempt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payment_attempt_charge_id"), ["charge_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_payment_attempt_consortium_id"), ["consortium_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_payment_attempt_invoice_id"), ["invoice_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_payment_attempt_org_id"), ["org_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_payment_attempt_vendor_id"), ["vendor_id"], unique=False
        )
        batch_op.create_index(
            "uq_payment_attempt_live",
            ["invoice_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('started', 'open')"),
            postgresql_where=sa.text("state IN ('started', 'open')"),
        )

    op.create_table(
        "money_back",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("consortium_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "refund",
                "dispute",
                name="backkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "declined",
                "approved",
                "out",
                "final",
                "undone",
                name="backstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("stripe_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("out_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("undone_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_money_back_amount")),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["user_account.id"], name=op.f("fk_money_back_asked_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["payment_attempt.id"],
            name=op.f("fk_money_back_attempt_id_payment_attempt"),
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["organization.id"],
            name=op.f("fk_money_back_consortium_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user_account.id"], name=op.f("fk_money_back_decided_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_money_back_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["organization.id"], name=op.f("fk_money_back_vendor_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_back")),
        sa.UniqueConstraint("once_key", name=op.f("uq_money_back_once_key")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_money_back_stripe_id")),
    )
    with op.batch_alter_table("money_back", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_money_back_attempt_id"), ["attempt_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_money_back_consortium_id"), ["consortium_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_money_back_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_money_back_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "stripe_entry",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("is_booked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["payment_attempt.id"],
            name=op.f("fk_stripe_entry_attempt_id_payment_attempt"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_entry")),
    )
    with op.batch_alter_table("stripe_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_stripe_entry_attempt_id"), ["attempt_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_stripe_entry_created_at"), ["created_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_stripe_entry_source"), ["source"], unique=False)

    op.create_table(
        "stripe_finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "not_here",
                "not_there",
                "twice",
                "differs",
                name="findingkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("about", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("consortium_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("found_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "proposed",
                "resolved",
                name="findingstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("does_book", sa.Boolean(), nullable=False),
        sa.Column("proposed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["payment_attempt.id"],
            name=op.f("fk_stripe_finding_attempt_id_payment_attempt"),
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["organization.id"],
            name=op.f("fk_stripe_finding_consortium_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_stripe_finding_payment_id_payment")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"],
            ["user_account.id"],
            name=op.f("fk_stripe_finding_proposed_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by"],
            ["user_account.id"],
            name=op.f("fk_stripe_finding_resolved_by_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_finding")),
        sa.UniqueConstraint("kind", "about", name=op.f("uq_stripe_finding_kind_about")),
    )
    with op.batch_alter_table("stripe_finding", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_stripe_finding_consortium_id"), ["consortium_id"], unique=False
        )

    op.create_table(
        "stripe_transfer",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "ready",
                "sent",
                "failed",
                name="transferstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("back_cents", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("stripe_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("ledger_seq", sa.Integer(), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_stripe_transfer_amount")),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["payment_attempt.id"],
            name=op.f("fk_stripe_transfer_attempt_id_payment_attempt"),
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["user_account.id"], name=op.f("fk_stripe_transfer_made_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_stripe_transfer_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organization.id"],
            name=op.f("fk_stripe_transfer_vendor_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_transfer")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_stripe_transfer_attempt_id")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_stripe_transfer_stripe_id")),
    )
    with op.batch_alter_table("stripe_transfer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stripe_transfer_org_id"), ["org_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_stripe_transfer_vendor_id"), ["vendor_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("stripe_transfer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stripe_transfer_vendor_id"))
        batch_op.drop_index(batch_op.f("ix_stripe_transfer_org_id"))

    op.drop_table("stripe_transfer")
    with op.batch_alter_table("stripe_finding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stripe_finding_consortium_id"))

    op.drop_table("stripe_finding")
    with op.batch_alter_table("stripe_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stripe_entry_source"))
        batch_op.drop_index(batch_op.f("ix_stripe_entry_created_at"))
        batch_op.drop_index(batch_op.f("ix_stripe_entry_attempt_id"))

    op.drop_table("stripe_entry")
    with op.batch_alter_table("money_back", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_money_back_vendor_id"))
        batch_op.drop_index(batch_op.f("ix_money_back_org_id"))
        batch_op.drop_index(batch_op.f("ix_money_back_consortium_id"))
        batch_op.drop_index(batch_op.f("ix_money_back_attempt_id"))

    op.drop_table("money_back")
    with op.batch_alter_table("payment_attempt", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_payment_attempt_live",
            sqlite_where=sa.text("state IN ('started', 'open')"),
            postgresql_where=sa.text("state IN ('started', 'open')"),
        )
        batch_op.drop_index(batch_op.f("ix_payment_attempt_vendor_id"))
        batch_op.drop_index(batch_op.f("ix_payment_attempt_org_id"))
        batch_op.drop_index(batch_op.f("ix_payment_attempt_invoice_id"))
        batch_op.drop_index(batch_op.f("ix_payment_attempt_consortium_id"))
        batch_op.drop_index(batch_op.f("ix_payment_attempt_charge_id"))

    op.drop_table("payment_attempt")
    with op.batch_alter_table("stripe_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stripe_account_org_id"))

    op.drop_table("stripe_account")
    with op.batch_alter_table("stripe_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stripe_event_try_at"))
        batch_op.drop_index(batch_op.f("ix_stripe_event_taken_at"))
        batch_op.drop_index(batch_op.f("ix_stripe_event_kind"))

    op.drop_table("stripe_event")
