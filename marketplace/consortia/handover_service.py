"""How the lead agency or the fiscal agent hands over: one side offers, the other accepts."""

from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts import service as accounts_service
from marketplace.accounts.rules import OrganizationKind
from marketplace.consortia import handover_queries, handover_rules, queries, rules
from marketplace.consortia.handover_rules import ROLE_OF, OfferAnswer, Office
from marketplace.consortia.models import Consortium, Handover, OfficeOf
from marketplace.consortia.rules import MemberStatus
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.ledger import queries as ledger
from marketplace.ledger import service as ledger_service

#: Who may lead or keep the money, as at founding.
KINDS = (OrganizationKind.SERVICE_AGENCY, OrganizationKind.DISTRICT)


def offer_office(
    session: Session,
    actor: Actor,
    org_id: UUID,
    office: Office,
    *,
    to_id: UUID,
    successor_id: UUID | None = None,
    words: str = "",
) -> Handover:
    """Offer the office to another agency; nothing changes until it accepts. The same offer
    again gives the one that waits."""
    consortium = queries.consortium_of(session, org_id, lock=True)
    require(actor, "consortia.offer_office", OfficeOf(org_id, office))
    rules.check_not_dissolved(consortium.status)
    waiting = handover_queries.open_offer(session, org_id, office)
    if waiting and (waiting.to_id, waiting.offered_by_id) == (to_id, actor.user_id):
        return waiting
    held_by = handover_rules.check_offer(
        office, consortium.holder_of(office), to_id, successor_id, waiting is not None
    )
    if accounts.get_organization(session, to_id).kind not in KINDS:
        raise RuleBroken("Choose a service agency or a district.", "to")
    offer = Handover(
        org_id=org_id,
        office=office,
        from_id=held_by,
        to_id=to_id,
        successor_id=successor_id,
        words=words.strip(),
        offered_at=clock.now(),
        offered_by_id=actor.person,
    )
    session.add(offer)
    session.flush()
    emit(session, actor, "consortia.office_offered", offer, office=str(office))
    return offer


def accept_office(session: Session, actor: Actor, handover_id: UUID) -> Handover:
    """The other agency takes the office: its people get the role, the old one's lose it, and
    what every account holds at this moment is written down. Accepting again changes nothing.

    The consortium's row is locked first and the books after it, so that it happens once and
    no entry comes between.
    """
    offer = handover_queries.get_handover(session, handover_id)
    require(actor, "consortia.accept_office", offer)
    consortium = queries.consortium_of(session, offer.org_id, lock=True)
    offer = handover_queries.get_handover(session, handover_id, lock=True)
    if offer.answer is OfferAnswer.ACCEPTED:
        return offer
    handover_rules.check_waits(offer.answer)
    rules.check_not_dissolved(consortium.status)
    handover_rules.check_two_people(offer.offered_by_id, actor.person)
    _print_balances(session, offer)
    _take_office(consortium, offer)
    _answer(session, actor, offer, OfferAnswer.ACCEPTED)
    system, role = Actor.system(), ROLE_OF[offer.office]
    accounts_service.pass_role(session, system, offer.org_id, role, offer.to_id)
    accounts_service.affiliate(session, system, offer.to_id, offer.org_id)
    if not _still_belongs(session, consortium, offer.from_id):
        accounts_service.part(session, system, offer.from_id, offer.org_id)
    session.flush()
    return offer


def decline_office(session: Session, actor: Actor, handover_id: UUID) -> Handover:
    """The other agency says no; everything stays as it is."""
    offer = handover_queries.get_handover(session, handover_id, lock=True)
    require(actor, "consortia.decline_office", offer)
    if offer.answer is not OfferAnswer.DECLINED:
        handover_rules.check_waits(offer.answer)
        _answer(session, actor, offer, OfferAnswer.DECLINED)
    return offer


def take_offer_back(session: Session, actor: Actor, handover_id: UUID) -> Handover:
    """The side that offered thinks again, while nobody has answered."""
    offer = handover_queries.get_handover(session, handover_id, lock=True)
    require(actor, "consortia.take_offer_back", offer)
    if offer.answer is not OfferAnswer.TAKEN_BACK:
        handover_rules.check_waits(offer.answer)
        _answer(session, actor, offer, OfferAnswer.TAKEN_BACK)
    return offer


# -- steps shared by several use cases; each asked `require` before --------------------------


def _answer(session: Session, actor: Actor, offer: Handover, answer: OfferAnswer) -> None:
    offer.answer, offer.answered_at = answer, clock.now()
    offer.answered_by_id = actor.person
    session.add(offer)
    session.flush()
    emit(session, actor, f"consortia.office_{answer}", offer, office=str(offer.office))


def _print_balances(session: Session, offer: Handover) -> None:
    ledger_service.open_books(session, Actor.system(), offer.org_id)
    head = ledger.lock_head(session, offer.org_id)
    offer.books_seq, offer.books_hash = head.seq, head.hash
    held = ledger.balances(session, offer.org_id)
    offer.held = {balance.code: balance.cents for balance in held}


def _take_office(consortium: Consortium, offer: Handover) -> None:
    if offer.office is Office.LEAD_AGENCY:
        consortium.lead_agency_id = offer.to_id
    else:
        consortium.fiscal_agent_id = offer.to_id
        consortium.successor_id = offer.successor_id


def _still_belongs(session: Session, consortium: Consortium, agency_id: UUID) -> bool:
    """It holds the other office, or is a member itself."""
    if agency_id in (consortium.lead_agency_id, consortium.fiscal_agent_id):
        return True
    member = queries.member(session, consortium.org_id, agency_id)
    return member is not None and member.status is MemberStatus.ACTIVE
