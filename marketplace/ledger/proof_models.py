"""What proves the books to somebody else: checkpoints, receipts, checks, and long exports.

Checkpoints, receipts and public keys are only ever added; the database refuses the rest.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from marketplace.core.tenancy import OwnedByOrg


class LedgerCheckpoint(OwnedByOrg, table=True):
    """The signed size and root of a consortium's books on one day."""

    __tablename__ = "ledger_checkpoint"

    org_id: UUID = Field(foreign_key="ledger_head.org_id", primary_key=True)
    day: date = Field(primary_key=True)
    size: int = Field(sa_type=BigInteger)
    root: str = Field(max_length=64)
    head_hash: str = Field(max_length=64)
    note: str = Field(sa_type=Text)
    published_at: datetime

    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("length(root) = 64 AND length(head_hash) = 64", name="hashes"),
    )

    @property
    def id(self) -> UUID:
        """What an event about a checkpoint is about: the consortium's books."""
        return self.org_id


class LedgerKey(SQLModel, table=True):
    """A public key that has signed checkpoints here. Old ones stay, to check old notes."""

    __tablename__ = "ledger_key"

    public: str = Field(max_length=64, primary_key=True)
    first_used_at: datetime


class LedgerReceipt(OwnedByOrg, table=True):
    """Number and hash of an entry, as printed on a paper that was sent to somebody."""

    also_seen_by = ("member_id",)
    __tablename__ = "ledger_receipt"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    member_id: UUID = Field(foreign_key="organization.id", index=True)
    #: Which paper, such as `invoice:brightpath-12`.
    paper: str = Field(max_length=200)
    seq: int = Field(sa_type=BigInteger)
    hash: str = Field(max_length=64)
    sent_at: datetime

    __table_args__ = (
        UniqueConstraint("org_id", "paper"),
        ForeignKeyConstraint(["org_id", "seq"], ["ledger_txn.org_id", "ledger_txn.seq"]),
        CheckConstraint("length(hash) = 64", name="hash"),
    )


class LedgerCheck(OwnedByOrg, table=True):
    """What the last full check of a consortium's books found. What changed is an event."""

    __tablename__ = "ledger_check"

    org_id: UUID = Field(foreign_key="ledger_head.org_id", primary_key=True)
    checked_at: datetime
    seq: int = Field(sa_type=BigInteger)
    lines: int = Field(sa_type=BigInteger)
    ok: bool
    problems: list[Any] = Field(sa_type=JSON)
    failing_since: datetime | None = None


class LedgerExport(OwnedByOrg, table=True):
    """A file of large books, written piece by piece; one for all who ask for the same."""

    __tablename__ = "ledger_export"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    form: str = Field(max_length=20)
    #: So many entries will be in it.
    size: int = Field(sa_type=BigInteger)
    done: int = Field(default=0, sa_type=BigInteger)
    written_bytes: int = Field(default=0, sa_type=BigInteger)
    asked_at: datetime
    finished_at: datetime | None = None
    #: From here on the pieces are thrown away.
    expires_at: datetime | None = None

    __table_args__ = (
        UniqueConstraint("org_id", "form", "size"),
        CheckConstraint("size > 0 AND done BETWEEN 0 AND size", name="done"),
    )


class LedgerExportPiece(OwnedByOrg, table=True):
    """Some entries of an export, compressed on their own: pieces in a row are one gzip file."""

    __tablename__ = "ledger_export_piece"

    export_id: UUID = Field(foreign_key="ledger_export.id", primary_key=True, ondelete="CASCADE")
    #: Pieces follow each other by the number of their last entry.
    upto: int = Field(sa_type=BigInteger, primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)


class LedgerExportAsker(OwnedByOrg, table=True):
    """Who is written to when an export is ready."""

    __tablename__ = "ledger_export_asker"

    export_id: UUID = Field(foreign_key="ledger_export.id", primary_key=True, ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="user_account.id", primary_key=True)
