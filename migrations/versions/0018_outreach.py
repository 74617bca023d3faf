"""Outreach: messages of a lead agency, letters that people may stop, the week ahead by letter."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stop_url", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.alter_column("stop_url", server_default=None)
    op.create_table(
        "letter_stop",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _choice("kind", "digest", "reminders", "messages"), nullable=False),
        sa.Column("since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        _key("letter_stop", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("user_id", "kind", name=op.f("pk_letter_stop")),
    )
    op.create_table(
        "message",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _choice("kind", "reminder", "message"), nullable=False),
        sa.Column("standing", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("sent_by_id", sa.Uuid(), nullable=False),
        sa.Column("once_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        _key("message", "org_id", "organization"),
        _key("message", "pool_id", "pool"),
        _key("message", "sent_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("org_id", "once_key", name=op.f("uq_message_org_id_once_key")),
    )
    op.create_index(op.f("ix_message_org_id"), "message", ["org_id"], unique=False)
    op.create_index(op.f("ix_message_sent_at"), "message", ["sent_at"], unique=False)
    op.create_table(
        "message_to",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        _key("message_to", "org_id", "organization"),
        _key("message_to", "message_id", "message"),
        _key("message_to", "district_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_to")),
        sa.UniqueConstraint(
            "message_id", "district_id", name=op.f("uq_message_to_message_id_district_id")
        ),
    )
    for column in ("org_id", "message_id", "district_id"):
        op.create_index(op.f(f"ix_message_to_{column}"), "message_to", [column], unique=False)
    op.create_table(
        "digest",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("written_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        _key("digest", "org_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("org_id", "week", name=op.f("uq_digest_org_id_week")),
    )
    op.create_index(op.f("ix_digest_org_id"), "digest", ["org_id"], unique=False)


def downgrade() -> None:
    op.drop_table("digest")
    op.drop_table("message_to")
    op.drop_table("message")
    op.drop_table("letter_stop")
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.drop_column("stop_url")
