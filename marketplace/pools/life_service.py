"""The life of a pool once it is open: its last phase, a missed threshold, orders, the end."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from marketplace.consortia import queries as consortia
from marketplace.consortia.rules import check_goes_on
from marketplace.core import clock, db
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.pools import (
    clearing_rules,
    clearing_service,
    life_queries,
    queries,
    rules,
    state_rules,
)
from marketplace.pools.models import Pool
from marketplace.pools.state_rules import PoolStatus, Step

# -- the fill-up phase -----------------------------------------------------------------------


def plan_fill_up(session: Session, actor: Actor, pool_id: UUID, days: int) -> Pool:
    """Choose when districts can only add seats: so many days before the deadline, or never.

    Until it begins the lead may change it, with a day's notice to the districts.
    """
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.plan_fill_up", pool)
    now = db.now(session)
    starts = state_rules.fill_up_starts(pool.closes_at, days)
    if starts == pool.fill_up_at:
        return pool  # the same form, sent twice
    state_rules.check_can_change_fill_up(pool.status, pool.fill_up_at, now)
    state_rules.check_notice(starts, now)
    pool.fill_up_at = starts
    emit(session, actor, "pools.fill_up_planned", pool, days=days)
    return pool


def start_fill_up(session: Session, actor: Actor, pool_id: UUID) -> Pool:
    """Say that the last phase has begun; by the clock it began at `fill_up_at` anyway."""
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.start_fill_up", pool)
    due = pool.fill_up_at is not None and pool.fill_up_at <= db.now(session)
    if due and state_rules.can(Step.FILL_UP, pool.status):
        pool.status = state_rules.after(Step.FILL_UP, pool.status)
        emit(session, actor, "pools.fill_up_began", pool)
    return pool


# -- a missed threshold: the lead's three choices --------------------------------------------


def extend_pool(
    session: Session, actor: Actor, pool_id: UUID, closes_at: datetime, fill_up_days: int = 0
) -> Pool:
    """Give a pool that closed short more time. Every commitment stands, with its papers."""
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.extend_pool", pool)
    if pool.status is PoolStatus.EXTENDED and pool.closes_at == closes_at:
        return pool  # the same form, sent twice
    _check_can_decide(pool, Step.EXTEND)
    consortium = consortia.consortium_of(session, pool.org_id)
    check_goes_on(consortium.status, consortium.winding_up_on)
    now = db.now(session)
    rules.check_dates(
        closes_at=closes_at,
        zone=pool.time_zone,
        term_starts_on=pool.term_starts_on,
        term_ends_on=pool.term_ends_on,
        pay_by=pool.pay_by,
        price_valid_until=pool.quote_valid_until or pool.pay_by,
        now=now,
    )
    starts = state_rules.fill_up_starts(closes_at, fill_up_days)
    state_rules.check_notice(starts, now)
    pool.status = state_rules.after(Step.EXTEND, pool.status)
    pool.extended_from = pool.extended_from or pool.closes_at
    before, pool.closes_at, pool.fill_up_at = pool.closes_at, closes_at, starts
    pool.clearing, pool.cleared_at = None, None
    pool.clearing_asked_by, pool.clearing_asked_at = None, None
    emit(
        session,
        actor,
        "pools.extended",
        pool,
        tool=str(pool.tool_id),
        closed_at=before.isoformat(),
        closes_at=closes_at.isoformat(),
    )
    return pool


def lower_threshold(session: Session, actor: Actor, pool_id: UUID, threshold: int) -> Pool:
    """Go ahead with fewer seats, on the very inputs that the deadline froze.

    Nobody enters anything again: each district is within the limit it gave, or left out.
    """
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.lower_threshold", pool)
    if pool.status in state_rules.CLEARED_STATES and pool.threshold_seats == threshold:
        return pool  # the same form, sent twice
    _check_can_decide(pool, Step.LOWER)
    state_rules.check_lowered(threshold, pool.threshold_seats)
    assert pool.clearing is not None
    inputs = pool.clearing["inputs"] | {"threshold_seats": threshold}
    result = clearing_rules.cleared(inputs)[1]
    if result["lapsed"]:
        raise RuleBroken(
            f"With {threshold:,} seats needed the pool would still close short: "
            f"{result['seats']:,} seats are within their districts’ limits.",
            "threshold",
        )
    before, pool.threshold_seats = pool.threshold_seats, threshold
    emit(session, actor, "pools.threshold_lowered", pool, before=before, threshold=threshold)
    clearing_service.finish(session, actor, pool, inputs, pool.clearing["left_out"], Step.LOWER)
    return pool


def release_districts(session: Session, actor: Actor, pool_id: UUID) -> Pool:
    """End a pool that closed short for good; every district is free and told so."""
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.release_districts", pool)
    if pool.released_at is None:
        pool.status = state_rules.after(Step.RELEASE, pool.status)
        pool.released_at = clock.now()
        emit(session, actor, "pools.released", pool)
    return pool


def _check_can_decide(pool: Pool, step: Step) -> None:
    state_rules.check_not_released(pool.released_at is not None)
    state_rules.after(step, pool.status)
    state_rules.check_quote_holds(pool.quote_valid_until, clock.today(pool.time_zone))


# -- after clearing --------------------------------------------------------------------------


def note_ordered(session: Session, actor: Actor, pool_id: UUID) -> Pool:
    """Every share of the pool has become an order."""
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.note_ordered", pool)
    if pool.status is PoolStatus.CLEARED:
        pool.status = state_rules.after(Step.ORDER, pool.status)
        emit(session, actor, "pools.ordered", pool)
    return pool


def close_pool(session: Session, actor: Actor, pool_id: UUID) -> Pool:
    """The term is over, and with it the pool."""
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.close_pool", pool)
    over = state_rules.is_over(pool.term_ends_on, clock.today(pool.time_zone))
    if over and pool.status is not PoolStatus.CLOSED:
        pool.status = state_rules.after(Step.CLOSE, pool.status)
        emit(session, actor, "pools.closed", pool)
    return pool


# -- the vendor ------------------------------------------------------------------------------


def tell_price_withdrawn(session: Session, actor: Actor, tool_id: UUID) -> list[Pool]:
    """The open pools whose price the vendor has taken off its list; each is told once."""
    require(actor, "pools.tell_price_withdrawn")
    told = []
    for pool in life_queries.open_pools_without_price(session, tool_id):
        if not life_queries.was_told(session, pool, "pools.price_withdrawn"):
            emit(session, actor, "pools.price_withdrawn", pool)
            told.append(pool)
    return told
