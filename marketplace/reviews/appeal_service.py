"""Appeals and stops: what others than the readers have to say."""

from types import SimpleNamespace
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.core import clock
from marketplace.core.access import Actor, is_operator, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.reviews import (
    evidence_queries,
    holidays,
    letters,
    queries,
    rubric_queries,
    rules,
)
from marketplace.reviews.appeal_models import ReviewAppealVote
from marketplace.reviews.models import (
    EmergencyStop,
    Review,
    ReviewAppeal,
    ReviewSeat,
)
from marketplace.reviews.publishing_service import append_decision, publish_card
from marketplace.reviews.rules import Found, Outcome, ReviewStatus, Seat, Source
from marketplace.scorecards import service as scorecards

STANDS = (ReviewStatus.PUBLISHED, ReviewStatus.EXPIRED)


# -- appeals ---------------------------------------------------------------------------------


def appeal_review(
    session: Session, actor: Actor, tool_id: UUID, *, question: str, words: str, once_key: str
) -> ReviewAppeal:
    """The vendor or any district says that a published answer is wrong."""
    review = queries.published_review_of(session, tool_id, lock=True)
    if review is None:
        raise NotFound("There is no published review.")
    require(actor, "reviews.appeal_review", review)
    if sent := evidence_queries.appeal_sent(session, review.id, once_key):
        return sent
    if question not in queries.decisions_of(session, review.id):
        raise RuleBroken("Choose the question whose answer is wrong.", "question")
    rules.check_words(words, "Say what is wrong and how you know.")
    appeal = ReviewAppeal(
        org_id=actor.home,
        review_id=review.id,
        question=question,
        words=words.strip(),
        filed_at=clock.now(),
        filed_by_id=actor.person,
        decide_by=holidays.working_days_after(queries.today(), rules.APPEAL_DAYS),
        once_key=once_key,
    )
    try:
        with session.begin_nested():
            session.add(appeal)
    except IntegrityError:
        twice = "You have appealed this answer already. It will be decided."
        raise RuleBroken(twice, "question") from None
    emit(session, actor, "reviews.appealed", appeal, tool=str(tool_id), question=question)
    tool = evidence_queries.tool_of(session, tool_id)
    letters.tell_operator(
        session,
        tool,
        "somebody appeals",
        f"{question}: choose two people who had no part in this review to decide."
        + letters.until(appeal.decide_by),
        f"/admin/reviews/{review.id}",
    )
    for each in rules.DECIDE_APPEALS:
        if seat := queries.seat_of(session, review.id, each):
            text = f"An appeal about {appeal.question} waits for you."
            _tell_decider(session, tool, seat.user_id, appeal, text)
    return appeal


def _tell_decider(
    session: Session, tool: Tool, user_id: UUID, appeal: ReviewAppeal, text: str
) -> None:
    user = accounts.get_user(session, user_id)
    text += letters.until(appeal.decide_by)
    letters.tell_person(
        session, user, tool, "decide an appeal", text, f"/reviews/appeals/{appeal.id}"
    )


def decide_appeal(
    session: Session,
    actor: Actor,
    appeal_id: UUID,
    *,
    outcome: Outcome,
    why: str,
    found: Found | None = None,
) -> ReviewAppeal:
    """One of two people without another part in the review says what they find. Once both find
    the same it is decided; a correction is appended and the card published anew.

    Where they differ each may find anew. Saying the same again changes nothing.
    """
    appeal = evidence_queries.get_appeal(session, appeal_id)
    review = queries.get_review(session, appeal.review_id, lock=True)
    seat = queries.my_seat(session, actor, review.id, *rules.DECIDE_APPEALS, lock=True)
    require(actor, "reviews.decide_appeal", seat)
    appeal = evidence_queries.get_appeal(session, appeal_id, lock=True)
    if appeal.outcome is not None:
        return appeal
    _check_is_other(session, actor, appeal, review)
    rules.check_words(why, "Give the reason: it is public.", "why")
    if outcome is Outcome.CORRECTED:
        _check_correction(session, review, appeal, found)
    votes = evidence_queries.votes_on(session, appeal.id)
    mine = (outcome, found)
    before = votes.pop(seat.id, None)
    if before is not None and rules.same_verdict(_verdict(before[0]), mine):
        return appeal
    _find(session, review, appeal, seat, outcome, why, found)
    emit(session, actor, "reviews.appeal_found", appeal, outcome=str(outcome))
    other = next((vote for vote, _ in votes.values()), None)
    if other is None:
        _tell_other(session, review, appeal, seat, "The other one has found. It is your turn.")
    elif rules.same_verdict(_verdict(other), mine):
        _conclude(session, actor, review, appeal, other, why)
    else:
        _tell_other(session, review, appeal, seat, "You two differ. Read each other’s reasons.")
    return appeal


