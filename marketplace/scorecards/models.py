"""Published cards, how each stands now, and everything that was ever said about it.

`Scorecard`, `ScorecardScore`, `ScorecardCorrection` and `ScorecardStop` only grow: the database
refuses to change or delete their rows. What moves is `ScorecardStanding`, one row for each tool
(and edition) that has a card. All rows are owned by the vendor; cards are public.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.scorecards.rules import IncidentKind, ScoreCause

#: Where a role guards the database, the site itself may only add to what is frozen.
ADDED_ONLY = {"info": {"the_site_may": "SELECT, INSERT"}}
#: The card of the tool as a whole; otherwise the id of an edition.
WHOLE_TOOL = ""


class Scorecard(OwnedByOrg, table=True):
    """One published review, frozen. Its inputs are the text that the receipt hashes."""

    __tablename__ = "scorecard"
    __table_args__ = (
        UniqueConstraint("tool_id", "edition_key", "version"),
        UniqueConstraint("tool_id", "once_key"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("length(input_sha256) = 64 AND length(rubric_sha256) = 64", name="hashes"),
        ADDED_ONLY,
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id")
    edition_key: str = WHOLE_TOOL
    version: int
    #: The product, edition and age band as reviewed, in words.
    product: str
    rubric_version: str
    rubric_sha256: str
    as_of: date
    inputs: str = Field(sa_type=Text)
    input_sha256: str
    outputs: dict[str, Any] = Field(sa_type=JSON)
    #: [{"name", "organization"}, …]: who read the papers and signed.
    reviewers: list[dict[str, str]] = Field(sa_type=JSON)
    #: Who stood aside, and why; empty when nobody did.
    recusals: str = Field(default="", sa_type=Text)
    #: Where the reviewers did not agree at first, and what they settled on.
    reasons: str = Field(default="", sa_type=Text)
    is_desk_review: bool = False
    published_at: datetime
    published_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: Publishing again with the same key finds the card that was published.
    once_key: str


class ScorecardScore(OwnedByOrg, table=True):
    """What a card came to on a day, each time that changed: a receipt of its own."""

    __tablename__ = "scorecard_score"
    __table_args__ = (UniqueConstraint("card_id", "number"), ADDED_ONLY)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    card_id: UUID = Field(foreign_key="scorecard.id")
    number: int
    cause: ScoreCause = Field(sa_type=choice(ScoreCause))
    as_of: date
    incidents: list[str] = Field(default_factory=list, sa_type=JSON)
    input_sha256: str
    outputs: dict[str, Any] = Field(sa_type=JSON)
    scored_at: datetime


class ScorecardCorrection(OwnedByOrg, table=True):
    """Appended to a card after it was published; the card itself never changes."""

    __tablename__ = "scorecard_correction"
    __table_args__ = (UniqueConstraint("card_id", "number"), ADDED_ONLY)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    card_id: UUID = Field(foreign_key="scorecard.id")
    number: int
    #: The question it is about; empty: the whole card.
    question: str = ""
    words: str = Field(sa_type=Text)
    appended_at: datetime
    appended_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class ScorecardStop(OwnedByOrg, table=True):
    """A stop by two people, or the lifting of one."""

    __tablename__ = "scorecard_stop"
    __table_args__ = (
        UniqueConstraint("card_id", "number"),
        CheckConstraint("decided_by <> agreed_by", name="two_people"),
        ADDED_ONLY,
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    card_id: UUID = Field(foreign_key="scorecard.id")
    number: int
    is_lifted: bool = False
    reason: str = Field(sa_type=Text)
    decided_at: datetime
    decided_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    agreed_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class ScorecardIncident(OwnedByOrg, table=True):
    """What an incident means for the score; the incident itself is kept where it is handled."""

    __tablename__ = "scorecard_incident"
    __table_args__ = (UniqueConstraint("ref"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    #: How whoever handles the incident names it; noting it twice changes nothing.
    ref: str
    kind: IncidentKind = Field(sa_type=choice(IncidentKind))
    words: str = Field(sa_type=Text)
    opened_at: datetime
    closed_at: datetime | None = None


class AccessibilityReport(OwnedByOrg, table=True):
    """An accessibility report (OpenACR) as the vendor filed it, checked and counted. Public."""

    __tablename__ = "accessibility_report"
    __table_args__ = (UniqueConstraint("tool_id", "sha256"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id")
    title: str
    dated: date | None = None
    sha256: str
    content: str = Field(sa_type=Text)
    #: As `marketplace acr check --json` prints it.
    counts: dict[str, Any] = Field(sa_type=JSON)
    #: The answer to EQ-01 that the rubric derives from it, on the day it was filed.
    answer: str
    because: str
    filed_at: datetime
    filed_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class LawTask(OwnedByOrg, table=True):
    """A duty of the district itself about one tool, marked as done."""

    __tablename__ = "law_task"
    __table_args__ = (UniqueConstraint("org_id", "tool_id", "requirement"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id")
    requirement: str
    done_on: date
    done_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class ScorecardStanding(OwnedByOrg, table=True):
    """How the newest card of a tool stands: the one row that lists and guards read."""

    __tablename__ = "scorecard_standing"

    tool_id: UUID = Field(foreign_key="tool.id", primary_key=True)
    edition_key: str = Field(default=WHOLE_TOOL, primary_key=True)
    card_id: UUID = Field(foreign_key="scorecard.id", index=True)
    version: int
    rubric_version: str
    grade: str
    score: str
    why: list[str] = Field(default_factory=list, sa_type=JSON)
    published_on: date
    expires_on: date
    #: As of this day the score was worked out; nothing changes before `changes_on`.
    scored_on: date
    #: The next day on which the nightly round has something to do; None: never again.
    changes_on: date | None = Field(default=None, index=True)
    next_drop_on: date | None = None
    next_grade: str = ""
    scores: int = 1
    incidents: list[str] = Field(default_factory=list, sa_type=JSON)
    stopped_because: str | None = Field(default=None, sa_type=Text)
    expiry_told: bool = False

    @property
    def id(self) -> UUID:
        """What an event about the standing is about: the tool."""
        return self.tool_id
