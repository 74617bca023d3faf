"""The end of a consortium: who decided it, what was shared, and where its books were sealed."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, String, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.core.tenancy import OwnedByOrg


class Dissolution(OwnedByOrg, table=True):
    """Begun once for a consortium. `figures` is the settlement as it was proposed last: rule,
    bills, shares and lines, enough to reckon it again by hand."""

    __tablename__ = "dissolution"
    __table_args__ = (
        UniqueConstraint("org_id"),
        CheckConstraint("settled_by_id <> proposed_by_id", name="two_people"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    #: The vote that decided it; empty where the by-laws let the lead agency declare it.
    decision_id: UUID | None = Field(default=None, foreign_key="decision.id")
    words: str = Field(default="", sa_type=Text)
    begun_at: datetime
    begun_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    proposed_at: datetime | None = None
    proposed_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    settled_at: datetime | None = None
    settled_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    settled_seq: int | None = Field(default=None, sa_type=BigInteger)
    dissolved_at: datetime | None = None
    dissolved_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: The last entry of the books and its fingerprint, as they were sealed.
    books_seq: int | None = Field(default=None, sa_type=BigInteger)
    books_hash: str = Field(default="", sa_type=String(64))
