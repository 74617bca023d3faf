"""What the jobs of pools look for, and what the audit trail remembers of a pool."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.accounts.models import User
from marketplace.catalogue.models import PriceSchedule
from marketplace.core.events import Event
from marketplace.pools.models import Pool
from marketplace.pools.state_rules import TAKES_SEATS, TRANSITIONS, PoolStatus, Step


def due_to_clear(session: Session, now: datetime) -> list[UUID]:
    """Pools whose deadline has passed and that still wait for clearing, oldest first."""
    query = (
        select(Pool.id)
        .where(col(Pool.status).in_(TAKES_SEATS), Pool.closes_at <= now)
        .order_by(col(Pool.closes_at), col(Pool.id))
        .limit(100)
    )
    return list(session.exec(query))


def due_to_fill_up(session: Session, now: datetime) -> list[UUID]:
    """Pools whose last phase has begun by the clock and that do not say so yet."""
    query = (
        select(Pool.id)
        .where(
            col(Pool.status).in_(TRANSITIONS[Step.FILL_UP]),
            col(Pool.fill_up_at) <= now,
            Pool.closes_at > now,
        )
        .order_by(col(Pool.fill_up_at), col(Pool.id))
        .limit(100)
    )
    return list(session.exec(query))


def terms_over(session: Session, before: date) -> list[UUID]:
    """Cleared pools whose term ended before a day."""
    query = (
        select(Pool.id)
        .where(col(Pool.status).in_(TRANSITIONS[Step.CLOSE]), Pool.term_ends_on < before)
        .order_by(col(Pool.term_ends_on), col(Pool.id))
        .limit(100)
    )
    return list(session.exec(query))


def open_pools_without_price(session: Session, tool_id: UUID) -> list[Pool]:
    """Pools of a tool that take seats (or may again) at a price the vendor has taken back."""
    query = (
        select(Pool)
        .join(PriceSchedule, col(PriceSchedule.id) == Pool.price_schedule_id)
        .where(
            Pool.tool_id == tool_id,
            col(Pool.status).in_((*TAKES_SEATS, PoolStatus.LAPSED)),
            col(Pool.released_at).is_(None),
            col(PriceSchedule.withdrawn_at).is_not(None),
        )
        .order_by(col(Pool.closes_at), col(Pool.id))
    )
    return list(session.exec(query))


def price_withdrawn_at(session: Session, pool: Pool) -> datetime | None:
    """When the vendor took the price of a pool off its list, if it did."""
    query = select(PriceSchedule.withdrawn_at).where(PriceSchedule.id == pool.price_schedule_id)
    return session.exec(query).one()


# -- the audit trail of a pool ---------------------------------------------------------------


def was_told(session: Session, pool: Pool, event: str) -> bool:
    query = select(Event.id).where(Event.subject_id == pool.id, Event.name == event)
    return session.exec(query.limit(1)).first() is not None


def draft_at(session: Session, pool: Pool, version: int) -> tuple[dict[str, Any], str]:
    """A draft as it was at a version, and who saved it last since.

    A version that never was is as if nothing had been seen.
    """
    names = ("pools.drafted", "pools.draft_changed")
    query = (
        select(Event, User.name)
        .outerjoin(User, col(User.id) == Event.actor_id)
        .where(Event.subject_id == pool.id, col(Event.name).in_(names))
        .order_by(col(Event.id))
    )
    seen: dict[str, Any] = {}
    who = "Somebody"
    for event, name in session.exec(query):
        who = name or who
        if event.facts.get("version") == version:
            seen = event.facts["plan"]
    return seen, who
