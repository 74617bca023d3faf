"""What is on record about one member: its steps, and the offices it has held."""

from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Session, col, select

from marketplace.consortia.handover_rules import OfferAnswer
from marketplace.consortia.history_rules import STEPS
from marketplace.consortia.models import Handover
from marketplace.core.events import Event

#: More than any membership has seen; a page stays a page.
MOST_STEPS = 200


def steps_of(session: Session, member_id: UUID) -> list[Event]:
    """What happened to a membership, the oldest first."""
    query = (
        select(Event)
        .where(Event.subject_id == member_id, col(Event.name).in_(STEPS))
        .order_by(col(Event.id))
        .limit(MOST_STEPS)
    )
    return list(session.exec(query))


def offices_passed(session: Session, org_id: UUID, agency_id: UUID) -> list[Handover]:
    """Offices that came to an organization or went from it, the oldest first."""
    query = (
        select(Handover)
        .where(
            Handover.org_id == org_id,
            Handover.answer == OfferAnswer.ACCEPTED,
            or_(col(Handover.from_id) == agency_id, col(Handover.to_id) == agency_id),
        )
        .order_by(col(Handover.answered_at), col(Handover.id))
    )
    return list(session.exec(query))
