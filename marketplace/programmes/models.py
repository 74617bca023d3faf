"""Programmes of a funder in versions, the grants they promise, and each movement of money."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, String, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.programmes.movement_rules import AwardStatus, MovementKind, MovementStatus
from marketplace.programmes.rules import Leftover


class Programme(OwnedByOrg, table=True):
    """Restricted money for one purpose; owned by the funder. Its row is the lock on its fund."""

    __tablename__ = "programme"
    __table_args__ = (UniqueConstraint("slug"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    #: Also the name of its fund in the books: `grant:<slug>`. Never changes.
    slug: str = Field(sa_type=String(60))
    title: str
    made_at: datetime


class ProgrammeVersion(OwnedByOrg, table=True):
    """What the programme says from then on; never changed, so past awards stay what they were."""

    __tablename__ = "programme_version"
    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        UniqueConstraint("org_id", "once_key"),
        CheckConstraint("budget_cents > 0", name="budget"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    programme_id: UUID = Field(foreign_key="programme.id")
    number: int
    purpose: str = Field(sa_type=Text)
    rule: dict[str, Any] = Field(sa_type=JSON)
    subsidy: dict[str, Any] = Field(sa_type=JSON)
    budget_cents: int = Field(sa_type=BigInteger)
    starts_on: date
    ends_on: date
    leftover: Leftover = Field(sa_type=choice(Leftover))
    #: Why it differs from the version before.
    why: str = Field(default="", sa_type=Text)
    made_at: datetime
    made_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: The one-use key of the form; the same form again makes no second version.
    once_key: str = Field(sa_type=String(64))


class GrantMovement(OwnedByOrg, table=True):
    """Money that was received, promised, released, taken back or returned, by two people."""

    also_seen_by = ("consortium_id",)
    __tablename__ = "grant_movement"
    __table_args__ = (
        UniqueConstraint("org_id", "once_key"),
        CheckConstraint("cents > 0", name="cents"),
        CheckConstraint("(status = 'proposed') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("decided_by <> proposed_by OR status = 'refused'", name="two_people"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    programme_id: UUID = Field(foreign_key="programme.id", index=True)
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    pool_id: UUID | None = Field(default=None, foreign_key="pool.id")
    kind: MovementKind = Field(sa_type=choice(MovementKind))
    cents: int = Field(sa_type=BigInteger)
    #: Of which grants: [[id of the order or award, cents], …]; empty for money in and back.
    lines: list[Any] = Field(sa_type=JSON)
    effective_on: date
    #: For funder and consortium only; nothing of it goes into the public books.
    reason: str = Field(sa_type=Text)
    status: MovementStatus = Field(default=MovementStatus.PROPOSED, sa_type=choice(MovementStatus))
    proposed_at: datetime
    proposed_by: UUID = Field(foreign_key="user_account.id")
    decided_at: datetime | None = None
    decided_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: Its entry in the books; releases and claw-backs have one for each grant.
    ledger_seq: int | None = Field(default=None, sa_type=BigInteger)
    once_key: str = Field(sa_type=String(64))


class GrantAward(OwnedByOrg, table=True):
    """A grant to one district's share; the facts it rested on are frozen with it."""

    also_seen_by = ("district_id", "consortium_id")
    __tablename__ = "grant_award"
    __table_args__ = (
        UniqueConstraint("order_id", "place"),
        UniqueConstraint("programme_id", "number"),
        CheckConstraint("cents > 0", name="cents"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    programme_id: UUID = Field(foreign_key="programme.id", index=True)
    version_id: UUID = Field(foreign_key="programme_version.id")
    #: Counts the grants of the programme; printed on the letter and the bill.
    number: int
    consortium_id: UUID = Field(foreign_key="organization.id", index=True)
    pool_id: UUID = Field(foreign_key="pool.id", index=True)
    order_id: UUID = Field(foreign_key="purchase.id")
    district_id: UUID = Field(foreign_key="organization.id", index=True)
    leaid: str = Field(sa_type=String(7))
    #: Its turn among the grants on this share: the earlier one is taken off first.
    place: int
    share_cents: int = Field(sa_type=BigInteger)
    cents: int = Field(sa_type=BigInteger)
    status: AwardStatus = Field(default=AwardStatus.COMMITTED, sa_type=choice(AwardStatus))
    #: What the directory said about the district, with years.
    facts: dict[str, Any] = Field(sa_type=JSON)
    awarded_at: datetime
    changed_at: datetime
    #: Set on release: the line on the bill, and its entry in the books.
    credit_note_id: UUID | None = Field(default=None, foreign_key="credit_note.id")
    ledger_seq: int | None = Field(default=None, sa_type=BigInteger)
    ledger_hash: str = Field(default="", sa_type=String(64))
    #: The entry that undoes it.
    reversal_seq: int | None = Field(default=None, sa_type=BigInteger)
