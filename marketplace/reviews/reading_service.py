"""Two people read alone, a third settles what differs, the vendor checks, then it is published."""

from uuid import UUID

from sqlmodel import Session

from marketplace.catalogue.models import Tool
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.reviews import (
    evidence_queries,
    holidays,
    letters,
    queries,
    recheck_queries,
    recheck_rules,
    rubric_queries,
    rules,
)
from marketplace.reviews.appeal_service import drop_stop
from marketplace.reviews.models import (
    Review,
    ReviewDecision,
    ReviewReading,
    ReviewReopening,
    ReviewSeat,
)
from marketplace.reviews.publishing_service import append_decision, publish_card, release_seats
from marketplace.reviews.rules import (
    Found,
    ReviewStatus,
    Seat,
    Source,
)

READERS = (Seat.FIRST, Seat.SECOND)


def read_question(
    session: Session, actor: Actor, review_id: UUID, question: str, found: Found
) -> ReviewReading:
    """Save what a reader found on one question; until it is handed in it may change."""
    review, seat = _reading_seat(session, actor, review_id)
    require(actor, "reviews.read_question", seat)
    if question not in rubric_queries.questions_to_read(review, seat.seat):
        raise NotFound("This question is not yours to read.")
    _check(session, review, question, found)
    before = queries.readings_of_seat(session, seat).get(question)
    row = _save(session, seat, question, found, before)
    session.flush()
    return row


def take_vendors_word(session: Session, actor: Actor, review_id: UUID) -> int:
    """Fill in what is not read yet: the vendor's signed answer, or that there is none."""
    review, seat = _reading_seat(session, actor, review_id)
    require(actor, "reviews.take_vendors_word", seat)
    read = queries.readings_of_seat(session, seat)
    left = [q for q in rubric_queries.questions_to_read(review, seat.seat) if q not in read]
    for question in left:
        _save(session, seat, question, rubric_queries.vendors_word(review, question))
    session.flush()
    return len(left)


def _reading_seat(session: Session, actor: Actor, review_id: UUID) -> tuple[Review, ReviewSeat]:
    review = queries.get_review(session, review_id, lock=True)
    seat = queries.my_seat(session, actor, review_id, *READERS, lock=True)
    rules.check_status(review.status, ReviewStatus.READING)
    if seat.done_at:
        raise RuleBroken("You have handed in. What you found does not change any more.")
    return review, seat


def _check(session: Session, review: Review, question: str, found: Found) -> None:
    criterion = rubric_queries.rubric(review.rubric_version).by_id[question]
    rules.check_found(found, criterion.options, queries.today())
    if found.document_id:
        evidence_queries.document_of_tool(session, review.tool_id, found.document_id)


def _save(
    session: Session,
    seat: ReviewSeat,
    question: str,
    found: Found,
    before: ReviewReading | None = None,
) -> ReviewReading:
    row = before or ReviewReading(
        org_id=seat.org_id,
        review_id=seat.review_id,
        seat_id=seat.id,
        question=question,
        state=found.state,
        saved_at=clock.now(),
    )
    for name, value in queries.columns_of(found).items():
        setattr(row, name, value)
    row.saved_at = clock.now()
    session.add(row)
    return row


def hand_in(session: Session, actor: Actor, review_id: UUID) -> Review:
    """A reader signs what they found. Once both have, what they agree on is settled."""
    review = queries.get_review(session, review_id, lock=True)
    seat = queries.my_seat(session, actor, review_id, *READERS, lock=True)
    require(actor, "reviews.hand_in", seat)
    if seat.done_at:
        return review
    rules.check_status(review.status, ReviewStatus.READING)
    _check_still_free(session, seat)
    rules.check_facts_confirmed(review.facts_confirmed_at is not None, seat.seat)
    read = queries.readings_of_seat(session, seat)
    left = [q for q in rubric_queries.questions_to_read(review, seat.seat) if q not in read]
    rules.check_all_there(left, "are not read yet")
    seat.done_at = clock.now()
    session.flush()
    emit(session, actor, "reviews.handed_in", review, seat=str(seat.seat))
    seats = {s.seat: s for s in queries.seats_of(session, review.id) if s.is_fit}
    if all(side in seats and seats[side].done_at for side in READERS):
        _settle_what_agrees(session, actor, review)
    return review


