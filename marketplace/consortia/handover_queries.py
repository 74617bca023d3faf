"""Offers of an office, and the record of those that were accepted."""

from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.consortia.handover_rules import OfferAnswer, Office
from marketplace.consortia.models import Handover
from marketplace.core.errors import NotFound


def get_handover(session: Session, handover_id: UUID, *, lock: bool = False) -> Handover:
    query = select(Handover).where(Handover.id == handover_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such hand-over.")
    return found


def open_offer(session: Session, org_id: UUID, office: Office) -> Handover | None:
    """The offer that waits for its answer, if any."""
    query = select(Handover).where(
        Handover.org_id == org_id, Handover.office == office, col(Handover.answer).is_(None)
    )
    return session.exec(query).first()


def handovers_done(session: Session, org_id: UUID) -> list[Handover]:
    """What was handed over, the newest first; the last twenty."""
    query = (
        select(Handover)
        .where(Handover.org_id == org_id, Handover.answer == OfferAnswer.ACCEPTED)
        .order_by(col(Handover.answered_at).desc(), col(Handover.id))
        .limit(20)
    )
    return list(session.exec(query))
