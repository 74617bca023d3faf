"""What a lead agency does with a pool: plan it, open it, clear it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import slug_of
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue import service as catalogue_service
from marketplace.catalogue.models import PriceSchedule, Tool
from marketplace.consortia import queries as consortia
from marketplace.consortia.rules import ConsortiumStatus
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.guard import queries as guard
from marketplace.pools import clearing_rules, queries, rules, share_rules
from marketplace.pools.commitment_service import (
    Answers,
    commit_seats,
    save_draft,
    withdraw_commitment,
)
from marketplace.pools.models import Allocation, Commitment, Pool
from marketplace.pools.rules import PoolStatus
from marketplace.pricing.rules import Member, schedule_from_json

__all__ = [
    "Answers",
    "Plan",
    "change_pool",
    "clear_pool",
    "commit_seats",
    "count_open_pools",
    "create_pool",
    "open_pool",
    "save_draft",
    "withdraw_commitment",
]


@dataclass(frozen=True)
class Plan:
    """What the lead agency decides before a pool opens."""

    tool_id: UUID
    price_schedule_id: UUID
    title: str
    closes_at: datetime
    term_starts_on: date
    term_ends_on: date
    pay_by: date
    threshold_seats: int | None = None
    purpose: str = ""


def create_pool(session: Session, actor: Actor, org_id: UUID, plan: Plan) -> Pool:
    """A draft that only the lead agency sees."""
    consortium = consortia.consortium_of(session, org_id)
    require(actor, "pools.create_pool", consortium)
    organization = accounts.get_organization(session, org_id)
    tool, schedule = _priced(session, plan)
    _check_plan(session, org_id, plan, schedule, organization.time_zone)
    pool = Pool(
        org_id=org_id,
        slug=_free_slug(session, org_id, plan.title),
        time_zone=organization.time_zone,
        split_method=consortium.split_method,
        vendor_id=tool.org_id,
        terms=schedule.terms,
        **_written(plan),
    )
    session.add(pool)
    session.flush()
    emit(session, actor, "pools.drafted", pool)
    return pool


def change_pool(session: Session, actor: Actor, pool_id: UUID, plan: Plan) -> Pool:
    """Change a draft; what is open stays as it was opened."""
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.change_pool", pool)
    if pool.status is not PoolStatus.DRAFT:
        raise RuleBroken("This pool is open, so its terms stay as they are.")
    tool, schedule = _priced(session, plan)
    _check_plan(session, pool.org_id, plan, schedule, pool.time_zone, but=pool.id)
    for name, value in _written(plan).items():
        setattr(pool, name, value)
    pool.vendor_id, pool.terms = tool.org_id, schedule.terms
    return pool


def open_pool(session: Session, actor: Actor, pool_id: UUID) -> Pool:
    """Open a draft for commitments and freeze its price; opening again changes nothing."""
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.open_pool", pool)
    if pool.status is not PoolStatus.DRAFT:
        return pool
    if consortia.consortium_of(session, pool.org_id).status is not ConsortiumStatus.CONSTITUTED:
        raise RuleBroken("The consortium is still forming. Constitute it, then open the pool.")
    guard.check_may_open(session, pool.tool_id)
    plan = _plan_of(pool)
    _, schedule = _priced(session, plan)
    _check_plan(session, pool.org_id, plan, schedule, pool.time_zone, but=pool.id)
    pool.terms = schedule.terms
    pool.status, pool.opened_at = PoolStatus.OPEN, clock.now()
    emit(session, actor, "pools.opened", pool, tool=str(pool.tool_id))
    return pool


def _written(plan: Plan) -> dict[str, Any]:
    return {
        "tool_id": plan.tool_id,
        "price_schedule_id": plan.price_schedule_id,
        "title": plan.title.strip(),
        "purpose": plan.purpose.strip(),
        "closes_at": plan.closes_at,
        "term_starts_on": plan.term_starts_on,
        "term_ends_on": plan.term_ends_on,
        "pay_by": plan.pay_by,
        "threshold_seats": plan.threshold_seats,
    }


def _plan_of(pool: Pool) -> Plan:
    return Plan(**{name: getattr(pool, name) for name in Plan.__dataclass_fields__})


def _priced(session: Session, plan: Plan) -> tuple[Tool, PriceSchedule]:
    """The tool and its price, both still on offer."""
    tool = catalogue.tool_by_id(session, plan.tool_id)
    for schedule in catalogue.schedules_of(session, plan.tool_id):
        if schedule.id == plan.price_schedule_id:
            return tool, schedule
    raise RuleBroken("The vendor no longer offers this price. Choose another.", "price_schedule")


def _check_plan(
    session: Session,
    org_id: UUID,
    plan: Plan,
    schedule: PriceSchedule,
    zone: str,
    but: UUID | None = None,
) -> None:
    share_rules.check_can_be_pooled(schedule_from_json(schedule.terms))
    if plan.title.strip() in queries.titles_taken(session, org_id, but):
        raise RuleBroken("Your consortium already has a pool with this title.", "title")
    rules.check_dates(
        closes_at=plan.closes_at,
        zone=zone,
        term_starts_on=plan.term_starts_on,
        term_ends_on=plan.term_ends_on,
        pay_by=plan.pay_by,
        price_valid_until=schedule.valid_until,
        now=clock.now(),
    )


def _free_slug(session: Session, org_id: UUID, title: str) -> str:
    taken, slug = queries.slugs_taken(session, org_id), slug_of(title.replace("–", " "))
    if slug not in taken:
        return slug
    return next(f"{slug}-{n}" for n in range(2, 10_000) if f"{slug}-{n}" not in taken)


def clear_pool(session: Session, actor: Actor, pool_id: UUID) -> Pool:
    """Clear a pool whose deadline has passed; a pool already cleared stays as it is.

    The row lock makes every commitment wholly in or wholly out: whoever holds it first is
    counted, whoever comes after finds the pool closed.
    """
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.clear_pool", pool)
    if pool.status not in rules.TAKES_SEATS:
        return pool
    now = clock.now()
    rules.check_can_clear(pool.closes_at, now)

    counted, left_out = _counted(session, pool)
    slug = accounts.get_organization(session, pool.org_id).slug
    inputs, result = clearing_rules.cleared(
        clearing_rules.inputs_of(
            pool.terms,
            [_as_member(each) for each in counted],
            pool.split_method,
            rules.seed_of(slug, pool.slug),
            pool.threshold_seats,
        )
    )
    pool.cleared_at = now
    pool.clearing = {"inputs": inputs, "result": result, "left_out": left_out}
    if result["lapsed"]:
        pool.status = PoolStatus.LAPSED
        emit(session, actor, "pools.lapsed", pool, tool=str(pool.tool_id))
        return pool

    pool.status = PoolStatus.CLEARED
    _allocate(session, pool, counted, result)
    emit(
        session,
        actor,
        "pools.cleared",
        pool,
        tool=str(pool.tool_id),
        seats=result["seats"],
        total_cents=result["split"]["total_cents"],
    )
    return pool


def _counted(session: Session, pool: Pool) -> tuple[list[Commitment], list[str]]:
    """Firm commitments of members whose paper covers the whole term; and who fell out.

    Asked again on the day: a membership may have ended since the seats were committed.
    """
    covered = consortia.districts_with_instrument(
        session,
        pool.org_id,
        signed_by=clock.today(pool.time_zone),
        since=pool.term_starts_on,
        until=pool.term_ends_on,
    )
    firm = [
        each for each in queries.commitments(session, pool.id) if each.rung in rules.COUNTING_RUNGS
    ]
    counted = [each for each in firm if each.district_id in covered]
    return counted, [each.leaid for each in firm if each.district_id not in covered]


def _as_member(commitment: Commitment) -> Member:
    return Member(
        id=commitment.leaid,
        seats=commitment.seats,
        pupils=commitment.pupils,
        limit_cents=commitment.limit_cents,
        tolerance=commitment.tolerance,
    )


def _allocate(
    session: Session, pool: Pool, counted: list[Commitment], result: dict[str, Any]
) -> None:
    split = result["split"]
    for each in counted:
        if each.leaid not in split["shares"]:
            continue
        session.add(
            Allocation(
                org_id=pool.org_id,
                pool_id=pool.id,
                district_id=each.district_id,
                leaid=each.leaid,
                seats=each.seats + result["tolerance_paid"][each.leaid],
                spare_seats=result["spare"][each.leaid],
                share_cents=split["shares"][each.leaid],
                alone_cents=split["alone"][each.leaid],
            )
        )
    session.flush()


def count_open_pools(session: Session, actor: Actor, tool_id: UUID) -> int:
    """Tell the catalogue how many open pools buy a tool now."""
    require(actor, "pools.count_open_pools")
    count = queries.count_open_pools(session, tool_id)
    catalogue_service.note_open_pools(session, actor, tool_id, count)
    return count