def _check_still_free(session: Session, seat: ReviewSeat) -> None:
    if seat.user_id in queries.negotiators(session, seat.vendor_id):
        raise RuleBroken(
            "You convene or keep money for a consortium that buys from this vendor. Step aside: "
            "nobody who negotiated a price may review."
        )


def _settle_what_agrees(session: Session, actor: Actor, review: Review) -> None:
    review.status = ReviewStatus.SETTLING
    sides = queries.both_readings(session, review)
    first, second = (
        {question: queries.found_of(row) for question, row in sides[side].items()}
        for side in READERS
    )
    settled, differ = rules.settle(first, second, rubric_queries.drawn(review))
    seat = queries.seat_of(session, review.id, Seat.FIRST)
    for question, (found, source) in settled.items():
        found = _silent(review, found)
        by = seat.id if seat and source is Source.FIRST else None
        append_decision(session, actor, review, question, found, source, seat_id=by, is_first=True)
    _carry_over(session, actor, review)
    emit(session, actor, "reviews.settling_began", review, differ=len(differ))
    if not differ:
        _begin_check(session, actor, review)
        return
    review.due_on = holidays.working_days_after(queries.today(), rules.SETTLE_DAYS)
    review.reminded_days = 9_999
    text = f"The two readings differ on {len(differ)} questions." + letters.until(review.due_on)
    _tell_settler(session, review, "differences to settle", text)


def _carry_over(session: Session, actor: Actor, review: Review) -> None:
    """What a re-check did not read again holds as it was proven before, with its own date."""
    earlier = recheck_queries.carried_from(session, review)
    if earlier is None:
        return
    before, again = queries.decisions_of(session, earlier.id), review.rereads or {}
    rubric = rubric_queries.rubric(review.rubric_version)
    for criterion in rubric_queries.applicable(rubric, review.facts):
        row = before.get(criterion.id)
        if row is not None and criterion.id not in again:
            append_decision(
                session, actor, review, criterion.id, queries.found_of(row), Source.CARRIED,
                is_first=True,
            )  # fmt: skip


def _silent(review: Review, found: Found) -> Found:
    state = rules.silent(found.state, review.asked_at, review.signed_at is not None, clock.now())
    return found if state is found.state else Found(state, words=found.words)


def _tell_settler(session: Session, review: Review, subject: str, text: str) -> None:
    seat = queries.seat_of(session, review.id, Seat.SETTLES)
    tool = evidence_queries.tool_of(session, review.tool_id)
    if seat is None:
        letters.tell_operator(
            session,
            tool,
            f"{subject}: nobody is chosen yet",
            f"{text} Choose a third person.",
            f"/admin/reviews/{review.id}",
        )
        return
    seat.due_on, seat.reminded_days = review.due_on, 9_999
    user = queries.users_by_id(session, [seat.user_id])[seat.user_id]
    letters.tell_person(session, user, tool, subject, text, f"/reviews/{review.id}")


# -- settling --------------------------------------------------------------------------------


def settle_question(
    session: Session, actor: Actor, review_id: UUID, question: str, found: Found, *, why: str
) -> ReviewDecision:
    """A third person decides where two readers differ, or answers a vendor's point."""
    review = queries.get_review(session, review_id, lock=True)
    seat = queries.my_seat(session, actor, review_id, Seat.SETTLES, lock=True)
    require(actor, "reviews.settle_question", seat)
    rules.check_status(review.status, ReviewStatus.SETTLING, ReviewStatus.CHECKING)
    _check_still_free(session, seat)
    open_now = queries.questions_to_settle(session, review)
    if question not in open_now:
        raise NotFound("There is nothing to settle on this question.")
    rules.check_words(why, "Say in a sentence why this answer holds.", "why")
    _check(session, review, question, found)
    row = append_decision(
        session, actor, review, question, found, Source.SETTLED, why=why, seat_id=seat.id
    )
    emit(session, actor, "reviews.question_settled", review, question=question)
    if review.status is ReviewStatus.SETTLING and not queries.questions_to_settle(session, review):
        seat.due_on = None
        _begin_check(session, actor, review)
    return row


