"""What may be asked about reviews. Blindness lives here: a reader gets their own readings only."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.accounts.models import Membership, Organization, User
from marketplace.accounts.rules import OrganizationKind, Role
from marketplace.catalogue.models import Tool
from marketplace.core import clock
from marketplace.core.access import Actor
from marketplace.core.errors import NotFound
from marketplace.pools.models import Pool
from marketplace.reviews.models import (
    Review,
    ReviewDecision,
    ReviewMessage,
    ReviewReading,
    ReviewReopening,
    ReviewSeat,
    ReviewStanding,
)
from marketplace.reviews.rules import (
    OPEN,
    Found,
    Level,
    MessageKind,
    ReviewStatus,
    Seat,
    State,
)

#: Who agrees on prices for a consortium.
NEGOTIATES = (Role.CONVENER, Role.FISCAL_AGENT)
#: Columns that are TRUE or NULL, as conditions.
SITS: Any = ReviewSeat.is_fit
UNDER_WAY: Any = Review.is_open
#: A reading counts once it is handed in, unless its reader stepped aside afterwards.
HANDED_IN = (col(ReviewSeat.done_at).is_not(None), ReviewSeat.ended_because == "")


def today() -> date:
    """Deadlines run by the day on the East Coast, where federal offices keep theirs."""
    return clock.today("America/New_York")


# -- reviews ---------------------------------------------------------------------------------


def get_review(session: Session, review_id: UUID, *, lock: bool = False) -> Review:
    query = select(Review).where(Review.id == review_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such review.")
    return found


def reviews_of(session: Session, tool_id: UUID) -> list[Review]:
    """Every review of a tool, the newest first."""
    query = select(Review).where(Review.tool_id == tool_id).order_by(col(Review.number).desc())
    return list(session.exec(query))


def open_review_of(session: Session, tool_id: UUID, *, lock: bool = False) -> Review | None:
    query = select(Review).where(Review.tool_id == tool_id, UNDER_WAY)
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def published_review_of(session: Session, tool_id: UUID, *, lock: bool = False) -> Review | None:
    """The review whose answers hold now, or held last."""
    query = select(Review).where(
        Review.tool_id == tool_id,
        col(Review.status).in_((ReviewStatus.PUBLISHED, ReviewStatus.EXPIRED)),
    )
    query = query.order_by(col(Review.number).desc()).limit(1)
    return session.exec(query.with_for_update() if lock else query).first()


def under_way(session: Session) -> list[tuple[Review, Tool]]:
    """Reviews that are not finished, whose day comes first, first."""
    query = (
        select(Review, Tool)
        .join(Tool, col(Tool.id) == Review.tool_id)
        .where(col(Review.status).in_(OPEN))
        .order_by(col(Review.due_on).is_(None), col(Review.due_on), col(Tool.name))
        .limit(200)
    )
    return [(review, tool) for review, tool in session.exec(query)]


def finished(session: Session, limit: int = 50) -> list[tuple[Review, Tool]]:
    query = (
        select(Review, Tool)
        .join(Tool, col(Tool.id) == Review.tool_id)
        .where(col(Review.published_at).is_not(None))
        .order_by(col(Review.published_at).desc(), col(Review.id))
        .limit(limit)
    )
    return [(review, tool) for review, tool in session.exec(query)]


def tools_without_review(session: Session) -> list[tuple[Tool, Organization]]:
    """Published tools of which no review was ever opened, by name."""
    query = (
        select(Tool, Organization)
        .join(Organization, col(Organization.id) == Tool.org_id)
        .where(
            col(Tool.published_at).is_not(None),
            col(Tool.id).not_in(select(Review.tool_id)),
        )
        .order_by(col(Tool.name))
        .limit(100)
    )
    return [(tool, vendor) for tool, vendor in session.exec(query)]


def due(session: Session, *statuses: ReviewStatus, by: date) -> list[UUID]:
    """Reviews at one of these steps whose last day was before `by`."""
    query = select(Review.id).where(
        col(Review.status).in_(statuses), col(Review.due_on) < by
    )  # fmt: skip
    return list(session.exec(query.order_by(col(Review.due_on)).limit(200)))


def run_out(session: Session, today: date) -> list[UUID]:
    query = select(Review.id).where(
        Review.status == ReviewStatus.PUBLISHED, col(Review.expires_on) <= today
    )
    return list(session.exec(query.limit(200)))


# -- people ----------------------------------------------------------------------------------


def operator_org(session: Session) -> Organization:
    """The organization that runs the site keeps the reviews."""
    query = select(Organization).where(Organization.kind == OrganizationKind.OPERATOR)
    found = session.exec(query.order_by(col(Organization.founded_at)).limit(1)).first()
    if found is None:
        raise NotFound("This site has no operator yet.")
    return found


def reviewers(
    session: Session, within: Iterable[UUID] | None = None
) -> list[tuple[User, Organization]]:
    """People with the reviewer's role (in these consortia) and where they come from, by name."""
    roles = select(Membership.user_id).where(
        Membership.role == Role.REVIEWER, col(Membership.ended_at).is_(None)
    )
    if within is not None:
        roles = roles.where(col(Membership.org_id).in_(set(within)))
    query = (
        select(User, Organization)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.org_id)
        .where(
            col(User.id).in_(roles),
            col(User.active),
            col(Membership.ended_at).is_(None),
        )
        .order_by(col(User.name), col(User.id), col(Membership.since), col(Membership.id))
    )
    homes: dict[UUID, tuple[User, Organization]] = {}
    for user, organization in session.exec(query):
        known = homes.get(user.id)
        if known is None or _is_home(organization) > _is_home(known[1]):
            homes[user.id] = user, organization
    return list(homes.values())


