"""Organizations that read along: named by the lead agency, and let go again.

People observe in their own name by the role of an observer, given like any other role.
"""

from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts import service as accounts_service
from marketplace.consortia import observer_queries, queries, rules
from marketplace.consortia.models import Consortium, Observer
from marketplace.consortia.rules import MemberStatus
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit


def name_observer(
    session: Session, actor: Actor, org_id: UUID, observer_id: UUID, words: str = ""
) -> Observer:
    """Let an organization read what members read. The consortium's row is locked, so the same
    form twice names it once."""
    consortium = queries.consortium_of(session, org_id, lock=True)
    require(actor, "consortia.name_observer", consortium)
    rules.check_not_dissolved(consortium.status)
    named = observer_queries.observer_of(session, org_id, observer_id)
    if named and (named.words, named.named_by_id) == (words.strip(), actor.user_id):
        return named
    organization = accounts.get_organization(session, observer_id)
    rules.check_may_observe(
        organization.kind,
        belongs=_belongs(session, consortium, observer_id),
        observes=named is not None,
    )
    observer = Observer(
        org_id=org_id,
        observer_id=observer_id,
        words=words.strip(),
        since=clock.now(),
        named_by_id=actor.person,
    )
    session.add(observer)
    accounts_service.affiliate(session, Actor.system(), observer_id, org_id)
    session.flush()
    emit(session, actor, "consortia.observer_named", observer, observer=str(observer_id))
    return observer


def end_observing(session: Session, actor: Actor, row_id: UUID) -> Observer:
    """The organization reads along no more; that it did stays on record."""
    observer = observer_queries.get_observer(session, row_id, lock=True)
    require(actor, "consortia.end_observing", observer)
    if observer.ended_at is None:
        consortium = queries.consortium_of(session, observer.org_id, lock=True)
        observer.ended_at = clock.now()
        session.add(observer)
        if not _belongs(session, consortium, observer.observer_id):
            accounts_service.part(session, Actor.system(), observer.observer_id, observer.org_id)
        session.flush()
        emit(
            session,
            actor,
            "consortia.observing_ended",
            observer,
            observer=str(observer.observer_id),
        )
    return observer


def _belongs(session: Session, consortium: Consortium, org_id: UUID) -> bool:
    """It holds an office, or is an active member."""
    if org_id in (consortium.lead_agency_id, consortium.fiscal_agent_id):
        return True
    member = queries.member(session, consortium.org_id, org_id)
    return member is not None and member.status is MemberStatus.ACTIVE
