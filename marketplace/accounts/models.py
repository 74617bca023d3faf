"""People, the organizations they act for, and who belongs to which circle."""

from datetime import datetime
from uuid import UUID, uuid4

from flask_login import UserMixin
from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from marketplace.accounts.letter_rules import LetterKind
from marketplace.accounts.rules import OrganizationKind, Role
from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg


class Organization(SQLModel, table=True):
    """The public name of a tenant. A district is keyed by its NCES LEAID as well."""

    __tablename__ = "organization"
    __table_args__ = (
        CheckConstraint("leaid IS NULL OR length(leaid) = 7", name="leaid_is_7_characters"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: OrganizationKind = Field(sa_type=choice(OrganizationKind), index=True)
    slug: str = Field(unique=True)
    name: str = Field(index=True)
    leaid: str | None = Field(default=None, unique=True)
    city: str | None = None
    state: str | None = None
    time_zone: str = "America/Chicago"
    founded_at: datetime


class User(SQLModel, UserMixin, table=True):
    """A person who signs in. The columns Flask-Security asks for keep its names."""

    __tablename__ = "user_account"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    email: str
    email_key: str = Field(unique=True)
    password: str | None = None
    active: bool = True
    fs_uniquifier: str = Field(unique=True)
    confirmed_at: datetime | None = None
    create_datetime: datetime
    acting_for: UUID | None = Field(default=None, foreign_key="organization.id")

    @property
    def is_active(self) -> bool:
        return self.active

    def get_id(self) -> str:
        """What a session remembers; changing it signs the person out everywhere."""
        return self.fs_uniquifier


class Membership(SQLModel, table=True):
    """A person holds a role in an organization, until it ends."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("user_id", "org_id", "role"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id", index=True)
    org_id: UUID = Field(foreign_key="organization.id", index=True)
    role: Role = Field(sa_type=choice(Role))
    since: datetime
    ended_at: datetime | None = None


class LetterStop(SQLModel, table=True):
    """A person wants no more letters of this kind; without a row they come."""

    __tablename__ = "letter_stop"

    user_id: UUID = Field(foreign_key="user_account.id", primary_key=True)
    kind: LetterKind = Field(sa_type=choice(LetterKind), primary_key=True)
    since: datetime


class Affiliation(SQLModel, table=True):
    """An organization belongs to a circle (a consortium), whose rows it may then read."""

    __tablename__ = "affiliation"

    org_id: UUID = Field(foreign_key="organization.id", primary_key=True)
    circle_id: UUID = Field(foreign_key="organization.id", primary_key=True, index=True)


class Invitation(OwnedByOrg, table=True):
    """Works once, for one role, until it expires; only the hash of its token is kept."""

    __tablename__ = "invitation"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str
    role: Role = Field(sa_type=choice(Role))
    token_hash: str = Field(unique=True)
    invited_by: UUID = Field(foreign_key="user_account.id")
    invited_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None = None
    accepted_at: datetime | None = None
    accepted_by: UUID | None = Field(default=None, foreign_key="user_account.id")
