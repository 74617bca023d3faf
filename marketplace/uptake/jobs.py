"""The funnel is worked out once a day, so that no page has to."""

from sqlmodel import Session

from marketplace.core import clock, db, jobs
from marketplace.core.access import Actor
from marketplace.uptake import funnel_queries, service
from marketplace.uptake.funnel_rules import release_of


@jobs.timed
def keep_funnel(session: Session) -> int:
    """Read and worked out in a snapshot first: it takes a while, and nobody waits for it."""
    with db.snapshot() as reader:
        if not funnel_queries.is_to_be_looked_at(reader, clock.now().date()):
            return 0
        found = release_of(funnel_queries.rows(reader))
    return int(service.keep_funnel(session, Actor.system(), found))
