"""Reviews and who sits in them: what was answered, read, settled, appealed and stopped.

The database itself keeps people apart: one seat for each person in a review, no seat for the
vendor's own people or for somebody with a tie to the vendor, appeals decided only from a seat
for appeals, a stop confirmed by somebody else than who asked.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.reviews.rules import (
    Level,
    MessageKind,
    Outcome,
    ReviewStatus,
    Seat,
    Source,
    State,
    Tie,
)


class Review(OwnedByOrg, table=True):
    """One tool's review. Kept by the operator; who else sees what of it is for the policy."""

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("tool_id", "number"),
        # TRUE while it is under way, else NULL: one review of a tool at a time.
        UniqueConstraint("tool_id", "is_open"),
        UniqueConstraint("id", "vendor_id"),
        CheckConstraint("is_open IS NULL OR is_open", name="is_open"),
        CheckConstraint(
            "(signed_at IS NULL) = (officer_name = '')"
            " AND (signed_at IS NULL) = (officer_title = '')"
            " AND (signed_at IS NULL) = (signed_on IS NULL)",
            name="signed",
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    number: int
    status: ReviewStatus = Field(sa_type=choice(ReviewStatus), index=True)
    is_open: bool | None = True
    #: The rubric its questions are of, and the SHA-256 of that rubric's file.
    rubric_version: str
    rubric_sha256: str = Field(sa_type=String(64))
    opened_at: datetime
    opened_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: When the vendor was asked to answer; 30 days of silence count as a no.
    asked_at: datetime | None = None
    #: What the product is and does: decides which questions apply.
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    #: {question: {"state", "option", "words"}}: the vendor's own answers.
    answers: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    edits: int = 0
    #: When a reviewer confirmed the facts; what the vendor had said, and why it is otherwise.
    facts_confirmed_at: datetime | None = None
    facts_confirmed_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    facts_said: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    facts_words: str = Field(default="", sa_type=Text)
    #: Of a re-check: {question: why it is read again}. None: everything is read.
    rereads: dict[str, str] | None = Field(default=None, sa_type=JSON)
    #: The number of the review whose other answers a re-check carries over.
    carries_over: int | None = None
    officer_name: str = ""
    officer_title: str = ""
    signed_on: date | None = None
    signed_at: datetime | None = None
    signed_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: Who knows the seed can draw the second reading again; public once published.
    seed: str = Field(sa_type=String(64))
    #: The last day of the step it is at; None while nobody is bound.
    due_on: date | None = Field(default=None, index=True)
    #: The last reminder of that day was so many days ahead.
    reminded_days: int = 9_999
    check_answered_at: datetime | None = None
    published_at: datetime | None = None
    expires_on: date | None = Field(default=None, index=True)
    ended_at: datetime | None = None
    #: Counts what was published of it: the card is written anew with each correction.
    card_number: int = 0


class ReviewStanding(OwnedByOrg, table=True):
    """Whether a person may review a vendor; a seat points at it, so a tie ends the seat."""

    __tablename__ = "review_standing"
    __table_args__ = (
        UniqueConstraint("user_id", "vendor_id"),
        UniqueConstraint("user_id", "vendor_id", "is_fit"),
        CheckConstraint("is_fit = (tie IS NULL)", name="has_tie"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id")
    vendor_id: UUID = Field(foreign_key="organization.id", index=True)
    is_fit: bool = True
    tie: Tie | None = Field(default=None, sa_type=choice(Tie))
    #: Public, so without names of others.
    words: str = Field(default="", sa_type=Text)
    declared_at: datetime | None = None


class ReviewSeat(OwnedByOrg, table=True):
    """A person's part in one review. `is_fit` is TRUE while they sit there, NULL afterwards."""

    __tablename__ = "review_seat"
    __table_args__ = (
        UniqueConstraint("review_id", "user_id"),
        UniqueConstraint("review_id", "seat", "is_fit"),
        UniqueConstraint("id", "review_id", "seat"),
        CheckConstraint("is_fit IS NULL OR is_fit", name="is_fit"),
        CheckConstraint("home_id <> vendor_id", name="not_the_vendors"),
        CheckConstraint("(is_fit IS NULL) = (ended_at IS NOT NULL)", name="ended"),
        ForeignKeyConstraint(["review_id", "vendor_id"], ["review.id", "review.vendor_id"]),
        ForeignKeyConstraint(
            ["user_id", "vendor_id", "is_fit"],
            [
                "review_standing.user_id",
                "review_standing.vendor_id",
                "review_standing.is_fit",
            ],
            name="fk_review_seat_standing",
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    review_id: UUID = Field(index=True)
    vendor_id: UUID
    user_id: UUID = Field(foreign_key="user_account.id", index=True)
    #: The district or agency the person comes from; shown publicly with the name.
    home_id: UUID = Field(foreign_key="organization.id")
    seat: Seat = Field(sa_type=choice(Seat))
    is_fit: bool | None = True
    taken_at: datetime
    assigned_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    due_on: date | None = Field(default=None, index=True)
    reminded_days: int = 9_999
    #: When a reader handed in; from then on nothing of it changes.
    done_at: datetime | None = None
    ended_at: datetime | None = None
    ended_because: str = Field(default="", sa_type=Text)


def proof_checks() -> tuple[CheckConstraint, ...]:
    """What every answer with its proof must hold, made anew for each table."""
    return (
        CheckConstraint("(state = 'answered') = (option <> '')", name="option"),
        CheckConstraint(
            "level NOT IN ('E2', 'E3')"
            " OR (document_id IS NOT NULL AND locator <> '' AND quote <> '')",
            name="proof",
        ),
        CheckConstraint("length(quote) <= 300", name="quote"),
    )


class Proven(OwnedByOrg):
    """An answer with what shows it: document, place, sentence, day."""

    review_id: UUID = Field(foreign_key="review.id", index=True)
    question: str
    state: State = Field(sa_type=choice(State))
    option: str = ""
    level: Level = Field(default=Level.E0, sa_type=choice(Level))
    document_id: UUID | None = Field(default=None, foreign_key="evidence_document.id")
    locator: str = ""
    quote: str = Field(default="", sa_type=Text)
    words: str = Field(default="", sa_type=Text)
    dated: date | None = None
    expires_on: date | None = None


class ReviewReading(Proven, table=True):
    """What one reader found; nobody else sees it before both have handed in."""

    __tablename__ = "review_reading"
    __table_args__ = (UniqueConstraint("seat_id", "question"), *proof_checks())

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    seat_id: UUID = Field(foreign_key="review_seat.id")
    saved_at: datetime


class ReviewDecision(Proven, table=True):
    """The answer that holds. A correction is a further version; nothing here is edited."""

    __tablename__ = "review_decision"
    __table_args__ = (
        UniqueConstraint("review_id", "question", "version"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("source NOT IN ('settled', 'corrected') OR why <> ''", name="why"),
        *proof_checks(),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    version: int = 1
    source: Source = Field(sa_type=choice(Source))
    why: str = Field(default="", sa_type=Text)
    decided_at: datetime
    #: Whose seat it was decided from; None where the two readings agreed.
    seat_id: UUID | None = Field(default=None, foreign_key="review_seat.id")
    appeal_id: UUID | None = Field(default=None, foreign_key="review_appeal.id")


class ReviewMessage(OwnedByOrg, table=True):
    """Reviewers ask, the vendor replies; points of the vendor's factual check and notes on them."""

    __tablename__ = "review_message"
    __table_args__ = (UniqueConstraint("review_id", "once_key"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    review_id: UUID = Field(foreign_key="review.id", index=True)
    question: str
    kind: MessageKind = Field(sa_type=choice(MessageKind))
    words: str = Field(sa_type=Text)
    written_at: datetime
    written_by_id: UUID = Field(foreign_key="user_account.id")
    once_key: str


class ReviewReopening(OwnedByOrg, table=True):
    """Something changed, so an answer is in doubt until a later version of it."""

    __tablename__ = "review_reopening"
    __table_args__ = (UniqueConstraint("review_id", "question", "source_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    review_id: UUID = Field(foreign_key="review.id", index=True)
    question: str
    #: The change notice or the capture of a policy that did it.
    source_id: UUID
    because: str = Field(sa_type=Text)
    opened_at: datetime
    #: Its evidence counts no more at all (tests of an AI whose model changed).
    is_void: bool = False


class ReviewAppeal(OwnedByOrg, table=True):
    """A vendor or a district says that an answer is wrong; owned by who appeals."""

    __tablename__ = "review_appeal"
    __table_args__ = (
        UniqueConstraint("review_id", "org_id", "question", "is_open"),
        UniqueConstraint("review_id", "once_key"),
        CheckConstraint("is_open IS NULL OR is_open", name="is_open"),
        CheckConstraint("decided_in IS NULL OR decided_in = 'appeal'", name="decided_in"),
        CheckConstraint(
            "(outcome IS NULL) = (decided_at IS NULL) AND (outcome IS NULL) = (seat_id IS NULL)"
            " AND (outcome IS NULL) = (is_open IS NOT NULL)"
            " AND (seat_id IS NULL) = (decided_in IS NULL)",
            name="decided",
        ),
        # Decided from a seat for appeals of this very review; who has one has no other part in it.
        ForeignKeyConstraint(
            ["seat_id", "review_id", "decided_in"],
            ["review_seat.id", "review_seat.review_id", "review_seat.seat"],
            name="fk_review_appeal_seat",
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    review_id: UUID = Field(foreign_key="review.id", index=True)
    question: str
    words: str = Field(sa_type=Text)
    filed_at: datetime
    filed_by_id: UUID = Field(foreign_key="user_account.id")
    decide_by: date
    reminded_days: int = 9_999
    is_open: bool | None = True
    outcome: Outcome | None = Field(default=None, sa_type=choice(Outcome))
    why: str = Field(default="", sa_type=Text)
    decided_at: datetime | None = None
    seat_id: UUID | None = None
    decided_in: Seat | None = Field(default=None, sa_type=choice(Seat))
    once_key: str


class EmergencyStop(OwnedByOrg, table=True):
    """One person asks, another confirms, and from that moment the tool is stopped."""

    __tablename__ = "emergency_stop"
    __table_args__ = (
        UniqueConstraint("tool_id", "is_open"),
        CheckConstraint("is_open IS NULL OR is_open", name="is_open"),
        CheckConstraint("confirmed_by_id <> asked_by_id", name="two_people"),
        CheckConstraint("(confirmed_by_id IS NULL) = (confirmed_at IS NULL)", name="confirmed"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tool_id: UUID = Field(foreign_key="tool.id", index=True)
    vendor_id: UUID = Field(foreign_key="organization.id")
    #: Public once confirmed.
    reason: str = Field(sa_type=Text)
    asked_at: datetime
    asked_by_id: UUID = Field(foreign_key="user_account.id")
    confirmed_at: datetime | None = None
    confirmed_by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: TRUE while it waits or holds; NULL once nobody confirmed it, or a new review replaced it.
    is_open: bool | None = True
    ended_at: datetime | None = None
    ended_because: str = Field(default="", sa_type=Text)
