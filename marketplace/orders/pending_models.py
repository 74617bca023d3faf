"""Payments that one person wrote down and a second has not confirmed yet."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.orders.pending_rules import PendingState, SaidBy
from marketplace.orders.rules import PaymentMeans


class PendingPayment(OwnedByOrg, table=True):
    """Money one person says came or was sent; in the books only once another confirms it.

    Owned by the district that pays. `closed_by` confirmed it, took it back or declined it.
    """

    also_seen_by = ("consortium_id", "vendor_id")
    __tablename__ = "pending_payment"
    __table_args__ = (
        UniqueConstraint("once_key"),
        UniqueConstraint("payment_id"),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("(state = 'confirmed') = (payment_id IS NOT NULL)", name="confirmed"),
        CheckConstraint("(state = 'waiting') = (closed_at IS NULL)", name="closed"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    invoice_id: UUID = Field(foreign_key="invoice.id", index=True)
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    #: Whoever is owed: the vendor, or with pooled cash the consortium.
    issuer_id: UUID = Field(foreign_key="organization.id", index=True)
    said_by: SaidBy = Field(sa_type=choice(SaidBy))
    state: PendingState = Field(default=PendingState.WAITING, sa_type=choice(PendingState))
    means: PaymentMeans = Field(sa_type=choice(PaymentMeans))
    reference: str
    amount_cents: int = Field(sa_type=BigInteger)
    paid_on: date
    recorded_at: datetime
    recorded_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: The one-use key of the form, so that a double click writes down one payment.
    once_key: str
    closed_at: datetime | None = None
    closed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    payment_id: UUID | None = Field(default=None, foreign_key="payment.id")
