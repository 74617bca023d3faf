"""A district leaves in the middle of a term: shown first, consented to, then posted."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.ledger.rules import PostingKind
from marketplace.pools import queries as pools
from marketplace.renewals import posting_service, preview_queries, queries, rules
from marketplace.renewals.models import LeavingConsent, TermRequest
from marketplace.renewals.queries import Standing
from marketplace.renewals.rules import RequestKind, RequestStatus


def ask_to_leave(
    session: Session,
    actor: Actor,
    pool_id: UUID,
    *,
    starts_on: date,
    reason: str,
    once_key: str,
) -> TermRequest:
    """A district asks to give its seats up; `starts_on` is its first day without them."""
    pool = pools.get_pool(session, pool_id, lock=True)
    require(actor, "renewals.ask_to_leave", pool)
    if sent := queries.request_sent(session, once_key):
        return sent
    district = accounts.get_organization(session, actor.home)
    leaid = district.leaid or ""
    term = queries.running(session, pool)
    today = clock.today(pool.time_zone)
    rules.check_leaving_day(starts_on, pool.term_starts_on, pool.term_ends_on, today)
    reason = " ".join(reason.split())
    rules.check_reason(reason)
    seats = term.seats_at_end.get(leaid, 0)
    if not seats:
        raise RuleBroken("Your district holds no seats in this pool.")
    if queries.open_request(session, pool.id, actor.home, RequestKind.WITHDRAWAL):
        raise RuleBroken("Your district has asked to leave already. Take that back to ask anew.")
    preview_queries.what_leaving_does(session, term, leaid, starts_on, today, ())  # may refuse
    request = TermRequest(
        org_id=pool.org_id,
        pool_id=pool.id,
        district_id=actor.home,
        leaid=leaid,
        kind=RequestKind.WITHDRAWAL,
        seats=seats,
        starts_on=starts_on,
        reason=reason,
        once_key=once_key,
        asked_at=clock.now(),
        asked_by=actor.user_id,
    )
    session.add(request)
    session.flush()
    emit(session, actor, "renewals.leaving_asked", request, leaid=leaid)
    return request


def consent_to_leaving(
    session: Session,
    actor: Actor,
    request_id: UUID,
    *,
    signer_name: str,
    signer_title: str,
    rise_cents: int,
) -> LeavingConsent:
    """A remaining member says yes in writing, to the rise it was shown; again changes nothing."""
    request = queries.get_request(session, request_id)
    require(actor, "renewals.consent_to_leaving", request)
    pool = pools.get_pool(session, request.pool_id, lock=True)
    request = queries.get_request(session, request_id, lock=True)
    if request.kind is not RequestKind.WITHDRAWAL:
        raise NotFound("There is no such request.")
    district = accounts.get_organization(session, actor.home)
    leaid = district.leaid or ""
    for earlier in queries.consents_to(session, request.id):
        if earlier.district_id == actor.home:
            return earlier
    rules.check_waits(request.status)
    term = queries.running(session, pool)
    if leaid == request.leaid or leaid not in term.seats_at_end:
        raise NotFound("There is no such request.")
    outcome = preview_queries.what_leaving_does(
        session, term, request.leaid, request.starts_on, _day(request, pool.time_zone), ()
    )
    rules.check_rise_as_shown(rise_cents, outcome.change.raised.get(leaid, 0))
    consent = LeavingConsent(
        org_id=request.org_id,
        request_id=request.id,
        district_id=actor.home,
        leaid=leaid,
        signer_name=signer_name.strip(),
        signer_title=signer_title.strip(),
        rise_cents=rise_cents,
        given_at=clock.now(),
        given_by=actor.user_id,
    )
    session.add(consent)
    session.flush()
    emit(session, actor, "renewals.leaving_consented", request, leaid=leaid)
    return consent


def approve_leaving(session: Session, actor: Actor, request_id: UUID) -> TermRequest:
    """The lead lets a district go where the rule allows it: its credit and what others pay
    more are one entry. A rise above a consented one, or above a limit, is refused."""
    request = queries.get_request(session, request_id)
    require(actor, "renewals.approve_leaving", request)
    pool = pools.get_pool(session, request.pool_id, lock=True)
    request = queries.get_request(session, request_id, lock=True)
    if request.status is RequestStatus.APPROVED:
        return request
    if request.kind is not RequestKind.WITHDRAWAL:
        raise NotFound("There is no such request.")
    rules.check_waits(request.status)
    rules.check_second_person(request.asked_by, actor.user_id)
    term = queries.running(session, pool)
    consents = queries.consents_to(session, request.id)
    outcome = preview_queries.what_leaving_does(
        session,
        term,
        request.leaid,
        request.starts_on,
        _day(request, pool.time_zone),
        [consent.leaid for consent in consents],
    )
    if not outcome.allowed:
        raise RuleBroken(outcome.reason)
    raised = outcome.change.raised
    for consent in consents:
        rules.check_rise_as_shown(consent.rise_cents, raised.get(consent.leaid, 0))
    cents = _differences(term, request.leaid, outcome.change)
    key = f"withdrawal:{request.id}"
    posted = posting_service.post_change(
        session,
        actor,
        pool,
        key=key,
        kind=PostingKind.TRUE_UP if raised else PostingKind.CREDIT,
        about=f"withdrawal:{request.leaid}",
        cents=cents,
    )
    if posted:
        why = f"{queries.name_of(session, request.district_id)} left the pool"
        posting_service.write_papers(
            session, actor, term, cents, posted, key=key, why=why, more_seats={}
        )
    request.status, request.decided_at = RequestStatus.APPROVED, clock.now()
    request.decided_by = actor.user_id
    request.ledger_seq = posted.seq if posted else None
    request.figures = {
        "before": outcome.change.before,
        "after": outcome.change.after,
        "billed": {leaid: part for leaid, part in cents.items() if part},
        "why": outcome.reason,
        "consents": [consent.leaid for consent in consents],
    }
    session.add(request)
    session.flush()
    emit(session, actor, "renewals.left", request, leaid=request.leaid)
    return request


def _differences(term: Standing, leaver: str, change: Any) -> dict[str, int]:
    """The leaver's credit, never more than its bills; what others pay more; nothing else."""
    credit = change.before.get(leaver, 0) - change.after.get(leaver, 0)
    cents = dict(change.raised)
    cents.pop(leaver, None)
    owed = {leaid: term.billed.get(leaid, 0) + part for leaid, part in cents.items()}
    rules.check_nobody_above_limit(
        owed, {leaid: most for leaid in owed if (most := term.most(leaid)) is not None}
    )
    return cents | {leaver: -min(credit, term.billed.get(leaver, 0))}


def _day(request: TermRequest, zone: str) -> date:
    """The day a withdrawal was asked on decides whether it is before the drop date."""
    return clock.day_of(request.asked_at, zone)
