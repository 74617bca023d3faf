"""What a split is designed on: prices, members and their facts; and the proposals made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.catalogue import queries as catalogue
from marketplace.consortia import queries as consortia
from marketplace.consortia.rules import MemberStatus
from marketplace.core import tenancy
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.costs.bill_rules import certificate_of, reckon
from marketplace.costs.models import CostProposal
from marketplace.costs.rules import Terms
from marketplace.directory import queries as directory
from marketplace.pools import queries as pools
from marketplace.pools.models import Commitment, Pool
from marketplace.pools.queries import Standing
from marketplace.pools.rules import CLEARED_STATES, seed_of
from marketplace.pricing.rules import (
    Certificate,
    Member,
    Method,
    Schedule,
    Split,
    schedule_from_json,
)

#: Prices to choose from besides the consortium's own pools.
MOST_PRICES = 100


@dataclass(frozen=True)
class Price:
    """Something with a price: a pool of the consortium, or a tool's published price."""

    key: str
    label: str
    schedule: Schedule
    seed: str
    price_schedule_id: UUID
    pool_id: UUID | None = None


@dataclass(frozen=True)
class Row:
    """One member with the facts of the directory; `seats` is what the site knows it needs."""

    leaid: str
    name: str
    state: str
    pupils: int | None
    pupils_year: str
    seats: int

    def with_seats(self, seats: int) -> Member:
        return Member(self.leaid, seats, self.pupils)


def prices(session: Session, organization: Organization) -> list[Price]:
    """The consortium's pools, newest deadline first, then the prices of published tools."""
    found = [
        Price(
            key=f"pool:{pool.slug}",
            label=f"Pool: {pool.title}",
            schedule=schedule_from_json(pool.terms),
            seed=seed_of(organization.slug, pool.slug),
            price_schedule_id=pool.price_schedule_id,
            pool_id=pool.id,
        )
        for pool in pools.pools_of(session, organization.id)
    ]
    with tenancy.everyone("published prices are public"):
        priced = pools.priced_tools(session, catalogue.last_zone_today())[:MOST_PRICES]
    return found + [
        Price(
            key=f"price:{schedule.id}",
            label=f"Tool: {tool.name}, {edition.name}"[:160],
            schedule=schedule_from_json(schedule.terms),
            seed=seed_of(organization.slug, tool.slug),
            price_schedule_id=schedule.id,
        )
        for tool, edition, schedule in priced
    ]


def price_by_key(offered: list[Price], key: str) -> Price:
    price = next((each for each in offered if each.key == key), None)
    if price is None:
        raise RuleBroken("Choose a pool or a tool.", "price")
    return price


def rows(session: Session, org_id: UUID, price: Price) -> list[Row]:
    """Active members by name. Seats as committed to the pool; else one for each pupil."""
    listed = session.exec(consortia.members_listed(org_id, MemberStatus.ACTIVE)).all()
    districts = [district for _, district in listed]
    facts = directory.districts_by_leaid(session, [d.leaid or "" for d in districts])
    wanted = _wanted(session, price)
    found = []
    for district in districts:
        known = facts.get(district.leaid or "")
        pupils = known.pupils if known else None
        seats = wanted.get(district.leaid or "", 0) if wanted else pupils or 0
        found.append(
            Row(
                leaid=district.leaid or "",
                name=district.name,
                state=district.state or "",
                pupils=pupils,
                pupils_year=(known.pupils_year or "") if known else "",
                seats=seats,
            )
        )
    return found


def _wanted(session: Session, price: Price) -> Mapping[str, int]:
    """Seats by LEAID of everybody in the pool, firm or not."""
    if price.pool_id is None:
        return {}
    return {each.leaid: each.seats for each in pools.standings(session, price.pool_id)}


# -- a pool that is split ---------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """Who shares the cost of a pool, and the result, as it stands or as it was cleared."""

    members: list[Member]
    total_cents: int
    seats_needed: int
    seats_bought: int
    shares: Mapping[str, int]
    alone: Mapping[str, int]
    certificate: Certificate
    is_final: bool


def group_of(
    pool: Pool, standing: Iterable[Standing], seed: str, today: Split | None = None
) -> Group | None:
    """The group of a pool; None where nobody shares anything (yet).

    `today` is the split of those who stand, where the caller has it already.
    """
    if pool.clearing is not None:
        return _cleared_group(pool.clearing) if pool.status in CLEARED_STATES else None
    members = [each.as_member for each in standing if each.counts]
    if not members:
        return None
    terms = Terms(Method(pool.split_method))
    result = today or reckon(schedule_from_json(pool.terms), members, terms, seed)
    return Group(
        members,
        result.total_cents,
        result.purchase.seats_needed,
        result.purchase.seats_bought,
        result.shares,
        result.alone,
        result.certificate,
        is_final=False,
    )


def _cleared_group(clearing: Mapping[str, Any]) -> Group:
    """Firm seats plus the extra ones that were taken and are paid for."""
    result = clearing["result"]
    split, extra = result["split"], result["tolerance_paid"]
    members = [
        Member(row["id"], row["seats"] + extra.get(row["id"], 0), row["pupils"])
        for row in clearing["inputs"]["members"]
        if row["id"] in split["shares"]
    ]
    return Group(
        members,
        split["total_cents"],
        split["purchase"]["seats_needed"],
        split["purchase"]["seats_bought"],
        split["shares"],
        split["alone"],
        certificate_of(split["certificate"]),
        is_final=True,
    )


def names_in_pool(session: Session, pool_id: UUID) -> dict[str, str]:
    """The name of everybody who committed anything, by LEAID."""
    query = (
        select(Commitment.leaid, Organization.name)
        .join(Organization, col(Organization.id) == Commitment.district_id)
        .where(Commitment.pool_id == pool_id)
    )
    return dict(session.exec(query).all())


# -- proposals -------------------------------------------------------------------------------


def proposals(session: Session, org_id: UUID, limit: int = 50) -> list[CostProposal]:
    """The newest first; withdrawn ones too."""
    query = (
        select(CostProposal)
        .where(CostProposal.org_id == org_id)
        .order_by(col(CostProposal.proposed_at).desc(), col(CostProposal.id))
        .limit(limit)
    )
    return list(session.exec(query))


def get_proposal(
    session: Session, org_id: UUID, proposal_id: UUID, *, lock: bool = False
) -> CostProposal:
    query: Any = select(CostProposal).where(
        CostProposal.id == proposal_id, CostProposal.org_id == org_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found: CostProposal | None = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such proposal.")
    return found


def proposal_of_form(session: Session, org_id: UUID, once_key: str) -> CostProposal | None:
    """What this very form has stored already."""
    query = select(CostProposal).where(
        CostProposal.org_id == org_id, CostProposal.once_key == once_key
    )
    return session.exec(query).one_or_none()
