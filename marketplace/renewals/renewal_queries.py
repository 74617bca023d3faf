"""Terms that end: their notices, answers, what they would cost again, and their next pool."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import distinct, func
from sqlmodel import Session, col, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import PriceSchedule
from marketplace.core import clock
from marketplace.core.calendar import Entry, calendar
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
    TermRequest,
    TrueUpRun,
    UsageCount,
)
from marketplace.renewals.rules import (
    NOTICE_DAYS,
    Answer,
    RequestStatus,
    RunStatus,
    notice_days,
)

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


def pools_to_join(
    session: Session, consortium_ids: Iterable[UUID], today: date
) -> list[tuple[Pool, Organization]]:
    """Running terms of these consortia, the newest first: what a member might join late."""
    query = (
        select(Pool, Organization)
        .join(Organization, col(Organization.id) == col(Pool.org_id))
        .where(
            col(Pool.org_id).in_(set(consortium_ids)),
            col(Pool.status).in_(CLEARED_STATES),
            Pool.term_ends_on > today,
        )
        .order_by(col(Pool.term_ends_on).desc(), col(Pool.id))
        .limit(100)
    )
    return [(pool, consortium) for pool, consortium in session.exec(query)]


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


def terms_of_vendor(
    session: Session, vendor_id: UUID, today: date
) -> list[tuple[Pool, Organization]]:
    query = (
        select(Pool, Organization)
        .join(Organization, col(Organization.id) == col(Pool.org_id))
        .where(
            Pool.vendor_id == vendor_id,
            col(Pool.status).in_(CLEARED_STATES),
            Pool.term_ends_on >= today - SHOWN_AFTER,
        )
        .order_by(col(Pool.term_ends_on), col(Pool.id))
        .limit(200)
    )
    return [(pool, consortium) for pool, consortium in session.exec(query)]


def waiting_by_pool(session: Session, pool_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many requests and true-ups wait for an answer, by pool."""
    found = dict.fromkeys(pool_ids, 0)
    if not pool_ids:
        return found
    for table, waits in (
        (TermRequest, TermRequest.status == RequestStatus.ASKED),
        (TrueUpRun, TrueUpRun.status == RunStatus.PROPOSED),
    ):
        query = select(table.pool_id, func.count()).where(waits, col(table.pool_id).in_(pool_ids))
        for pool_id, count in session.exec(query.group_by(col(table.pool_id))):
            found[pool_id] += count
    return found


def answers_by_pool(session: Session, pool_ids: Sequence[UUID]) -> dict[UUID, dict[Answer, int]]:
    """How many districts gave each answer, by pool."""
    found: dict[UUID, dict[Answer, int]] = {pool_id: {} for pool_id in pool_ids}
    columns: Any = (RenewalAnswer.pool_id, RenewalAnswer.answer, func.count())
    query = select(*columns).where(col(RenewalAnswer.pool_id).in_(pool_ids))
    grouped = query.group_by(col(RenewalAnswer.pool_id), col(RenewalAnswer.answer))
    for pool_id, answer, count in session.exec(grouped) if pool_ids else ():
        found[pool_id][Answer(answer)] = count
    return found


def seats_by_pool(session: Session, pool_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """(districts, seats) ordered in each pool."""
    columns: Any = (Order.pool_id, func.count(distinct(col(Order.org_id))), func.sum(Order.seats))
    query = select(*columns).where(
        col(Order.pool_id).in_(pool_ids), Order.kind != OrderKind.SHARE_CHANGE
    )
    rows = session.exec(query.group_by(col(Order.pool_id))) if pool_ids else ()
    return {pool_id: (districts, int(seats)) for pool_id, districts, seats in rows}


class UseLine(NamedTuple):
    """A district in a term that ends, with its count, as the vendor's list shows it."""

    pool: Pool
    leaid: str
    name: str
    seats: int
    first_order: UUID
    said: UsageCount | None


def use_lines(session: Session, pools: Sequence[Pool]) -> list[UseLine]:
    """Every district of these pools: two queries, however many there are."""
    by_id = {pool.id: pool for pool in pools}
    if not by_id:
        return []
    columns: Any = (Order.pool_id, Order.leaid, Organization.name, Order.id, Order.seats)
    query = (
        select(*columns)
        .select_from(Order)
        .join(Organization, col(Organization.id) == col(Order.org_id))
        .where(col(Order.pool_id).in_(by_id), Order.kind != OrderKind.SHARE_CHANGE)
        .order_by(col(Organization.name), col(Order.leaid), col(Order.part))
    )
    counted = select(UsageCount).where(col(UsageCount.pool_id).in_(by_id))
    counts = {(count.pool_id, count.leaid): count for count in session.exec(counted)}
    lines: dict[tuple[UUID, str], list[Any]] = {}
    for pool_id, leaid, name, order_id, seats in session.exec(query):
        line = lines.setdefault((pool_id, leaid), [name, 0, order_id])
        line[1] += seats
    return [
        UseLine(by_id[pool_id], leaid, name, seats, order_id, counts.get((pool_id, leaid)))
        for (pool_id, leaid), (name, seats, order_id) in lines.items()
    ]


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


def organization(session: Session, org_id: UUID) -> Organization:
    return accounts.get_organization(session, org_id)


def slug_of(session: Session, org_id: UUID) -> str:
    return organization(session, org_id).slug


# -- dates -------------------------------------------------------------------------------------


def calendar_of(name: str, zone: str, terms: Sequence[Pool], address: str) -> str:
    """The notice dates and the last day of each term, as an iCalendar file."""
    entries = []
    for pool in terms:
        ends = f"The term ends {pool.term_ends_on.isoformat()}. Nothing renews by itself."
        for days, day in notice_days(pool.term_ends_on):
            title = f"Decide on renewal: {pool.title}"
            entries.append(Entry(f"{pool.id}-notice-{days}", title, day, ends, address))
        title = f"Ends: {pool.title}"
        entries.append(Entry(f"{pool.id}-term-ends", title, pool.term_ends_on, ends, address))
    return calendar(name, zone, clock.now(), entries)


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
