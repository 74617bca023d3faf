"""What others may ask about pools, commitments and allocations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.catalogue.models import Edition, PriceSchedule, Tool
from marketplace.catalogue.rules import ToolStatus
from marketplace.consortia.models import Consortium
from marketplace.core.errors import NotFound
from marketplace.pools.models import Allocation, Commitment, JoinDraft, Pool
from marketplace.pools.rules import COUNTING_RUNGS, Rung
from marketplace.pools.state_rules import TAKES_SEATS, PoolStatus
from marketplace.pricing.rules import Member

# -- pools -----------------------------------------------------------------------------------


def get_pool(session: Session, pool_id: UUID, *, lock: bool = False) -> Pool:
    """A pool; locked, it stands still (deadline, status, commitments) until the commit.

    Whoever locks it waits for all who hold it (`hold_pool`), and they wait for whoever locks it.
    """
    query = select(Pool).where(Pool.id == pool_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return _found(session.exec(query).one_or_none())


def hold_pool(session: Session, pool_id: UUID) -> Pool:
    """A pool that stands still, while others may hold it too: a thousand districts that commit
    in the last minute do not queue for one another."""
    query = select(Pool).where(Pool.id == pool_id).with_for_update(read=True, key_share=True)
    return _found(session.exec(query.execution_options(populate_existing=True)).one_or_none())


def hold_district(session: Session, district_id: UUID) -> None:
    """Two of one district's people take turns: the first commitment has no row to lock yet."""
    query = select(Organization.id).where(Organization.id == district_id)
    session.exec(query.with_for_update(key_share=True)).all()


def pool_by_slug(session: Session, consortium_slug: str, slug: str) -> Pool:
    """A pool by its public address."""
    return pool_and_consortium(session, consortium_slug, slug)[0]


def pool_and_consortium(
    session: Session, consortium_slug: str, slug: str
) -> tuple[Pool, Organization]:
    """A pool and the organization of its consortium, in one query."""
    query = (
        select(Pool, Organization)
        .join(Organization, col(Organization.id) == Pool.org_id)
        .where(Organization.slug == consortium_slug, Pool.slug == slug)
    )
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such pool.")
    return found[0], found[1]


def pool_with_all(
    session: Session, consortium_slug: str, slug: str
) -> tuple[Pool, Organization, Consortium, Tool]:
    """A pool, whose it is and what it buys, in one query."""
    return pool_with_quote(session, consortium_slug, slug)[:4]


def pool_with_quote(
    session: Session, consortium_slug: str, slug: str
) -> tuple[Pool, Organization, Consortium, Tool, datetime | None]:
    """The same, and since when the vendor no longer offers the price that the pool froze."""
    columns: Any = (Pool, Organization, Consortium, Tool, PriceSchedule.withdrawn_at)
    query = (
        select(*columns)
        .join(Organization, col(Organization.id) == Pool.org_id)
        .join(Consortium, col(Consortium.org_id) == Pool.org_id)
        .join(Tool, col(Tool.id) == Pool.tool_id)
        .join(PriceSchedule, col(PriceSchedule.id) == Pool.price_schedule_id)
        .where(Organization.slug == consortium_slug, Pool.slug == slug)
    )
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such pool.")
    return found[0], found[1], found[2], found[3], found[4]


def _found(pool: Pool | None) -> Pool:
    if pool is None:
        raise NotFound("There is no such pool.")
    return pool


def open_pools(session: Session, limit: int = 3) -> list[Pool]:
    """Pools that take seats, those closing soonest first."""
    query = select(Pool).where(col(Pool.status).in_(TAKES_SEATS))
    return list(session.exec(query.order_by(col(Pool.closes_at), col(Pool.id)).limit(limit)))


def pools_taking_seats(session: Session, consortium_org_id: UUID) -> list[Pool]:
    """A consortium's pools that still take seats, those closing soonest first."""
    query = select(Pool).where(Pool.org_id == consortium_org_id, col(Pool.status).in_(TAKES_SEATS))
    return list(session.exec(query.order_by(col(Pool.closes_at), col(Pool.id)).limit(50)))


def pools_of(session: Session, consortium_org_id: UUID, *, drafts: bool = False) -> list[Pool]:
    """A consortium's pools, newest deadline first; drafts only when asked for."""
    query = select(Pool).where(Pool.org_id == consortium_org_id)
    if not drafts:
        query = query.where(Pool.status != PoolStatus.DRAFT)
    return list(session.exec(query.order_by(col(Pool.closes_at).desc(), col(Pool.id)).limit(200)))


def open_pools_of_tools(
    session: Session, tool_ids: Sequence[UUID]
) -> list[tuple[Pool, Organization]]:
    """The pools that take seats of these tools, each with its consortium, the soonest first."""
    query = (
        select(Pool, Organization)
        .join(Organization, col(Organization.id) == Pool.org_id)
        .where(col(Pool.tool_id).in_(tool_ids), col(Pool.status).in_(TAKES_SEATS))
        .order_by(col(Pool.closes_at), col(Pool.id))
        .limit(200)
    )
    return [(pool, organization) for pool, organization in session.exec(query)]


def count_open_pools(session: Session, tool_id: UUID) -> int:
    query = select(func.count()).where(Pool.tool_id == tool_id, col(Pool.status).in_(TAKES_SEATS))
    return session.exec(query.select_from(Pool)).one()


def titles_taken(session: Session, org_id: UUID, but: UUID | None = None) -> set[str]:
    query = select(Pool.title).where(Pool.org_id == org_id, Pool.id != but)
    return set(session.exec(query))


def slugs_taken(session: Session, org_id: UUID) -> set[str]:
    return set(session.exec(select(Pool.slug).where(Pool.org_id == org_id)))


