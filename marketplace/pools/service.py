"""What a lead agency does with a pool before it is open: plan it, change it, open it.

The other use cases of pools stand in files of their own and are called from here.
"""

from dataclasses import dataclass, replace
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
from marketplace.consortia.models import Consortium
from marketplace.consortia.rules import ConsortiumStatus, check_goes_on, check_outlives
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.guard import queries as guard
from marketplace.pools import draft_rules, life_queries, queries, rules, share_rules, state_rules
from marketplace.pools.clearing_service import ask_for_clearing, clear_pool
from marketplace.pools.commitment_service import (
    Answers,
    commit_seats,
    save_draft,
    withdraw_commitment,
)
from marketplace.pools.life_service import (
    close_pool,
    extend_pool,
    lower_threshold,
    note_ordered,
    plan_fill_up,
    release_districts,
    start_fill_up,
    tell_price_withdrawn,
)
from marketplace.pools.models import Pool
from marketplace.pools.state_rules import PoolStatus, Step
from marketplace.pricing.rules import schedule_from_json

__all__ = [
    "Answers",
    "Plan",
    "ask_for_clearing",
    "change_pool",
    "clear_pool",
    "close_pool",
    "commit_seats",
    "count_open_pools",
    "create_pool",
    "extend_pool",
    "lower_threshold",
    "note_ordered",
    "open_pool",
    "plan_fill_up",
    "release_districts",
    "save_draft",
    "start_fill_up",
    "tell_price_withdrawn",
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
    #: How long before the deadline seats can only be added, in days; 0 is never.
    fill_up_days: int = 0


def create_pool(session: Session, actor: Actor, org_id: UUID, plan: Plan) -> Pool:
    """A draft that only the lead agency sees."""
    consortium = consortia.consortium_of(session, org_id)
    require(actor, "pools.create_pool", consortium)
    check_goes_on(consortium.status, consortium.winding_up_on)
    organization = accounts.get_organization(session, org_id)
    tool, schedule = _priced(session, plan)
    _check_plan(session, consortium, plan, schedule, organization.time_zone)
    pool = Pool(
        org_id=org_id,
        slug=_free_slug(session, org_id, plan.title),
        time_zone=organization.time_zone,
        split_method=consortium.split_method,
        **_written(plan),
        **_quoted(tool, schedule),
    )
    session.add(pool)
    session.flush()
    emit(session, actor, "pools.drafted", pool, **_said(pool))
    return pool


def change_pool(
    session: Session, actor: Actor, pool_id: UUID, plan: Plan, *, seen_version: int | None = None
) -> Pool:
    """Change a draft; what is open stays as it was opened.

    `seen_version` is the version the plan was typed over. Where somebody else has changed the
    draft since, what they changed and this plan does not is kept; where both changed the same,
    `draft_rules.ChangedMeanwhile` tells what stands there now, and nothing is saved.
    """
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.change_pool", pool)
    if pool.status is not PoolStatus.DRAFT:
        raise RuleBroken("This pool is open, so its terms stay as they are.")
    if seen_version is not None and seen_version != pool.version:
        seen, who = life_queries.draft_at(session, pool, seen_version)
        changed = draft_rules.merged(seen, _said(pool)["plan"], _as_json(plan), who, pool.version)
        plan = replace(plan, **{name: getattr(_plan_of(pool), name) for name in changed})
    tool, schedule = _priced(session, plan)
    consortium = consortia.consortium_of(session, pool.org_id)
    _check_plan(session, consortium, plan, schedule, pool.time_zone, but=pool.id)
    if _as_json(plan) == _said(pool)["plan"] and schedule.version == pool.quote_version:
        return pool  # the same form, sent twice
    for name, value in (_written(plan) | _quoted(tool, schedule)).items():
        setattr(pool, name, value)
    pool.version += 1
    emit(session, actor, "pools.draft_changed", pool, **_said(pool))
    return pool


def open_pool(session: Session, actor: Actor, pool_id: UUID) -> Pool:
    """Open a draft for commitments and freeze its price; opening again changes nothing."""
    pool = queries.get_pool(session, pool_id, lock=True)
    require(actor, "pools.open_pool", pool)
    if pool.status is not PoolStatus.DRAFT:
        return pool
    consortium = consortia.consortium_of(session, pool.org_id)
    if consortium.status is not ConsortiumStatus.CONSTITUTED:
        raise RuleBroken("The consortium is still forming. Constitute it, then open the pool.")
    check_goes_on(consortium.status, consortium.winding_up_on)
    guard.check_may_open(session, pool.tool_id)
    plan = _plan_of(pool)
    tool, schedule = _priced(session, plan)
    _check_plan(session, consortium, plan, schedule, pool.time_zone, but=pool.id)
    for name, value in _quoted(tool, schedule).items():
        setattr(pool, name, value)
    pool.split_method = consortium.split_method
    pool.by_laws_version = consortium.by_laws_version
    pool.status, pool.opened_at = state_rules.after(Step.OPEN, pool.status), clock.now()
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
        "fill_up_at": state_rules.fill_up_starts(plan.closes_at, plan.fill_up_days),
    }


def _quoted(tool: Tool, schedule: PriceSchedule) -> dict[str, Any]:
    """The vendor's quote as the pool freezes it."""
    return {
        "vendor_id": tool.org_id,
        "terms": schedule.terms,
        "quote_version": schedule.version,
        "quote_valid_until": schedule.valid_until,
    }


def _plan_of(pool: Pool) -> Plan:
    names = [name for name in Plan.__dataclass_fields__ if name != "fill_up_days"]
    days = state_rules.fill_up_days(pool.closes_at, pool.fill_up_at)
    return Plan(**{name: getattr(pool, name) for name in names}, fill_up_days=days)


def _as_json(plan: Plan) -> dict[str, Any]:
    values = {name: getattr(plan, name) for name in Plan.__dataclass_fields__}
    return {
        name: value if value is None or isinstance(value, int) else str(value).strip()
        for name, value in values.items()
    }


def _said(pool: Pool) -> dict[str, Any]:
    """What the audit trail keeps of each version of a draft."""
    return {"version": pool.version, "plan": _as_json(_plan_of(pool))}


def _priced(session: Session, plan: Plan) -> tuple[Tool, PriceSchedule]:
    """The tool and its price, both still on offer."""
    tool = catalogue.tool_by_id(session, plan.tool_id)
    for schedule in catalogue.schedules_of(session, plan.tool_id):
        if schedule.id == plan.price_schedule_id:
            return tool, schedule
    raise RuleBroken("The vendor no longer offers this price. Choose another.", "price_schedule")


def _check_plan(
    session: Session,
    consortium: Consortium,
    plan: Plan,
    schedule: PriceSchedule,
    zone: str,
    but: UUID | None = None,
) -> None:
    share_rules.check_can_be_pooled(schedule_from_json(schedule.terms))
    if plan.title.strip() in queries.titles_taken(session, consortium.org_id, but):
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
    check_outlives(plan.term_ends_on, consortium.runs_until)


def _free_slug(session: Session, org_id: UUID, title: str) -> str:
    taken, slug = queries.slugs_taken(session, org_id), slug_of(title.replace("–", " "))
    if slug not in taken:
        return slug
    return next(f"{slug}-{n}" for n in range(2, 10_000) if f"{slug}-{n}" not in taken)


def count_open_pools(session: Session, actor: Actor, tool_id: UUID) -> int:
    """Tell the catalogue how many open pools buy a tool now."""
    require(actor, "pools.count_open_pools")
    count = queries.count_open_pools(session, tool_id)
    catalogue_service.note_open_pools(session, actor, tool_id, count)
    return count
