"""Clearing day: the inputs are frozen, the result is published, and it happens once."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.core import clock, db
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.pools import clearing_queries, clearing_rules, queries, rules, state_rules
from marketplace.pools.models import Allocation, Pool
from marketplace.pools.state_rules import TAKES_SEATS, Step


def ask_for_clearing(session: Session, actor: Actor, pool_id: UUID) -> Pool:
    """Clearing by hand takes two people; the first asks. Asked again, the first one stays."""
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.ask_for_clearing", pool)
    if pool.status not in TAKES_SEATS or pool.clearing_asked_by is not None:
        return pool
    now = db.now(session)
    state_rules.check_can_clear(pool.closes_at, now)
    pool.clearing_asked_by, pool.clearing_asked_at = actor.user_id, now
    emit(session, actor, "pools.clearing_asked", pool)
    return pool


def clear_pool(session: Session, actor: Actor, pool_id: UUID) -> Pool:
    """Clear a pool whose deadline has passed; a pool already cleared stays as it is.

    The job does it by itself; by hand somebody confirms what somebody else asked for. The row
    lock makes every commitment wholly in or wholly out: whoever held the pool first is counted,
    whoever comes after finds it closed. What counts is what stood at the deadline.
    """
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.clear_pool", pool)
    if pool.status not in TAKES_SEATS:
        return pool
    state_rules.check_can_clear(pool.closes_at, db.now(session))
    if not actor.is_system:
        state_rules.check_two_people(pool.clearing_asked_by, actor.user_id)

    counted, left_out = clearing_queries.counted(session, pool, pool.closes_at)
    slug = accounts.get_organization(session, pool.org_id).slug
    inputs = clearing_rules.inputs_of(
        pool.terms,
        [clearing_queries.as_member(each) for each in counted],
        pool.split_method,
        rules.seed_of(slug, pool.slug),
        pool.threshold_seats,
    )
    finish(session, actor, pool, inputs, left_out, Step.CLEAR)
    return pool


def finish(
    session: Session,
    actor: Actor,
    pool: Pool,
    inputs: dict[str, Any],
    left_out: list[str],
    step: Step,
) -> None:
    """From frozen inputs to the published result and its allocations."""
    require(actor, "pools.clear_pool", pool)
    inputs, result = clearing_rules.cleared(inputs)
    lapsed = result["lapsed"]
    pool.status = state_rules.after(Step.LAPSE if lapsed else step, pool.status)
    pool.cleared_at = clock.now()
    pool.clearing = {
        "inputs": inputs,
        "result": result,
        "left_out": left_out,
        "inputs_hash": clearing_rules.inputs_hash(inputs),
    }
    if lapsed:
        emit(session, actor, "pools.lapsed", pool, tool=str(pool.tool_id))
        return
    _allocate(session, pool, result)
    emit(
        session,
        actor,
        "pools.cleared",
        pool,
        tool=str(pool.tool_id),
        seats=result["seats"],
        total_cents=result["split"]["total_cents"],
    )


def _allocate(session: Session, pool: Pool, result: dict[str, Any]) -> None:
    split = result["split"]
    districts = {each.leaid: each for each in queries.commitments(session, pool.id)}
    session.add_all(
        Allocation(
            org_id=pool.org_id,
            pool_id=pool.id,
            district_id=districts[leaid].district_id,
            leaid=leaid,
            seats=districts[leaid].seats + result["tolerance_paid"][leaid],
            spare_seats=result["spare"][leaid],
            share_cents=share_cents,
            alone_cents=split["alone"][leaid],
        )
        for leaid, share_cents in sorted(split["shares"].items())
    )
    session.flush()
