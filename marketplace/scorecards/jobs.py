"""The nightly round, looked for every minute and done in portions."""

from sqlmodel import Session

from marketplace.core import jobs
from marketplace.core.access import Actor
from marketplace.scorecards import service


@jobs.timed
def rescore_due(session: Session) -> int:
    return service.rescore_due(session, Actor.system())
