"""What a lead agency does for a consortium: found it, constitute it, answer districts."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts import service as accounts_service
from marketplace.accounts.rules import OrganizationKind, slug_of
from marketplace.consortia import by_laws_rules, queries, rules
from marketplace.consortia.by_laws_rules import Admission, Choices, choices_from_json
from marketplace.consortia.by_laws_service import first_by_laws
from marketplace.consortia.models import Consortium, FoundingDraft, Member
from marketplace.consortia.rules import ConsortiumStatus, LegalShape, MemberStatus
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.ledger import service as ledger_service

#: The whole of consortia in one face for other features, seeds and tests.
from marketplace.consortia.by_laws_service import (  # isort: skip
    accept_by_laws,
    adopt_by_laws,
    adopt_cost_method,
    discard_by_laws,
    end_by_laws_vote,
    put_by_laws_to_vote,
    save_by_laws,
)
from marketplace.consortia.ending_service import (  # isort: skip
    dissolve,
    warn_of_term,
    wind_up,
)
from marketplace.consortia.member_service import (  # isort: skip
    Paper,
    admit_district,
    answer_invitation,
    approve_request,
    ask_to_join,
    begin_membership,
    end_after_notice,
    end_membership,
    file_instrument,
    leave_consortium,
    name_voters,
    remind_of_end,
    take_notice_back,
)

__all__ = [
    "Paper",
    "accept_by_laws",
    "admit_district",
    "adopt_by_laws",
    "adopt_cost_method",
    "answer_invitation",
    "approve_request",
    "ask_to_join",
    "begin_membership",
    "constitute",
    "discard_by_laws",
    "dissolve",
    "end_after_notice",
    "end_by_laws_vote",
    "end_membership",
    "file_instrument",
    "finish_founding",
    "found_consortium",
    "invite_district",
    "leave_consortium",
    "name_voters",
    "put_by_laws_to_vote",
    "remind_of_end",
    "save_by_laws",
    "save_founding",
    "take_notice_back",
    "warn_of_term",
    "wind_up",
]


def found_consortium(
    session: Session,
    actor: Actor,
    *,
    name: str,
    purpose: str,
    legal_shape: LegalShape,
    choices: Choices | None = None,
    text: str = "",
    fiscal_agent_id: UUID | None = None,
    successor_id: UUID | None = None,
    time_zone: str | None = None,
) -> Consortium:
    """A new consortium led by the actor's organization, with its own tenant, empty books and its
    first by-laws: `choices` (by default the site's own) and the founders' words."""
    require(actor, "consortia.found_consortium")
    rules.check_fiscal_agent(legal_shape, fiscal_agent_id, successor_id)
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
        successor_id=successor_id,
        purpose=purpose.strip(),
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
    first_by_laws(session, actor, consortium, choices or Choices(), text)
    emit(session, actor, "consortia.founded", consortium, legal_shape=str(legal_shape))
    return consortium


def save_founding(session: Session, actor: Actor, kept: dict[str, Any]) -> FoundingDraft:
    """Keep the answers of one step of founding, so that the person can leave and come back."""
    require(actor, "consortia.save_founding")
    draft = queries.founding_draft(session, actor.home, actor.person, lock=True)
    if draft is None:
        draft = FoundingDraft(
            org_id=actor.home, user_id=actor.person, answers={}, changed_at=clock.now()
        )
        session.add(draft)
    draft.answers = draft.answers | kept
    draft.changed_at = clock.now()
    session.flush()
    return draft


def finish_founding(session: Session, actor: Actor) -> Consortium:
    """Found what the answers of all steps say; the answers are used up with it."""
    require(actor, "consortia.found_consortium")
    draft = queries.founding_draft(session, actor.home, actor.person, lock=True)
    if draft is None:
        raise RuleBroken("Start again: there are no answers to found a consortium with.")
    said = draft.answers
    consortium = found_consortium(
        session,
        actor,
        name=said["name"],
        purpose=said["purpose"],
        legal_shape=LegalShape(said["legal_shape"]),
        choices=choices_from_json(said["choices"]),
        text=said["text"],
        fiscal_agent_id=_id(said["fiscal_agent"]),
        successor_id=_id(said["successor"]),
        time_zone=said["time_zone"],
    )
    session.delete(draft)
    return consortium


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None


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
    """Ask a district to join; that is the lead's yes, where the by-laws leave it to the lead."""
    consortium = queries.consortium_of(session, org_id)
    require(actor, "consortia.invite_district", consortium)
    rules.check_goes_on(consortium.status, consortium.winding_up_on)
    member = queries.member(session, org_id, district_id, lock=True)
    rules.check_can_invite(member.status if member else None)
    choices = queries.by_laws_in_force(session, org_id).choices
    newcomer = queries.newcomer(session, org_id, district_id)
    by_laws_rules.check_may_join(choices, invited=True, **newcomer)
    member = member or Member(org_id=org_id, district_id=district_id)  # type: ignore[call-arg]
    member.status, member.words = MemberStatus.INVITED, words.strip()
    member.asked_at = clock.now()
    # Where members vote on newcomers, an invitation is no yes yet.
    member.approved_at = clock.now() if choices.admission is Admission.LEAD else None
    member.accepted_by_laws_version = member.active_since = member.ended_at = None
    session.add(member)
    session.flush()
    emit(session, actor, "consortia.district_invited", member, district=str(district_id))
    return member
