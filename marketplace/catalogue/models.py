"""What vendors list: tools, their editions, and the prices they offer them at."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.catalogue.rules import AIUse, ScheduleForm, ToolStatus
from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg


class VendorProfile(OwnedByOrg, table=True):
    """What a vendor says about itself; one per vendor."""

    __tablename__ = "vendor_profile"
    __table_args__ = (UniqueConstraint("org_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    about: str = Field(default="", sa_type=Text)
    website: str = ""
    city: str = ""
    state: str = ""
    billing_email: str = ""
    remit_to: str = Field(default="", sa_type=Text)


class Tool(OwnedByOrg, table=True):
    """A listing, owned by its vendor; public once the operator publishes it."""

    __tablename__ = "tool"
    __table_args__ = (
        CheckConstraint("lowest_grade BETWEEN -1 AND 12", name="lowest_grade"),
        CheckConstraint("highest_grade BETWEEN lowest_grade AND 12", name="highest_grade"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    slug: str = Field(unique=True)
    name: str = Field(index=True)
    summary: str
    description: str = Field(default="", sa_type=Text)
    status: ToolStatus = Field(default=ToolStatus.DRAFT, sa_type=choice(ToolStatus), index=True)
    #: -1 is pre-kindergarten, 0 is kindergarten.
    lowest_grade: int = 0
    highest_grade: int = 12
    subjects: list[str] = Field(default_factory=list, sa_type=JSON)
    languages: list[str] = Field(default_factory=list, sa_type=JSON)
    ai_use: AIUse = Field(default=AIUse.NONE, sa_type=choice(AIUse))
    #: Plain sentences the vendor answers for: what the AI does, what a person decides.
    ai_facts: list[str] = Field(default_factory=list, sa_type=JSON)
    #: How many open pools buy it now; `pools` tells, so that the list needs no second query.
    open_pools: int = 0
    #: What its privacy scorecard shows now (`rules.PRIVACY_WORDS`); None without one.
    privacy_grade: str | None = None
    runs_on: str = ""
    works_with: str = ""
    #: Name, vendor, summary and subjects without case and accents, for searching.
    search_text: str = Field(default="", sa_type=Text)
    #: The subjects as '|math|reading|', for filters that work on both engines.
    subject_keys: str = "|"
    #: The least a seat can cost on any price in force, for sorting; None: not by the seat.
    lowest_seat_cents: int | None = Field(default=None, sa_type=BigInteger)
    #: Counts every change, so that of two editors the later one is told.
    edits: int = 0
    #: Why the operator sent it back; read by the vendor.
    review_note: str = Field(default="", sa_type=Text)
    #: Why it is no longer listed; public.
    suspended_because: str = Field(default="", sa_type=Text)
    created_at: datetime
    submitted_at: datetime | None = None
    #: Once public, a listing stays readable: orders and pools point at it.
    published_at: datetime | None = Field(default=None, index=True)
    suspended_at: datetime | None = None


class Edition(OwnedByOrg, table=True):
    """A version of a tool that is sold by itself (for instance by grade band)."""

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("tool_id", "name"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    name: str
    included: str = Field(default="", sa_type=Text)


class PriceSchedule(OwnedByOrg, table=True):
    """A vendor's offer. Never edited once a pool uses it: a change is a new version."""

    __tablename__ = "price_schedule"
    __table_args__ = (
        UniqueConstraint("edition_id", "version"),
        CheckConstraint("term_months BETWEEN 1 AND 120", name="term_months"),
        CheckConstraint("version > 0", name="version"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    edition_id: UUID = Field(foreign_key="edition.id", index=True)
    version: int
    form: ScheduleForm = Field(sa_type=choice(ScheduleForm))
    #: The schedule as `marketplace.pricing` reads and writes it; money in it is whole cents.
    terms: dict[str, Any] = Field(sa_type=JSON)
    term_months: int = 12
    valid_until: date
    offered_at: datetime
    withdrawn_at: datetime | None = None
