"""A review begins: the vendor answers and signs, people take their seats or step aside."""

from collections.abc import Mapping
from datetime import date
from secrets import token_hex
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.catalogue import queries as catalogue
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
    rubric_queries,
    rules,
)
from marketplace.reviews.models import Review, ReviewSeat, ReviewStanding
from marketplace.reviews.rules import ReviewStatus, Seat, State, Tie


def open_review(
    session: Session, actor: Actor, tool_id: UUID, *, without_vendor: bool = False
) -> Review:
    """Ask the vendor to answer; `without_vendor`: the reviewers begin at once, by themselves.

    Opening a tool's review again gives the one that is under way.
    """
    tool = catalogue.tool_to_change(session, tool_id)
    require(actor, "reviews.open_review", _of_vendor(tool))
    if tool.published_at is None:
        raise RuleBroken("Only a published tool can be reviewed.")
    if found := queries.open_review_of(session, tool.id):
        return found
    rubric, earlier = rubric_queries.rubric(), queries.reviews_of(session, tool.id)
    review = Review(
        org_id=queries.operator_org(session).id,
        tool_id=tool.id,
        vendor_id=tool.org_id,
        number=len(earlier) + 1,
        status=ReviewStatus.ANSWERING,
        rubric_version=rubric.version,
        rubric_sha256=rubric.sha256,
        opened_at=clock.now(),
        opened_by_id=actor.user_id,
        asked_at=clock.now(),
        facts=dict(earlier[0].facts) if earlier else {},
        answers=dict(earlier[0].answers) if earlier else {},
        seed=token_hex(16),
        due_on=queries.today() + rules.SILENT_AFTER,
    )
    session.add(review)
    session.flush()
    emit(session, actor, "reviews.opened", review, tool=str(tool.id))
    letters.tell_vendor(
        session,
        tool,
        "please answer the privacy questions",
        "Two reviewers of member districts will read your papers. Answer the questions and have "
        "an officer sign them. If we hear nothing for 30 days, each open question is shown as "
        "“would not answer”." + letters.until(review.due_on),
    )
    if without_vendor:
        read_without_vendor(session, actor, review.id)
    return review


def read_without_vendor(session: Session, actor: Actor, review_id: UUID) -> Review:
    """The reviewers begin although nobody signed; the vendor may still answer meanwhile."""
    review = queries.get_review(session, review_id, lock=True)
    require(actor, "reviews.read_without_vendor", review)
    if review.status is ReviewStatus.ANSWERING:
        _begin_reading(session, actor, review)
    return review


def answer_rubric(
    session: Session,
    actor: Actor,
    review_id: UUID,
    *,
    facts: Mapping[str, Any] | None = None,
    answers: Mapping[str, Mapping[str, str]] | None = None,
    seen_edits: int | None = None,
) -> Review:
    """Save the vendor's facts and answers so far. `answers`: {question: {"option", "words"}};
    the option "declined" says in so many words that the vendor will not answer."""
    review = queries.get_review(session, review_id, lock=True)
    require(actor, "reviews.answer_rubric", review)
    rules.check_vendor_may_write(review.status, is_signed=review.signed_at is not None)
    if seen_edits is not None and seen_edits != review.edits:
        raise RuleBroken(
            "Somebody of your company saved other answers after you opened this page. What you "
            "typed is still here: check it, then save again."
        )
    rubric = rubric_queries.rubric(review.rubric_version)
    if facts is not None:
        review.facts = rubric_queries.checked_facts(rubric, facts)
    kept = dict(review.answers)
    for question, said in (answers or {}).items():
        option, words = said.get("option", ""), said.get("words", "").strip()
        if question not in rubric.by_id:
            raise RuleBroken("There is no such question.")
        if option not in ("", State.DECLINED, *rubric.by_id[question].options):
            raise RuleBroken("Choose one of the answers.", question)
        if len(words) > rules.LONGEST_WORDS:
            raise RuleBroken(f"Use {rules.LONGEST_WORDS:,} letters at most.", f"{question}-words")
        kept.pop(question, None)
        if option or words:
            kept[question] = {"option": str(option), "words": words}
    review.answers = kept
    review.edits += 1
    emit(session, actor, "reviews.vendor_answered", review, answers=len(kept))
    return review


