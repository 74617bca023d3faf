"""That a district's week ahead was written, so that it is written once."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from marketplace.core.tenancy import OwnedByOrg


class Digest(OwnedByOrg, table=True):
    """`week` is the Monday it was for; `letters` how many people got it, which may be none."""

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("org_id", "week"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    week: date
    letters: int
    written_at: datetime