def _is_home(organization: Organization) -> bool:
    return organization.kind in (OrganizationKind.DISTRICT, OrganizationKind.SERVICE_AGENCY)


def acts_for(session: Session, user_id: UUID, org_id: UUID) -> bool:
    """Holds or held a role there."""
    query = select(Membership.id).where(Membership.user_id == user_id, Membership.org_id == org_id)
    return session.exec(query.limit(1)).first() is not None


def negotiators(session: Session, vendor_id: UUID) -> set[UUID]:
    """Whoever convenes or keeps money for a consortium that ever had a pool for the vendor's
    tools, now or earlier."""
    query = (
        select(Membership.user_id)
        .join(Pool, col(Pool.org_id) == Membership.org_id)
        .where(col(Membership.role).in_(NEGOTIATES), Pool.vendor_id == vendor_id)
        .distinct()
    )
    return set(session.exec(query).all())


def standing(
    session: Session, user_id: UUID, vendor_id: UUID, *, lock: bool = False
) -> ReviewStanding | None:
    query = select(ReviewStanding).where(
        ReviewStanding.user_id == user_id, ReviewStanding.vendor_id == vendor_id
    )
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def recusals(session: Session, vendor_id: UUID) -> list[tuple[ReviewStanding, User]]:
    """Who stepped aside from this vendor's reviews, and why; public."""
    query = (
        select(ReviewStanding, User)
        .join(User, col(User.id) == ReviewStanding.user_id)
        .where(ReviewStanding.vendor_id == vendor_id, col(ReviewStanding.tie).is_not(None))
        .order_by(col(ReviewStanding.declared_at), col(User.name))
    )
    return [(row, user) for row, user in session.exec(query)]


def users_by_id(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, User]:
    wanted = {each for each in ids if each}
    if not wanted:
        return {}
    return {u.id: u for u in session.exec(select(User).where(col(User.id).in_(wanted)))}


# -- seats -----------------------------------------------------------------------------------


def seats_of(session: Session, review_id: UUID) -> list[ReviewSeat]:
    query = select(ReviewSeat).where(ReviewSeat.review_id == review_id)
    return list(session.exec(query.order_by(col(ReviewSeat.taken_at), col(ReviewSeat.id))))


def seat_of(session: Session, review_id: UUID, seat: Seat) -> ReviewSeat | None:
    """Who sits there now."""
    query = select(ReviewSeat).where(
        ReviewSeat.review_id == review_id, ReviewSeat.seat == seat, SITS
    )
    return session.exec(query).one_or_none()


def my_seat(
    session: Session, actor: Actor, review_id: UUID, *seats: Seat, lock: bool = False
) -> ReviewSeat:
    """The actor's own seat in a review; to everybody else the review does not exist."""
    query = select(ReviewSeat).where(
        ReviewSeat.review_id == review_id,
        ReviewSeat.user_id == actor.user_id,
        SITS,
    )
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None or (seats and found.seat not in seats):
        raise NotFound("There is no such review.")
    return found


def seats_held_by(session: Session, user_id: UUID) -> list[tuple[ReviewSeat, Review, Tool]]:
    """Where a person sits now, whose day comes first, first."""
    query = (
        select(ReviewSeat, Review, Tool)
        .join(Review, col(Review.id) == ReviewSeat.review_id)
        .join(Tool, col(Tool.id) == Review.tool_id)
        .where(ReviewSeat.user_id == user_id, SITS)
        .order_by(col(ReviewSeat.due_on).is_(None), col(ReviewSeat.due_on), col(Tool.name))
        .limit(200)
    )
    return [(seat, review, tool) for seat, review, tool in session.exec(query)]