def sign_answers(
    session: Session,
    actor: Actor,
    review_id: UUID,
    *,
    officer_name: str,
    officer_title: str,
    signed_on: date | None,
) -> Review:
    """A named officer stands for the answers. From now on they do not change; twice is once."""
    review = queries.get_review(session, review_id, lock=True)
    require(actor, "reviews.sign_answers", review)
    if review.signed_at:
        return review
    rules.check_vendor_may_write(review.status, is_signed=review.signed_at is not None)
    rubric = rubric_queries.rubric(review.rubric_version)
    rubric_queries.checked_facts(rubric, review.facts)
    asked = rubric_queries.applicable(rubric, review.facts)
    left = [each.id for each in asked if each.id not in rubric_queries.answered(review)]
    rules.check_all_there(left, "have no answer yet")
    rules.check_officer(officer_name, officer_title, signed_on, queries.today())
    review.officer_name, review.officer_title = officer_name.strip(), officer_title.strip()
    review.signed_on, review.signed_at, review.signed_by_id = (
        signed_on, clock.now(), actor.user_id,
    )  # fmt: skip
    emit(session, actor, "reviews.vendor_signed", review, tool=str(review.tool_id))
    if review.status is ReviewStatus.ANSWERING:
        _begin_reading(session, actor, review)
    return review


def _begin_reading(session: Session, actor: Actor, review: Review) -> None:
    review.status, review.reminded_days = ReviewStatus.READING, 9_999
    review.due_on = holidays.working_days_after(queries.today(), rules.READ_DAYS)
    for seat in queries.seats_of(session, review.id):
        if seat.is_fit:
            seat.due_on = review.due_on
    emit(session, actor, "reviews.reading_began", review, signed=review.signed_at is not None)
    tool = evidence_queries.tool_of(session, review.tool_id)
    letters.tell_operator(
        session,
        tool,
        "ready to be read",
        "Choose two reviewers, if you have not yet." + letters.until(review.due_on),
        f"/admin/reviews/{review.id}",
    )
    letters.tell_seats(
        session,
        review,
        tool,
        "your reading can begin",
        "The vendor’s answers are here." if review.signed_at else "The vendor did not answer.",
        f"/reviews/{review.id}",
    )


# -- who sits where --------------------------------------------------------------------------


def assign_seat(
    session: Session, actor: Actor, review_id: UUID, *, user_id: UUID, seat: Seat
) -> ReviewSeat:
    """Give a reviewer a part in a review; whoever sat there leaves it. The same again is once."""
    review = queries.get_review(session, review_id, lock=True)
    require(actor, "reviews.assign_seat", review)
    _check_seat_is_open(review, seat)
    now_there = queries.seat_of(session, review.id, seat)
    if now_there and now_there.user_id == user_id:
        return now_there
    home = _check_person(session, review, user_id)
    if now_there:
        if now_there.done_at:
            raise RuleBroken("This reviewer has handed in already.", "seat")
        _end(now_there, "Another reviewer took over.")
    due_on = review.due_on if review.status is not ReviewStatus.ANSWERING else None
    found = ReviewSeat(
        org_id=review.org_id,
        review_id=review.id,
        vendor_id=review.vendor_id,
        user_id=user_id,
        home_id=home,
        seat=seat,
        taken_at=clock.now(),
        assigned_by_id=actor.user_id,
        due_on=due_on if seat in _READS_AT.get(review.status, ()) else None,
    )
    session.flush()  # the earlier seat ends first
    session.add(found)
    try:
        session.flush()
    except IntegrityError as refused:
        # Somebody else was quicker, or a tie was declared meanwhile: the keys say no.
        raise RuleBroken("This person cannot sit here. Load the page again.", "person") from refused
    emit(session, actor, "reviews.seat_taken", review, seat=str(seat), person=str(user_id))
    user = accounts.get_user(session, user_id)
    tool = evidence_queries.tool_of(session, review.tool_id)
    letters.tell_person(
        session,
        user,
        tool,
        f"you are asked to review it ({rules.SEAT_WORDS[seat].lower()})",
        "If you have any tie to the vendor, step aside first: the page says how."
        + letters.until(found.due_on),
        f"/reviews/{review.id}",
    )
    return found


_READS_AT = {
    ReviewStatus.READING: (Seat.FIRST, Seat.SECOND),
    ReviewStatus.SETTLING: (Seat.SETTLES,),
    ReviewStatus.CHECKING: (Seat.SETTLES,),
}


