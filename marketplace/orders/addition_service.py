"""Orders that come after the pool's own: late joins, added seats, changes of a share.

The feature that decides about them posts to the books and asks for the order here, in the
same transaction; from then on it is an order like any other, with its PO, bill and payment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.consortia import queries as consortia
from marketplace.consortia.models import Instrument
from marketplace.consortia.rules import LegalShape
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.guard import queries as guard
from marketplace.ledger.models import Posted
from marketplace.orders import papers, queries, rules
from marketplace.orders.models import Order
from marketplace.orders.rules import OrderKind
from marketplace.pools.models import Pool


@dataclass(frozen=True)
class Addition:
    """What one district orders beyond the pool's own order, and where it stands in the books.

    `alone_cents` is what the same seats and days would cost it alone; `why` is the line on
    the PO and the bill.
    """

    district: Organization
    instrument: Instrument
    kind: OrderKind
    seats: int
    total_cents: int
    alone_cents: int
    starts_on: date
    why: str
    contact_name: str = ""
    contact_email: str = ""


def place_additions(
    session: Session,
    actor: Actor,
    pool: Pool,
    additions: Sequence[Addition],
    posted: Posted | None,
) -> list[Order]:
    """One more order for each of these districts; the caller holds the lock on the pool's row.

    More seats are refused as a whole while the tool's scorecard stops the purchase, or while
    one of the districts has not accepted the card's gaps. A share that changes because another
    member leaves buys nothing, so it goes through.
    """
    require(actor, "orders.place_additions", pool)
    _check_guard(session, pool, additions)
    earlier = queries.orders_of_pool(session, pool.id)
    rest = _Rest(
        consortium=accounts.get_organization(session, pool.org_id),
        vendor=accounts.get_organization(session, pool.vendor_id),
        tool=session.exec(select(Tool).where(Tool.id == pool.tool_id)).one(),
        version=catalogue.version_at(session, pool.tool_id, clock.now()),
        shape=consortia.consortium_of(session, pool.org_id).legal_shape,
        pay_by=max(pool.pay_by, clock.today(pool.time_zone) + rules.SHORTEST_TERM),
        total_cents=_sum("total_cents", earlier, additions),
        seats=_sum("seats", earlier, additions),
    )
    newest = {order.org_id: order for order in sorted(earlier, key=lambda order: order.part)}
    orders = [_order(pool, each, rest, newest.get(each.district.id), posted) for each in additions]
    session.add_all(orders)
    session.flush()
    for order in orders:
        emit(session, actor, "orders.added", order, leaid=order.leaid, kind=str(order.kind))
    return orders


def _check_guard(session: Session, pool: Pool, additions: Sequence[Addition]) -> None:
    buys = (OrderKind.LATE_JOIN, OrderKind.ADDED_SEATS)
    districts = {each.district.id: each.district.name for each in additions if each.kind in buys}
    if not districts:
        return
    if why := guard.why_not_order(session, pool.tool_id):
        raise RuleBroken(why)
    owing = guard.without_acceptance(session, pool.tool_id, districts)
    if owing:
        names = ", ".join(sorted(districts[each] for each in owing))
        raise RuleBroken(f"Not yet: {names} must accept the gaps of the tool’s scorecard first.")


def _sum(name: str, *rows: Sequence[Any]) -> int:
    return sum(getattr(row, name) for some in rows for row in some)


@dataclass(frozen=True)
class _Rest:
    """What all additions made at one time have in common."""

    consortium: Organization
    vendor: Organization
    tool: Tool
    version: int | None
    shape: LegalShape
    pay_by: date
    total_cents: int
    seats: int


def _order(
    pool: Pool, addition: Addition, rest: _Rest, newest: Order | None, posted: Posted | None
) -> Order:
    billed = posted if addition.total_cents else None
    return Order(
        org_id=addition.district.id,
        consortium_id=pool.org_id,
        vendor_id=pool.vendor_id,
        pool_id=pool.id,
        tool_id=pool.tool_id,
        leaid=addition.district.leaid or "",
        kind=addition.kind,
        part=newest.part + 1 if newest else 0,
        seats=addition.seats,
        total_cents=addition.total_cents,
        alone_cents=addition.alone_cents,
        term_starts_on=addition.starts_on,
        term_ends_on=pool.term_ends_on,
        pay_by=rest.pay_by,
        legal_shape=rest.shape,
        contact_name=addition.contact_name or (newest.contact_name if newest else ""),
        contact_email=addition.contact_email or (newest.contact_email if newest else ""),
        ordered_at=clock.now(),
        ledger_seq=billed.seq if billed else None,
        ledger_hash=billed.hash if billed else "",
        agreed=papers.agreed(
            pool=pool,
            consortium=rest.consortium,
            vendor=rest.vendor,
            district=addition.district,
            tool=rest.tool,
            listing_version=rest.version,
            instrument=addition.instrument,
            pool_total_cents=rest.total_cents,
            pool_seats=rest.seats,
            why=addition.why,
        ),
    )
