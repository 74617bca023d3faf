"""What stands behind a listing: the draft, its frozen versions, its steps, notices, followers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.catalogue.listing_rules import NOT_WARNED, ChangeKind
from marketplace.catalogue.rules import ToolStatus
from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg


class ListingDraft(OwnedByOrg, table=True):
    """What the vendor is writing; seen by the vendor, and by the operator once it was sent."""

    __tablename__ = "listing_draft"
    __table_args__ = (UniqueConstraint("tool_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id")
    question_set: str
    #: {question: {"value": …, "on": day it was given, "file"?: {"id", "name", …}}}
    answers: dict[str, Any] = Field(sa_type=JSON)
    saved_at: datetime
    saved_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: Changes to a published listing wait for the operator from this moment on.
    sent_at: datetime | None = Field(default=None, index=True)


class ListingVersion(OwnedByOrg, table=True):
    """A listing as it was published: never edited, always addressable."""

    __tablename__ = "listing_version"
    __table_args__ = (
        UniqueConstraint("tool_id", "number"),
        CheckConstraint("number > 0", name="number"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id")
    number: int
    question_set: str
    #: {"answers": …, "editions": […]}: all that a buyer could read.
    content: dict[str, Any] = Field(sa_type=JSON)
    fingerprint: str
    because: str = Field(default="", sa_type=Text)
    published_at: datetime


class ListingFacet(OwnedByOrg, table=True):
    """The newest version's answers that buyers filter by, one row for each value."""

    __tablename__ = "listing_facet"
    __table_args__ = (Index("ix_listing_facet_question_value", "question", "value", "tool_id"),)

    tool_id: UUID = Field(foreign_key="tool.id", primary_key=True)
    question: str = Field(primary_key=True)
    value: str = Field(primary_key=True)


class ListingStep(OwnedByOrg, table=True):
    """One step of a listing's life, with its reason."""

    __tablename__ = "listing_step"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    status: ToolStatus = Field(sa_type=choice(ToolStatus))
    reason: str = Field(default="", sa_type=Text)
    taken_at: datetime


class ListingDeadline(OwnedByOrg, table=True):
    """Something published that runs out: the listing, or one answer."""

    __tablename__ = "listing_deadline"
    __table_args__ = (UniqueConstraint("tool_id", "what"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id")
    what: str
    ends_on: date = Field(index=True)
    #: The vendor was warned so many days ahead, last.
    warned_days: int = NOT_WARNED


class ChangeNotice(OwnedByOrg, table=True):
    """A vendor's word about a change; public."""

    __tablename__ = "change_notice"
    __table_args__ = (UniqueConstraint("tool_id", "once_key"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    kind: ChangeKind = Field(sa_type=choice(ChangeKind))
    words: str = Field(sa_type=Text)
    takes_effect_on: date
    announced_at: datetime
    #: Made with the form, so that a second click does not announce it twice.
    once_key: str
    #: The questions in doubt until a version published after it.
    reopened: list[str] = Field(sa_type=JSON)
    settled_by: int | None = None


class NoticeReceipt(OwnedByOrg, table=True):
    """That a district was told of a change, once; owned by the district."""

    __tablename__ = "notice_receipt"
    __table_args__ = (UniqueConstraint("notice_id", "org_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    notice_id: UUID = Field(foreign_key="change_notice.id")
    told_at: datetime


class ToolFollower(OwnedByOrg, table=True):
    """A district that wants to hear of changes; owned by the district."""

    __tablename__ = "tool_follower"
    __table_args__ = (UniqueConstraint("tool_id", "org_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id")
    since: datetime


class ListingImport(OwnedByOrg, table=True):
    """A file of listings as it was read, waiting for its owner to look and decide."""

    __tablename__ = "listing_import"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    header: list[str] = Field(sa_type=JSON)
    rows: list[list[str]] = Field(sa_type=JSON)
    uploaded_at: datetime
    done_at: datetime | None = None
    added: int = 0
    changed: int = 0
    left_out: int = 0
