"""What districts ask for during a term: to join late, to add seats; and the lead's answers."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.consortia import queries as consortia
from marketplace.consortia.rules import MemberStatus
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.ledger.rules import PostingKind
from marketplace.orders.models import Order
from marketplace.orders.rules import OrderKind
from marketplace.orders.service import Addition, place_additions
from marketplace.pools import queries as pools
from marketplace.pools.models import Pool
from marketplace.renewals import posting_service, preview_queries, queries, rules
from marketplace.renewals.models import SeatBatch, TermRequest
from marketplace.renewals.queries import Standing
from marketplace.renewals.rules import RequestKind, RequestStatus
from marketplace.renewals.settlement_rules import Price

MORE_SEATS = (RequestKind.LATE_JOIN, RequestKind.ADDED_SEATS)


# -- joining late ------------------------------------------------------------------------------


def ask_to_join_late(
    session: Session,
    actor: Actor,
    pool_id: UUID,
    *,
    seats: int,
    starts_on: date,
    once_key: str,
    contact_name: str | None = None,
    contact_email: str | None = None,
) -> TermRequest:
    """A member that is not in the pool asks for seats for the rest of its term."""
    pool = pools.get_pool(session, pool_id, lock=True)
    require(actor, "renewals.ask_to_join_late", pool)
    if sent := queries.request_sent(session, once_key):
        return sent
    district = accounts.get_organization(session, actor.home)
    term = queries.running(session, pool, district.leaid or "")
    _check_can_join(session, term, actor.home, district.leaid or "", seats, starts_on)
    if queries.open_request(session, pool.id, actor.home, RequestKind.LATE_JOIN):
        raise RuleBroken("Your district has asked already. The lead agency will answer.")
    request = TermRequest(
        org_id=pool.org_id,
        pool_id=pool.id,
        district_id=actor.home,
        leaid=district.leaid or "",
        kind=RequestKind.LATE_JOIN,
        seats=seats,
        starts_on=starts_on,
        contact_name=(contact_name or "").strip(),
        contact_email=(contact_email or "").strip(),
        once_key=once_key,
        asked_at=clock.now(),
        asked_by=actor.user_id,
    )
    session.add(request)
    session.flush()
    emit(session, actor, "renewals.late_join_asked", request, seats=seats)
    return request


def _check_can_join(
    session: Session, term: Standing, district_id: UUID, leaid: str, seats: int, starts_on: date
) -> None:
    pool = term.pool
    rules.check_may_join_late(queries.term_rules(session, pool).late_join)
    if leaid in term.districts:
        raise RuleBroken("Your district is in this pool already. Ask to add seats instead.")
    today = clock.today(pool.time_zone)
    rules.check_starts(starts_on, pool.term_starts_on, pool.term_ends_on, today)
    rules.check_seats(seats, term.pupils.get(leaid))
    member = consortia.member(session, pool.org_id, district_id)
    if member is None or member.status is not MemberStatus.ACTIVE:
        raise RuleBroken("Only active members of the consortium can join. Ask it to join first.")
    queries.needs_paper(session, pool, district_id, since=starts_on)


def approve_late_join(session: Session, actor: Actor, request_id: UUID) -> TermRequest:
    """The lead says yes: billed in the books, ordered, all in one; again changes nothing.

    Where the first day has passed meanwhile, the seats begin today and only the days left cost.
    """
    request = queries.get_request(session, request_id)
    require(actor, "renewals.approve_late_join", request)
    pool, request = _locked(session, request)
    if request.status is RequestStatus.APPROVED:
        return request
    _check_can_decide(request, actor, RequestKind.LATE_JOIN)
    term = queries.running(session, pool, request.leaid)
    starts_on = max(request.starts_on, clock.today(pool.time_zone))
    _check_can_join(session, term, request.district_id, request.leaid, request.seats, starts_on)
    price = preview_queries.late_price(session, term, request.leaid, request.seats, starts_on)
    request.starts_on = starts_on
    posted = posting_service.post_change(
        session,
        actor,
        pool,
        key=f"late-join:{request.id}",
        kind=PostingKind.SPLIT_BILLED,
        about=f"late_join:{request.leaid}",
        cents={request.leaid: price.cents},
    )
    orders = place_additions(
        session,
        actor,
        pool,
        [_addition(session, pool, request, price, OrderKind.LATE_JOIN)],
        posted,
    )
    _decided(session, actor, request, RequestStatus.APPROVED, _figures(price, orders[0]), posted)
    emit(session, actor, "renewals.joined_late", request, cents=price.cents)
    return request


def _addition(
    session: Session, pool: Pool, request: TermRequest, price: Price, kind: OrderKind
) -> Addition:
    what = "joined late" if kind is OrderKind.LATE_JOIN else "added"
    return Addition(
        district=accounts.get_organization(session, request.district_id),
        instrument=queries.needs_paper(session, pool, request.district_id, request.starts_on),
        kind=kind,
        seats=request.seats,
        total_cents=price.cents,
        alone_cents=price.alone_cents,
        starts_on=request.starts_on,
        why=f"{request.seats:,} seats {what}, {price.days} of {price.term_days} days",
        contact_name=request.contact_name,
        contact_email=request.contact_email,
    )


def _figures(price: Price, order: Order) -> dict[str, Any]:
    return {
        "cents": price.cents,
        "full_cents": price.full_cents,
        "alone_cents": price.alone_cents,
        "days": price.days,
        "term_days": price.term_days,
        "order": str(order.id),
    }


# -- added seats, in batches -------------------------------------------------------------------


def set_batch(
    session: Session, actor: Actor, pool_id: UUID, *, starts_on: date, ask_until: date
) -> SeatBatch:
    """The lead sets a day on which added seats begin; the same day again changes nothing."""
    pool = pools.get_pool(session, pool_id, lock=True)
    require(actor, "renewals.set_batch", pool)
    queries.running(session, pool)
    today = clock.today(pool.time_zone)
    rules.check_batch(starts_on, ask_until, pool.term_starts_on, pool.term_ends_on, today)
    for earlier in queries.batches_of(session, pool.id):
        if earlier.starts_on == starts_on:
            if earlier.ask_until == ask_until:
                return earlier
            raise RuleBroken("There is a batch on that day already.", "starts_on")
    batch = SeatBatch(
        org_id=pool.org_id,
        pool_id=pool.id,
        starts_on=starts_on,
        ask_until=ask_until,
        set_at=clock.now(),
        set_by=actor.user_id,
    )
    session.add(batch)
    session.flush()
    emit(session, actor, "renewals.batch_set", batch, pool=str(pool.id))
    return batch


def ask_for_seats(
    session: Session, actor: Actor, batch_id: UUID, *, seats: int, once_key: str
) -> TermRequest:
    """A district in the pool asks for more seats from the day of a batch on."""
    batch = queries.get_batch(session, batch_id)
    pool = pools.get_pool(session, batch.pool_id, lock=True)
    require(actor, "renewals.ask_for_seats", pool)
    if sent := queries.request_sent(session, once_key):
        return sent
    batch = queries.get_batch(session, batch_id, lock=True)
    district = accounts.get_organization(session, actor.home)
    leaid = district.leaid or ""
    term = queries.running(session, pool, leaid)
    today = clock.today(pool.time_zone)
    rules.check_takes_requests(batch.ask_until, batch.placed_at is not None, today)
    held = term.seats_on(batch.starts_on).get(leaid, 0)
    if not held:
        raise RuleBroken("Your district holds no seats then, so there is nothing to add to.")
    rules.check_seats(seats, term.pupils.get(leaid), held)
    if queries.open_request(session, pool.id, actor.home, RequestKind.ADDED_SEATS):
        raise RuleBroken("You have asked for seats already. Take that back to ask anew.")
    request = TermRequest(
        org_id=pool.org_id,
        pool_id=pool.id,
        district_id=actor.home,
        leaid=leaid,
        kind=RequestKind.ADDED_SEATS,
        seats=seats,
        starts_on=batch.starts_on,
        batch_id=batch.id,
        once_key=once_key,
        asked_at=clock.now(),
        asked_by=actor.user_id,
    )
    session.add(request)
    session.flush()
    emit(session, actor, "renewals.seats_asked", request, seats=seats)
    return request


def place_batch(session: Session, actor: Actor, batch_id: UUID) -> SeatBatch:
    """The lead orders all seats asked for in a batch: one entry, an order for each district."""
    batch = queries.get_batch(session, batch_id)
    require(actor, "renewals.place_batch", batch)
    pool = pools.get_pool(session, batch.pool_id, lock=True)
    batch = queries.get_batch(session, batch_id, lock=True)
    if batch.placed_at is not None:
        return batch
    term = queries.running(session, pool)
    rules.check_starts(
        batch.starts_on, pool.term_starts_on, pool.term_ends_on, clock.today(pool.time_zone)
    )
    asked = queries.requests_of(session, pool.id, RequestKind.ADDED_SEATS, RequestStatus.ASKED)
    mine = sorted((r for r in asked if r.batch_id == batch.id), key=lambda r: r.leaid)
    if not mine:
        raise RuleBroken("Nobody has asked for seats on this date.")
    for request in mine:
        rules.check_second_person(request.asked_by, actor.user_id)
    prices = preview_queries.batch_prices(term, batch, mine)
    posted = posting_service.post_change(
        session,
        actor,
        pool,
        key=f"added-seats:{batch.id}",
        kind=PostingKind.SPLIT_BILLED,
        about=f"added_seats:{batch.starts_on.isoformat()}",
        cents={leaid: price.cents for leaid, price in prices.items()},
    )
    additions = [
        _addition(session, pool, request, prices[request.leaid], OrderKind.ADDED_SEATS)
        for request in mine
    ]
    orders = place_additions(session, actor, pool, additions, posted)
    for request, order in zip(mine, orders):
        figures = _figures(prices[request.leaid], order)
        _decided(session, actor, request, RequestStatus.APPROVED, figures, posted)
    batch.placed_at, batch.placed_by = clock.now(), actor.user_id
    session.add(batch)
    session.flush()
    emit(session, actor, "renewals.batch_placed", batch, districts=len(mine))
    return batch


# -- for every kind of request -----------------------------------------------------------------


def refuse_request(session: Session, actor: Actor, request_id: UUID, *, reason: str) -> TermRequest:
    """The lead says no, and why; the district reads it."""
    request = queries.get_request(session, request_id)
    require(actor, "renewals.refuse_request", request)
    _pool, request = _locked(session, request)
    if request.status is RequestStatus.REFUSED:
        return request
    rules.check_waits(request.status)
    reason = " ".join(reason.split())
    rules.check_reason(reason)
    _decided(session, actor, request, RequestStatus.REFUSED, {"refused_because": reason}, None)
    emit(session, actor, "renewals.request_refused", request, kind=str(request.kind))
    return request


def take_back_request(session: Session, actor: Actor, request_id: UUID) -> TermRequest:
    """The district takes back what the lead has not answered yet."""
    request = queries.get_request(session, request_id)
    require(actor, "renewals.take_back_request", request)
    _pool, request = _locked(session, request)
    if request.status is RequestStatus.TAKEN_BACK:
        return request
    rules.check_waits(request.status)
    _decided(session, actor, request, RequestStatus.TAKEN_BACK, None, None)
    emit(session, actor, "renewals.request_taken_back", request, kind=str(request.kind))
    return request


def _locked(session: Session, request: TermRequest) -> tuple[Pool, TermRequest]:
    """The pool's row first, then the request's: the same order everywhere."""
    pool = pools.get_pool(session, request.pool_id, lock=True)
    return pool, queries.get_request(session, request.id, lock=True)


def _check_can_decide(request: TermRequest, actor: Actor, kind: RequestKind) -> None:
    if request.kind is not kind:
        raise NotFound("There is no such request.")
    rules.check_waits(request.status)
    rules.check_second_person(request.asked_by, actor.user_id)


def _decided(
    session: Session,
    actor: Actor,
    request: TermRequest,
    status: RequestStatus,
    figures: dict[str, Any] | None,
    posted: Any,
) -> None:
    request.status, request.decided_at, request.decided_by = status, clock.now(), actor.user_id
    request.figures = figures if figures is not None else request.figures
    request.ledger_seq = posted.seq if posted else None
    session.add(request)
    session.flush()