def _check_correction(
    session: Session, review: Review, appeal: ReviewAppeal, found: Found | None
) -> None:
    if found is None:
        raise RuleBroken("Enter the answer that is right.", "option")
    criterion = rubric_queries.rubric(review.rubric_version).by_id[appeal.question]
    rules.check_found(found, criterion.options, queries.today())
    if found.document_id:
        evidence_queries.document_of_tool(session, review.tool_id, found.document_id)


def _verdict(vote: ReviewAppealVote) -> tuple[Outcome, Found]:
    return vote.outcome, queries.found_of(vote)


def _find(
    session: Session,
    review: Review,
    appeal: ReviewAppeal,
    seat: ReviewSeat,
    outcome: Outcome,
    why: str,
    found: Found | None,
) -> None:
    """Keep what one of the two found; to let an answer stand is to find it anew."""
    stands = queries.found_of(queries.decisions_of(session, review.id)[appeal.question])
    session.add(
        ReviewAppealVote(
            org_id=review.org_id,
            review_id=review.id,
            appeal_id=appeal.id,
            question=appeal.question,
            seat_id=seat.id,
            seat=seat.seat,
            number=evidence_queries.count_of_votes(session, appeal.id) + 1,
            outcome=outcome,
            why=why.strip(),
            found_at=clock.now(),
            **queries.columns_of(found if outcome is Outcome.CORRECTED and found else stands),
        )
    )
    session.flush()


def _conclude(
    session: Session,
    actor: Actor,
    review: Review,
    appeal: ReviewAppeal,
    first: ReviewAppealVote,
    why: str,
) -> None:
    """Both found the same: what the first one proved holds, with the reasons of both."""
    seat = queries.seat_of(session, review.id, Seat.APPEAL)
    assert seat is not None
    reasons = first.why if why.strip() == first.why else f"{first.why} {why.strip()}"
    if first.outcome is Outcome.CORRECTED:
        append_decision(
            session, actor, review, appeal.question, queries.found_of(first), Source.CORRECTED,
            why=reasons, seat_id=seat.id, appeal_id=appeal.id,
        )  # fmt: skip
    appeal.outcome, appeal.why, appeal.decided_at = first.outcome, reasons, clock.now()
    appeal.seat_id, appeal.decided_in, appeal.is_open = seat.id, Seat.APPEAL, None
    session.flush()
    if first.outcome is Outcome.CORRECTED:
        publish_card(session, Actor.system(), review.id)
    emit(session, actor, "reviews.appeal_decided", appeal, outcome=str(first.outcome))
    tool, said = (
        evidence_queries.tool_of(session, review.tool_id),
        rules.OUTCOME_WORDS[first.outcome],
    )
    letters.tell_vendor(session, tool, "an appeal is decided", f"{said}.")
    filer = accounts.get_user(session, appeal.filed_by_id)
    letters.tell_person(
        session, filer, tool, "your appeal is decided", f"{said}. {reasons}",
        f"/tools/{tool.slug}/reviewers",
    )  # fmt: skip


def _tell_other(
    session: Session, review: Review, appeal: ReviewAppeal, mine: ReviewSeat, text: str
) -> None:
    seats = [queries.seat_of(session, review.id, each) for each in rules.DECIDE_APPEALS]
    tool = evidence_queries.tool_of(session, review.tool_id)
    for seat in seats:
        if seat is not None and seat.id != mine.id:
            _tell_decider(session, tool, seat.user_id, appeal, text)


