"""What a running term looks like: who holds what, what was billed, asked, counted, answered."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.consortia import queries as consortia
from marketplace.consortia.models import Instrument
from marketplace.consortia.rules import free_until
from marketplace.core import clock
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.directory import queries as directory
from marketplace.orders.models import CreditNote, Order
from marketplace.orders.rules import OrderKind
from marketplace.pools.models import Commitment, Pool
from marketplace.pools.rules import seed_of
from marketplace.pricing.rules import Method, SplitTerms, Term, schedule_from_json
from marketplace.renewals import rules
from marketplace.renewals.models import (
    LeavingConsent,
    SeatBatch,
    TermRequest,
    TrueUpRun,
)
from marketplace.renewals.rules import RequestKind, RequestStatus, RunStatus, TermRules
from marketplace.renewals.settlement_rules import (
    Deal,
    Holding,
    seats_on,
)

GIVES_SEATS = (OrderKind.POOL, OrderKind.LATE_JOIN, OrderKind.ADDED_SEATS)


def term_rules(session: Session, pool: Pool) -> TermRules:
    """What the by-laws say that were in force when the pool was opened."""
    versions = consortia.by_laws_versions(session, pool.org_id)
    opened = pool.opened_at or pool.closes_at
    known = [each for each in versions if each.adopted_at and each.adopted_at <= opened]
    choices = (known[0] if known else versions[-1]).choices
    return TermRules(
        drop_until=free_until(choices, clock.day_of(pool.closes_at, pool.time_zone)),
        drop_rule=choices.drop_rule,
        late_join=choices.late_join,
        true_up=choices.true_up,
    )


class Ordered(NamedTuple):
    """An order as settlements read it, without its papers."""

    id: UUID
    district_id: UUID
    leaid: str
    kind: OrderKind
    seats: int
    total_cents: int
    starts_on: date


@dataclass(frozen=True)
class Standing:
    """A pool's term as it stands now: orders, credits and approved withdrawals."""

    pool: Pool
    consortium: Organization
    orders: list[Ordered]
    credited: dict[str, int]
    left_on: dict[str, date]  # first day without seats, of whoever withdrew
    pupils: dict[str, int | None]
    limits: dict[str, int]
    settled: bool

    @cached_property
    def deal(self) -> Deal:
        method = SplitTerms(
            Method(self.pool.split_method), seed_of(self.consortium.slug, self.pool.slug)
        )
        term = Term(self.pool.term_starts_on, self.pool.term_ends_on)
        return Deal(schedule_from_json(self.pool.terms), term, method)

    @cached_property
    def holdings(self) -> list[Holding]:
        """Seats and the days they are held; who left keeps the days before."""
        found = []
        for order in self.orders:
            if order.kind not in GIVES_SEATS:
                continue
            ends_on = self.pool.term_ends_on
            if order.leaid in self.left_on:
                ends_on = self.left_on[order.leaid] - timedelta(days=1)
            if order.starts_on <= ends_on:
                found.append(Holding(order.leaid, order.seats, order.starts_on, ends_on))
        return found

    @cached_property
    def billed(self) -> dict[str, int]:
        """What each district was billed so far, less its credits, in cents."""
        sums: dict[str, int] = defaultdict(int)
        for order in self.orders:
            sums[order.leaid] += order.total_cents
        for leaid, cents in self.credited.items():
            sums[leaid] -= cents
        return dict(sorted(sums.items()))

    @cached_property
    def districts(self) -> dict[str, UUID]:
        return {order.leaid: order.district_id for order in self.orders}

    def seats_on(self, day: date) -> dict[str, int]:
        return seats_on(self.holdings, day)

    @cached_property
    def seats_at_end(self) -> dict[str, int]:
        return self.seats_on(self.pool.term_ends_on)

    def most(self, leaid: str) -> int | None:
        """The most a district agreed to pay: its limit, and what it asked for on top."""
        if leaid not in self.limits:
            return None
        own = (o for o in self.orders if o.leaid == leaid and o.kind is OrderKind.ADDED_SEATS)
        return self.limits[leaid] + sum(order.total_cents for order in own)


def standing(session: Session, pool: Pool, also: Iterable[str] = ()) -> Standing:
    """The term of a pool, with the pupils of the districts in it and of `also`."""
    orders = _orders(session, pool.id)
    leaids = {order.leaid for order in orders} | set(also)
    commitments = _commitments(session, pool.id)
    known = directory.districts_by_leaid(session, leaids)
    pupils = {leaid: district.pupils for leaid, district in known.items()}
    pupils |= {leaid: said for leaid, (said, _limit) in commitments.items() if said}
    return Standing(
        pool=pool,
        consortium=accounts.get_organization(session, pool.org_id),
        orders=orders,
        credited=_credited(session, pool.id),
        left_on={
            request.leaid: request.starts_on
            for request in requests_of(
                session, pool.id, RequestKind.WITHDRAWAL, RequestStatus.APPROVED
            )
        },
        pupils=pupils,
        limits={leaid: limit for leaid, (_said, limit) in commitments.items() if limit},
        settled=approved_run(session, pool.id) is not None,
    )


def running(session: Session, pool: Pool, *also: str) -> Standing:
    """The term as it stands, while it can still change."""
    rules.check_has_orders(pool.status)
    found = standing(session, pool, also)
    if found.settled:
        raise RuleBroken("The true-up of this term is posted, so nothing in it changes any more.")
    return found


