"""What districts of the same size and kind of place use, never about fewer than five of them."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.catalogue.models import Tool
from marketplace.core.disclosure import FEWEST_DISTRICTS
from marketplace.directory.models import District
from marketplace.directory.rules import SIZE_BANDS
from marketplace.orders.models import Order
from marketplace.orders.rules import OrderStatus
from marketplace.pools.models import Pool

FEWEST = FEWEST_DISTRICTS
#: An order that waits for its purchase order, or has ended, is no use of the tool.
IN_USE = (OrderStatus.PO_ISSUED, OrderStatus.ACTIVE)
MOST_TOOLS = 5


@dataclass(frozen=True)
class Used:
    slug: str
    name: str
    #: At least so many districts, rounded down to fives: no single one shows when it joins.
    at_least: int


def used_by_alike(session: Session, leaid: str, org_id: UUID, today: date) -> list[Used]:
    """Tools that at least five *other* districts of the same size band and locale have a running
    order of, the most used first: two queries; the caller sees all."""
    own = session.exec(select(District).where(District.leaid == leaid)).one_or_none()
    if own is None or own.pupils is None or not own.locale:
        return []
    least, below = _band(own.pupils)
    districts = func.count(func.distinct(Order.org_id))
    query = (
        select(Tool.slug, Tool.name, districts)
        .select_from(Order)
        .join(Pool, col(Pool.id) == Order.pool_id)
        .join(Tool, col(Tool.id) == Pool.tool_id)
        .join(District, col(District.leaid) == Order.leaid)
        .where(
            Order.org_id != org_id,
            col(Order.status).in_(IN_USE),
            Order.term_ends_on >= today,
            col(District.locale).startswith(own.locale[0]),
            col(District.pupils) >= least,
        )
        .group_by(col(Tool.slug), col(Tool.name))
        .having(districts >= FEWEST)
        .order_by(districts.desc(), col(Tool.name))
        .limit(MOST_TOOLS)
    )
    if below is not None:
        query = query.where(col(District.pupils) < below)
    return [Used(slug, name, n // FEWEST * FEWEST) for slug, name, n in session.exec(query)]


def _band(pupils: int) -> tuple[int, int | None]:
    """The size band of a district: from, and below."""
    least = 0
    for limit, _ in SIZE_BANDS:
        if pupils < limit:
            return least, limit
        least = limit
    return least, None
