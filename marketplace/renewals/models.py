"""What districts ask for during a term, how it is settled, and what they say about the next."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.renewals.rules import (
    Answer,
    RequestKind,
    RequestStatus,
    RunStatus,
    Side,
    UsageStatus,
)


class SeatBatch(OwnedByOrg, table=True):
    """A day the lead sets on which added seats begin, all priced together."""

    __tablename__ = "seat_batch"
    __table_args__ = (
        UniqueConstraint("pool_id", "starts_on"),
        CheckConstraint("ask_until <= starts_on", name="days"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    pool_id: UUID = Field(foreign_key="pool.id", index=True)
    starts_on: date
    ask_until: date
    set_at: datetime
    set_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    placed_at: datetime | None = None
    placed_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class TermRequest(OwnedByOrg, table=True):
    """One district asks to join late, to add seats or to leave; the lead answers.

    Owned by the consortium, so that every member sees what may change its share.
    """

    also_seen_by = ("district_id",)
    __tablename__ = "term_request"
    __table_args__ = (
        UniqueConstraint("once_key"),
        CheckConstraint("seats >= 0", name="seats"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    pool_id: UUID = Field(foreign_key="pool.id", index=True)
    district_id: UUID = Field(foreign_key="organization.id", index=True)
    leaid: str
    kind: RequestKind = Field(sa_type=choice(RequestKind))
    status: RequestStatus = Field(default=RequestStatus.ASKED, sa_type=choice(RequestStatus))
    #: Seats to join with or to add; when leaving, those that are given up.
    seats: int
    #: First day with the seats; when leaving, the first day without.
    starts_on: date
    batch_id: UUID | None = Field(default=None, foreign_key="seat_batch.id", index=True)
    reason: str = Field(default="", sa_type=Text)
    contact_name: str = ""
    contact_email: str = ""
    once_key: str
    asked_at: datetime
    asked_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    decided_at: datetime | None = None
    decided_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: What it came to when it was approved: everybody's figures before and after, in cents.
    figures: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    ledger_seq: int | None = None


class LeavingConsent(OwnedByOrg, table=True):
    """A remaining member's written yes to a withdrawal that raises shares."""

    also_seen_by = ("district_id",)
    __tablename__ = "leaving_consent"
    __table_args__ = (UniqueConstraint("request_id", "district_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    request_id: UUID = Field(foreign_key="term_request.id", index=True)
    district_id: UUID = Field(foreign_key="organization.id", index=True)
    leaid: str
    signer_name: str
    signer_title: str
    #: The rise in cents that was on the page when it was signed.
    rise_cents: int = Field(sa_type=BigInteger)
    given_at: datetime
    given_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class UsageCount(OwnedByOrg, table=True):
    """How many seats a district really used; one side says it, the other confirms."""

    also_seen_by = ("district_id", "vendor_id")
    __tablename__ = "usage_count"
    __table_args__ = (
        UniqueConstraint("pool_id", "district_id"),
        CheckConstraint("used >= 0", name="used"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    pool_id: UUID = Field(foreign_key="pool.id", index=True)
    district_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    leaid: str
    used: int
    status: UsageStatus = Field(default=UsageStatus.SAID, sa_type=choice(UsageStatus))
    said_by_side: Side = Field(sa_type=choice(Side))
    said_at: datetime
    said_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    answered_at: datetime | None = None
    answered_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: What the other side counts instead, and why.
    dispute: str = Field(default="", sa_type=Text)


class TrueUpRun(OwnedByOrg, table=True):
    """A term's settlement: proposed by one person, seen by all, posted by another."""

    __tablename__ = "true_up_run"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    pool_id: UUID = Field(foreign_key="pool.id", index=True)
    status: RunStatus = Field(default=RunStatus.PROPOSED, sa_type=choice(RunStatus))
    #: Rules, seats, counts, bills and what each owes: enough to reckon it again by hand.
    figures: dict[str, Any] = Field(sa_type=JSON)
    proposed_at: datetime
    proposed_by: UUID = Field(foreign_key="user_account.id")
    decided_at: datetime | None = None
    decided_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    ledger_seq: int | None = None


class RenewalAnswer(OwnedByOrg, table=True):
    """What a district says about the next term; it may say something else until it is planned."""

    also_seen_by = ("district_id",)
    __tablename__ = "renewal_answer"
    __table_args__ = (UniqueConstraint("pool_id", "district_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    pool_id: UUID = Field(foreign_key="pool.id", index=True)
    district_id: UUID = Field(foreign_key="organization.id", index=True)
    leaid: str
    answer: Answer = Field(sa_type=choice(Answer))
    seats: int | None = None
    words: str = Field(default="", sa_type=Text)
    answered_at: datetime
    answered_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class RenewalNotice(OwnedByOrg, table=True):
    """A notice that went out: its row is what makes it go out once."""

    __tablename__ = "renewal_notice"
    __table_args__ = (UniqueConstraint("pool_id", "days"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    pool_id: UUID = Field(foreign_key="pool.id", index=True)
    days: int
    sent_at: datetime


class Renewal(OwnedByOrg, table=True):
    """Which pool follows which; a term is renewed once, by a new pool and new commitments."""

    __tablename__ = "renewal"
    __table_args__ = (UniqueConstraint("pool_id"), UniqueConstraint("next_pool_id"))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    pool_id: UUID = Field(foreign_key="pool.id")
    next_pool_id: UUID = Field(foreign_key="pool.id")
    planned_at: datetime
    planned_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    invited_at: datetime | None = None


class DeletionCertificate(OwnedByOrg, table=True):
    """The vendor's proof that a district's data is gone; filed by either, owned by the district."""

    also_seen_by = ("consortium_id", "vendor_id")
    __tablename__ = "deletion_certificate"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    order_id: UUID = Field(foreign_key="purchase.id", index=True)
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    deleted_on: date
    file_id: UUID = Field(foreign_key="stored_file.id")
    filed_at: datetime
    filed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
