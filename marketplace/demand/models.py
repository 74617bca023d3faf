"""What a district would like to buy, before any pool is there."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from marketplace.core.tenancy import OwnedByOrg


class Interest(OwnedByOrg, table=True):
    """A district's interest in one tool. Owned by the district; others read sums of five or more,
    and its name only where it said so. Withdrawn ones stay, so that saying it again is a change.
    """

    __tablename__ = "interest"
    __table_args__ = (
        UniqueConstraint("org_id", "tool_id"),
        CheckConstraint("seats > 0", name="seats"),
        CheckConstraint("budget_cents IS NULL OR budget_cents > 0", name="budget"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    leaid: str
    seats: int
    #: The school year (July 1 to June 30) it would begin in, by its first year.
    school_year: int
    #: What the district could spend in a year; only its own people see it.
    budget_cents: int | None = Field(default=None, sa_type=BigInteger)
    #: May lead agencies and other districts see the name and write to the contact?
    to_districts: bool = False
    #: May the tool's vendor?
    to_vendor: bool = False
    contact_name: str = ""
    contact_email: str = ""
    shown_at: datetime
    changed_at: datetime
    withdrawn_at: datetime | None = None
