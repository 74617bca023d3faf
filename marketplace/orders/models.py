"""What a cleared pool becomes: one order, purchase order and invoice per district."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from marketplace.consortia.rules import LegalShape
from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.orders.rules import (
    EncumbranceKind,
    InvoiceStatus,
    OrderKind,
    OrderStatus,
    PaymentMeans,
    ReturnReason,
)


class Order(OwnedByOrg, table=True):
    """A district's own contract with the vendor, at the pooled price; owned by the district."""

    also_seen_by = ("consortium_id", "vendor_id")
    __tablename__ = "purchase"
    __table_args__ = (
        UniqueConstraint("pool_id", "org_id", "part"),
        CheckConstraint(
            "(seats > 0 OR kind = 'share_change' AND seats = 0) AND spare_seats >= 0", name="seats"
        ),
        CheckConstraint("total_cents >= 0", name="total"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    pool_id: UUID = Field(foreign_key="pool.id", index=True)
    tool_id: UUID = Field(foreign_key="tool.id")
    leaid: str
    kind: OrderKind = Field(
        default=OrderKind.POOL,
        sa_type=choice(OrderKind),
        sa_column_kwargs={"server_default": OrderKind.POOL.value},
    )
    #: 0 for the first order of a district from a pool; what came later counts on.
    part: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    status: OrderStatus = Field(default=OrderStatus.ORDERED, sa_type=choice(OrderStatus))
    seats: int
    spare_seats: int = 0
    total_cents: int = Field(sa_type=BigInteger)
    alone_cents: int = Field(sa_type=BigInteger)
    term_starts_on: date
    term_ends_on: date
    pay_by: date
    legal_shape: LegalShape = Field(sa_type=choice(LegalShape))
    #: Whom the vendor may write to; copied from the commitment, seen by district and vendor.
    contact_name: str = ""
    contact_email: str = ""
    ordered_at: datetime
    #: Where the share was billed in the books; nothing for a share of $0.
    ledger_seq: int | None = None
    ledger_hash: str = ""
    #: What was agreed, frozen: parties, pool, tool and the paper that allows the purchase.
    agreed: dict[str, Any] = Field(sa_type=JSON)


class AgentOrder(OwnedByOrg, table=True):
    """With pooled cash the fiscal agent orders once for all and bills each district again.

    Owned by the consortium. Shares that were held back on clearing day follow as number 2, 3…
    `printed` is frozen: the parties, and a line for each district that is billed again.
    """

    also_seen_by = ("vendor_id",)
    __tablename__ = "agent_order"
    __table_args__ = (
        UniqueConstraint("pool_id", "number"),
        CheckConstraint("seats > 0", name="seats"),
        CheckConstraint("total_cents >= 0", name="total"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    pool_id: UUID = Field(foreign_key="pool.id", index=True)
    number: int
    seats: int
    total_cents: int = Field(sa_type=BigInteger)
    ordered_at: datetime
    printed: dict[str, Any] = Field(sa_type=JSON)


class Encumbrance(OwnedByOrg, table=True):
    """What an order sets aside in its district's budget, and what its bill relieves again.

    Never changed: an order sets its share aside once, its invoice takes as much back once.
    Owned by the district; the sum of its lines is ordered and not yet billed.
    """

    also_seen_by = ("consortium_id",)
    __tablename__ = "encumbrance"
    __table_args__ = (UniqueConstraint("order_id", "kind"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    order_id: UUID = Field(foreign_key="purchase.id")
    kind: EncumbranceKind = Field(sa_type=choice(EncumbranceKind))
    amount_cents: int = Field(sa_type=BigInteger)
    effective_on: date
    posted_at: datetime


class PurchaseOrder(OwnedByOrg, table=True):
    """Issued by the district, numbered by it, frozen: `printed` is all that stands on it."""

    also_seen_by = ("consortium_id", "vendor_id")
    __tablename__ = "purchase_order"
    __table_args__ = (
        UniqueConstraint("org_id", "number"),
        UniqueConstraint("order_id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    order_id: UUID = Field(foreign_key="purchase.id")
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    number: str
    total_cents: int = Field(sa_type=BigInteger)
    issued_at: datetime
    issued_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    printed: dict[str, Any] = Field(sa_type=JSON)


class Invoice(OwnedByOrg, table=True):
    """Numbered per issuer without gaps, frozen; owned by the district that owes it."""

    also_seen_by = ("consortium_id", "vendor_id")
    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("issuer_id", "number"),
        UniqueConstraint("order_id"),
        CheckConstraint("total_cents >= 0", name="total"),
        CheckConstraint("paid_cents BETWEEN 0 AND total_cents", name="paid"),
        CheckConstraint(
            "credited_cents >= 0 AND paid_cents + credited_cents <= total_cents", name="credited"
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    order_id: UUID = Field(foreign_key="purchase.id")
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    issuer_id: UUID = Field(foreign_key="organization.id", index=True)
    number: int
    status: InvoiceStatus = Field(default=InvoiceStatus.ISSUED, sa_type=choice(InvoiceStatus))
    total_cents: int = Field(sa_type=BigInteger)
    paid_cents: int = Field(default=0, sa_type=BigInteger)
    #: What credit notes took off; it is not paid any more.
    credited_cents: int = Field(
        default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"}
    )
    issued_at: datetime
    issued_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    due_on: date
    #: Where the debt stands in the books: printed on the invoice as proof.
    ledger_seq: int | None = None
    ledger_hash: str = ""
    printed: dict[str, Any] = Field(sa_type=JSON)

    @property
    def open_cents(self) -> int:
        return self.total_cents - self.paid_cents - self.credited_cents


class CreditNote(OwnedByOrg, table=True):
    """What a district owes less, numbered with its issuer's invoices and frozen.

    Open bills take it up first; the rest is owed back until its refund is recorded.
    """

    also_seen_by = ("consortium_id", "vendor_id")
    __tablename__ = "credit_note"
    __table_args__ = (
        UniqueConstraint("issuer_id", "number"),
        UniqueConstraint("once_key"),
        UniqueConstraint("refund_key"),
        CheckConstraint("total_cents > 0", name="total"),
        CheckConstraint(
            "applied_cents >= 0 AND refunded_cents >= 0 "
            "AND applied_cents + refunded_cents <= total_cents",
            name="parts",
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    order_id: UUID = Field(foreign_key="purchase.id", index=True)
    pool_id: UUID = Field(foreign_key="pool.id", index=True)
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    issuer_id: UUID = Field(foreign_key="organization.id", index=True)
    number: int
    total_cents: int = Field(sa_type=BigInteger)
    applied_cents: int = Field(default=0, sa_type=BigInteger)
    #: What caused it, so that it is written once: “true-up:…/3900012”.
    once_key: str
    issued_at: datetime
    issued_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    ledger_seq: int
    ledger_hash: str
    printed: dict[str, Any] = Field(sa_type=JSON)
    refunded_cents: int = Field(default=0, sa_type=BigInteger)
    refund_means: PaymentMeans | None = Field(default=None, sa_type=choice(PaymentMeans))
    refund_reference: str = ""
    refunded_on: date | None = None
    refund_key: str | None = None
    refund_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    refund_seq: int | None = None
    refund_hash: str = ""
    #: Set when what caused it was undone: bills that took it up are open again.
    withdrawn_at: datetime | None = None
    withdrawn_seq: int | None = None

    @property
    def owed_back_cents(self) -> int:
        if self.withdrawn_at is not None:
            return 0
        return self.total_cents - self.applied_cents - self.refunded_cents


class Payment(OwnedByOrg, table=True):
    """Money that came for an invoice: written down by somebody other than its author, or
    booked because a bank or payment service said so. `held_in` is the account of the books
    that holds it; none: the one that follows from who billed."""

    also_seen_by = ("consortium_id", "vendor_id")
    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("invoice_id", "means", "reference"),
        UniqueConstraint("once_key"),
        CheckConstraint("amount_cents > 0", name="amount"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    invoice_id: UUID = Field(foreign_key="invoice.id", index=True)
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    means: PaymentMeans = Field(sa_type=choice(PaymentMeans))
    reference: str
    amount_cents: int = Field(sa_type=BigInteger)
    paid_on: date
    recorded_at: datetime
    recorded_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: The one-use key of the form, so that a double click records one payment.
    once_key: str
    held_in: str | None = None
    ledger_seq: int
    ledger_hash: str


class PaymentReturn(OwnedByOrg, table=True):
    """A payment, or a part of it, that went back or never came; its bill is open again."""

    also_seen_by = ("consortium_id", "vendor_id")
    __tablename__ = "payment_return"
    __table_args__ = (
        UniqueConstraint("once_key"),
        CheckConstraint("amount_cents > 0", name="amount"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    payment_id: UUID = Field(foreign_key="payment.id", index=True)
    invoice_id: UUID = Field(foreign_key="invoice.id", index=True)
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    reason: ReturnReason = Field(sa_type=choice(ReturnReason))
    reference: str
    amount_cents: int = Field(sa_type=BigInteger)
    returned_on: date
    recorded_at: datetime
    recorded_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    once_key: str
    ledger_seq: int
    ledger_hash: str


class VendorPayment(OwnedByOrg, table=True):
    """What a fiscal agent paid a vendor from pooled cash; owned by the consortium."""

    also_seen_by = ("vendor_id",)
    __tablename__ = "vendor_payment"
    __table_args__ = (
        UniqueConstraint("org_id", "vendor_id", "means", "reference"),
        UniqueConstraint("once_key"),
        CheckConstraint("amount_cents > 0", name="amount"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    means: PaymentMeans = Field(sa_type=choice(PaymentMeans))
    reference: str
    amount_cents: int = Field(sa_type=BigInteger)
    paid_on: date
    recorded_at: datetime
    recorded_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    once_key: str
    ledger_seq: int
    ledger_hash: str


class IssuerCounter(OwnedByOrg, table=True):
    """The last invoice number of an issuer; its row is locked while the next is taken."""

    __tablename__ = "issuer_counter"
    __table_args__ = (UniqueConstraint("org_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    last_number: int = 0


class ChargeCode(OwnedByOrg, table=True):
    """To which function and object a district charges a tool; remembered for its exports."""

    __tablename__ = "charge_code"
    __table_args__ = (UniqueConstraint("org_id", "applies_to"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    #: The address of a tool, or "all" for every tool without its own choice.
    applies_to: str
    function_code: str = Field(max_length=8)
    object_code: str = Field(max_length=8)
    #: Which list of codes it was chosen from.
    edition: str = Field(max_length=16)
    chosen_at: datetime
    chosen_by: UUID | None = Field(default=None, foreign_key="user_account.id")


# Tables of one subject stand in files of their own; whoever loads the models loads them too.
from marketplace.orders import approval_models, held_models, reminder_models  # noqa: E402, F401
from marketplace.orders.pending_models import PendingPayment as PendingPayment  # noqa: E402