def name_of(session: Session, org_id: UUID) -> str:
    return accounts.get_organization(session, org_id).name


def _orders(session: Session, pool_id: UUID) -> list[Ordered]:
    columns: Any = (
        Order.id,
        Order.org_id,
        Order.leaid,
        Order.kind,
        Order.seats,
        Order.total_cents,
        Order.term_starts_on,
    )
    query = select(*columns).where(Order.pool_id == pool_id)
    rows = session.exec(query.order_by(col(Order.leaid), col(Order.part)))
    return [Ordered(*row) for row in rows]


def _credited(session: Session, pool_id: UUID) -> dict[str, int]:
    query = (
        select(Order.leaid, func.sum(CreditNote.total_cents))
        .join(Order, col(Order.id) == col(CreditNote.order_id))
        .where(CreditNote.pool_id == pool_id)
        .group_by(col(Order.leaid))
    )
    return {leaid: int(cents) for leaid, cents in session.exec(query)}


def _commitments(session: Session, pool_id: UUID) -> dict[str, tuple[int | None, int | None]]:
    """Pupils and limit of each commitment, by LEAID."""
    columns: Any = (Commitment.leaid, Commitment.pupils, Commitment.limit_cents)
    query = select(*columns).where(Commitment.pool_id == pool_id)
    return {leaid: (pupils, limit) for leaid, pupils, limit in session.exec(query)}


def paper_of(
    session: Session, pool: Pool, district_id: UUID, since: date | None = None
) -> Instrument | None:
    """The membership paper that allows an order until the end of the term (rule 3)."""
    return consortia.instrument_in_force(
        session,
        pool.org_id,
        district_id,
        signed_by=clock.today(pool.time_zone),
        since=since,
        until=pool.term_ends_on,
    )


def needs_paper(
    session: Session, pool: Pool, district_id: UUID, since: date | None = None
) -> Instrument:
    found = paper_of(session, pool, district_id, since)
    if found is None:
        raise RuleBroken(
            "No signed membership paper runs until the end of the term. File one that does first."
        )
    return found


# -- requests and batches ----------------------------------------------------------------------


def get_request(session: Session, request_id: UUID, *, lock: bool = False) -> TermRequest:
    query = select(TermRequest).where(TermRequest.id == request_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such request.")
    return found


def requests_of(session: Session, pool_id: UUID, *narrowed: Any) -> list[TermRequest]:
    """A pool's requests, newest first, of the kinds and states given."""
    query = select(TermRequest).where(TermRequest.pool_id == pool_id)
    kinds = [each for each in narrowed if isinstance(each, RequestKind)]
    states = [each for each in narrowed if isinstance(each, RequestStatus)]
    if kinds:
        query = query.where(col(TermRequest.kind).in_(kinds))
    if states:
        query = query.where(col(TermRequest.status).in_(states))
    order = (col(TermRequest.asked_at).desc(), col(TermRequest.id))
    return list(session.exec(query.order_by(*order)))


def open_request(
    session: Session, pool_id: UUID, district_id: UUID, *kinds: RequestKind
) -> TermRequest | None:
    query = select(TermRequest).where(
        TermRequest.pool_id == pool_id,
        TermRequest.district_id == district_id,
        TermRequest.status == RequestStatus.ASKED,
        col(TermRequest.kind).in_(kinds),
    )
    return session.exec(query.limit(1)).first()


def request_sent(session: Session, once_key: str) -> TermRequest | None:
    query = select(TermRequest).where(TermRequest.once_key == once_key)
    return session.exec(query).one_or_none()


def get_batch(session: Session, batch_id: UUID, *, lock: bool = False) -> SeatBatch:
    query = select(SeatBatch).where(SeatBatch.id == batch_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such date.")
    return found


def batches_of(session: Session, pool_id: UUID) -> list[SeatBatch]:
    query = select(SeatBatch).where(SeatBatch.pool_id == pool_id)
    return list(session.exec(query.order_by(col(SeatBatch.starts_on))))


def consents_to(session: Session, request_id: UUID) -> list[LeavingConsent]:
    query = select(LeavingConsent).where(LeavingConsent.request_id == request_id)
    return list(session.exec(query.order_by(col(LeavingConsent.leaid))))


# -- the true-up -------------------------------------------------------------------------------


def get_run(session: Session, run_id: UUID, *, lock: bool = False) -> TrueUpRun:
    query = select(TrueUpRun).where(TrueUpRun.id == run_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such true-up.")
    return found


def runs_of(session: Session, pool_id: UUID) -> list[TrueUpRun]:
    """A pool's true-ups, the newest first."""
    query = select(TrueUpRun).where(TrueUpRun.pool_id == pool_id)
    order = (col(TrueUpRun.proposed_at).desc(), col(TrueUpRun.id))
    return list(session.exec(query.order_by(*order)))


def approved_run(session: Session, pool_id: UUID) -> TrueUpRun | None:
    return _run(session, pool_id, RunStatus.APPROVED)


def waiting_run(session: Session, pool_id: UUID) -> TrueUpRun | None:
    return _run(session, pool_id, RunStatus.PROPOSED)


def _run(session: Session, pool_id: UUID, status: RunStatus) -> TrueUpRun | None:
    query = select(TrueUpRun).where(TrueUpRun.pool_id == pool_id, TrueUpRun.status == status)
    return session.exec(query.limit(1)).first()
