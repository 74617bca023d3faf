"""What is known of payments through Stripe; the books and bills themselves are above."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, Text, UniqueConstraint, column
from sqlmodel import Field, SQLModel

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.orders.rules import PaymentMeans
from marketplace.payments.rules import (
    LIVE,
    AttemptState,
    BackKind,
    BackState,
    EventState,
    FindingKind,
    FindingState,
    TransferState,
)

#: One attempt at a time per bill, whatever is clicked in two windows.
ONE_LIVE = column("state").in_([state.value for state in LIVE])


class PaymentAttempt(OwnedByOrg, table=True):
    """A district sets out to pay a bill. Stored before Stripe is asked; its id makes the key of
    that call, so that the same attempt is one session there. Owned by the district."""

    also_seen_by = ("consortium_id", "vendor_id")
    __tablename__ = "payment_attempt"
    __table_args__ = (
        UniqueConstraint("once_key"),
        UniqueConstraint("session_id"),
        UniqueConstraint("intent_id"),
        CheckConstraint("amount_cents > 0 AND fee_cents >= 0", name="amount"),
        CheckConstraint("booked_cents + held_cents IN (0, amount_cents)", name="booked"),
        CheckConstraint("back_cents BETWEEN 0 AND amount_cents + fee_cents", name="back"),
        Index(
            "uq_payment_attempt_live",
            "invoice_id",
            unique=True,
            sqlite_where=ONE_LIVE,
            postgresql_where=ONE_LIVE,
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    invoice_id: UUID = Field(foreign_key="invoice.id", index=True)
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    means: PaymentMeans = Field(sa_type=choice(PaymentMeans))
    #: For the bill, and what a card costs on top.
    amount_cents: int = Field(sa_type=BigInteger)
    fee_cents: int = Field(default=0, sa_type=BigInteger)
    state: AttemptState = Field(default=AttemptState.STARTED, sa_type=choice(AttemptState))
    livemode: bool
    once_key: str
    session_id: str | None = None
    url: str = Field(default="", sa_type=Text)
    expires_at: datetime
    intent_id: str | None = None
    charge_id: str = Field(default="", index=True)
    #: In words for whoever pays, such as why the bank refused.
    problem: str = Field(default="", sa_type=Text)
    payment_id: UUID | None = Field(default=None, foreign_key="payment.id")
    #: What came in: on the bill, and held as credit because the bill was paid meanwhile.
    booked_cents: int = Field(default=0, sa_type=BigInteger)
    held_cents: int = Field(default=0, sa_type=BigInteger)
    #: What went back of all that, by refunds and disputes.
    back_cents: int = Field(default=0, sa_type=BigInteger)
    started_at: datetime
    started_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    looked_at: datetime
    paid_at: datetime | None = None


class MoneyBack(OwnedByOrg, table=True):
    """A refund or a dispute of what came. `out_at` and `undone_at`: when the books had it."""

    also_seen_by = ("consortium_id", "vendor_id")
    __tablename__ = "money_back"
    __table_args__ = (
        UniqueConstraint("once_key"),
        UniqueConstraint("stripe_id"),
        CheckConstraint("amount_cents > 0", name="amount"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    attempt_id: UUID = Field(foreign_key="payment_attempt.id", index=True)
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    kind: BackKind = Field(sa_type=choice(BackKind))
    state: BackState = Field(sa_type=choice(BackState))
    amount_cents: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    once_key: str
    stripe_id: str | None = None
    asked_at: datetime
    asked_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    decided_at: datetime | None = None
    decided_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    out_at: datetime | None = None
    undone_at: datetime | None = None
    problem: str = Field(default="", sa_type=Text)


class StripeEvent(SQLModel, table=True):
    """Every event that Stripe has sent, once, with what became of it."""

    __tablename__ = "stripe_event"

    id: str = Field(primary_key=True, max_length=255)
    kind: str = Field(index=True)
    livemode: bool
    account: str = ""
    created_at: datetime
    taken_at: datetime = Field(index=True)
    state: EventState = Field(sa_type=choice(EventState))
    tries: int = 0
    try_at: datetime | None = Field(default=None, index=True)
    problem: str = Field(default="", sa_type=Text)
    about: dict[str, Any] = Field(sa_type=JSON)


class StripeAccount(OwnedByOrg, table=True):
    """Where money is sent on to: the account of a vendor or of a consortium's fiscal agent."""

    __tablename__ = "stripe_account"
    __table_args__ = (UniqueConstraint("org_id", "livemode"), UniqueConstraint("account_id"))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    livemode: bool
    account_id: str | None = None
    is_ready: bool = False
    started_at: datetime
    started_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class StripeTransfer(OwnedByOrg, table=True):
    """What was sent on of one attempt, by Stripe or by hand; owned by the consortium.

    `vendor_id` is empty where the money goes to the consortium itself."""

    also_seen_by = ("vendor_id",)
    __tablename__ = "stripe_transfer"
    __table_args__ = (
        UniqueConstraint("attempt_id"),
        UniqueConstraint("stripe_id"),
        CheckConstraint("amount_cents > 0", name="amount"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    attempt_id: UUID = Field(foreign_key="payment_attempt.id")
    vendor_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)
    amount_cents: int = Field(sa_type=BigInteger)
    state: TransferState = Field(sa_type=choice(TransferState))
    #: What was called back of it.
    back_cents: int = Field(default=0, sa_type=BigInteger)
    account_id: str = ""
    stripe_id: str | None = None
    #: The number on the check or wire, where it was sent by hand.
    reference: str = ""
    problem: str = Field(default="", sa_type=Text)
    made_at: datetime
    made_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    ledger_seq: int | None = None


class StripeEntry(SQLModel, table=True):
    """One line of the balance at Stripe, as the nightly look found it."""

    __tablename__ = "stripe_entry"

    id: str = Field(primary_key=True, max_length=255)
    kind: str
    livemode: bool
    gross_cents: int = Field(sa_type=BigInteger)
    fee_cents: int = Field(sa_type=BigInteger)
    source: str = Field(index=True)
    created_at: datetime = Field(index=True)
    seen_at: datetime
    attempt_id: UUID | None = Field(default=None, foreign_key="payment_attempt.id", index=True)
    is_booked: bool = False


class StripeFinding(SQLModel, table=True):
    """Where the books and Stripe's balance do not agree, until two people have settled it."""

    __tablename__ = "stripe_finding"
    __table_args__ = (UniqueConstraint("kind", "about"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: FindingKind = Field(sa_type=choice(FindingKind))
    #: The id at Stripe, or our own, that does not fit.
    about: str
    amount_cents: int = Field(sa_type=BigInteger)
    words: str = Field(sa_type=Text)
    #: What Stripe said about it, read when it was found: enough to book it.
    said: dict[str, Any] = Field(sa_type=JSON)
    attempt_id: UUID | None = Field(default=None, foreign_key="payment_attempt.id")
    consortium_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)
    #: Booked twice: the payment that is one too many.
    payment_id: UUID | None = Field(default=None, foreign_key="payment.id")
    found_at: datetime
    state: FindingState = Field(sa_type=choice(FindingState))
    #: What the first person proposes: book it, or only close it.
    does_book: bool = False
    proposed_at: datetime | None = None
    proposed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    resolved_at: datetime | None = None
    resolved_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    note: str = Field(default="", sa_type=Text)
