"""What each of the two who decide an appeal found; a changed mind is a further row."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Text, UniqueConstraint
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.reviews.models import Proven, proof_checks
from marketplace.reviews.rules import Outcome, Seat


class ReviewAppealVote(Proven, table=True):
    """One person's finding on one appeal. The database takes it from a seat for appeals only."""

    __tablename__ = "review_appeal_vote"
    __table_args__ = (
        UniqueConstraint("appeal_id", "number"),
        CheckConstraint("seat IN ('appeal', 'appeal_second')", name="from_a_seat_for_appeals"),
        CheckConstraint("why <> ''", name="why"),
        ForeignKeyConstraint(
            ["seat_id", "review_id", "seat"],
            ["review_seat.id", "review_seat.review_id", "review_seat.seat"],
            name="fk_review_appeal_vote_seat",
        ),
        *proof_checks(),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    appeal_id: UUID = Field(foreign_key="review_appeal.id", index=True)
    seat_id: UUID
    seat: Seat = Field(sa_type=choice(Seat))
    #: Counts the findings on this appeal.
    number: int
    outcome: Outcome = Field(sa_type=choice(Outcome))
    #: Public once it is decided.
    why: str = Field(sa_type=Text)
    found_at: datetime
