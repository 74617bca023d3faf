"""A district's limits for ordering, and purchase orders that wait for a second person."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.orders.approval_rules import RequestState


class SpendingRule(OwnedByOrg, table=True):
    """What one person of a district may order alone; no row or no sum: any amount."""

    __tablename__ = "spending_rule"
    __table_args__ = (
        UniqueConstraint("org_id"),
        CheckConstraint("alone_up_to_cents >= 0", name="alone"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    alone_up_to_cents: int | None = Field(default=None, sa_type=BigInteger)
    changed_at: datetime
    changed_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class ApproverLimit(OwnedByOrg, table=True):
    """Up to how much one person approves; who has no row approves any amount."""

    __tablename__ = "approver_limit"
    __table_args__ = (
        UniqueConstraint("org_id", "user_id"),
        CheckConstraint("up_to_cents >= 0", name="up_to"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id")
    up_to_cents: int = Field(sa_type=BigInteger)


class PurchaseOrderRequest(OwnedByOrg, table=True):
    """A purchase order above the limit of whoever asked for it; owned by the district."""

    __tablename__ = "purchase_order_request"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    order_id: UUID = Field(foreign_key="purchase.id", index=True)
    number: str
    total_cents: int = Field(sa_type=BigInteger)
    state: RequestState = Field(default=RequestState.WAITING, sa_type=choice(RequestState))
    asked_at: datetime
    #: Empty when the number came with the district's commitment.
    asked_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    decided_at: datetime | None = None
    decided_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: Why it was refused.
    words: str = ""
