"""The lists behind the pages of pools, and the prices a lead agency may choose from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func
from sqlalchemy.orm import Bundle
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization, User
from marketplace.pools.models import Allocation, Commitment, Pool
from marketplace.pools.rules import COUNTING_RUNGS, Rung
from marketplace.pools.state_rules import TAKES_SEATS, PoolStatus


def pools_listed(
    *,
    tool_id: UUID | None = None,
    status: str = "",
    closes_before: datetime | None = None,
    state: str = "",
) -> Any:
    """The public list, pool and consortium: open ones, soonest first, then the newest."""
    is_open = col(Pool.status).in_(TAKES_SEATS)
    takes = case((is_open, 0), else_=1)
    soonest = case((is_open, col(Pool.closes_at)), else_=None)
    query = (
        select(Pool, Organization)
        .join(Organization, col(Organization.id) == Pool.org_id)
        .where(Pool.status != PoolStatus.DRAFT)
        .order_by(takes, soonest, col(Pool.closes_at).desc(), col(Pool.id))
    )
    if tool_id:
        query = query.where(Pool.tool_id == tool_id)
    if status == "open":
        query = query.where(col(Pool.status).in_(TAKES_SEATS))
    elif status:
        query = query.where(Pool.status == status)
    if closes_before:
        query = query.where(Pool.closes_at < closes_before)
    if state:
        query = query.where(Organization.state == state.upper())
    return query


def tools_with_pools(session: Session) -> set[UUID]:
    """Tools that some public pool buys, for the filter of the list."""
    query = select(Pool.tool_id).where(Pool.status != PoolStatus.DRAFT).distinct().limit(200)
    return set(session.exec(query))


def names_by_leaid(session: Session, leaids: Sequence[str]) -> dict[str, str]:
    """What the districts of one page are called."""
    query = select(Organization).where(col(Organization.leaid).in_(leaids))
    return {org.leaid: org.name for org in session.exec(query) if org.leaid}


def person_name(session: Session, user_id: UUID | None) -> str:
    query = select(User.name).where(User.id == user_id)
    return session.exec(query).first() or "Somebody"


# -- who is in -------------------------------------------------------------------------------


def commitments_listed(pool_id: UUID) -> Any:
    """Everything about the commitments of a pool: commitment and district, as in the table."""
    return _firm_first(select(Commitment, Organization), pool_id)


def split_listed(pool_id: UUID, first: UUID | None = None) -> Any:
    """Commitment and district for the split table: `first`, then firm ones, by name.

    Bundles of the few columns shown: whole rows would be most of the cost of the page.
    """
    names: Any = (Commitment.leaid, Commitment.rung, Commitment.seats, Commitment.pupils)
    return _firm_first(select(Bundle("commitment", *names), _district()), pool_id, first)


def _leading(district_id: UUID | None) -> Any:
    """Sorts the district that looks to the top, so it need not look for itself."""
    return case((col(Organization.id) == district_id, 0), else_=1)


def _firm_first(query: Any, pool_id: UUID, first: UUID | None = None) -> Any:
    firm = case((col(Commitment.rung).in_(COUNTING_RUNGS), 0), else_=1)
    return (
        query.select_from(Commitment)
        .join(Organization, col(Organization.id) == Commitment.district_id)
        .where(Commitment.pool_id == pool_id, col(Commitment.withdrawn_at).is_(None))
        .order_by(_leading(first), firm, col(Organization.name), col(Organization.id))
    )


def _district() -> Any:
    columns: Any = (Organization.id, Organization.leaid, Organization.name, Organization.state)
    return Bundle("district", *columns)


def allocations_listed(pool_id: UUID, first: UUID | None = None) -> Any:
    """Allocation and district for the final split table: `first`, then by name."""
    columns: Any = (
        Allocation.seats,
        Allocation.spare_seats,
        Allocation.alone_cents,
        Allocation.share_cents,
    )
    return (
        select(Bundle("allocation", *columns), _district())
        .select_from(Allocation)
        .join(Organization, col(Organization.id) == Allocation.district_id)
        .where(Allocation.pool_id == pool_id)
        .order_by(_leading(first), col(Organization.name), col(Organization.id))
    )


def open_pools_with_seats(
    session: Session, tool_id: UUID
) -> list[tuple[Pool, Organization, dict[Rung, tuple[int, int]]]]:
    """The pools that take seats of one tool, with what stands in them by rung: one query."""
    columns: Any = (
        Pool,
        Organization,
        Commitment.rung,
        func.count(col(Commitment.id)),
        func.sum(Commitment.seats),
    )
    query = (
        select(*columns)
        .join(Organization, col(Organization.id) == Pool.org_id)
        .outerjoin(
            Commitment,
            and_(col(Commitment.pool_id) == Pool.id, col(Commitment.withdrawn_at).is_(None)),
        )
        .where(Pool.tool_id == tool_id, col(Pool.status).in_(TAKES_SEATS))
        .group_by(col(Pool.id), col(Organization.id), col(Commitment.rung))
        .order_by(col(Pool.closes_at), col(Pool.id))
    )
    found: dict[UUID, tuple[Pool, Organization, dict[Rung, tuple[int, int]]]] = {}
    for pool, organization, rung, districts, seats in session.exec(query):
        _, _, counts = found.setdefault(pool.id, (pool, organization, {}))
        if rung is not None:
            counts[Rung(rung)] = (districts, int(seats))
    return list(found.values())
