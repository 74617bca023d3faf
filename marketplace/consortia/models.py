"""A consortium, the districts in it, and the papers that make them members."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.consortia.rules import (
    ConsortiumStatus,
    InstrumentKind,
    LegalShape,
    MemberStatus,
)
from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg


class Consortium(OwnedByOrg, table=True):
    """The founding facts of a consortium; `org_id` is the consortium's own organization."""

    __tablename__ = "consortium"
    __table_args__ = (UniqueConstraint("org_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    legal_shape: LegalShape = Field(sa_type=choice(LegalShape))
    status: ConsortiumStatus = Field(
        default=ConsortiumStatus.FORMING, sa_type=choice(ConsortiumStatus)
    )
    lead_agency_id: UUID = Field(foreign_key="organization.id", index=True)
    fiscal_agent_id: UUID | None = Field(default=None, foreign_key="organization.id")
    purpose: str
    by_laws: str = Field(sa_type=Text)
    by_laws_version: int = 1
    split_method: str = "proportional"
    founded_on: date
    constituted_on: date | None = None


class Member(OwnedByOrg, table=True):
    """A district in a consortium; owned by the consortium, read by the district too."""

    also_seen_by = ("district_id",)
    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("org_id", "district_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    district_id: UUID = Field(foreign_key="organization.id", index=True)
    status: MemberStatus = Field(sa_type=choice(MemberStatus), index=True)
    words: str = Field(default="", sa_type=Text)
    asked_at: datetime
    #: The lead agency said yes: by inviting, or by answering a request.
    approved_at: datetime | None = None
    accepted_by_laws_version: int | None = None
    active_since: datetime | None = None
    ended_at: datetime | None = None


class Instrument(OwnedByOrg, table=True):
    """The signed paper of a membership. An order can never predate it nor outlive its term."""

    also_seen_by = ("district_id",)
    __tablename__ = "instrument"
    __table_args__ = (CheckConstraint("ends_on > starts_on", name="ends_after_start"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    member_id: UUID = Field(foreign_key="member.id", index=True)
    district_id: UUID = Field(foreign_key="organization.id", index=True)
    kind: InstrumentKind = Field(sa_type=choice(InstrumentKind))
    signer_name: str
    signer_title: str
    signed_on: date
    board_date: date | None = None
    scope: str = Field(sa_type=Text)
    starts_on: date
    ends_on: date
    file_id: UUID = Field(foreign_key="stored_file.id")
    filed_at: datetime
