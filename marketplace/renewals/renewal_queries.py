"""Terms that end: their notices, answers, what they would cost again, and their next pool."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import PriceSchedule
from marketplace.core.errors import NotFound
from marketplace.orders.models import Order
from marketplace.orders.rules import OrderKind
from marketplace.pools.models import Pool
from marketplace.pools.rules import CLEARED_STATES
from marketplace.pricing.rules import effective_cost, schedule_from_json
from marketplace.renewals.models import (
    DeletionCertificate,
    Renewal,
    RenewalAnswer,
    RenewalNotice,
)
from marketplace.renewals.rules import NOTICE_DAYS

#: Ended terms stay on the desks for so long: their true-up and their certificates.
SHOWN_AFTER = timedelta(days=400)


def terms_to_notice(session: Session, today: date) -> list[UUID]:
    """Pools that end within the longest notice, and whose closest notice may be due."""
    last = today + timedelta(days=max(NOTICE_DAYS) + 1)
    query = (
        select(Pool.id)
        .where(
            col(Pool.status).in_(CLEARED_STATES),
            Pool.term_ends_on >= today - timedelta(days=1),
            Pool.term_ends_on <= last,
        )
        .order_by(col(Pool.term_ends_on), col(Pool.id))
        .limit(1000)
    )
    return list(session.exec(query))


def notices_sent(session: Session, pool_id: UUID) -> list[int]:
    query = select(RenewalNotice.days).where(RenewalNotice.pool_id == pool_id)
    return list(session.exec(query))


def notices_by_pool(session: Session, pool_ids: Sequence[UUID]) -> dict[UUID, list[int]]:
    found: dict[UUID, list[int]] = {pool_id: [] for pool_id in pool_ids}
    columns: Any = (RenewalNotice.pool_id, RenewalNotice.days)
    query = select(*columns).where(col(RenewalNotice.pool_id).in_(pool_ids))
    for pool_id, days in session.exec(query) if pool_ids else ():
        found[pool_id].append(days)
    return found


def renewal_of(session: Session, pool_id: UUID) -> Renewal | None:
    return session.exec(select(Renewal).where(Renewal.pool_id == pool_id)).one_or_none()


def renewal_to(session: Session, next_pool_id: UUID, *, lock: bool = False) -> Renewal | None:
    query = select(Renewal).where(Renewal.next_pool_id == next_pool_id)
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def answer_of(session: Session, pool_id: UUID, district_id: UUID) -> RenewalAnswer | None:
    query = select(RenewalAnswer).where(
        RenewalAnswer.pool_id == pool_id, RenewalAnswer.district_id == district_id
    )
    return session.exec(query).one_or_none()


def answers_of(session: Session, pool_id: UUID) -> dict[str, RenewalAnswer]:
    query = select(RenewalAnswer).where(RenewalAnswer.pool_id == pool_id)
    return {said.leaid: said for said in session.exec(query.order_by(col(RenewalAnswer.leaid)))}


# -- lists of terms ----------------------------------------------------------------------------


class DistrictTerm(NamedTuple):
    """A term of one district, as a line of its list."""

    pool: Pool
    consortium: Organization
    seats: int
    first_order: UUID
    answer: RenewalAnswer | None


def terms_of_district(session: Session, district_id: UUID, today: date) -> list[DistrictTerm]:
    """The terms a district is in (or was, not long ago), the one that ends soonest first."""
    columns: Any = (Pool, Organization, Order.id, Order.kind, Order.seats)
    query = (
        select(*columns)
        .select_from(Order)
        .join(Pool, col(Pool.id) == col(Order.pool_id))
        .join(Organization, col(Organization.id) == col(Pool.org_id))
        .where(Order.org_id == district_id, Pool.term_ends_on >= today - SHOWN_AFTER)
        .order_by(col(Pool.term_ends_on), col(Pool.id), col(Order.part))
    )
    found: dict[UUID, list[Any]] = {}
    for pool, consortium, order_id, kind, seats in session.exec(query):
        line = found.setdefault(pool.id, [pool, consortium, 0, order_id])
        line[2] += seats if kind != OrderKind.SHARE_CHANGE else 0
    said = select(RenewalAnswer).where(RenewalAnswer.district_id == district_id)
    answers = {answer.pool_id: answer for answer in session.exec(said)}
    return [
        DistrictTerm(pool, consortium, seats, first, answers.get(pool_id))
        for pool_id, (pool, consortium, seats, first) in found.items()
    ]


def pools_to_join(session: Session, consortium_ids: Iterable[UUID], today: date) -> list[Pool]:
    """Running terms of these consortia, the newest first: what a member might join late."""
    query = (
        select(Pool)
        .where(
            col(Pool.org_id).in_(set(consortium_ids)),
            col(Pool.status).in_(CLEARED_STATES),
            Pool.term_ends_on > today,
        )
        .order_by(col(Pool.term_ends_on).desc(), col(Pool.id))
        .limit(100)
    )
    return list(session.exec(query))


def terms_of_consortium(session: Session, org_id: UUID, today: date) -> list[Pool]:
    query = (
        select(Pool)
        .where(
            Pool.org_id == org_id,
            col(Pool.status).in_(CLEARED_STATES),
            Pool.term_ends_on >= today - SHOWN_AFTER,
        )
        .order_by(col(Pool.term_ends_on), col(Pool.id))
        .limit(200)
    )
    return list(session.exec(query))


def terms_of_vendor(session: Session, vendor_id: UUID, today: date) -> list[Pool]:
    query = (
        select(Pool)
        .where(
            Pool.vendor_id == vendor_id,
            col(Pool.status).in_(CLEARED_STATES),
            Pool.term_ends_on >= today - SHOWN_AFTER,
        )
        .order_by(col(Pool.term_ends_on), col(Pool.id))
        .limit(200)
    )
    return list(session.exec(query))


# -- prices then and now -----------------------------------------------------------------------


def price_offered_now(session: Session, pool: Pool) -> PriceSchedule | None:
    """The vendor's newest price of the same edition; None when there is none in force."""
    offered = catalogue.schedules_of(session, pool.tool_id)
    mine = select(PriceSchedule.edition_id).where(PriceSchedule.id == pool.price_schedule_id)
    edition_id = session.exec(mine).one_or_none()
    same = [schedule for schedule in offered if schedule.edition_id == edition_id]
    return max(same, key=lambda schedule: schedule.version, default=None)


def cost_then_and_now(
    pool: Pool, offered: PriceSchedule | None, pool_seats: int, seats: int
) -> tuple[int, int | None]:
    """What `seats` cost at the average price of all the pool's seats, in cents: by the frozen
    prices, and by those offered now."""

    def share(terms: dict[str, Any]) -> int:
        whole = effective_cost(schedule_from_json(terms), max(pool_seats, 1)).cost_cents
        return round(whole * seats / max(pool_seats, 1))

    return share(pool.terms), share(offered.terms) if offered else None


# -- certificates ------------------------------------------------------------------------------


def certificates_of(session: Session, order_ids: Sequence[UUID]) -> list[DeletionCertificate]:
    query = (
        select(DeletionCertificate)
        .where(col(DeletionCertificate.order_id).in_(order_ids))
        .order_by(col(DeletionCertificate.filed_at).desc(), col(DeletionCertificate.id))
    )
    return list(session.exec(query)) if order_ids else []


def get_certificate(session: Session, certificate_id: UUID) -> DeletionCertificate:
    query = select(DeletionCertificate).where(DeletionCertificate.id == certificate_id)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such certificate.")
    return found