def _check_seat_is_open(review: Review, seat: Seat) -> None:
    if seat is Seat.APPEAL:
        rules.check_status(review.status, ReviewStatus.PUBLISHED)
    elif seat is Seat.SETTLES:
        rules.check_status(review.status, *rules.OPEN)
    else:
        rules.check_status(review.status, ReviewStatus.ANSWERING, ReviewStatus.READING)


def _check_person(session: Session, review: Review, user_id: UUID) -> UUID:
    """The person's district, after every rule about who may sit in this review."""
    homes = {user.id: org for user, org in queries.reviewers(session)}
    home = homes.get(user_id)
    standing = _standing(session, review, user_id)
    from_a_member = home is not None and _is_of_a_member(home)
    rules.check_may_sit(
        is_reviewer=from_a_member,
        is_vendors=queries.acts_for(session, user_id, review.vendor_id),
        negotiated=user_id in queries.negotiators(session, review.vendor_id),
        stepped_aside=not standing.is_fit,
        has_seat=any(s.user_id == user_id for s in queries.seats_of(session, review.id)),
    )
    return cast("Organization", home).id


def _is_of_a_member(home: Organization) -> bool:
    return home.kind in (OrganizationKind.DISTRICT, OrganizationKind.SERVICE_AGENCY)


def _standing(session: Session, review: Review, user_id: UUID) -> ReviewStanding:
    found = queries.standing(session, user_id, review.vendor_id, lock=True)
    if found is None:
        found = ReviewStanding(org_id=review.org_id, user_id=user_id, vendor_id=review.vendor_id)
        session.add(found)
        session.flush()
    return found


def step_aside(
    session: Session, actor: Actor, vendor_id: UUID, *, tie: Tie, words: str = ""
) -> ReviewStanding:
    """Declare a tie to a vendor, which is public; the person leaves every open review of it."""
    require(actor, "reviews.step_aside")
    vendor = accounts.get_organization(session, vendor_id)
    if vendor.kind is not OrganizationKind.VENDOR:
        raise NotFound("There is no such vendor.")
    if len(words) > 500:
        raise RuleBroken("Use 500 letters at most.", "words")
    return _recuse(session, actor, actor.person, vendor.id, tie, words.strip())


def recuse_negotiator(
    session: Session, actor: Actor, user_id: UUID, vendor_id: UUID
) -> ReviewStanding:
    """Somebody who sits in a review has begun to negotiate with the vendor."""
    require(actor, "reviews.recuse_negotiator")
    return _recuse(session, actor, user_id, vendor_id, Tie.NEGOTIATED, "")


def _recuse(
    session: Session, actor: Actor, user_id: UUID, vendor_id: UUID, tie: Tie, words: str
) -> ReviewStanding:
    """Seats first, then the standing they point at: the key lets it happen in no other order."""
    for seat, review, tool in queries.seats_held_by(session, user_id):
        if review.vendor_id != vendor_id:
            continue
        _end(seat, rules.TIE_WORDS[tie])
        emit(session, actor, "reviews.seat_left", review, seat=str(seat.seat), tie=str(tie))
        letters.tell_operator(
            session,
            tool,
            "a reviewer stepped aside",
            f"{rules.SEAT_WORDS[seat.seat]}: {rules.TIE_WORDS[tie].lower()}. Choose somebody else.",
            f"/admin/reviews/{review.id}",
        )
    session.flush()
    standing = queries.standing(session, user_id, vendor_id, lock=True) or ReviewStanding(
        org_id=queries.operator_org(session).id, user_id=user_id, vendor_id=vendor_id
    )
    if standing.tie is None:
        standing.is_fit, standing.tie, standing.words = False, tie, words
        standing.declared_at = clock.now()
        session.add(standing)
        session.flush()
        emit(session, actor, "reviews.stepped_aside", standing, vendor=str(vendor_id))
    return standing


def _end(seat: ReviewSeat, because: str) -> None:
    seat.is_fit, seat.ended_at, seat.ended_because = None, clock.now(), because


def _of_vendor(tool: Tool) -> Any:
    """A tool as the policy asks for it: by its vendor."""
    return SimpleNamespace(vendor_id=tool.org_id)