def seats_to_remind(session: Session, until: date) -> list[tuple[ReviewSeat, Review, Tool, User]]:
    query = (
        select(ReviewSeat, Review, Tool, User)
        .join(Review, col(Review.id) == ReviewSeat.review_id)
        .join(Tool, col(Tool.id) == Review.tool_id)
        .join(User, col(User.id) == ReviewSeat.user_id)
        .where(
            SITS,
            col(ReviewSeat.done_at).is_(None),
            col(ReviewSeat.due_on) <= until,
        )
        .limit(200)
    )
    return list(session.exec(query))


def workload(session: Session) -> dict[UUID, dict[str, int]]:
    """For each person: seats they have now, seats that are late, reviews done. One query."""
    handed_in = col(ReviewSeat.done_at).is_not(None)
    query: Any = select(ReviewSeat.user_id, SITS, handed_in, func.count()).group_by(
        col(ReviewSeat.user_id), SITS, handed_in
    )
    counts: dict[UUID, dict[str, int]] = {}
    for user_id, is_fit, is_done, n in session.exec(query):
        row = counts.setdefault(user_id, {"now": 0, "done": 0})
        row["done"] += n if is_done else 0
        row["now"] += n if is_fit and not is_done else 0
    return counts


# -- readings and decisions ------------------------------------------------------------------


def readings_of_seat(session: Session, seat: ReviewSeat) -> dict[str, ReviewReading]:
    """One reader's own findings, by question."""
    query = select(ReviewReading).where(ReviewReading.seat_id == seat.id)
    return {row.question: row for row in session.exec(query)}


def both_readings(session: Session, review: Review) -> dict[Seat, dict[str, ReviewReading]]:
    """Both readers' findings; refused while one of them could still be swayed."""
    if review.status in (ReviewStatus.ANSWERING, ReviewStatus.READING):
        raise NotFound("The readings are not open yet.")
    query = (
        select(ReviewReading, ReviewSeat)
        .join(ReviewSeat, col(ReviewSeat.id) == ReviewReading.seat_id)
        .where(ReviewReading.review_id == review.id, *HANDED_IN)
    )
    found: dict[Seat, dict[str, ReviewReading]] = {Seat.FIRST: {}, Seat.SECOND: {}}
    for reading, seat in session.exec(query):
        found[seat.seat][reading.question] = reading
    return found


def decisions_of(session: Session, review_id: UUID) -> dict[str, ReviewDecision]:
    """The answers that hold, by question: of each the newest version."""
    query = select(ReviewDecision).where(ReviewDecision.review_id == review_id)
    rows = session.exec(query.order_by(col(ReviewDecision.question), col(ReviewDecision.version)))
    return {row.question: row for row in rows}


def corrections_of(session: Session, review_id: UUID) -> list[ReviewDecision]:
    """What was changed after a first decision, in order of time."""
    query = select(ReviewDecision).where(
        ReviewDecision.review_id == review_id, ReviewDecision.version > 1
    )
    return list(session.exec(query.order_by(col(ReviewDecision.decided_at))))


def reopened(session: Session, review_id: UUID) -> dict[str, ReviewReopening]:
    """Questions in doubt: something changed after the answer that holds was decided."""
    decided = decisions_of(session, review_id)
    query = select(ReviewReopening).where(ReviewReopening.review_id == review_id)
    rows = session.exec(query.order_by(col(ReviewReopening.opened_at)))
    return {
        row.question: row
        for row in rows
        if row.question not in decided or row.opened_at >= decided[row.question].decided_at
    }


def messages_of(session: Session, review_id: UUID) -> list[ReviewMessage]:
    query = select(ReviewMessage).where(ReviewMessage.review_id == review_id)
    return list(session.exec(query.order_by(col(ReviewMessage.written_at), col(ReviewMessage.id))))


def blind_pairs(session: Session) -> list[tuple[str, bool]]:
    """Each question read twice in a review whose readings are open: did the two agree?"""
    first, second = _aliased(Seat.FIRST), _aliased(Seat.SECOND)
    query: Any = (
        select(
            first.c.question,
            first.c.state == second.c.state,
            first.c.option == second.c.option,
            first.c.level == second.c.level,
        )
        .join(
            second,
            (second.c.review_id == first.c.review_id) & (second.c.question == first.c.question),
        )
        .order_by(first.c.question)
    )
    return [(question, bool(a and b and c)) for question, a, b, c in session.exec(query)]


