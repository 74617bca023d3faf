"""What a lead agency does for a consortium: found it, constitute it, answer districts."""

from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts import service as accounts_service
from marketplace.accounts.rules import OrganizationKind, slug_of
from marketplace.consortia import queries, rules
from marketplace.consortia.models import Consortium, Member
from marketplace.consortia.rules import ConsortiumStatus, LegalShape, MemberStatus
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.ledger import service as ledger_service

#: The whole of consortia in one face for other features, seeds and tests.
from marketplace.consortia.member_service import (  # isort: skip
    Paper,
    answer_invitation,
    approve_request,
    ask_to_join,
    begin_membership,
    end_membership,
    file_instrument,
    leave_consortium,
)

__all__ = [
    "Paper",
    "answer_invitation",
    "approve_request",
    "ask_to_join",
    "begin_membership",
    "constitute",
    "end_membership",
    "file_instrument",
    "found_consortium",
    "invite_district",
    "leave_consortium",
]


def found_consortium(
    session: Session,
    actor: Actor,
    *,
    name: str,
    purpose: str,
    legal_shape: LegalShape,
    by_laws: str,
    fiscal_agent_id: UUID | None = None,
    time_zone: str | None = None,
) -> Consortium:
    """A new consortium led by the actor's organization, with its own tenant and empty books."""
    require(actor, "consortia.found_consortium")
    rules.check_fiscal_agent(legal_shape, fiscal_agent_id is not None)
    lead = accounts.get_organization(session, actor.home)
    if any(org.name == name.strip() for org, _ in queries.led_by(session, lead.id)):
        raise RuleBroken("You have already founded a consortium with this name.", "name")

    slug = slug_of(name)
    organization = accounts_service.found_organization(
        session,
        actor,
        kind=OrganizationKind.CONSORTIUM,
        name=name.strip(),
        slug=f"{slug}-consortium" if slug in rules.RESERVED_SLUGS else slug,
        city=lead.city,
        state=lead.state,
        time_zone=time_zone or lead.time_zone,
    )
    consortium = Consortium(
        org_id=organization.id,
        legal_shape=legal_shape,
        lead_agency_id=lead.id,
        fiscal_agent_id=fiscal_agent_id,
        purpose=purpose.strip(),
        by_laws=by_laws.strip(),
        founded_on=clock.today(organization.time_zone),
    )
    session.add(consortium)
    if actor.user_id:
        founder = queries.person(session, actor.user_id)
        accounts_service.found_with(session, actor, founder, organization)
    accounts_service.affiliate(session, actor, lead.id, organization.id)
    if fiscal_agent_id:
        accounts_service.affiliate(session, actor, fiscal_agent_id, organization.id)
    session.flush()
    _open_books(session, organization.id)
    emit(session, actor, "consortia.founded", consortium, legal_shape=str(legal_shape))
    return consortium


def _open_books(session: Session, consortium_id: UUID) -> None:
    """The books stand above; opening them is the site's own act, whoever founds."""
    ledger_service.open_books(session, Actor.system(), consortium_id)


def constitute(session: Session, actor: Actor, org_id: UUID) -> Consortium:
    """The convener declares the consortium constituted; doing so again changes nothing."""
    consortium = queries.consortium_of(session, org_id, lock=True)
    require(actor, "consortia.constitute", consortium)
    if consortium.status is ConsortiumStatus.FORMING:
        organization = accounts.get_organization(session, org_id)
        consortium.status = ConsortiumStatus.CONSTITUTED
        consortium.constituted_on = clock.today(organization.time_zone)
        emit(session, actor, "consortia.constituted", consortium)
    return consortium


def invite_district(
    session: Session, actor: Actor, org_id: UUID, district_id: UUID, words: str = ""
) -> Member:
    """Ask a district to join; inviting is the lead's yes."""
    consortium = queries.consortium_of(session, org_id)
    require(actor, "consortia.invite_district", consortium)
    member = queries.member(session, org_id, district_id, lock=True)
    rules.check_can_invite(member.status if member else None)
    member = member or Member(org_id=org_id, district_id=district_id)  # type: ignore[call-arg]
    member.status, member.words = MemberStatus.INVITED, words.strip()
    member.asked_at = member.approved_at = clock.now()
    member.accepted_by_laws_version = member.active_since = member.ended_at = None
    session.add(member)
    session.flush()
    emit(session, actor, "consortia.district_invited", member, district=str(district_id))
    return member
