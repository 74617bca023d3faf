"""Begin a review's answers from a HECVAT the vendor has filled in before."""

from uuid import UUID

from sqlmodel import Session

from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.reviews import queries, rubric_queries, rules
from marketplace.reviews.models import Review
from marketplace.scorecards import rules as scorecards
from marketplace.scorecards.rules import Prefill


def prefill_answers(
    session: Session, actor: Actor, review_id: UUID, export: str
) -> tuple[Review, list[Prefill]]:
    """Put what a HECVAT says beside each question it answers, as the vendor's draft.

    What is typed already stays. Our options are finer than a HECVAT's yes or no, so the vendor
    still chooses one; until it is signed nothing counts, and then as the vendor's word (E1).
    Gives what was taken over. Raises `RuleBroken` when there is no HECVAT question in the text.
    """
    review = queries.get_review(session, review_id, lock=True)
    require(actor, "reviews.prefill_answers", review)
    rules.check_vendor_may_write(review.status, is_signed=review.signed_at is not None)
    rubric = rubric_queries.rubric(review.rubric_version)
    found = scorecards.prefill(rubric, scorecards.read_export(export))
    taken = [each for each in found if each.criterion.id not in review.answers]
    if taken:
        drafts = {each.criterion.id: {"option": "", "words": _words(each)} for each in taken}
        review.answers = {**review.answers, **drafts}
        review.edits += 1
        emit(session, actor, "reviews.vendor_answered", review, answers=len(review.answers))
    return review, taken


def _words(found: Prefill) -> str:
    return "Our HECVAT says " + "; ".join(f"{key}: {said}" for key, said in found.said)