def _aliased(seat: Seat) -> Any:
    read: Any = (
        ReviewReading.review_id,
        ReviewReading.question,
        ReviewReading.state,
        ReviewReading.option,
        ReviewReading.level,
    )
    reading = (
        select(*read)
        .join(ReviewSeat, col(ReviewSeat.id) == ReviewReading.seat_id)
        .join(Review, col(Review.id) == ReviewReading.review_id)
        .where(
            ReviewSeat.seat == seat,
            *HANDED_IN,
            col(Review.published_at).is_not(None),
        )
    )
    return reading.subquery()


def found_of(row: Any) -> Found:
    """A stored answer as the rules read it."""
    return Found(
        state=row.state,
        option=row.option,
        level=row.level,
        document_id=row.document_id,
        locator=row.locator,
        quote=row.quote,
        words=row.words,
        dated=row.dated,
        expires_on=row.expires_on,
    )


def reopenings_by(session: Session, review_id: UUID, source_id: UUID) -> list[ReviewReopening]:
    """What one change has put in doubt already."""
    query = select(ReviewReopening).where(
        ReviewReopening.review_id == review_id, ReviewReopening.source_id == source_id
    )
    return list(session.exec(query))


def message_sent(session: Session, review_id: UUID, once_key: str) -> ReviewMessage | None:
    query = select(ReviewMessage).where(
        ReviewMessage.review_id == review_id, ReviewMessage.once_key == once_key
    )
    return session.exec(query).one_or_none()


def questions_to_settle(session: Session, review: Review) -> list[str]:
    """While settling: where the readers differ and nobody decided. While the vendor checks: its
    points that were not answered since."""
    decided = decisions_of(session, review.id)
    if review.status is ReviewStatus.SETTLING:
        sides = both_readings(session, review)
        return sorted(q for q in sides[Seat.FIRST] if q not in decided)
    points: dict[str, ReviewMessage] = {}
    for message in messages_of(session, review.id):
        if message.kind is MessageKind.POINT:
            points[message.question] = message
        elif message.kind is MessageKind.NOTE:
            points.pop(message.question, None)
    return sorted(
        question
        for question, point in points.items()
        if question not in decided or decided[question].decided_at <= point.written_at
    )


def columns_of(found: Found) -> dict[str, Any]:
    """The other way round; where nothing was found, nothing shows it."""
    values = asdict(found)
    if found.state is not State.ANSWERED:
        return values | {"option": "", "level": Level.E0, "document_id": None, "quote": ""}
    return values


# -- by the clock ----------------------------------------------------------------------------


def silent_desk_reviews(session: Session, asked_before: datetime) -> list[UUID]:
    """Published without a word of the vendor, asked so long ago, with answers not found."""
    query = (
        select(Review.id)
        .join(ReviewDecision, col(ReviewDecision.review_id) == Review.id)
        .where(
            Review.status == ReviewStatus.PUBLISHED,
            col(Review.signed_at).is_(None),
            col(Review.asked_at) <= asked_before,
            ReviewDecision.state == State.NOT_FOUND,
            ReviewDecision.version == 1,
        )
        .distinct()
    )
    return [
        review_id
        for review_id in session.exec(query.limit(200))
        if any(d.state is State.NOT_FOUND for d in decisions_of(session, review_id).values())
    ]


def seated_negotiators(session: Session) -> list[tuple[UUID, UUID]]:
    """People who sit in a review and have a price to negotiate with its vendor: (who, whom)."""
    query = (
        select(ReviewSeat.user_id, ReviewSeat.vendor_id)
        .join(Membership, col(Membership.user_id) == ReviewSeat.user_id)
        .join(Pool, col(Pool.org_id) == Membership.org_id)
        .where(
            SITS,
            col(Membership.role).in_(NEGOTIATES),
            Pool.vendor_id == ReviewSeat.vendor_id,
        )
        .distinct()
    )
    return [(user_id, vendor_id) for user_id, vendor_id in session.exec(query)]


def ending_by(session: Session, day: date) -> list[tuple[Review, Tool]]:
    query = (
        select(Review, Tool)
        .join(Tool, col(Tool.id) == Review.tool_id)
        .where(Review.status == ReviewStatus.PUBLISHED, col(Review.expires_on) <= day)
        .limit(200)
    )
    return [(review, tool) for review, tool in session.exec(query)]


def newest_reviews_of_vendor(session: Session, vendor_id: UUID) -> list[tuple[Tool, Review | None]]:
    """Each public tool of a vendor with its newest review, by name."""
    tools = session.exec(
        select(Tool)
        .where(Tool.org_id == vendor_id, col(Tool.published_at).is_not(None))
        .order_by(col(Tool.name))
        .limit(100)
    ).all()
    query = select(Review).where(Review.vendor_id == vendor_id).order_by(col(Review.number))
    newest = {review.tool_id: review for review in session.exec(query)}
    return [(tool, newest.get(tool.id)) for tool in tools]
