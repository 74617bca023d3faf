"""The nightly round, looked for every minute and done in portions."""

from sqlmodel import Session

from marketplace.catalogue import service as catalogue
from marketplace.core import jobs
from marketplace.core.access import Actor
from marketplace.core.events import Event, on
from marketplace.scorecards import queries, service


@on("scorecards.card_published")
@on("scorecards.grade_changed")
@on("scorecards.card_expired")
@on("scorecards.card_stopped")
@on("scorecards.stop_lifted")
def note_grade(session: Session, event: Event) -> None:
    """The catalogue shows the grade in its lists; it is told how the card stands now."""
    stands = queries.standings(session, [event.subject_id])[event.subject_id]
    grade = "expired" if stands.is_expired else stands.grade if stands.is_reviewed else ""
    grade = "stopped" if stands.is_stopped else grade
    catalogue.note_privacy_grade(session, Actor.system(), event.subject_id, grade)


@jobs.timed
def rescore_due(session: Session) -> int:
    return service.rescore_due(session, Actor.system())
