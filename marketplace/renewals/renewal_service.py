"""Notices before a term ends, what districts answer, and the next pool. Nothing renews itself:
the next term is a new draft pool, and every member commits anew."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.pools import queries as pools
from marketplace.pools import service as pools_service
from marketplace.pools.models import Pool
from marketplace.pools.service import Plan
from marketplace.renewals import queries, renewal_queries, rules, vote_queries
from marketplace.renewals.models import Renewal, RenewalAnswer, RenewalNotice
from marketplace.renewals.rules import Answer


def send_notice(session: Session, actor: Actor, pool_id: UUID) -> int | None:
    """Say once that a term ends in so many days; the row of a notice is what makes it once.

    The day is the consortium's own calendar day, so no change of clocks moves it.
    """
    require(actor, "renewals.send_notice")
    pool = pools.get_pool(session, pool_id, lock=True)
    sent = renewal_queries.notices_sent(session, pool.id)
    days = rules.notice_due(pool.term_ends_on, clock.today(pool.time_zone), sent)
    if days is None or renewal_queries.renewal_of(session, pool.id):
        return None
    notice = RenewalNotice(org_id=pool.org_id, pool_id=pool.id, days=days, sent_at=clock.now())
    session.add(notice)
    session.flush()
    emit(session, actor, "renewals.notice_due", notice, pool=str(pool.id), days=days)
    return days


def answer_renewal(
    session: Session,
    actor: Actor,
    pool_id: UUID,
    *,
    answer: Answer,
    seats: int | None = None,
    words: str = "",
) -> RenewalAnswer:
    """A district says yes, fewer seats or no; it may say something else until the next pool."""
    pool = pools.get_pool(session, pool_id, lock=True)
    require(actor, "renewals.answer_renewal", pool)
    district = accounts.get_organization(session, actor.home)
    leaid = district.leaid or ""
    term = queries.standing(session, pool)
    held = term.seats_at_end.get(leaid, 0)
    if not held:
        raise RuleBroken("Your district holds no seats in this pool at the end of its term.")
    planned = renewal_queries.renewal_of(session, pool.id) is not None
    rules.check_can_answer(pool.term_ends_on, planned, clock.today(pool.time_zone))
    rules.check_answer(answer, seats, held)
    said = renewal_queries.answer_of(session, pool.id, actor.home)
    said = said or RenewalAnswer(  # type: ignore[call-arg]
        org_id=pool.org_id, pool_id=pool.id, district_id=actor.home, leaid=leaid
    )
    seats = None if answer is Answer.LEAVE else seats
    words = " ".join(words.split())
    if (said.answer, said.seats, said.words) == (answer, seats, words):
        return said
    said.answer, said.seats, said.words = answer, seats, words
    said.answered_at, said.answered_by = clock.now(), actor.user_id
    session.add(said)
    session.flush()
    emit(session, actor, "renewals.answered", said, answer=str(answer))
    return said


@dataclass(frozen=True)
class NextPool:
    """What the lead decides about the next term; everything else is as it was."""

    title: str
    price_schedule_id: UUID
    closes_at: datetime
    term_starts_on: date
    term_ends_on: date
    pay_by: date


def plan_renewal(session: Session, actor: Actor, pool_id: UUID, wanted: NextPool) -> Pool:
    """A draft of the next pool from the old one; its members are invited once it opens.

    A term is renewed once: the same again finds the draft that is there.
    """
    pool = pools.get_pool(session, pool_id, lock=True)
    require(actor, "renewals.plan_renewal", pool)
    rules.check_has_orders(pool.status)
    if planned := renewal_queries.renewal_of(session, pool.id):
        return pools.get_pool(session, planned.next_pool_id)
    if not actor.is_system:
        vote = vote_queries.vote_on(session, pool)
        rules.check_adopted(
            vote.outcome if vote else None, vote is not None and vote.closed_at is None
        )
    if wanted.term_starts_on <= pool.term_ends_on:
        raise RuleBroken("The next term starts after this one ends.", "term_starts_on")
    draft = pools_service.create_pool(
        session,
        actor,
        pool.org_id,
        Plan(
            tool_id=pool.tool_id,
            price_schedule_id=wanted.price_schedule_id,
            title=wanted.title,
            purpose=pool.purpose,
            closes_at=wanted.closes_at,
            term_starts_on=wanted.term_starts_on,
            term_ends_on=wanted.term_ends_on,
            pay_by=wanted.pay_by,
            threshold_seats=pool.threshold_seats,
        ),
    )
    renewal = Renewal(
        org_id=pool.org_id,
        pool_id=pool.id,
        next_pool_id=draft.id,
        planned_at=clock.now(),
        planned_by=actor.user_id,
    )
    session.add(renewal)
    session.flush()
    emit(session, actor, "renewals.planned", renewal, next=str(draft.id))
    return draft


def invite_members(session: Session, actor: Actor, next_pool_id: UUID) -> Renewal | None:
    """The next pool is open: everybody who was in is asked to commit anew, once."""
    require(actor, "renewals.invite_members")
    renewal = renewal_queries.renewal_to(session, next_pool_id, lock=True)
    if renewal is None or renewal.invited_at is not None:
        return None
    renewal.invited_at = clock.now()
    session.add(renewal)
    session.flush()
    emit(session, actor, "renewals.members_invited", renewal, next=str(next_pool_id))
    return renewal
