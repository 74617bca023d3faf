"""With pooled cash the fiscal agent orders once for all, and bills each district its share."""

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.orders import list_queries, papers, queries
from marketplace.orders.models import AgentOrder, Order
from marketplace.orders.policy import for_the_books
from marketplace.pools.models import Pool


def order_for_all(session: Session, actor: Actor, pool: Pool, orders: list[Order]) -> AgentOrder:
    """One order to the vendor over all shares placed now; its lines are who is billed again."""
    require(for_the_books(actor), "orders.order_for_all")
    agent = list_queries.fiscal_agent_of(session, pool.org_id)
    placed = AgentOrder(
        org_id=pool.org_id,
        vendor_id=pool.vendor_id,
        pool_id=pool.id,
        number=len(queries.agent_orders(session, pool.id)) + 1,
        seats=sum(order.seats for order in orders),
        total_cents=sum(order.total_cents for order in orders),
        ordered_at=clock.now(),
        printed=papers.agent_order(orders, agent),
    )
    session.add(placed)
    session.flush()
    emit(session, actor, "orders.ordered_for_all", placed, pool=str(pool.id))
    return placed
