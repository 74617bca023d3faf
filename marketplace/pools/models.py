"""A demand pool: the districts of one consortium commit seats of one tool."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.pools.rules import Rung
from marketplace.pools.state_rules import PoolStatus


class Pool(OwnedByOrg, table=True):
    """Owned by the consortium. `terms` is the vendor's quote, frozen when the pool opened:
    whatever the vendor does to its price list later, it is good for this pool until
    `quote_valid_until`, the last day in the pool's zone."""

    __tablename__ = "pool"
    __table_args__ = (
        UniqueConstraint("org_id", "slug"),
        CheckConstraint("term_ends_on > term_starts_on", name="term"),
        CheckConstraint("threshold_seats IS NULL OR threshold_seats > 0", name="threshold"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    slug: str
    title: str
    purpose: str = Field(default="", sa_type=Text)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    price_schedule_id: UUID = Field(foreign_key="price_schedule.id")
    terms: dict[str, Any] = Field(sa_type=JSON)
    quote_version: int = 1
    quote_valid_until: date | None = None
    status: PoolStatus = Field(default=PoolStatus.DRAFT, sa_type=choice(PoolStatus), index=True)
    opened_at: datetime | None = None
    closes_at: datetime = Field(index=True)
    #: From here until `closes_at` seats can only be added; None when there is no such phase.
    fill_up_at: datetime | None = None
    #: The first deadline, once the lead has chosen a later one.
    extended_from: datetime | None = None
    #: The consortium's own zone when the pool opened; it stays, even if the consortium moves.
    time_zone: str
    term_starts_on: date
    term_ends_on: date
    pay_by: date
    threshold_seats: int | None = None
    split_method: str = "proportional"
    #: The by-laws in force when the pool opened.
    by_laws_version: int | None = None
    #: How often the draft was changed: who changes an older one sees what became of it.
    version: int = 1
    cleared_at: datetime | None = None
    #: Clearing by hand takes two: who asked, and when; somebody else confirms.
    clearing_asked_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    clearing_asked_at: datetime | None = None
    #: A pool that closed short is over for good once its lead has released the districts.
    released_at: datetime | None = None
    #: What clearing was given and found, as published: reproducible by `marketplace clear`.
    clearing: dict[str, Any] | None = Field(default=None, sa_type=JSON)


class Commitment(OwnedByOrg, table=True):
    """What one district commits to one pool. Owned by the consortium, seen by the district."""

    also_seen_by = ("district_id",)
    __tablename__ = "commitment"
    __table_args__ = (
        UniqueConstraint("pool_id", "district_id"),
        CheckConstraint("seats > 0", name="seats"),
        CheckConstraint("tolerance >= 0", name="tolerance"),
        CheckConstraint("limit_cents IS NULL OR limit_cents > 0", name="limit"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    pool_id: UUID = Field(foreign_key="pool.id", index=True)
    district_id: UUID = Field(foreign_key="organization.id", index=True)
    leaid: str
    rung: Rung = Field(sa_type=choice(Rung))
    seats: int
    tolerance: int = 0
    #: The most the district will pay in all; confidential to the district and the lead.
    limit_cents: int | None = Field(default=None, sa_type=BigInteger)
    pupils: int | None = None
    contact_name: str = ""
    contact_email: str = ""
    #: When the district's own staff survey closed; asked for by some by-laws.
    survey_closed_on: date | None = None
    board_date: date | None = None
    #: Where the minutes of the board say so.
    board_minute: str = ""
    po_number: str = ""
    #: The signed resolution, where it stands in for a purchase order.
    resolution_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    committed_at: datetime
    changed_at: datetime
    withdrawn_at: datetime | None = None
    #: The one-use key of the form that was sent last; the same form again changes nothing.
    last_key: str = ""


class JoinDraft(OwnedByOrg, table=True):
    """The answers of an unfinished join flow, so a district can leave and come back."""

    __tablename__ = "join_draft"
    __table_args__ = (UniqueConstraint("org_id", "pool_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    pool_id: UUID = Field(foreign_key="pool.id")
    answers: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    changed_at: datetime


class Allocation(OwnedByOrg, table=True):
    """What clearing gave one district: its seats and its exact share of the cost."""

    also_seen_by = ("district_id",)
    __tablename__ = "allocation"
    __table_args__ = (
        UniqueConstraint("pool_id", "district_id"),
        CheckConstraint("seats > 0 AND spare_seats >= 0", name="seats"),
        CheckConstraint("share_cents >= 0", name="share"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    pool_id: UUID = Field(foreign_key="pool.id", index=True)
    district_id: UUID = Field(foreign_key="organization.id", index=True)
    leaid: str
    seats: int
    spare_seats: int = 0
    share_cents: int = Field(sa_type=BigInteger)
    alone_cents: int = Field(sa_type=BigInteger)
