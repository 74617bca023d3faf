"""The funnel is worked out once a day, so that no page has to."""

from sqlmodel import Session

from marketplace.core import jobs
from marketplace.core.access import Actor
from marketplace.uptake import service


@jobs.timed
def keep_funnel(session: Session) -> int:
    return int(service.keep_funnel(session, Actor.system()))
