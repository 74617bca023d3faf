"""What a lead agency wrote to its members, and whom it reached."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg


class MessageKind(StrEnum):
    REMINDER = "reminder"
    MESSAGE = "message"


class Message(OwnedByOrg, table=True):
    """One letter to many, owned by the consortium; kept as it was sent."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("org_id", "once_key"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: MessageKind = Field(sa_type=choice(MessageKind))
    #: What a reminder was about; empty for a message.
    standing: str = ""
    pool_id: UUID | None = Field(default=None, foreign_key="pool.id")
    subject: str
    text: str = Field(sa_type=Text)
    sent_at: datetime = Field(index=True)
    sent_by_id: UUID = Field(foreign_key="user_account.id")
    #: The one-use key of the form; the same form again sends nothing.
    once_key: str


class MessageTo(OwnedByOrg, table=True):
    """A message reached a district: how many of its people got a letter."""

    also_seen_by = ("district_id",)
    __tablename__ = "message_to"
    __table_args__ = (UniqueConstraint("message_id", "district_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    message_id: UUID = Field(foreign_key="message.id", index=True)
    district_id: UUID = Field(foreign_key="organization.id", index=True)
    letters: int
