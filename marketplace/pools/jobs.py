"""What follows from time and events: clearing at the deadline, letters, counts."""

from uuid import UUID

import structlog
from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import Role
from marketplace.core import clock, jobs, mail
from marketplace.core.access import Actor
from marketplace.core.events import Event, on
from marketplace.core.money import dollars
from marketplace.pools import queries, rules, service
from marketplace.pools.models import Commitment, Pool

log = structlog.get_logger(__name__)


@jobs.timed
def clear_due(session: Session) -> int:
    """Clear every pool whose deadline has passed; one that fails does not stop the others."""
    done = 0
    for pool_id in queries.due_to_clear(session, clock.now()):
        try:
            with session.begin_nested():
                service.clear_pool(session, Actor.system(), pool_id)
            done += 1
        except Exception:  # it stays open and is tried again in a minute
            log.exception("pool not cleared", pool=str(pool_id))
    return done


def _recount(session: Session, event: Event) -> None:
    service.count_open_pools(session, Actor.system(), UUID(event.facts["tool"]))


@on("pools.opened")
def count_after_opening(session: Session, event: Event) -> None:
    _recount(session, event)


@on("pools.cleared")
def count_after_clearing(session: Session, event: Event) -> None:
    _recount(session, event)


@on("pools.lapsed")
def count_after_lapse(session: Session, event: Event) -> None:
    _recount(session, event)


@on("pools.cleared")
def write_results(session: Session, event: Event) -> None:
    """Tell whoever was left out why, and the lead agency the total.

    Whoever is in gets one letter, about its order: with the amount and what to do next.
    """
    pool = queries.get_pool(session, event.subject_id)
    consortium = accounts.get_organization(session, pool.org_id)
    shared = {each.district_id for each in queries.allocations(session, pool.id)}
    for commitment in queries.commitments(session, pool.id):
        if commitment.district_id not in shared:
            text = _left_out(pool, consortium, commitment)
            _write(session, commitment, f"{pool.title}: cleared without you", text)
    total = dollars(event.facts["total_cents"])
    for person in accounts.people_with_role(session, pool.org_id, Role.CONVENER):
        text = (
            f"The pool “{pool.title}” cleared: {_sharing(len(shared))} {total} for "
            f"{event.facts['seats']:,} seats.\n\n{_address(pool, consortium)}\n"
        )
        mail.send(session, person.email, f"{pool.title}: cleared", text)


@on("pools.lapsed")
def write_lapse(session: Session, event: Event) -> None:
    """Tell everybody that the pool closed short and that nobody owes anything."""
    pool = queries.get_pool(session, event.subject_id)
    consortium = accounts.get_organization(session, pool.org_id)
    text = (
        f"The pool “{pool.title}” of {consortium.name} closed short. Nobody is billed.\n"
        f"The lead agency decides whether to try again.\n\n{_address(pool, consortium)}\n"
    )
    for commitment in queries.commitments(session, pool.id):
        _write(session, commitment, f"{pool.title}: closed short", text)
    for person in accounts.people_with_role(session, pool.org_id, Role.CONVENER):
        mail.send(session, person.email, f"{pool.title}: closed short", text)


def _sharing(districts: int) -> str:
    return "1 district shares" if districts == 1 else f"{districts:,} districts share"


def _left_out(pool: Pool, consortium: Organization, commitment: Commitment) -> str:
    if commitment.rung in rules.COUNTING_RUNGS:
        why = "Your share would have been above the most you will pay."
        if commitment.leaid in (pool.clearing or {}).get("left_out", ()):
            why = "Your membership paper no longer covers the whole term."
    else:
        why = "Your seats were not approved or committed by the deadline."
    return (
        f"The pool “{pool.title}” cleared without you. {why} You owe nothing.\n\n"
        f"{_address(pool, consortium)}\n"
    )


def _write(session: Session, commitment: Commitment, subject: str, text: str) -> None:
    """To the contact the district named, else to its buyers."""
    if commitment.contact_email:
        mail.send(session, commitment.contact_email, subject, text)
        return
    roles = (Role.BUYER, Role.ADMINISTRATOR)
    for person in accounts.people_with_role(session, commitment.district_id, *roles):
        mail.send(session, person.email, subject, text)


def _address(pool: Pool, consortium: Organization) -> str:
    return f"{mail.site_address()}/pools/{consortium.slug}/{pool.slug}"


@on("consortia.member_left")
def withdraw_whoever_left(session: Session, event: Event) -> None:
    """A district that leaves the consortium leaves its open pools."""
    district_id = UUID(event.facts["district"])
    for commitment, pool in queries.commitments_of_district(session, district_id):
        open_still = rules.takes_seats(pool.status, pool.closes_at, clock.now())
        if pool.org_id == event.org_id and open_still:
            service.withdraw_commitment(session, Actor.system(), pool.id, commitment.district_id)