def _check_is_other(session: Session, actor: Actor, appeal: ReviewAppeal, review: Review) -> None:
    is_theirs = queries.acts_for(session, actor.person, appeal.org_id)
    if actor.user_id == appeal.filed_by_id or is_theirs:
        raise RuleBroken("You cannot decide an appeal of your own organization.")
    if actor.person in queries.negotiators(session, review.vendor_id):
        raise RuleBroken("Nobody who negotiated a price with this vendor may decide. Step aside.")


# -- emergency stop --------------------------------------------------------------------------


def stop_tool(session: Session, actor: Actor, tool_id: UUID, *, reason: str = "") -> EmergencyStop:
    """The first person asks with a reason; a second one confirms, and it holds from that moment.

    Asking again oneself changes nothing: it takes two people (the database keeps that too).
    """
    tool = catalogue.tool_to_change(session, tool_id)
    require(actor, "reviews.stop_tool", tool)
    _check_free_to_stop(session, actor, tool)
    stop = evidence_queries.stop_of(session, tool.id, lock=True)
    if stop is None:
        return _ask_to_stop(session, actor, tool, reason)
    if stop.confirmed_at:
        return stop
    if stop.asked_by_id == actor.person:
        raise RuleBroken("You have asked for this stop. A second person must confirm it.")
    stop.confirmed_by_id, stop.confirmed_at = actor.person, clock.now()
    session.flush()
    scorecards.stop_card(session, actor, tool.id, reason=stop.reason, agreed_by=stop.asked_by_id)
    emit(session, actor, "reviews.tool_stopped", stop, tool=str(tool.id))
    letters.tell_vendor(session, tool, "stopped: keep student data out", stop.reason)
    letters.tell_operator(
        session, tool, "stopped by two people", stop.reason, f"/tools/{tool.slug}/reviewers"
    )
    return stop


def _ask_to_stop(session: Session, actor: Actor, tool: Tool, reason: str) -> EmergencyStop:
    if queries.published_review_of(session, tool.id) is None:
        raise RuleBroken("Only a tool with a published review can be stopped.")
    rules.check_words(reason, "Say what makes it an emergency: it will be public.", "reason")
    stop = EmergencyStop(
        org_id=queries.operator_org(session).id,
        tool_id=tool.id,
        vendor_id=tool.org_id,
        reason=reason.strip(),
        asked_at=clock.now(),
        asked_by_id=actor.person,
    )
    session.add(stop)
    session.flush()
    emit(session, actor, "reviews.stop_asked", stop, tool=str(tool.id))
    path, text = f"/reviews/stop/{tool.slug}", f"{reason.strip()} A second person must confirm it."
    letters.tell_reviewers(session, tool, "somebody asks for a stop", text, path, [actor.person])
    letters.tell_operator(session, tool, "somebody asks for a stop", text, path)
    return stop


def _check_free_to_stop(session: Session, actor: Actor, tool: Tool) -> None:
    """Whoever has a tie to the vendor leaves it to others; the operator has none."""
    tie = queries.standing(session, actor.person, tool.org_id)
    has_tie = (tie is not None and not tie.is_fit) or actor.org_id == tool.org_id
    if not is_operator(actor, tool):
        has_tie = has_tie or actor.person in queries.negotiators(session, tool.org_id)
    if has_tie:
        raise RuleBroken("You have a tie to this vendor. Leave it to somebody else.")


def drop_stop(session: Session, actor: Actor, tool_id: UUID, because: str) -> EmergencyStop | None:
    """A stop that nobody confirmed, or that a new review has answered, ends."""
    require(actor, "reviews.drop_stop", SimpleNamespace(id=tool_id))
    stop = evidence_queries.stop_of(session, tool_id, lock=True)
    if stop is not None:
        stop.is_open, stop.ended_at, stop.ended_because = None, clock.now(), because
        emit(session, actor, "reviews.stop_ended", stop, tool=str(tool_id))
    return stop