def _begin_check(session: Session, actor: Actor, review: Review) -> None:
    review.status, review.reminded_days = ReviewStatus.CHECKING, 9_999
    review.due_on = holidays.working_days_after(queries.today(), rules.CHECK_DAYS)
    emit(session, actor, "reviews.check_began", review, due_on=review.due_on.isoformat())
    letters.tell_vendor(
        session,
        evidence_queries.tool_of(session, review.tool_id),
        "check the facts before we publish",
        "Both reviewers have read your papers. You have 10 working days to tell us what is not "
        "right." + letters.until(review.due_on),
    )


# -- the vendor's check, and publishing ------------------------------------------------------


def answer_check(session: Session, actor: Actor, review_id: UUID) -> Review:
    """The vendor has looked. Without points it is published at once; with points they are
    answered first."""
    review = queries.get_review(session, review_id, lock=True)
    require(actor, "reviews.answer_check", review)
    if review.check_answered_at:
        return review
    rules.check_status(review.status, ReviewStatus.CHECKING)
    review.check_answered_at = clock.now()
    emit(session, actor, "reviews.check_answered", review)
    if left := queries.questions_to_settle(session, review):
        review.due_on = holidays.working_days_after(queries.today(), rules.SETTLE_DAYS)
        text = f"The vendor says that {len(left)} answers are not right."
        _tell_settler(session, review, "the vendor made points", text)
    else:
        publish_review(session, Actor.system(), review.id)
    return review


def publish_review(session: Session, actor: Actor, review_id: UUID) -> Review:
    """Open it to everybody for a year; the review before it is replaced, a stop is lifted."""
    review = queries.get_review(session, review_id, lock=True)
    seat = None if actor.is_system else queries.my_seat(session, actor, review_id, Seat.SETTLES)
    require(actor, "reviews.publish_review", seat)
    if review.status is ReviewStatus.PUBLISHED:
        return review
    rules.check_status(review.status, ReviewStatus.CHECKING)
    if not review.check_answered_at and (review.due_on is None or queries.today() <= review.due_on):
        raise RuleBroken("The vendor may still check the facts." + letters.until(review.due_on))
    left = queries.questions_to_settle(session, review)
    rules.check_all_there(left, "have a point without an answer")
    earlier = queries.published_review_of(session, review.tool_id, lock=True)
    if earlier:
        earlier.status, earlier.ended_at = ReviewStatus.REPLACED, clock.now()
        release_seats(session, Actor.system(), earlier)
    review.status, review.is_open, review.due_on = ReviewStatus.PUBLISHED, None, None
    review.published_at, review.expires_on = clock.now(), queries.today() + rules.HOLDS
    if earlier and review.rereads is not None:
        review.expires_on = recheck_rules.holds_until(earlier.expires_on, queries.today())
        _keep_doubts(session, earlier, review)
    review.reminded_days = 9_999
    session.flush()
    drop_stop(session, Actor.system(), review.tool_id, "A new review was published.")
    publish_card(session, Actor.system(), review.id)
    release_seats(session, Actor.system(), review)
    tool = evidence_queries.tool_of(session, review.tool_id)
    emit(session, actor, "reviews.published", review, tool=str(tool.id))
    _tell_of_publishing(session, tool, review)
    return review


def _keep_doubts(session: Session, earlier: Review, review: Review) -> None:
    """What came into doubt meanwhile, and was carried over, stays in doubt."""
    for question, row in queries.reopened(session, earlier.id).items():
        if question not in (review.rereads or {}):
            session.add(
                ReviewReopening(
                    org_id=review.org_id,
                    review_id=review.id,
                    question=question,
                    source_id=row.source_id,
                    because=row.because,
                    opened_at=clock.now(),
                    is_void=row.is_void,
                )
            )


def _tell_of_publishing(session: Session, tool: Tool, review: Review) -> None:
    letters.tell_vendor(
        session,
        tool,
        "the review is published",
        "It holds for a year. You may appeal at any time.",
    )
    letters.tell_operator(
        session, tool, "the review is published", "It holds for a year.", f"/tools/{tool.slug}"
    )
