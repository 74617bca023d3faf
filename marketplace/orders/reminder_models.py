"""Which reminders went out for a bill, and which board meeting it waits for."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.orders.reminder_rules import Step


class Reminder(OwnedByOrg, table=True):
    """One letter about one open bill; owned by the district that got it."""

    also_seen_by = ("consortium_id", "vendor_id")
    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("invoice_id", "step"),
        CheckConstraint("open_cents > 0", name="open"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    invoice_id: UUID = Field(foreign_key="invoice.id")
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    step: Step = Field(sa_type=choice(Step))
    #: What was open on that day.
    open_cents: int = Field(sa_type=BigInteger)
    sent_at: datetime


class BoardDate(OwnedByOrg, table=True):
    """The meeting at which a district's board approves a bill; reminders wait for it."""

    also_seen_by = ("consortium_id", "vendor_id")
    __tablename__ = "board_date"
    __table_args__ = (UniqueConstraint("invoice_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    invoice_id: UUID = Field(foreign_key="invoice.id")
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    meets_on: date
    said_at: datetime
    said_by: UUID | None = Field(default=None, foreign_key="user_account.id")
