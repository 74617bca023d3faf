"""A proposal of how to split a cost, frozen with the figures it was made on."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, String, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.pricing.rules import Method, Rest


class CostProposal(OwnedByOrg, table=True):
    """Owned by the consortium. Nothing of it changes; it can only be withdrawn."""

    __tablename__ = "cost_proposal"
    __table_args__ = (
        UniqueConstraint("org_id", "once_key"),
        CheckConstraint("equal_bps BETWEEN 0 AND 10000", name="equal_bps"),
        CheckConstraint("total_cents >= 0", name="total"),
        CheckConstraint(
            "(method = 'hybrid') = (equal_bps IS NOT NULL AND rest IS NOT NULL)", name="hybrid"
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    method: Method = Field(sa_type=choice(Method))
    #: Of a hybrid: the part shared equally, in basis points, and what the rest goes by.
    equal_bps: int | None = None
    rest: Rest | None = Field(default=None, sa_type=choice(Rest))
    #: What is bought, in words, and where its price stands.
    bought: str
    pool_id: UUID | None = Field(default=None, foreign_key="pool.id")
    price_schedule_id: UUID = Field(foreign_key="price_schedule.id")
    total_cents: int = Field(sa_type=BigInteger)
    words: str = Field(default="", sa_type=Text)
    #: The document for `marketplace split`, with names and the year of the pupils.
    inputs: dict[str, Any] = Field(sa_type=JSON)
    inputs_sha256: str = Field(sa_type=String(64))
    #: The answer to it, and what the method of that day gave: {"split": …, "today": …}.
    result: dict[str, Any] = Field(sa_type=JSON)
    proposed_at: datetime = Field(index=True)
    proposed_by_id: UUID = Field(foreign_key="user_account.id")
    proposed_for_id: UUID = Field(foreign_key="organization.id")
    withdrawn_at: datetime | None = None
    withdrawn_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: The one-use key of the form; the same form again stores nothing.
    once_key: str = Field(sa_type=String(64))