# -- commitments -----------------------------------------------------------------------------


def _standing(pool_id: UUID) -> Any:
    return (Commitment.pool_id == pool_id, col(Commitment.withdrawn_at).is_(None))


def commitments(session: Session, pool_id: UUID) -> list[Commitment]:
    """Everybody in the pool who has not withdrawn, by LEAID."""
    query = select(Commitment).where(*_standing(pool_id)).order_by(col(Commitment.leaid))
    return list(session.exec(query))


def commitment(
    session: Session, pool_id: UUID, district_id: UUID, *, lock: bool = False
) -> Commitment | None:
    """What one district committed, also when it withdrew since."""
    query = select(Commitment).where(
        Commitment.pool_id == pool_id, Commitment.district_id == district_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.exec(query).one_or_none()


@dataclass(frozen=True)
class Standing:
    """One line of a pool without its confidential limit."""

    district_id: UUID
    leaid: str
    rung: Rung
    seats: int
    pupils: int | None

    @property
    def counts(self) -> bool:
        return self.rung in COUNTING_RUNGS

    @property
    def as_member(self) -> Member:
        return Member(self.leaid, self.seats, self.pupils)


def standings(session: Session, pool_id: UUID) -> list[Standing]:
    """Everybody in the pool, light enough to reckon today's split of a thousand districts."""
    columns: Any = (
        Commitment.district_id,
        Commitment.leaid,
        Commitment.rung,
        Commitment.seats,
        Commitment.pupils,
    )
    query = select(*columns).where(*_standing(pool_id)).order_by(col(Commitment.leaid))
    return [Standing(*row) for row in session.exec(query)]


def seats_by_rung(
    session: Session, pool_ids: Sequence[UUID]
) -> dict[UUID, dict[Rung, tuple[int, int]]]:
    """For each pool and rung: how many districts, and how many seats."""
    if not pool_ids:
        return {}
    query = (
        select(Commitment.pool_id, Commitment.rung, func.count(), func.sum(Commitment.seats))
        .where(col(Commitment.pool_id).in_(pool_ids), col(Commitment.withdrawn_at).is_(None))
        .group_by(col(Commitment.pool_id), col(Commitment.rung))
    )
    found: dict[UUID, dict[Rung, tuple[int, int]]] = {pool_id: {} for pool_id in pool_ids}
    for pool_id, rung, districts, seats in session.exec(query):
        found[pool_id][Rung(rung)] = (districts, int(seats))
    return found


def commitments_of_district(session: Session, org_id: UUID) -> list[tuple[Commitment, Pool]]:
    """Every pool a district is in, by deadline."""
    query = (
        select(Commitment, Pool)
        .join(Pool, col(Pool.id) == Commitment.pool_id)
        .where(Commitment.district_id == org_id, col(Commitment.withdrawn_at).is_(None))
        .order_by(col(Pool.closes_at), col(Pool.id))
    )
    return [(found, pool) for found, pool in session.exec(query)]


def history_of(session: Session, org_id: UUID, district_id: UUID) -> list[tuple[Commitment, Pool]]:
    """Every pool of a consortium that a district was in, also those it left; newest first."""
    query = (
        select(Commitment, Pool)
        .join(Pool, col(Pool.id) == Commitment.pool_id)
        .where(Commitment.org_id == org_id, Commitment.district_id == district_id)
        .order_by(col(Pool.closes_at).desc(), col(Pool.id))
        .limit(200)
    )
    return [(found, pool) for found, pool in session.exec(query)]


def join_draft(session: Session, pool_id: UUID, district_id: UUID) -> JoinDraft | None:
    query = select(JoinDraft).where(JoinDraft.pool_id == pool_id, JoinDraft.org_id == district_id)
    return session.exec(query).one_or_none()


# -- allocations -----------------------------------------------------------------------------


def allocations(session: Session, pool_id: UUID) -> list[Allocation]:
    """What clearing gave each district, by LEAID."""
    query = select(Allocation).where(Allocation.pool_id == pool_id).order_by(col(Allocation.leaid))
    return list(session.exec(query))


def allocation(session: Session, pool_id: UUID, district_id: UUID) -> Allocation | None:
    query = select(Allocation).where(
        Allocation.pool_id == pool_id, Allocation.district_id == district_id
    )
    return session.exec(query).one_or_none()


def allocation_totals(session: Session, pool_id: UUID) -> tuple[int, int, int]:
    """Districts, seats paid for, and cents of a cleared pool."""
    query = select(
        func.count(),
        func.coalesce(func.sum(Allocation.seats), 0),
        func.coalesce(func.sum(Allocation.share_cents), 0),
    ).where(Allocation.pool_id == pool_id)
    districts, seats, cents = session.exec(query.select_from(Allocation)).one()
    return districts, int(seats), int(cents)


# -- prices to pool on -----------------------------------------------------------------------


def priced_tools(session: Session, valid_from: date) -> list[tuple[Tool, Edition, PriceSchedule]]:
    """Published tools with a price in force, by name: what a lead agency may choose from."""
    query = (
        select(Tool, Edition, PriceSchedule)
        .join(Edition, col(Edition.tool_id) == Tool.id)
        .join(PriceSchedule, col(PriceSchedule.edition_id) == Edition.id)
        .where(
            Tool.status == ToolStatus.PUBLISHED,
            col(PriceSchedule.withdrawn_at).is_(None),
            PriceSchedule.valid_until >= valid_from,
        )
        .order_by(col(Tool.name), col(Edition.name), col(PriceSchedule.version).desc())
        .limit(500)
    )
    return [(tool, edition, schedule) for tool, edition, schedule in session.exec(query)]
