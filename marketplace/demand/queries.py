"""What may be asked about interest. Sums and matches look across districts; the caller masks them
with `rules` before anybody reads them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from marketplace.accounts.models import Organization
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.catalogue.rules import ToolStatus
from marketplace.consortia.models import Consortium, Member
from marketplace.consortia.rules import MemberStatus
from marketplace.core.errors import NotFound
from marketplace.demand.models import Interest
from marketplace.demand.rules import Count, Interested, school_year_of
from marketplace.directory.models import District
from marketplace.directory.rules import size_band
from marketplace.pools.models import Commitment, Pool
from marketplace.pools.rules import TAKES_SEATS, Rung

# -- a district's own ------------------------------------------------------------------------


def interest(
    session: Session, org_id: UUID, tool_id: UUID, *, lock: bool = False
) -> Interest | None:
    query = select(Interest).where(Interest.org_id == org_id, Interest.tool_id == tool_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.exec(query).one_or_none()


def get_interest(session: Session, interest_id: UUID) -> Interest:
    """From the scope of the caller, locked until the transaction ends."""
    query = select(Interest).where(Interest.id == interest_id).with_for_update()
    found = session.exec(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound("There is no such interest.")
    return found


def interests_of(session: Session, org_id: UUID) -> list[tuple[Interest, Tool]]:
    """What a district is interested in, the newest first: two queries."""
    query = (
        select(Interest)
        .where(Interest.org_id == org_id, col(Interest.withdrawn_at).is_(None))
        .order_by(col(Interest.changed_at).desc(), col(Interest.id))
        .limit(100)
    )
    found = list(session.exec(query))
    tools = catalogue.tools_by_id(session, [each.tool_id for each in found])
    return [(each, tools[each.tool_id]) for each in found if each.tool_id in tools]


# -- across districts ------------------------------------------------------------------------


def waiting(
    session: Session,
    today: date,
    *,
    tool_ids: Sequence[UUID] = (),
    states: Iterable[str] = (),
    org_ids: Iterable[UUID] = (),
) -> list[Interested]:
    """Interest whose school year is not over, of published tools, by districts that have no seats
    in a pool of the tool: those are counted there. With `states` or `org_ids`, districts of
    either. The caller sees all."""
    pooled = (
        select(Commitment.id)
        .join(Pool, col(Pool.id) == Commitment.pool_id)
        .where(
            Commitment.district_id == Interest.org_id,
            Pool.tool_id == Interest.tool_id,
            col(Commitment.withdrawn_at).is_(None),
            col(Pool.status).in_(TAKES_SEATS),
        )
        .correlate(Interest)
        .exists()
    )
    columns: Any = (
        Interest.org_id,
        Interest.tool_id,
        Organization.name,
        Interest.leaid,
        func.coalesce(District.state, Organization.state, ""),
        District.pupils,
        Interest.seats,
        Interest.school_year,
        Interest.to_districts,
        Interest.to_vendor,
        Interest.contact_name,
        Interest.contact_email,
    )
    query = (
        select(*columns)
        .select_from(Interest)
        .join(Organization, col(Organization.id) == Interest.org_id)
        .join(Tool, col(Tool.id) == Interest.tool_id)
        .outerjoin(District, col(District.leaid) == Interest.leaid)
        .where(
            col(Interest.withdrawn_at).is_(None),
            Interest.school_year >= school_year_of(today),
            Tool.status == ToolStatus.PUBLISHED,
            ~pooled,
        )
        .order_by(col(Interest.tool_id), col(Interest.leaid))
    )
    if tool_ids:
        query = query.where(col(Interest.tool_id).in_(tool_ids))
    places, members = sorted(set(states)), list(org_ids)
    if places or members:
        query = query.where(
            or_(
                func.coalesce(District.state, Organization.state).in_(places),
                col(Interest.org_id).in_(members),
            )
        )
    return [Interested(*row) for row in session.exec(query.limit(50_000))]


def members_of(session: Session, org_id: UUID) -> set[UUID]:
    """The districts that are active members of a consortium."""
    query = select(Member.district_id).where(
        Member.org_id == org_id, Member.status == MemberStatus.ACTIVE
    )
    return set(session.exec(query))


def leaids_of(session: Session, org_ids: Iterable[UUID]) -> list[str]:
    query = select(Organization.leaid).where(col(Organization.id).in_(set(org_ids)))
    return [leaid for leaid in session.exec(query) if leaid]


def under_the_same_agency(session: Session, org_ids: Iterable[UUID]) -> set[UUID]:
    """The districts in any consortium that is led by the lead agency of one of these."""
    leads = select(Consortium.lead_agency_id).where(col(Consortium.org_id).in_(set(org_ids)))
    query = (
        select(Member.district_id)
        .join(Consortium, col(Consortium.org_id) == Member.org_id)
        .where(
            col(Consortium.lead_agency_id).in_(leads.scalar_subquery()),
            Member.status == MemberStatus.ACTIVE,
        )
    )
    return set(session.exec(query))


def published_of(session: Session, vendor_id: UUID) -> list[Tool]:
    query = (
        select(Tool)
        .where(Tool.org_id == vendor_id, Tool.status == ToolStatus.PUBLISHED)
        .order_by(col(Tool.name), col(Tool.id))
        .limit(100)
    )
    return list(session.exec(query))


def pool_seats(
    session: Session, vendor_id: UUID
) -> list[tuple[str, Rung, str | None, str | None, Count]]:
    """What stands in a vendor's pools that take seats: (tool, rung, state, size band, sums)."""
    columns: Any = (
        Tool.name,
        Commitment.rung,
        District.state,
        District.pupils,
        func.count(),
        func.sum(Commitment.seats),
    )
    query = (
        select(*columns)
        .select_from(Commitment)
        .join(Pool, col(Pool.id) == Commitment.pool_id)
        .join(Tool, col(Tool.id) == Pool.tool_id)
        .outerjoin(District, col(District.leaid) == Commitment.leaid)
        .where(
            Pool.vendor_id == vendor_id,
            col(Pool.status).in_(TAKES_SEATS),
            col(Commitment.withdrawn_at).is_(None),
        )
        .group_by(col(Tool.name), col(Commitment.rung), col(District.state), col(District.pupils))
    )
    return [
        (name, Rung(rung), state, size_band(pupils), Count(districts, int(seats)))
        for name, rung, state, pupils, districts, seats in session.exec(query)
    ]
