"""Bank accounts, the statements read from them, their lines, and which bills the lines pay.

All of it belongs to whoever has the account, a vendor or a consortium; nobody else sees it.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.remittance.rules import FileKind, LineState


class BankAccount(OwnedByOrg, table=True):
    """An account by the name its owner gives it; `ending` is what OFX tells of its number."""

    __tablename__ = "bank_account"
    __table_args__ = (UniqueConstraint("org_id", "name"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    ending: str = ""
    #: How the CSV files of this bank are read: heading -> column, and the order of dates.
    columns: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    made_at: datetime


class BankFile(OwnedByOrg, table=True):
    """One statement as it came; `read_at` is empty until its columns are known."""

    __tablename__ = "bank_file"
    __table_args__ = (UniqueConstraint("account_id", "fingerprint"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="bank_account.id")
    file_id: UUID = Field(foreign_key="stored_file.id")
    name: str
    kind: FileKind = Field(sa_type=choice(FileKind))
    fingerprint: str
    #: Lines in the file, and how many of them were new.
    lines: int = 0
    new_lines: int = 0
    uploaded_at: datetime
    uploaded_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    read_at: datetime | None = None


class BankLine(OwnedByOrg, table=True):
    """One line of a statement; whole cents, money in is positive."""

    __tablename__ = "bank_line"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index("ix_bank_line_to_do", "org_id", "state", "posted_on"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="bank_account.id")
    bank_file_id: UUID = Field(foreign_key="bank_file.id", index=True)
    posted_on: date
    cents: int = Field(sa_type=BigInteger)
    text: str
    number: str
    check_number: str
    #: The same line in another file has the same key, so it is kept once.
    key: str
    state: LineState = Field(sa_type=choice(LineState))
    #: How often it was linked: each time writes payments of its own.
    tries: int = 0
    closed_at: datetime | None = None
    closed_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class LineMatch(OwnedByOrg, table=True):
    """A part of a line that pays a bill, through a payment that a second person confirms."""

    __tablename__ = "line_match"
    __table_args__ = (
        UniqueConstraint("line_id", "invoice_id"),
        UniqueConstraint("pending_id"),
        CheckConstraint("cents > 0", name="cents"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    line_id: UUID = Field(foreign_key="bank_line.id")
    invoice_id: UUID = Field(foreign_key="invoice.id", index=True)
    pending_id: UUID = Field(foreign_key="pending_payment.id")
    cents: int = Field(sa_type=BigInteger)
    #: It was written down before and the statement confirmed it: that is not undone here.
    found_written: bool = False
