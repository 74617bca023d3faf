"""A decision of a consortium, who may vote on it, what was said and how it ended."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, String, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.consortia.rules import ConflictRule
from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.decisions.rules import Choice, DecisionKind, Needed, Outcome, Vote


class Decision(OwnedByOrg, table=True):
    """What is voted on, by the rules of the by-laws that were in force when it was opened."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("org_id", "number"),
        UniqueConstraint("org_id", "once_key"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    number: int
    kind: DecisionKind = Field(sa_type=choice(DecisionKind))
    title: str
    words: str = Field(sa_type=Text)
    #: The proposal, district or draft that is voted on, where the site brings it about.
    subject_id: UUID | None = None
    #: The draft pool that passing has opened; or, where none could be made, what to do first.
    opens_pool_id: UUID | None = Field(default=None, foreign_key="pool.id")
    next_step: str | None = Field(default=None, sa_type=Text)
    opened_at: datetime
    opened_by_id: UUID = Field(foreign_key="user_account.id")
    closes_at: datetime = Field(index=True)
    #: The consortium's zone on the day it was opened; a later change moves no deadline.
    time_zone: str
    by_laws_version: int
    quorum_percent: int
    majority: Needed = Field(sa_type=choice(Needed))
    conflict: ConflictRule = Field(sa_type=choice(ConflictRule))
    proxies: bool
    closed_at: datetime | None = Field(default=None, index=True)
    outcome: Outcome | None = Field(default=None, sa_type=choice(Outcome))
    #: The count as it was published, in votes.
    counted: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    #: The one-use key of the form; the same form again opens nothing.
    once_key: str = Field(sa_type=String(64))


class Elector(OwnedByOrg, table=True):
    """One district in one decision: the key lets it have one vote, whoever casts it."""

    __tablename__ = "elector"

    decision_id: UUID = Field(foreign_key="decision.id", primary_key=True)
    district_id: UUID = Field(foreign_key="organization.id", primary_key=True)
    votes: int
    conflict_words: str = Field(default="", sa_type=Text)
    conflicted_at: datetime | None = None
    proxy_to_id: UUID | None = Field(default=None, foreign_key="organization.id")
    proxy_words: str = Field(default="", sa_type=Text)
    proxy_at: datetime | None = None
    choice: Choice | None = Field(default=None, sa_type=choice(Choice))
    cast_at: datetime | None = None
    cast_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: The district whose voter cast it; another one's than its own by proxy.
    cast_for_id: UUID | None = Field(default=None, foreign_key="organization.id")

    @property
    def as_vote(self) -> Vote:
        return Vote(self.votes, self.choice, self.conflicted_at is not None)


class Remark(OwnedByOrg, table=True):
    """What a member or the lead agency says about a decision; members read it."""

    __tablename__ = "remark"
    __table_args__ = (UniqueConstraint("decision_id", "once_key"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    decision_id: UUID = Field(foreign_key="decision.id", index=True)
    user_id: UUID = Field(foreign_key="user_account.id")
    for_id: UUID = Field(foreign_key="organization.id")
    words: str = Field(sa_type=Text)
    said_at: datetime
    once_key: str = Field(sa_type=String(64))
