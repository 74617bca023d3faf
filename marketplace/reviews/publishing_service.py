"""What a review publishes: the card that scorecards score, anew with every correction."""

from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.reviews import card_queries, evidence_queries, queries
from marketplace.reviews.models import Review, ReviewDecision
from marketplace.reviews.rules import Found, Seat, Source
from marketplace.scorecards import service as scorecards

#: They have done their part once the review is over, without handing anything in.
_WORK_AT_ANY_TIME = (Seat.SETTLES, Seat.APPEAL, Seat.APPEAL_SECOND)


def publish_card(session: Session, actor: Actor, review_id: UUID) -> Review:
    """Hand the answers that hold to scorecards; each call publishes a further card.

    A stopped card stays as it was stopped: only a new review publishes the next one.
    """
    review = queries.get_review(session, review_id, lock=True)
    require(actor, "reviews.publish_card", review)
    stop = evidence_queries.stop_of(session, review.tool_id)
    if stop and stop.confirmed_at:
        return review
    review.card_number += 1
    people = card_queries.signers(session, review)
    tool = evidence_queries.tool_of(session, review.tool_id)
    scorecards.publish_card(
        session,
        Actor.system(),
        review.tool_id,
        card_queries.document(session, review, tool.name),
        reviewers=people,
        recusals=card_queries.recusals(session, review),
        reasons=card_queries.reasons(session, review),
        is_desk_review=review.signed_at is None,
        once_key=f"review-{review.id}-{review.card_number}",
        holds_until=review.expires_on,
    )
    return review


def append_decision(
    session: Session,
    actor: Actor,
    review: Review,
    question: str,
    found: Found,
    source: Source,
    *,
    why: str = "",
    seat_id: UUID | None = None,
    appeal_id: UUID | None = None,
    is_first: bool = False,
) -> ReviewDecision:
    """Append the answer that holds from now on; what was decided before stays readable."""
    require(actor, "reviews.append_decision", review)
    before = None if is_first else queries.decisions_of(session, review.id).get(question)
    row = ReviewDecision(
        org_id=review.org_id,
        review_id=review.id,
        question=question,
        version=before.version + 1 if before else 1,
        source=source,
        why=why.strip(),
        decided_at=clock.now(),
        seat_id=seat_id,
        appeal_id=appeal_id,
        **queries.columns_of(found),
    )
    session.add(row)
    session.flush()
    return row


def release_seats(session: Session, actor: Actor, review: Review) -> None:
    """The work is done: nobody sits there any more, so a later tie changes nothing of it."""
    require(actor, "reviews.release_seats", review)
    for seat in queries.seats_of(session, review.id):
        if seat.is_fit:
            seat.is_fit, seat.ended_at = None, clock.now()
            if seat.done_at is None and seat.seat in _WORK_AT_ANY_TIME:
                seat.done_at = clock.now()
    session.flush()
