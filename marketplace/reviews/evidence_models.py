"""Documents that show an answer, and the policies the site keeps an eye on."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, String, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.reviews.evidence_rules import Audience, DocumentKind
from marketplace.reviews.watch_rules import Decision


class EvidenceDocument(OwnedByOrg, table=True):
    """A document as it was filed; owned by whoever brought it, never changed."""

    __tablename__ = "evidence_document"
    __table_args__ = (
        UniqueConstraint("tool_id", "sha256"),
        CheckConstraint("expires_on IS NULL OR expires_on > captured_on", name="expires_on"),
        CheckConstraint("kind <> 'contract' OR expires_on IS NOT NULL", name="contract"),
        CheckConstraint("kind <> 'audit' OR period_ended_on IS NOT NULL", name="audit"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    file_id: UUID = Field(foreign_key="stored_file.id")
    sha256: str = Field(sa_type=String(64))
    title: str
    kind: DocumentKind = Field(sa_type=choice(DocumentKind))
    #: The day it was taken from its source.
    captured_on: date
    #: Of an audit: the last day of the time it looked at.
    period_ended_on: date | None = None
    #: Of a contract: its last day.
    expires_on: date | None = None
    source_url: str = ""
    audience: Audience = Field(sa_type=choice(Audience))
    filed_at: datetime
    filed_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")


class WatchedPolicy(OwnedByOrg, table=True):
    """A page of a vendor that is looked at once a day; kept by the operator."""

    __tablename__ = "watched_policy"
    __table_args__ = (UniqueConstraint("tool_id", "url"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    title: str
    #: Empty where it is watched by upload alone.
    url: str = ""
    added_at: datetime
    #: When to ask next; None: by upload alone.
    try_at: datetime | None = Field(default=None, index=True)
    looked_at: datetime | None = None
    failures: int = 0
    problem: str = ""


class PolicyCapture(OwnedByOrg, table=True):
    """A text of a watched policy: one row for each that differs in more than its looks."""

    __tablename__ = "policy_capture"
    __table_args__ = (
        UniqueConstraint("policy_id", "shown_sha256"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    policy_id: UUID = Field(foreign_key="watched_policy.id", index=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    #: Of the bytes as they came, of the words, of the words without their looks.
    raw_sha256: str = Field(sa_type=String(64))
    spaced_sha256: str = Field(sa_type=String(64))
    shown_sha256: str = Field(sa_type=String(64))
    words: str = Field(sa_type=Text)
    file_id: UUID = Field(foreign_key="stored_file.id")
    captured_at: datetime
    last_seen_at: datetime
    #: {"added": […], "removed": […], "topics": […]} against the text accepted last.
    change: dict[str, Any] = Field(sa_type=JSON)
    decide_by: datetime = Field(index=True)
    reminded_days: int = 9_999
    decision: Decision | None = Field(default=None, sa_type=choice(Decision))
    decided_at: datetime | None = None
    #: None with a decision: nobody decided in 30 days.
    decided_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    why: str = Field(default="", sa_type=Text)
