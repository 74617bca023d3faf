"""Money of a district that was paid beyond its bill and is held for it."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.orders.rules import PaymentMeans


class HeldCredit(OwnedByOrg, table=True):
    """What one payment brought beyond its bill: it pays the next one, or is returned.

    Owned by the district; held by whoever was paid. The books keep it on `credit:<LEAID>`.
    """

    also_seen_by = ("consortium_id", "vendor_id")
    __tablename__ = "held_credit"
    __table_args__ = (
        UniqueConstraint("payment_id"),
        UniqueConstraint("return_key"),
        CheckConstraint("total_cents > 0", name="total"),
        CheckConstraint(
            "used_cents >= 0 AND returned_cents >= 0 "
            "AND used_cents + returned_cents <= total_cents",
            name="parts",
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    payment_id: UUID = Field(foreign_key="payment.id")
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    issuer_id: UUID = Field(foreign_key="organization.id", index=True)
    total_cents: int = Field(sa_type=BigInteger)
    used_cents: int = Field(default=0, sa_type=BigInteger)
    held_at: datetime
    #: Who confirmed the payment it came with; somebody else sends it back.
    held_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    ledger_seq: int
    ledger_hash: str
    returned_cents: int = Field(default=0, sa_type=BigInteger)
    return_means: PaymentMeans | None = Field(default=None, sa_type=choice(PaymentMeans))
    return_reference: str = ""
    returned_on: date | None = None
    return_key: str | None = None
    return_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    return_seq: int | None = None
    return_hash: str = ""

    @property
    def left_cents(self) -> int:
        return self.total_cents - self.used_cents - self.returned_cents
