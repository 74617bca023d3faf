"""The week ahead, written when Monday morning has come where the district is."""

from sqlmodel import Session

from marketplace.core import jobs
from marketplace.core.access import Actor
from marketplace.home import digest_service


@jobs.timed
def write_weeks_ahead(session: Session) -> int:
    return digest_service.write_weeks_ahead(session, Actor.system())
