"""The vote of a pool's districts on its next term, and what is proposed for it."""

from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from marketplace.decisions import queries as decisions
from marketplace.decisions.models import Decision
from marketplace.decisions.rules import DecisionKind
from marketplace.pools.models import Pool
from marketplace.renewals import renewal_queries, rules


def vote_on(session: Session, pool: Pool) -> Decision | None:
    """The newest vote of a pool's districts on its next term, open or ended."""
    return decisions.latest_about(session, pool.org_id, DecisionKind.RENEW_POOL, pool.id)


class Proposed(NamedTuple):
    """What the next pool begins with; days are those of the pool's zone."""

    title: str
    price_schedule_id: UUID | None
    closes_on: date
    starts_on: date
    ends_on: date
    pay_by: date


def proposed_next(session: Session, pool: Pool, today: date) -> Proposed:
    """As long a term as this one, right after it, at the price that is offered now. Where that
    leaves no two weeks to commit, the term begins later, the day after the deadline."""
    starts_on, ends_on = rules.next_term(pool.term_starts_on, pool.term_ends_on)
    price = renewal_queries.price_offered_now(session, pool)
    closes_on = max(starts_on - timedelta(days=45), today + timedelta(days=14))
    starts_on = max(starts_on, closes_on + timedelta(days=1))
    return Proposed(
        title=f"{pool.title}, from {starts_on.year}",
        price_schedule_id=price.id if price else None,
        closes_on=closes_on,
        starts_on=starts_on,
        ends_on=ends_on,
        pay_by=starts_on + timedelta(days=30),
    )
