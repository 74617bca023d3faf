"""People take their seats in a review, or step aside from it."""

from typing import cast
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.reviews import evidence_queries, letters, queries, rules
from marketplace.reviews.models import Review, ReviewSeat, ReviewStanding
from marketplace.reviews.rules import ReviewStatus, Seat, Tie


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
    if seat in rules.DECIDE_APPEALS:
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
