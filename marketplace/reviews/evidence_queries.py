"""What may be asked about documents, watched policies, stops and appeals."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.catalogue.models import Tool
from marketplace.core.access import Actor, is_operator
from marketplace.core.errors import NotFound
from marketplace.core.files import StoredFile
from marketplace.reviews import queries
from marketplace.reviews.appeal_models import ReviewAppealVote
from marketplace.reviews.evidence_models import EvidenceDocument, PolicyCapture, WatchedPolicy
from marketplace.reviews.evidence_rules import Audience
from marketplace.reviews.models import EmergencyStop, Review, ReviewAppeal, ReviewSeat
from marketplace.reviews.policy import is_reviewer
from marketplace.reviews.rules import DECIDE_APPEALS

#: Columns that are TRUE or NULL, as conditions.
STOP_IS_OPEN: Any = EmergencyStop.is_open
APPEAL_IS_OPEN: Any = ReviewAppeal.is_open

# -- tools -----------------------------------------------------------------------------------


def tool_of(session: Session, tool_id: UUID) -> Tool:
    found = session.exec(select(Tool).where(Tool.id == tool_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such tool.")
    return found


def public_tool(session: Session, slug: str) -> tuple[Tool, Organization]:
    """A tool that was ever published, and its vendor."""
    query = (
        select(Tool, Organization)
        .join(Organization, col(Organization.id) == Tool.org_id)
        .where(Tool.slug == slug, col(Tool.published_at).is_not(None))
    )
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such tool.")
    return found[0], found[1]


# -- documents -------------------------------------------------------------------------------


def documents_of(session: Session, tool_id: UUID) -> list[EvidenceDocument]:
    query = select(EvidenceDocument).where(EvidenceDocument.tool_id == tool_id)
    return list(
        session.exec(query.order_by(col(EvidenceDocument.filed_at), col(EvidenceDocument.id)))
    )


def document_of_tool(session: Session, tool_id: UUID, document_id: UUID) -> EvidenceDocument:
    query = select(EvidenceDocument).where(
        EvidenceDocument.id == document_id, EvidenceDocument.tool_id == tool_id
    )
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such document.")
    return found


def document_with_print(
    session: Session, tool_id: UUID, fingerprint: str
) -> EvidenceDocument | None:
    query = select(EvidenceDocument).where(
        EvidenceDocument.tool_id == tool_id, EvidenceDocument.sha256 == fingerprint
    )
    return session.exec(query).one_or_none()


def documents_by_id(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, EvidenceDocument]:
    wanted = {each for each in ids if each}
    if not wanted:
        return {}
    query = select(EvidenceDocument).where(col(EvidenceDocument.id).in_(wanted))
    return {row.id: row for row in session.exec(query)}


def may_read(actor: Actor, document: EvidenceDocument, vendor_id: UUID) -> bool:
    """Who may see a document: as it was filed, and always its vendor, reviewers and operator."""
    if document.audience is Audience.PUBLIC:
        return True
    if actor.org_id == vendor_id and actor.org_kind == "vendor":
        return True
    if is_operator(actor, None):
        return True
    if is_reviewer(actor, None):
        return actor.org_kind != "vendor"
    return document.audience is Audience.DISTRICTS and actor.org_kind == "district"


def readable_document(
    session: Session, actor: Actor, tool: Tool, document_id: UUID
) -> tuple[EvidenceDocument, StoredFile]:
    """A document and its file; what one may not see does not exist."""
    found = document_of_tool(session, tool.id, document_id)
    if not may_read(actor, found, tool.org_id):
        raise NotFound("There is no such document.")
    file = session.exec(select(StoredFile).where(StoredFile.id == found.file_id)).one()
    return found, file


# -- policies --------------------------------------------------------------------------------


def policies_of(session: Session, tool_id: UUID) -> list[WatchedPolicy]:
    query = select(WatchedPolicy).where(WatchedPolicy.tool_id == tool_id)
    return list(session.exec(query.order_by(col(WatchedPolicy.added_at), col(WatchedPolicy.id))))


def get_policy(session: Session, policy_id: UUID, *, lock: bool = False) -> WatchedPolicy:
    query = select(WatchedPolicy).where(WatchedPolicy.id == policy_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such policy.")
    return found


def policy_at(session: Session, tool_id: UUID, url: str) -> WatchedPolicy | None:
    query = select(WatchedPolicy).where(WatchedPolicy.tool_id == tool_id, WatchedPolicy.url == url)
    return session.exec(query).one_or_none()


def policies_to_ask(session: Session, now: datetime, most: int) -> list[tuple[UUID, str]]:
    query = (
        select(WatchedPolicy.id, WatchedPolicy.url)
        .where(col(WatchedPolicy.try_at) <= now)
        .order_by(col(WatchedPolicy.try_at))
        .limit(most)
    )
    return [(policy_id, url) for policy_id, url in session.exec(query)]


def captures_of(session: Session, policy_id: UUID) -> list[PolicyCapture]:
    """Every text a policy had, the newest first."""
    query = select(PolicyCapture).where(PolicyCapture.policy_id == policy_id)
    return list(
        session.exec(query.order_by(col(PolicyCapture.captured_at).desc(), col(PolicyCapture.id)))
    )


def captures_of_tool(session: Session, tool_id: UUID) -> list[tuple[PolicyCapture, WatchedPolicy]]:
    query = (
        select(PolicyCapture, WatchedPolicy)
        .join(WatchedPolicy, col(WatchedPolicy.id) == PolicyCapture.policy_id)
        .where(PolicyCapture.tool_id == tool_id)
        .order_by(col(PolicyCapture.captured_at).desc(), col(PolicyCapture.id))
    )
    return [(capture, policy) for capture, policy in session.exec(query)]


def get_capture(session: Session, capture_id: UUID, *, lock: bool = False) -> PolicyCapture:
    query = select(PolicyCapture).where(PolicyCapture.id == capture_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such change.")
    return found


def changes_waiting(session: Session) -> list[tuple[PolicyCapture, WatchedPolicy, Tool]]:
    """Changed policies that nobody decided on yet, whose day comes first, first."""
    query = (
        select(PolicyCapture, WatchedPolicy, Tool)
        .join(WatchedPolicy, col(WatchedPolicy.id) == PolicyCapture.policy_id)
        .join(Tool, col(Tool.id) == PolicyCapture.tool_id)
        .where(col(PolicyCapture.decision).is_(None))
        .order_by(col(PolicyCapture.decide_by), col(PolicyCapture.id))
        .limit(200)
    )
    return [(capture, policy, tool) for capture, policy, tool in session.exec(query)]


def undecided_since(session: Session, now: datetime) -> list[UUID]:
    query = select(PolicyCapture.id).where(
        col(PolicyCapture.decision).is_(None), PolicyCapture.decide_by <= now
    )
    return list(session.exec(query.limit(200)))


# -- stops and appeals -----------------------------------------------------------------------


def stop_of(session: Session, tool_id: UUID, *, lock: bool = False) -> EmergencyStop | None:
    """The stop that waits for a second person, or holds."""
    query = select(EmergencyStop).where(EmergencyStop.tool_id == tool_id, STOP_IS_OPEN)
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def stops_of(session: Session, tool_id: UUID) -> list[EmergencyStop]:
    """Stops that were confirmed, the newest first; public."""
    query = select(EmergencyStop).where(
        EmergencyStop.tool_id == tool_id, col(EmergencyStop.confirmed_at).is_not(None)
    )
    return list(session.exec(query.order_by(col(EmergencyStop.confirmed_at).desc())))


def stops_waiting(session: Session) -> list[tuple[EmergencyStop, Tool]]:
    query = (
        select(EmergencyStop, Tool)
        .join(Tool, col(Tool.id) == EmergencyStop.tool_id)
        .where(STOP_IS_OPEN, col(EmergencyStop.confirmed_at).is_(None))
        .order_by(col(EmergencyStop.asked_at))
    )
    return [(stop, tool) for stop, tool in session.exec(query)]


def appeals_of(session: Session, tool_id: UUID) -> list[ReviewAppeal]:
    """Every appeal about a tool, the newest first; public."""
    query = (
        select(ReviewAppeal)
        .join(Review, col(Review.id) == ReviewAppeal.review_id)
        .where(Review.tool_id == tool_id)
        .order_by(col(ReviewAppeal.filed_at).desc(), col(ReviewAppeal.id))
    )
    return list(session.exec(query))


def get_appeal(session: Session, appeal_id: UUID, *, lock: bool = False) -> ReviewAppeal:
    query = select(ReviewAppeal).where(ReviewAppeal.id == appeal_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such appeal.")
    return found


def appeal_sent(session: Session, review_id: UUID, once_key: str) -> ReviewAppeal | None:
    query = select(ReviewAppeal).where(
        ReviewAppeal.review_id == review_id, ReviewAppeal.once_key == once_key
    )
    return session.exec(query).one_or_none()


def votes_on(session: Session, appeal_id: UUID) -> dict[UUID, tuple[ReviewAppealVote, ReviewSeat]]:
    """What each who decides an appeal found last, by seat; of those who still sit there."""
    query = (
        select(ReviewAppealVote, ReviewSeat)
        .join(ReviewSeat, col(ReviewSeat.id) == ReviewAppealVote.seat_id)
        .where(ReviewAppealVote.appeal_id == appeal_id, queries.SITS)
        .order_by(col(ReviewAppealVote.number))
    )
    return {seat.id: (vote, seat) for vote, seat in session.exec(query)}


def count_of_votes(session: Session, appeal_id: UUID) -> int:
    query = select(func.count()).where(ReviewAppealVote.appeal_id == appeal_id)
    return session.exec(query).one()


def appeals_open(session: Session, until: date | None = None) -> list[tuple[Any, Any, Any]]:
    """Appeals without a decision, with review and tool, whose day comes first, first."""
    query = (
        select(ReviewAppeal, Review, Tool)
        .join(Review, col(Review.id) == ReviewAppeal.review_id)
        .join(Tool, col(Tool.id) == Review.tool_id)
        .where(APPEAL_IS_OPEN)
        .order_by(col(ReviewAppeal.decide_by), col(ReviewAppeal.id))
        .limit(200)
    )
    if until is not None:
        query = query.where(ReviewAppeal.decide_by <= until)
    return [(appeal, review, tool) for appeal, review, tool in session.exec(query)]


def appeal_seats(session: Session, user_id: UUID) -> set[UUID]:
    """The reviews in which a person decides appeals."""
    query = select(ReviewSeat.review_id).where(
        ReviewSeat.user_id == user_id,
        queries.SITS,
        col(ReviewSeat.seat).in_(DECIDE_APPEALS),
    )
    return set(session.exec(query).all())
