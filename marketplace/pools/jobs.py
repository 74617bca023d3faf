"""What follows from time and events: the phases of a pool, clearing at the deadline, counts."""

from datetime import timedelta
from uuid import UUID

import structlog
from sqlmodel import Session

from marketplace.core import clock, jobs
from marketplace.core.access import Actor
from marketplace.core.events import Event, on
from marketplace.pools import letter_jobs, life_queries, queries, rules, service
from marketplace.pools.state_rules import PoolStatus

#: The letters register themselves.
__all__ = ["letter_jobs"]

log = structlog.get_logger(__name__)


@jobs.timed
def clear_due(session: Session) -> int:
    """Clear every pool whose deadline has passed; one that fails does not stop the others."""
    done = 0
    for pool_id in life_queries.due_to_clear(session, clock.now()):
        try:
            with session.begin_nested():
                service.clear_pool(session, Actor.system(), pool_id)
            done += 1
        except Exception:  # it stays open and is tried again in a minute
            log.exception("pool not cleared", pool=str(pool_id))
    return done


@jobs.timed
def begin_fill_up(session: Session) -> int:
    """Say so where the last phase has begun."""
    due = life_queries.due_to_fill_up(session, clock.now())
    for pool_id in due:
        service.start_fill_up(session, Actor.system(), pool_id)
    return len(due)


@jobs.timed
def close_what_is_over(session: Session) -> int:
    """A pool ends with its term; one that is asked a day early stays as it is."""
    due = life_queries.terms_over(session, clock.now().date() + timedelta(days=1))
    closed = [service.close_pool(session, Actor.system(), pool_id) for pool_id in due]
    return sum(pool.status is PoolStatus.CLOSED for pool in closed)


@on("catalogue.price_offered")
def look_for_withdrawn_prices(session: Session, event: Event) -> None:
    """A new price takes the old one off the list; open pools on the old one are told."""
    service.tell_price_withdrawn(session, Actor.system(), event.subject_id)


def _recount(session: Session, event: Event) -> None:
    service.count_open_pools(session, Actor.system(), UUID(event.facts["tool"]))


@on("pools.opened")
def count_after_opening(session: Session, event: Event) -> None:
    _recount(session, event)


@on("pools.cleared")
def count_after_clearing(session: Session, event: Event) -> None:
    _recount(session, event)


@on("pools.lapsed")
def count_after_lapse(session: Session, event: Event) -> None:
    _recount(session, event)


@on("pools.extended")
def count_after_extension(session: Session, event: Event) -> None:
    _recount(session, event)


@on("consortia.member_left")
def withdraw_whoever_left(session: Session, event: Event) -> None:
    """A district that leaves the consortium leaves its open pools."""
    district_id = UUID(event.facts["district"])
    for commitment, pool in queries.commitments_of_district(session, district_id):
        open_still = rules.takes_seats(pool.status, pool.closes_at, clock.now())
        if pool.org_id == event.org_id and open_still:
            service.withdraw_commitment(session, Actor.system(), pool.id, commitment.district_id)
