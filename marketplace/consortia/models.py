"""A consortium, the districts in it, and the papers that make them members."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, String, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.accounts.models import Organization
from marketplace.consortia.by_laws_rules import Choices, choices_from_json
from marketplace.consortia.handover_rules import OfferAnswer, Office
from marketplace.consortia.rules import (
    ConsortiumStatus,
    InstrumentKind,
    InstrumentScope,
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
    #: Who takes over when the fiscal agent stops; named with it, at founding.
    successor_id: UUID | None = Field(default=None, foreign_key="organization.id")
    purpose: str
    #: The version in force, and the oldest one whose acceptance still binds: a major change
    #: moves both, a minor one only the first.
    by_laws_version: int = 1
    accept_from_version: int = 1
    #: The method of the by-laws in force; kept here for pools, which freeze it.
    split_method: str = "proportional"
    founded_on: date
    constituted_on: date | None = None
    #: The last day by the by-laws in force; None while they set no end.
    runs_until: date | None = None
    #: The last warning that it ends was so many days ahead of it; None: none yet.
    term_reminded_days: int | None = None
    #: Since it was decided to dissolve it: what is open is finished, nothing new begins.
    winding_up_on: date | None = None
    dissolved_on: date | None = None

    def holder_of(self, office: Office) -> UUID | None:
        """The agency that has the office now."""
        return self.lead_agency_id if office is Office.LEAD_AGENCY else self.fiscal_agent_id


class ByLaws(OwnedByOrg, table=True):
    """One version of the by-laws. Without `adopted_at` it is the draft of the next version; once
    adopted nothing of it changes."""

    __tablename__ = "by_laws"
    __table_args__ = (
        UniqueConstraint("org_id", "version"),
        CheckConstraint("version > 0", name="version"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    version: int
    modules: dict[str, Any] = Field(sa_type=JSON)
    #: The members' own words, beside the choices; text of old stands here as it was.
    text: str = Field(default="", sa_type=Text)
    #: Against the version before: is it major, and why. Set on adoption.
    is_major: bool = True
    why: str = Field(default="", sa_type=Text)
    #: Counts the changes of a draft, so that a second writer learns of the first.
    revision: int = 1
    changed_at: datetime
    changed_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: The members are voting on it, so it stands still.
    put_to_vote_at: datetime | None = None
    adopted_at: datetime | None = Field(default=None, index=True)
    #: SHA-256 of choices and text, printed on the paper. Set on adoption.
    fingerprint: str = Field(default="", sa_type=String(64))

    @property
    def choices(self) -> Choices:
        return choices_from_json(self.modules)


class FoundingDraft(OwnedByOrg, table=True):
    """What a person has answered so far; owned by the organization that will lead."""

    __tablename__ = "founding_draft"

    org_id: UUID = Field(foreign_key="organization.id", primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id", primary_key=True)
    answers: dict[str, Any] = Field(sa_type=JSON)
    changed_at: datetime


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
    #: Notice was given: the last day of the membership.
    leaves_on: date | None = None
    #: Who votes for the district in this consortium, and who stands in.
    voter_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    alternate_id: UUID | None = Field(default=None, foreign_key="user_account.id")


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
    #: What may be bought under it; `scope` is what the paper says in words.
    covers: InstrumentScope = Field(
        default=InstrumentScope.SOFTWARE, sa_type=choice(InstrumentScope)
    )
    scope: str = Field(sa_type=Text)
    starts_on: date
    ends_on: date
    file_id: UUID = Field(foreign_key="stored_file.id")
    filed_at: datetime
    #: The last reminder that it ends soon was so many days ahead of it; 999: none yet.
    reminded_days: int = 999


class Observer(OwnedByOrg, table=True):
    """An organization that reads what members read, and never votes or commits. The row stays
    when it ends."""

    also_seen_by = ("observer_id",)
    __tablename__ = "observer"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    observer_id: UUID = Field(foreign_key="organization.id", index=True)
    #: Why it is let in; anyone can read it.
    words: str = Field(default="", sa_type=Text)
    since: datetime
    named_by_id: UUID = Field(foreign_key="user_account.id")
    ended_at: datetime | None = None


class History(NamedTuple):
    """One member's place, for features further down that add their part of its history."""

    consortium: Consortium
    organization: Organization
    district: Organization
    member: Member


class OfficeOf(NamedTuple):
    """An office of a consortium, as a subject of permissions without a row of it."""

    org_id: UUID
    office: Office


class Handover(OwnedByOrg, table=True):
    """An office of the consortium was offered to another agency, and what came of it. Once it is
    answered nothing of it changes; `held` is what each account held then, in cents."""

    also_seen_by = ("from_id", "to_id")
    __tablename__ = "handover"
    __table_args__ = (CheckConstraint("from_id <> to_id", name="somebody_else"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    office: Office = Field(sa_type=choice(Office))
    from_id: UUID = Field(foreign_key="organization.id", index=True)
    to_id: UUID = Field(foreign_key="organization.id", index=True)
    #: Who would follow the new fiscal agent; empty for the lead.
    successor_id: UUID | None = Field(default=None, foreign_key="organization.id")
    words: str = Field(default="", sa_type=Text)
    offered_at: datetime
    offered_by_id: UUID = Field(foreign_key="user_account.id")
    answer: OfferAnswer | None = Field(default=None, sa_type=choice(OfferAnswer))
    answered_at: datetime | None = None
    answered_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: Up to which entry of the books the balances count, and that entry's fingerprint.
    books_seq: int | None = Field(default=None, sa_type=BigInteger)
    books_hash: str = Field(default="", sa_type=String(64))
    held: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
