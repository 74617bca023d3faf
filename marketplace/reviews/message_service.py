"""Reviewers ask the vendor, the vendor replies, and every word stays with the review."""

from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.reviews import evidence_queries, letters, queries, rubric_queries, rules
from marketplace.reviews.models import Review, ReviewMessage
from marketplace.reviews.rules import MessageKind, ReviewStatus, Seat


def ask_vendor(
    session: Session, actor: Actor, review_id: UUID, *, question: str, words: str, once_key: str
) -> ReviewMessage:
    """A reviewer asks; the vendor sees the question, not who asked. Whoever settles may also
    answer a point of the vendor's with a note."""
    review = queries.get_review(session, review_id, lock=True)
    seat = queries.my_seat(session, actor, review.id)
    require(actor, "reviews.ask_vendor", seat)
    settles = review.status is ReviewStatus.CHECKING and seat.seat is Seat.SETTLES
    if sent := queries.message_sent(session, review.id, once_key):
        return sent
    kind = MessageKind.NOTE if settles else MessageKind.QUESTION
    message = _write(session, actor, review, question, kind, words, once_key)
    letters.tell_vendor(
        session,
        evidence_queries.tool_of(session, review.tool_id),
        f"the reviewers wrote about {question}",
        "Read it and reply on the page of the review.",
    )
    return message


def reply_reviewers(
    session: Session, actor: Actor, review_id: UUID, *, question: str, words: str, once_key: str
) -> ReviewMessage:
    """The vendor replies; while it checks the facts, its words are a point to be answered."""
    review = queries.get_review(session, review_id, lock=True)
    require(actor, "reviews.reply_reviewers", review)
    if sent := queries.message_sent(session, review.id, once_key):
        return sent
    checks = review.status is ReviewStatus.CHECKING
    if checks and review.check_answered_at:
        raise RuleBroken("You have closed your check of the facts.")
    kind = MessageKind.POINT if checks else MessageKind.REPLY
    message = _write(session, actor, review, question, kind, words, once_key)
    tool = evidence_queries.tool_of(session, review.tool_id)
    letters.tell_seats(
        session, review, tool, f"the vendor wrote about {question}", "", f"/reviews/{review.id}"
    )
    return message


def _write(
    session: Session,
    actor: Actor,
    review: Review,
    question: str,
    kind: MessageKind,
    words: str,
    once_key: str,
) -> ReviewMessage:
    rules.check_status(review.status, *rules.OPEN)
    if question not in rubric_queries.rubric(review.rubric_version).by_id:
        raise RuleBroken("Choose the question it is about.", "question")
    rules.check_words(words, "Write what you want to say.")
    message = ReviewMessage(
        org_id=review.org_id,
        review_id=review.id,
        question=question,
        kind=kind,
        words=words.strip(),
        written_at=clock.now(),
        written_by_id=actor.person,
        once_key=once_key,
    )
    session.add(message)
    session.flush()
    emit(session, actor, "reviews.message_written", review, kind=str(kind), question=question)
    return message
