"""Renewals: what is asked, counted, settled and answered during and after a term.

An order may have parts now, so the table `purchase` changes its unique key. SQLite cannot do
that in place: the table is written anew from its own definition.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

CREDITED = (
    "ALTER TABLE invoice ADD COLUMN credited_cents BIGINT DEFAULT 0 NOT NULL "
    "CONSTRAINT ck_invoice_credited CHECK (credited_cents >= 0 "
    "AND paid_cents + credited_cents <= total_cents)"
)
KINDS = "kind IN ('pool', 'late_join', 'added_seats', 'share_change')"
SEATS = (
    "seats > 0 AND spare_seats >= 0",
    "(seats > 0 OR kind = 'share_change' AND seats = 0) AND spare_seats >= 0",
)
UNIQUE = (
    "uq_purchase_pool_id_org_id UNIQUE (pool_id, org_id)",
    "uq_purchase_pool_id_org_id_part UNIQUE (pool_id, org_id, part)",
)
COLUMNS = ("kind VARCHAR(32) DEFAULT 'pool' NOT NULL", "part INTEGER DEFAULT 0 NOT NULL")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _widen_purchase() -> None:
    if _is_sqlite():
        _write_anew(
            (SEATS[0], SEATS[1]),
            (UNIQUE[0], UNIQUE[1]),
            ("leaid VARCHAR NOT NULL", f"leaid VARCHAR NOT NULL, {', '.join(COLUMNS)}"),
            (
                "CONSTRAINT pk_purchase",
                f"CONSTRAINT ck_purchase_orderkind CHECK ({KINDS}), CONSTRAINT pk_purchase",
            ),
        )
        return
    for column in COLUMNS:
        op.execute(f"ALTER TABLE purchase ADD COLUMN {column}")
    op.execute(f"ALTER TABLE purchase ADD CONSTRAINT ck_purchase_orderkind CHECK ({KINDS})")
    op.execute("ALTER TABLE purchase DROP CONSTRAINT ck_purchase_seats")
    op.execute(f"ALTER TABLE purchase ADD CONSTRAINT ck_purchase_seats CHECK ({SEATS[1]})")
    op.execute("ALTER TABLE purchase DROP CONSTRAINT uq_purchase_pool_id_org_id")
    op.execute(f"ALTER TABLE purchase ADD CONSTRAINT {UNIQUE[1]}")


def _narrow_purchase() -> None:
    if _is_sqlite():
        _write_anew(
            (SEATS[1], SEATS[0]),
            (UNIQUE[1], UNIQUE[0]),
            (f"leaid VARCHAR NOT NULL, {', '.join(COLUMNS)}", "leaid VARCHAR NOT NULL"),
            (f"CONSTRAINT ck_purchase_orderkind CHECK ({KINDS}), ", ""),
        )
        return
    op.execute("ALTER TABLE purchase DROP CONSTRAINT uq_purchase_pool_id_org_id_part")
    op.execute(f"ALTER TABLE purchase ADD CONSTRAINT {UNIQUE[0]}")
    op.execute("ALTER TABLE purchase DROP CONSTRAINT ck_purchase_seats")
    op.execute(f"ALTER TABLE purchase ADD CONSTRAINT ck_purchase_seats CHECK ({SEATS[0]})")
    op.execute("ALTER TABLE purchase DROP COLUMN kind, DROP COLUMN part")


def _write_anew(*changes: tuple[str, str]) -> None:
    """The table with another definition and the same rows. What refers to it is checked at
    the end, when every row is back: see `marketplace.core.migrate.changing`."""
    bind = op.get_bind()
    made = bind.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'purchase'"
    ).scalar_one()
    indexes = [
        row[0]
        for row in bind.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'purchase' "
            "AND sql IS NOT NULL"
        )
    ]
    before = _columns(bind)
    for old, new in changes:
        if made.count(old) != 1:
            raise RuntimeError(f"the table purchase is not as expected: {old}")
        made = made.replace(old, new)
    bind.exec_driver_sql("CREATE TABLE kept_purchase AS SELECT * FROM purchase")
    bind.exec_driver_sql("DROP TABLE purchase")
    bind.exec_driver_sql(made)
    both = ", ".join(name for name in _columns(bind) if name in before)
    bind.exec_driver_sql(f"INSERT INTO purchase ({both}) SELECT {both} FROM kept_purchase")
    bind.exec_driver_sql("DROP TABLE kept_purchase")
    for index in indexes:
        bind.exec_driver_sql(index)


def _columns(bind: sa.Connection) -> list[str]:
    return [row[1] for row in bind.exec_driver_sql("PRAGMA table_info(purchase)")]


def _drop_credited() -> None:
    if not _is_sqlite():
        op.execute("ALTER TABLE invoice DROP CONSTRAINT ck_invoice_credited")
    op.execute("ALTER TABLE invoice DROP COLUMN credited_cents")


def upgrade() -> None:
    op.create_table(
        "renewal",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("next_pool_id", sa.Uuid(), nullable=False),
        sa.Column("planned_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("planned_by", sa.Uuid(), nullable=True),
        sa.Column("invited_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["next_pool_id"], ["pool.id"], name=op.f("fk_renewal_next_pool_id_pool")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_renewal_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["planned_by"], ["user_account.id"], name=op.f("fk_renewal_planned_by_user_account")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_renewal_pool_id_pool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewal")),
        sa.UniqueConstraint("next_pool_id", name=op.f("uq_renewal_next_pool_id")),
        sa.UniqueConstraint("pool_id", name=op.f("uq_renewal_pool_id")),
    )
    op.create_index(op.f("ix_renewal_org_id"), "renewal", ["org_id"], unique=False)

    op.create_table(
        "renewal_answer",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column("leaid", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "renew",
                "fewer",
                "leave",
                name="answer",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("answered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["user_account.id"],
            name=op.f("fk_renewal_answer_answered_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["district_id"],
            ["organization.id"],
            name=op.f("fk_renewal_answer_district_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_renewal_answer_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_renewal_answer_pool_id_pool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewal_answer")),
        sa.UniqueConstraint(
            "pool_id", "district_id", name=op.f("uq_renewal_answer_pool_id_district_id")
        ),
    )
    op.create_index(
        op.f("ix_renewal_answer_district_id"), "renewal_answer", ["district_id"], unique=False
    )
    op.create_index(op.f("ix_renewal_answer_org_id"), "renewal_answer", ["org_id"], unique=False)
    op.create_index(op.f("ix_renewal_answer_pool_id"), "renewal_answer", ["pool_id"], unique=False)

    op.create_table(
        "renewal_notice",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("sent_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_renewal_notice_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_renewal_notice_pool_id_pool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewal_notice")),
        sa.UniqueConstraint("pool_id", "days", name=op.f("uq_renewal_notice_pool_id_days")),
    )
    op.create_index(op.f("ix_renewal_notice_org_id"), "renewal_notice", ["org_id"], unique=False)
    op.create_index(op.f("ix_renewal_notice_pool_id"), "renewal_notice", ["pool_id"], unique=False)

    op.create_table(
        "seat_batch",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ask_until", sa.Date(), nullable=False),
        sa.Column("set_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("placed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("placed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("ask_until <= starts_on", name=op.f("ck_seat_batch_days")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_seat_batch_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["placed_by"], ["user_account.id"], name=op.f("fk_seat_batch_placed_by_user_account")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_seat_batch_pool_id_pool")),
        sa.ForeignKeyConstraint(
            ["set_by"], ["user_account.id"], name=op.f("fk_seat_batch_set_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_batch")),
        sa.UniqueConstraint("pool_id", "starts_on", name=op.f("uq_seat_batch_pool_id_starts_on")),
    )
    op.create_index(op.f("ix_seat_batch_org_id"), "seat_batch", ["org_id"], unique=False)
    op.create_index(op.f("ix_seat_batch_pool_id"), "seat_batch", ["pool_id"], unique=False)

    op.create_table(
        "true_up_run",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "proposed",
                "approved",
                "refused",
                name="runstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("proposed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("ledger_seq", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user_account.id"], name=op.f("fk_true_up_run_decided_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_true_up_run_org_id_organization")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_true_up_run_pool_id_pool")),
        sa.ForeignKeyConstraint(
            ["proposed_by"],
            ["user_account.id"],
            name=op.f("fk_true_up_run_proposed_by_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_true_up_run")),
    )
    op.create_index(op.f("ix_true_up_run_org_id"), "true_up_run", ["org_id"], unique=False)
    op.create_index(op.f("ix_true_up_run_pool_id"), "true_up_run", ["pool_id"], unique=False)

    op.create_table(
        "usage_count",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("leaid", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "said",
                "confirmed",
                "disputed",
                name="usagestatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "said_by_side",
            sa.Enum(
                "district",
                "vendor",
                name="side",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("said_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("said_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("dispute", sa.Text(), nullable=False),
        sa.CheckConstraint("used >= 0", name=op.f("ck_usage_count_used")),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["user_account.id"],
            name=op.f("fk_usage_count_answered_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["district_id"],
            ["organization.id"],
            name=op.f("fk_usage_count_district_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_usage_count_org_id_organization")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_usage_count_pool_id_pool")),
        sa.ForeignKeyConstraint(
            ["said_by"], ["user_account.id"], name=op.f("fk_usage_count_said_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["organization.id"], name=op.f("fk_usage_count_vendor_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_count")),
        sa.UniqueConstraint(
            "pool_id", "district_id", name=op.f("uq_usage_count_pool_id_district_id")
        ),
    )
    op.create_index(
        op.f("ix_usage_count_district_id"), "usage_count", ["district_id"], unique=False
    )
    op.create_index(op.f("ix_usage_count_org_id"), "usage_count", ["org_id"], unique=False)
    op.create_index(op.f("ix_usage_count_pool_id"), "usage_count", ["pool_id"], unique=False)
    op.create_index(op.f("ix_usage_count_vendor_id"), "usage_count", ["vendor_id"], unique=False)

    op.create_table(
        "credit_note",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("consortium_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("applied_cents", sa.BigInteger(), nullable=False),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("ledger_seq", sa.Integer(), nullable=False),
        sa.Column("ledger_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("printed", sa.JSON(), nullable=False),
        sa.Column("refunded_cents", sa.BigInteger(), nullable=False),
        sa.Column(
            "refund_means",
            sa.Enum(
                "check",
                "ach",
                "warrant",
                name="paymentmeans",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("refund_reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("refunded_on", sa.Date(), nullable=True),
        sa.Column("refund_key", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("refund_by", sa.Uuid(), nullable=True),
        sa.Column("refund_seq", sa.Integer(), nullable=True),
        sa.Column("refund_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "applied_cents >= 0 AND refunded_cents >= 0 AND applied_cents + refunded_cents <= total_cents",
            name=op.f("ck_credit_note_parts"),
        ),
        sa.CheckConstraint("total_cents > 0", name=op.f("ck_credit_note_total")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["organization.id"],
            name=op.f("fk_credit_note_consortium_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["issued_by"], ["user_account.id"], name=op.f("fk_credit_note_issued_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["organization.id"], name=op.f("fk_credit_note_issuer_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["purchase.id"], name=op.f("fk_credit_note_order_id_purchase")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_credit_note_org_id_organization")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_credit_note_pool_id_pool")),
        sa.ForeignKeyConstraint(
            ["refund_by"], ["user_account.id"], name=op.f("fk_credit_note_refund_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["organization.id"], name=op.f("fk_credit_note_vendor_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_note")),
        sa.UniqueConstraint("issuer_id", "number", name=op.f("uq_credit_note_issuer_id_number")),
        sa.UniqueConstraint("once_key", name=op.f("uq_credit_note_once_key")),
        sa.UniqueConstraint("refund_key", name=op.f("uq_credit_note_refund_key")),
    )
    op.create_index(
        op.f("ix_credit_note_consortium_id"), "credit_note", ["consortium_id"], unique=False
    )
    op.create_index(op.f("ix_credit_note_issuer_id"), "credit_note", ["issuer_id"], unique=False)
    op.create_index(op.f("ix_credit_note_order_id"), "credit_note", ["order_id"], unique=False)
    op.create_index(op.f("ix_credit_note_org_id"), "credit_note", ["org_id"], unique=False)
    op.create_index(op.f("ix_credit_note_pool_id"), "credit_note", ["pool_id"], unique=False)
    op.create_index(op.f("ix_credit_note_vendor_id"), "credit_note", ["vendor_id"], unique=False)

    op.create_table(
        "deletion_certificate",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("consortium_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("deleted_on", sa.Date(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("filed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("filed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["organization.id"],
            name=op.f("fk_deletion_certificate_consortium_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["stored_file.id"],
            name=op.f("fk_deletion_certificate_file_id_stored_file"),
        ),
        sa.ForeignKeyConstraint(
            ["filed_by"],
            ["user_account.id"],
            name=op.f("fk_deletion_certificate_filed_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["purchase.id"], name=op.f("fk_deletion_certificate_order_id_purchase")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organization.id"],
            name=op.f("fk_deletion_certificate_org_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organization.id"],
            name=op.f("fk_deletion_certificate_vendor_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion_certificate")),
    )
    op.create_index(
        op.f("ix_deletion_certificate_consortium_id"),
        "deletion_certificate",
        ["consortium_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_deletion_certificate_order_id"), "deletion_certificate", ["order_id"], unique=False
    )
    op.create_index(
        op.f("ix_deletion_certificate_org_id"), "deletion_certificate", ["org_id"], unique=False
    )
    op.create_index(
        op.f("ix_deletion_certificate_vendor_id"),
        "deletion_certificate",
        ["vendor_id"],
        unique=False,
    )

    op.create_table(
        "term_request",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column("leaid", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "late_join",
                "added_seats",
                "withdrawal",
                name="requestkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "asked",
                "approved",
                "refused",
                "taken_back",
                name="requeststatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("contact_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("contact_email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=True),
        sa.Column("ledger_seq", sa.Integer(), nullable=True),
        sa.CheckConstraint("seats >= 0", name=op.f("ck_term_request_seats")),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["user_account.id"], name=op.f("fk_term_request_asked_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["seat_batch.id"], name=op.f("fk_term_request_batch_id_seat_batch")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["user_account.id"],
            name=op.f("fk_term_request_decided_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["district_id"],
            ["organization.id"],
            name=op.f("fk_term_request_district_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_term_request_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_term_request_pool_id_pool")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term_request")),
        sa.UniqueConstraint("once_key", name=op.f("uq_term_request_once_key")),
    )
    op.create_index(op.f("ix_term_request_batch_id"), "term_request", ["batch_id"], unique=False)
    op.create_index(
        op.f("ix_term_request_district_id"), "term_request", ["district_id"], unique=False
    )
    op.create_index(op.f("ix_term_request_org_id"), "term_request", ["org_id"], unique=False)
    op.create_index(op.f("ix_term_request_pool_id"), "term_request", ["pool_id"], unique=False)

    op.create_table(
        "leaving_consent",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column("leaid", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("signer_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("signer_title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("rise_cents", sa.BigInteger(), nullable=False),
        sa.Column("given_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["district_id"],
            ["organization.id"],
            name=op.f("fk_leaving_consent_district_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["given_by"], ["user_account.id"], name=op.f("fk_leaving_consent_given_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_leaving_consent_org_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["term_request.id"],
            name=op.f("fk_leaving_consent_request_id_term_request"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaving_consent")),
        sa.UniqueConstraint(
            "request_id", "district_id", name=op.f("uq_leaving_consent_request_id_district_id")
        ),
    )
    op.create_index(
        op.f("ix_leaving_consent_district_id"), "leaving_consent", ["district_id"], unique=False
    )
    op.create_index(op.f("ix_leaving_consent_org_id"), "leaving_consent", ["org_id"], unique=False)
    op.create_index(
        op.f("ix_leaving_consent_request_id"), "leaving_consent", ["request_id"], unique=False
    )

    op.execute(CREDITED)
    _widen_purchase()


def downgrade() -> None:
    _narrow_purchase()
    _drop_credited()
    op.drop_index(op.f("ix_leaving_consent_request_id"), table_name="leaving_consent")
    op.drop_index(op.f("ix_leaving_consent_org_id"), table_name="leaving_consent")
    op.drop_index(op.f("ix_leaving_consent_district_id"), table_name="leaving_consent")

    op.drop_table("leaving_consent")
    op.drop_index(op.f("ix_term_request_pool_id"), table_name="term_request")
    op.drop_index(op.f("ix_term_request_org_id"), table_name="term_request")
    op.drop_index(op.f("ix_term_request_district_id"), table_name="term_request")
    op.drop_index(op.f("ix_term_request_batch_id"), table_name="term_request")

    op.drop_table("term_request")
    op.drop_index(op.f("ix_deletion_certificate_vendor_id"), table_name="deletion_certificate")
    op.drop_index(op.f("ix_deletion_certificate_org_id"), table_name="deletion_certificate")
    op.drop_index(op.f("ix_deletion_certificate_order_id"), table_name="deletion_certificate")
    op.drop_index(op.f("ix_deletion_certificate_consortium_id"), table_name="deletion_certificate")

    op.drop_table("deletion_certificate")
    op.drop_index(op.f("ix_credit_note_vendor_id"), table_name="credit_note")
    op.drop_index(op.f("ix_credit_note_pool_id"), table_name="credit_note")
    op.drop_index(op.f("ix_credit_note_org_id"), table_name="credit_note")
    op.drop_index(op.f("ix_credit_note_order_id"), table_name="credit_note")
    op.drop_index(op.f("ix_credit_note_issuer_id"), table_name="credit_note")
    op.drop_index(op.f("ix_credit_note_consortium_id"), table_name="credit_note")

    op.drop_table("credit_note")
    op.drop_index(op.f("ix_usage_count_vendor_id"), table_name="usage_count")
    op.drop_index(op.f("ix_usage_count_pool_id"), table_name="usage_count")
    op.drop_index(op.f("ix_usage_count_org_id"), table_name="usage_count")
    op.drop_index(op.f("ix_usage_count_district_id"), table_name="usage_count")

    op.drop_table("usage_count")
    op.drop_index(op.f("ix_true_up_run_pool_id"), table_name="true_up_run")
    op.drop_index(op.f("ix_true_up_run_org_id"), table_name="true_up_run")

    op.drop_table("true_up_run")
    op.drop_index(op.f("ix_seat_batch_pool_id"), table_name="seat_batch")
    op.drop_index(op.f("ix_seat_batch_org_id"), table_name="seat_batch")

    op.drop_table("seat_batch")
    op.drop_index(op.f("ix_renewal_notice_pool_id"), table_name="renewal_notice")
    op.drop_index(op.f("ix_renewal_notice_org_id"), table_name="renewal_notice")

    op.drop_table("renewal_notice")
    op.drop_index(op.f("ix_renewal_answer_pool_id"), table_name="renewal_answer")
    op.drop_index(op.f("ix_renewal_answer_org_id"), table_name="renewal_answer")
    op.drop_index(op.f("ix_renewal_answer_district_id"), table_name="renewal_answer")

    op.drop_table("renewal_answer")
    op.drop_index(op.f("ix_renewal_org_id"), table_name="renewal")

    op.drop_table("renewal")
