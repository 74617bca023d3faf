"""Executed agreements with their standing offers, and the districts that joined them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.agreements.rules import Family
from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg


class Agreement(OwnedByOrg, table=True):
    """One executed paper, filed by the district that signed it; its vendor reads it too.

    With a standing offer its facts are public, and the file is for districts that are signed
    in; the signers' names are for the two parties. Without one all of it is.
    """

    also_seen_by = ("vendor_id",)
    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("org_id", "once_key"),
        CheckConstraint("ends_on > effective_on", name="ends_after_start"),
        CheckConstraint("length(state) = 2", name="state_is_2_letters"),
        CheckConstraint("NOT offer_present OR offer_until IS NOT NULL", name="offer_has_an_end"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    family: Family = Field(sa_type=choice(Family))
    version: str
    state: str = Field(index=True)
    #: The provider as the paper names it; a sale or a new name shows in check J7.
    provider: str
    #: Keys of `rules.DATA_ELEMENTS`.
    data_elements: list[str] = Field(sa_type=JSON)
    signed_on: date
    effective_on: date
    ends_on: date
    offer_present: bool
    offer_until: date | None = None
    offer_conditions: str = Field(default="", sa_type=Text)
    modifications: str = Field(default="", sa_type=Text)
    ai_addendum: bool
    district_signer: str
    vendor_signer: str
    registry_url: str = ""
    file_id: UUID = Field(foreign_key="stored_file.id")
    #: SHA-256 of the file as it is kept.
    fingerprint: str
    #: Made with the form, so that a second click does not file it twice.
    once_key: str
    filed_at: datetime
    filed_by: UUID = Field(foreign_key="user_account.id")
    withdrawn_at: datetime | None = None
    withdrawn_by: UUID | None = Field(default=None, foreign_key="organization.id")
    withdrawn_because: str = Field(default="", sa_type=Text)
    superseded_by: UUID | None = Field(default=None, foreign_key="agreement.id")


class AgreementProduct(OwnedByOrg, table=True):
    """A tool that an agreement names: in one edition, or (without one) in all of them."""

    also_seen_by = ("vendor_id",)
    __tablename__ = "agreement_product"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    agreement_id: UUID = Field(foreign_key="agreement.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    edition_id: UUID | None = Field(default=None, foreign_key="edition.id")


class AgreementClause(OwnedByOrg, table=True):
    """What a district found of a clause in an agreement that it signed or joined."""

    __tablename__ = "agreement_clause"
    __table_args__ = (
        UniqueConstraint("org_id", "agreement_id", "clause"),
        CheckConstraint("NOT is_there OR locator <> ''", name="found_somewhere"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    agreement_id: UUID = Field(foreign_key="agreement.id", index=True)
    #: A key of `scorecards.law_rules.CLAUSE_WORDS`.
    clause: str
    is_there: bool
    #: Page or clause where it stands.
    locator: str = ""
    looked_at: datetime
    looked_by: UUID = Field(foreign_key="user_account.id")


class Join(OwnedByOrg, table=True):
    """A district took a standing offer: it signed its own copy and sent it to the vendor."""

    also_seen_by = ("vendor_id",)
    __tablename__ = "agreement_join"
    __table_args__ = (
        UniqueConstraint("agreement_id", "org_id", "tool_id"),
        CheckConstraint("sent_on >= signed_on", name="sent_after_signed"),
        CheckConstraint("acknowledged_on >= sent_on", name="acknowledged_after_sent"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    agreement_id: UUID = Field(foreign_key="agreement.id")
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    edition_id: UUID | None = Field(default=None, foreign_key="edition.id")
    data_elements: list[str] = Field(sa_type=JSON)
    #: The eight checks as they stood on the day: [{"code", "passed", "reason"}].
    checks: list[dict[str, Any]] = Field(sa_type=JSON)
    signer: str
    signed_on: date
    sent_on: date
    sent_to: str
    sent_by: UUID = Field(foreign_key="user_account.id")
    recorded_at: datetime
    file_id: UUID = Field(foreign_key="stored_file.id")
    fingerprint: str
    ends_on: date
    acknowledged_on: date | None = None
    acknowledged_name: str = ""
    acknowledged_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    acknowledged_at: datetime | None = None
