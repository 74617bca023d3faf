"""Incidents, their public steps, and which district was told when."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.oversight.rules import IncidentStatus, StepKind


class Incident(OwnedByOrg, table=True):
    """What somebody reported about a tool. Owned by who reported it; its vendor reads it too.

    The report itself and the reporter are never public; `public_words` are.
    """

    also_seen_by = ("vendor_id",)
    __tablename__ = "incident"
    __table_args__ = (
        UniqueConstraint("org_id", "once_key"),
        CheckConstraint("confirmed_by <> proposed_by", name="two_people"),
        CheckConstraint("late_confirmed_by <> late_proposed_by", name="two_people_for_late"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    status: IncidentStatus = Field(
        default=IncidentStatus.UNCONFIRMED, sa_type=choice(IncidentStatus), index=True
    )
    reported_words: str = Field(sa_type=Text)
    reported_at: datetime
    reported_by: UUID = Field(foreign_key="user_account.id")
    once_key: str
    happened_on: date | None = None
    vendor_knew_on: date | None = None

    public_words: str = Field(default="", sa_type=Text)
    exposes_students: bool = False
    evidence_words: str = Field(default="", sa_type=Text)
    file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    fingerprint: str = ""
    proposed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    confirmed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    confirmed_at: datetime | None = Field(default=None, index=True)

    late_words: str = Field(default="", sa_type=Text)
    late_proposed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    late_confirmed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    closed_at: datetime | None = None


class IncidentStep(OwnedByOrg, table=True):
    """One line of an incident's public timeline."""

    also_seen_by = ("vendor_id",)
    __tablename__ = "incident_step"
    __table_args__ = (UniqueConstraint("incident_id", "number"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    incident_id: UUID = Field(foreign_key="incident.id")
    vendor_id: UUID = Field(foreign_key="organization.id")
    number: int
    kind: StepKind = Field(sa_type=choice(StepKind))
    words: str = Field(default="", sa_type=Text)
    taken_at: datetime


class IncidentNotice(OwnedByOrg, table=True):
    """That a district was told of an incident, once, with the clocks of its state."""

    __tablename__ = "incident_notice"
    __table_args__ = (UniqueConstraint("incident_id", "org_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    incident_id: UUID = Field(foreign_key="incident.id")
    told_at: datetime
    clocks: list[dict[str, Any]] = Field(sa_type=JSON)
