"""What districts accepted: the gaps of a card, in a person's own words."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Text
from sqlmodel import Field

from marketplace.core.tenancy import OwnedByOrg


class GapAcceptance(OwnedByOrg, table=True):
    """A person of a district read the gaps of one version of a card and accepted them.

    Owned by the district. Rows are only added; a newer card with a new gap asks for another.
    """

    __tablename__ = "gap_acceptance"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    card_id: UUID = Field(foreign_key="scorecard.id")
    card_version: int
    #: [{"key", "title", "words"}]: the gaps as they stood on the page.
    gaps: list[dict[str, Any]] = Field(sa_type=JSON)
    words: str = Field(sa_type=Text)
    accepted_by: UUID = Field(foreign_key="user_account.id")
    accepted_at: datetime
