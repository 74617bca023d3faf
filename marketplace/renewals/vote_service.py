"""The districts of a term vote on the next one; a yes makes the draft of its pool."""

from datetime import date, time
from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock, tenancy
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.decisions import queries as decisions
from marketplace.decisions import service as decisions_service
from marketplace.decisions.models import Decision
from marketplace.decisions.rules import DecisionKind, Outcome
from marketplace.decisions.service import Question
from marketplace.pools import queries as pools
from marketplace.pools.rules import deadline_at
from marketplace.renewals import queries, renewal_queries, renewal_service, rules, vote_queries
from marketplace.renewals.renewal_service import NextPool


def put_to_vote(
    session: Session,
    actor: Actor,
    pool_id: UUID,
    *,
    closes_day: date,
    closes_time: time,
    words: str,
    once_key: str,
) -> Decision:
    """Ask the districts that hold seats at the end of the term; the others have no vote. The
    pool's row is locked, so that two leads ask once."""
    pool = pools.get_pool(session, pool_id, lock=True)
    require(actor, "renewals.put_to_vote", pool)
    rules.check_has_orders(pool.status)
    if sent := decisions.decision_of_form(session, pool.org_id, once_key):
        return sent
    vote = vote_queries.vote_on(session, pool)
    rules.check_can_put_to_vote(
        renewal_queries.renewal_of(session, pool.id) is not None,
        vote is not None and vote.closed_at is None,
        pool.term_ends_on,
        clock.today(pool.time_zone),
    )
    term = queries.standing(session, pool)
    asked = Question(
        kind=DecisionKind.RENEW_POOL,
        title=f"Shall we renew “{pool.title}” for another term?",
        words=words,
        closes_day=closes_day,
        closes_time=closes_time,
        subject=f"{DecisionKind.RENEW_POOL}:{pool.id}",
    )
    among = {term.districts[leaid] for leaid in term.seats_at_end}
    return decisions_service.open_decision(
        session, actor, pool.org_id, asked, once_key, among=among
    )


def prepare_next(session: Session, actor: Actor, decision_id: UUID) -> Decision:
    """After a yes: the draft of the next pool, or a note of what the lead must do first. Once:
    a term is renewed by one pool."""
    decision = decisions.get_decision(session, decision_id, lock=True)
    require(actor, "renewals.prepare_next", decision)
    done = decision.opens_pool_id is not None or decision.next_step is not None
    if decision.outcome is not Outcome.PASSED or decision.subject_id is None or done:
        return decision
    pool_id, why_not = None, ""
    try:
        pool_id = _draft(session, actor, decision.subject_id)
    except (RuleBroken, NotFound) as refusal:
        why_not = str(refusal)
    return decisions_service.note_next_step(
        session, actor, decision.id, pool_id=pool_id, why_not=why_not
    )


def _draft(session: Session, actor: Actor, pool_id: UUID) -> UUID:
    pool = pools.get_pool(session, pool_id)
    with tenancy.everyone("published prices are public"):
        first = vote_queries.proposed_next(session, pool, clock.today(pool.time_zone))
    if first.price_schedule_id is None:
        raise RuleBroken("The vendor offers no price for the next term yet. Ask it for one.")
    wanted = NextPool(
        title=first.title,
        price_schedule_id=first.price_schedule_id,
        closes_at=deadline_at(first.closes_on, time(23, 59), pool.time_zone).at,
        term_starts_on=first.starts_on,
        term_ends_on=first.ends_on,
        pay_by=first.pay_by,
    )
    return renewal_service.plan_renewal(session, actor, pool_id, wanted).id
