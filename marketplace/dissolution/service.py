"""A consortium ends in steps: decided, what is left over shared, every account at zero, sealed.

The consortium's row is locked first, then its dissolution, then the books; what is checked
under the lock is what is true when it is written.
"""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.consortia import queries as consortia
from marketplace.consortia import service as consortia_service
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.dissolution import queries, rules
from marketplace.dissolution.models import Dissolution
from marketplace.dissolution.policy import for_the_books
from marketplace.ledger import queries as ledger
from marketplace.ledger import service as ledger_service
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.orders import queries as orders


def begin(session: Session, actor: Actor, org_id: UUID, decision_id: UUID) -> Dissolution:
    """The members voted to dissolve; again changes nothing."""
    consortium = consortia.consortium_of(session, org_id, lock=True)
    require(actor, "dissolution.begin", consortium)
    return _begin(session, actor, org_id, decision_id=decision_id)


def declare(
    session: Session, actor: Actor, org_id: UUID, *, words: str, typed_name: str
) -> Dissolution:
    """The lead agency declares the end, where the by-laws leave it to the lead."""
    consortium = consortia.consortium_of(session, org_id, lock=True)
    require(actor, "dissolution.declare", consortium)
    rules.check_lead_declares(consortia.by_laws_in_force(session, org_id).choices.dissolution)
    rules.check_words(words)
    rules.check_name(typed_name, accounts.get_organization(session, org_id).name)
    return _begin(session, actor, org_id, words=words.strip())


def _begin(session: Session, actor: Actor, org_id: UUID, **said: Any) -> Dissolution:
    if found := queries.dissolution_of(session, org_id, lock=True):
        return found
    consortia_service.wind_up(session, Actor.system(), org_id)
    dissolution = Dissolution(
        org_id=org_id, begun_at=clock.now(), begun_by_id=actor.user_id, **said
    )
    session.add(dissolution)
    session.flush()
    emit(session, actor, "dissolution.begun", dissolution)
    return dissolution


def propose_settlement(session: Session, actor: Actor, org_id: UUID) -> Dissolution:
    """Reckon what each district gets or owes by the by-laws and show it to all; nothing is
    posted before a second person agrees. The same figures again change nothing."""
    dissolution = _locked(session, org_id)
    require(actor, "dissolution.propose_settlement", dissolution)
    figures = _figures(session, org_id)
    if dissolution.settled_at is None and dissolution.figures == figures:
        return dissolution
    dissolution.figures = figures
    dissolution.proposed_at, dissolution.proposed_by_id = clock.now(), actor.person
    dissolution.settled_at = dissolution.settled_by_id = dissolution.settled_seq = None
    session.add(dissolution)
    session.flush()
    emit(session, actor, "dissolution.settlement_proposed", dissolution)
    return dissolution


def approve_settlement(session: Session, actor: Actor, org_id: UUID) -> Dissolution:
    """A second person agrees and the entry is posted, if the figures are still the same."""
    dissolution = _locked(session, org_id)
    require(actor, "dissolution.approve_settlement", dissolution)
    if dissolution.settled_at is not None:
        return dissolution
    if dissolution.proposed_at is None:
        raise RuleBroken("Nothing is proposed yet.")
    rules.check_second_person(dissolution.proposed_by_id, actor.person)
    ledger.lock_head(session, org_id)
    if _figures(session, org_id) != dissolution.figures:
        raise RuleBroken("The books have changed since this was proposed. Propose it anew.")
    slug = accounts.get_organization(session, org_id).slug
    posted = ledger_service.post(
        session,
        for_the_books(actor),
        org_id,
        key=f"dissolution:{dissolution.id}:{dissolution.figures['after_seq']}",
        kind=PostingKind.TRUE_UP,
        ref=f"dissolution:{slug}",
        effective_on=clock.today(accounts.get_organization(session, org_id).time_zone),
        legs=[Leg(*leg) for leg in dissolution.figures["legs"]],
    )
    dissolution.settled_at, dissolution.settled_by_id = clock.now(), actor.person
    dissolution.settled_seq = posted.seq
    session.add(dissolution)
    session.flush()
    emit(session, actor, "dissolution.settled", dissolution, seq=posted.seq)
    return dissolution


def dissolve(session: Session, actor: Actor, org_id: UUID, *, typed_name: str) -> Dissolution:
    """The end: only when every account stands at zero and nothing is open. The books are sealed
    in the same transaction, so that nothing is posted any more; again changes nothing."""
    dissolution = _locked(session, org_id)
    require(actor, "dissolution.dissolve", dissolution)
    if dissolution.dissolved_at is not None:
        return dissolution
    rules.check_name(typed_name, accounts.get_organization(session, org_id).name)
    head = ledger.lock_head(session, org_id)
    rules.check_zero(queries.standing(session, org_id))
    consortia_service.dissolve(session, Actor.system(), org_id)
    dissolution.dissolved_at, dissolution.dissolved_by_id = clock.now(), actor.person
    dissolution.books_seq, dissolution.books_hash = head.seq, head.hash
    session.add(dissolution)
    session.flush()
    emit(session, actor, "dissolution.dissolved", dissolution)
    return dissolution


# -- steps shared by several use cases; each asked `require` after ---------------------------


def _locked(session: Session, org_id: UUID) -> Dissolution:
    consortia.consortium_of(session, org_id, lock=True)
    return queries.get_dissolution(session, org_id, lock=True)


def _figures(session: Session, org_id: UUID) -> dict[str, Any]:
    """The settlement by the by-laws in force, as plain JSON values."""
    standing = queries.standing(session, org_id)
    rules.check_can_share(standing)
    rule = consortia.by_laws_in_force(session, org_id).choices.leftover
    billed = orders.billed_in_all(session, org_id)
    slug = accounts.get_organization(session, org_id).slug
    members = queries.members(session, org_id)
    parts = rules.shares(standing.result_cents, rule, billed, members, f"{slug}|end")
    head = ledger.find_head(session, org_id)
    return {
        "result_cents": standing.result_cents,
        "rule": str(rule),
        "billed": billed,
        "shares": parts,
        "legs": [
            list(leg) for leg in rules.settlement(standing.to_share, parts, standing.cash_to_gather)
        ],
        "after_seq": head.seq if head else 0,
    }
