"""What an order sets aside in a district's budget, and what its bill relieves again.

An encumbrance is no debt: it keeps the money of an order from being spent twice until the
bill is there, as the budgets of US school districts keep commitments for open contracts.
"""

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.orders.models import Encumbrance, Invoice, Order
from marketplace.orders.policy import for_the_books
from marketplace.orders.rules import EncumbranceKind
from marketplace.pools.models import Pool


def set_aside(session: Session, actor: Actor, pool: Pool, orders: list[Order]) -> None:
    """Each order sets its share aside, in the transaction that places it; $0 sets nothing."""
    require(for_the_books(actor), "orders.post_encumbrance")
    today, now = clock.today(pool.time_zone), clock.now()
    session.add_all(
        Encumbrance(
            org_id=order.org_id,
            consortium_id=order.consortium_id,
            order_id=order.id,
            kind=EncumbranceKind.SET,
            amount_cents=order.total_cents,
            effective_on=today,
            posted_at=now,
        )
        for order in orders
        if order.total_cents
    )
    session.flush()


def relieve(session: Session, actor: Actor, order: Order, invoice: Invoice) -> None:
    """The bill takes the place of what was set aside, to the cent."""
    require(for_the_books(actor), "orders.post_encumbrance")
    if not order.total_cents:
        return
    session.add(
        Encumbrance(
            org_id=order.org_id,
            consortium_id=order.consortium_id,
            order_id=order.id,
            kind=EncumbranceKind.RELIEVED,
            amount_cents=-order.total_cents,
            effective_on=clock.today(order.agreed["pool"]["time_zone"]),
            posted_at=invoice.issued_at,
        )
    )
    session.flush()
