"""What an adopted decision opens: a draft pool with the tool and price that were voted on.

A draft is what its lead checks and opens; nothing is bought by a vote alone. Where no draft can
be made the reason is kept, so that the lead knows what to do first.
"""

from datetime import time
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import PriceSchedule, Tool
from marketplace.consortia import queries as consortia
from marketplace.core import clock, tenancy
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.decisions import queries, rules
from marketplace.decisions.models import Decision
from marketplace.decisions.rules import DecisionKind, Outcome
from marketplace.pools import queries as pools
from marketplace.pools import service as pools_service
from marketplace.pools.models import Pool
from marketplace.pools.rules import deadline_at
from marketplace.pools.service import Plan
from marketplace.pricing.rules import Form, schedule_from_json

ABOUT_TOOLS = (DecisionKind.FOUND_POOL, DecisionKind.PICK_TOOL)
NO_PRICE = (
    "The vendor offers no price now that can be pooled. It is asked for one; then plan the pool."
)


def prepare_pool(session: Session, actor: Actor, decision_id: UUID) -> Decision:
    """Make the draft pool that an adopted decision calls for, or note why not. The decision's
    row is locked, so that two workers make one; again changes nothing."""
    decision = queries.get_decision(session, decision_id, lock=True)
    require(actor, "decisions.prepare_pool", decision)
    done = decision.opens_pool_id is not None or decision.next_step is not None
    if decision.kind not in ABOUT_TOOLS or decision.outcome is not Outcome.PASSED or done:
        return decision
    if decision.subject_id is None:  # asked before questions named their tool
        return decision
    try:
        pool_id, why = _draft(session, actor, decision).id, ""
    except (RuleBroken, NotFound) as refusal:
        pool_id, why = None, str(refusal)
    return note_next_step(session, actor, decision_id, pool_id=pool_id, why_not=why)


def note_next_step(
    session: Session, actor: Actor, decision_id: UUID, *, pool_id: UUID | None, why_not: str = ""
) -> Decision:
    """Keep which draft an adopted decision has opened, or what stands in its way."""
    decision = queries.get_decision(session, decision_id, lock=True)
    require(actor, "decisions.note_next_step", decision)
    decision.opens_pool_id, decision.next_step = pool_id, why_not or None
    session.add(decision)
    session.flush()
    emit(session, actor, "decisions.next_step", decision, number=decision.number)
    return decision


def _draft(session: Session, actor: Actor, decision: Decision) -> Pool:
    consortium = consortia.consortium_of(session, decision.org_id)
    zone = accounts.get_organization(session, decision.org_id).time_zone
    tool, schedule = _priced(session, decision)
    dates = rules.draft_dates(clock.today(zone), schedule.valid_until, consortium.runs_until)
    return pools_service.create_pool(
        session,
        actor,
        decision.org_id,
        Plan(
            tool_id=tool.id,
            price_schedule_id=schedule.id,
            title=_free_title(session, decision, f"{tool.name}, {_years(dates)}"),
            purpose=f"Adopted by decision {decision.number}: {decision.title}",
            closes_at=deadline_at(dates.closes_on, time(23, 59), zone).at,
            term_starts_on=dates.starts_on,
            term_ends_on=dates.ends_on,
            pay_by=dates.pay_by,
        ),
    )


def _priced(session: Session, decision: Decision) -> tuple[Tool, PriceSchedule]:
    """The price that was voted on; of a tool its first one that can be pooled."""
    with tenancy.everyone("published prices are public"):
        offered = pools.priced_tools(session, catalogue.last_zone_today())
    wanted = decision.subject_id
    for tool, _edition, schedule in offered:
        named = schedule.id if decision.kind is DecisionKind.FOUND_POOL else tool.id
        if named == wanted and schedule_from_json(schedule.terms).form is not Form.SITE:
            return tool, schedule
    raise RuleBroken(NO_PRICE)


def _years(dates: rules.DraftDates) -> str:
    return f"{dates.starts_on.year}–{dates.ends_on.year % 100:02}"


def _free_title(session: Session, decision: Decision, title: str) -> str:
    taken = pools.titles_taken(session, decision.org_id, None)
    return f"{title} (decision {decision.number})" if title in taken else title
