"""What others may ask about orders: one order and its papers, and the numbers of uptake.

The lists behind the pages are in `list_queries.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.core import tenancy
from marketplace.core.errors import NotFound
from marketplace.orders.end_queries import billed_in_all as billed_in_all
from marketplace.orders.end_queries import count_not_billed as count_not_billed
from marketplace.orders.end_queries import count_owed_back as count_owed_back
from marketplace.orders.end_queries import open_bills as open_bills
from marketplace.orders.end_queries import set_aside_cents as set_aside_cents
from marketplace.orders.models import (
    AgentOrder,
    Encumbrance,
    Invoice,
    Order,
    Payment,
    PaymentReturn,
    PurchaseOrder,
)
from marketplace.orders.pending_queries import (
    open_invoices_of,
    payments_waiting_for,
    payments_waiting_on,
)
from marketplace.orders.rules import OrderStatus

#: Asked for here by other features, written in a file of their own.
__all__ = ["open_invoices_of", "payments_waiting_for", "payments_waiting_on"]

# -- one of them -------------------------------------------------------------------------------


def get_order(session: Session, order_id: UUID, *, lock: bool = False) -> Order:
    return _the_one(session, select(Order).where(Order.id == order_id), lock)


def get_purchase_order(session: Session, purchase_order_id: UUID) -> PurchaseOrder:
    query = select(PurchaseOrder).where(PurchaseOrder.id == purchase_order_id)
    return _the_one(session, query)


def get_invoice(session: Session, invoice_id: UUID, *, lock: bool = False) -> Invoice:
    return _the_one(session, select(Invoice).where(Invoice.id == invoice_id), lock)


def _the_one(session: Session, query: Any, lock: bool = False) -> Any:
    """With a lock, read anew: what was loaded before the wait may be stale."""
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such order or invoice.")
    return found


def purchase_order_of(session: Session, order_id: UUID) -> PurchaseOrder | None:
    query = select(PurchaseOrder).where(PurchaseOrder.order_id == order_id)
    return session.exec(query).one_or_none()


def invoice_of(session: Session, order_id: UUID) -> Invoice | None:
    return session.exec(select(Invoice).where(Invoice.order_id == order_id)).one_or_none()


def payments_of(session: Session, invoice_id: UUID) -> list[Payment]:
    query = (
        select(Payment)
        .where(Payment.invoice_id == invoice_id)
        .order_by(col(Payment.paid_on), col(Payment.recorded_at), col(Payment.id))
    )
    return list(session.exec(query))


def payment_with_key(session: Session, invoice_id: UUID, once_key: str) -> Payment | None:
    """The payment an earlier use of the same key has booked."""
    return next((p for p in payments_of(session, invoice_id) if p.once_key == once_key), None)


def returns_of(session: Session, invoice_id: UUID) -> list[PaymentReturn]:
    query = (
        select(PaymentReturn)
        .where(PaymentReturn.invoice_id == invoice_id)
        .order_by(col(PaymentReturn.ledger_seq))
    )
    return list(session.exec(query))


def get_payment(session: Session, payment_id: UUID) -> Payment:
    found = session.exec(select(Payment).where(Payment.id == payment_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such payment.")
    return found


def paid_by_then(session: Session, payment: Payment) -> int:
    """What was paid on the same bill up to this payment and with it, in cents.

    The books have one order, so the number of the entry says which came first.
    """
    query = select(func.sum(Payment.amount_cents)).where(
        Payment.invoice_id == payment.invoice_id, col(Payment.ledger_seq) <= payment.ledger_seq
    )
    back = select(func.sum(PaymentReturn.amount_cents)).where(
        PaymentReturn.invoice_id == payment.invoice_id,
        col(PaymentReturn.ledger_seq) <= payment.ledger_seq,
    )
    return int(session.exec(query).one() or 0) - int(session.exec(back).one() or 0)


def orders_of_pool(session: Session, pool_id: UUID) -> list[Order]:
    return list(session.exec(select(Order).where(Order.pool_id == pool_id).order_by(Order.leaid)))


def districts_using(session: Session, tool_id: UUID) -> list[UUID]:
    """Districts with an order of the tool whose term has not ended."""
    query = select(Order).where(Order.tool_id == tool_id, Order.status != OrderStatus.ENDED)
    with tenancy.everyone("a change of a tool is told to everybody who uses it"):
        return sorted({order.org_id for order in session.exec(query)})


def po_numbers_of(session: Session, district_id: UUID) -> list[str]:
    """Every PO number a district has used here."""
    return list(
        session.exec(select(PurchaseOrder.number).where(PurchaseOrder.org_id == district_id))
    )


def po_numbers_by_district(session: Session, district_ids: list[UUID]) -> dict[UUID, list[str]]:
    """`po_numbers_of` for many districts; a few queries however many there are."""
    found: dict[UUID, list[str]] = {}
    for start in range(0, len(district_ids), 1000):
        some = district_ids[start : start + 1000]
        query = select(PurchaseOrder.org_id, PurchaseOrder.number).where(
            col(PurchaseOrder.org_id).in_(some)
        )
        for org_id, number in session.exec(query):
            found.setdefault(org_id, []).append(number)
    return found


def encumbered_cents(session: Session, district_id: UUID, consortium_id: UUID | None = None) -> int:
    """What a district's orders set aside in its budget and no bill has relieved yet."""
    query = select(func.coalesce(func.sum(Encumbrance.amount_cents), 0)).where(
        Encumbrance.org_id == district_id
    )
    if consortium_id is not None:
        query = query.where(Encumbrance.consortium_id == consortium_id)
    return int(session.exec(query).one())


def encumbrances_of(session: Session, order_id: UUID) -> list[Encumbrance]:
    query = select(Encumbrance).where(Encumbrance.order_id == order_id)
    return list(session.exec(query.order_by(col(Encumbrance.posted_at), col(Encumbrance.kind))))


def agent_orders(session: Session, pool_id: UUID) -> list[AgentOrder]:
    """What the fiscal agent ordered for all, first to last."""
    query = select(AgentOrder).where(AgentOrder.pool_id == pool_id)
    return list(session.exec(query.order_by(col(AgentOrder.number))))


def agent_orders_of(session: Session, consortium_id: UUID) -> list[AgentOrder]:
    """The same for all pools of a consortium, newest first."""
    query = select(AgentOrder).where(AgentOrder.org_id == consortium_id)
    newest = query.order_by(col(AgentOrder.ordered_at).desc(), col(AgentOrder.id)).limit(50)
    return list(session.exec(newest))


def get_agent_order(session: Session, agent_order_id: UUID) -> AgentOrder:
    return _the_one(session, select(AgentOrder).where(AgentOrder.id == agent_order_id))


# -- uptake ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filters:
    """Which orders to count; None leaves a question open."""

    district_id: UUID | None = None
    consortium_id: UUID | None = None
    vendor_id: UUID | None = None
    pool_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class OrderPlaced(NamedTuple):
    """One order as uptake counts it; money in cents."""

    order_id: UUID
    district_id: UUID
    leaid: str
    consortium_id: UUID
    vendor_id: UUID
    pool_id: UUID
    tool_id: UUID
    ordered_at: datetime
    seats: int
    share_cents: int
    alone_cents: int
    paid_cents: int

    @property
    def saved_cents(self) -> int:
        return self.alone_cents - self.share_cents


class Totals(NamedTuple):
    orders: int
    seats: int
    share_cents: int
    alone_cents: int
    paid_cents: int

    @property
    def saved_cents(self) -> int:
        return self.alone_cents - self.share_cents


class By(StrEnum):
    """What totals may be grouped by."""

    DISTRICT = "org_id"
    LEAID = "leaid"
    POOL = "pool_id"
    CONSORTIUM = "consortium_id"
    VENDOR = "vendor_id"
    TOOL = "tool_id"


EVERYTHING = Filters()


def orders_placed(session: Session, filters: Filters = EVERYTHING) -> list[OrderPlaced]:
    """The orders that were placed, oldest first, each with what has been paid of it."""
    columns: tuple[Any, ...] = (
        Order.id,
        Order.org_id,
        Order.leaid,
        Order.consortium_id,
        Order.vendor_id,
        Order.pool_id,
        Order.tool_id,
        Order.ordered_at,
        Order.seats,
        Order.total_cents,
        Order.alone_cents,
        func.coalesce(Invoice.paid_cents, 0),
    )
    query = _counted(columns, filters).order_by(col(Order.ordered_at), col(Order.leaid))
    return [OrderPlaced(*row) for row in session.exec(query)]


def totals(session: Session, filters: Filters = EVERYTHING) -> Totals:
    return Totals(*map(int, session.exec(_counted(_sums(), filters)).one()))


def totals_by(session: Session, by: By, filters: Filters = EVERYTHING) -> dict[Any, Totals]:
    """`totals_by(session, By.POOL)[pool.id].saved_cents`."""
    key = getattr(Order, by.value)
    query = _counted((key, *_sums()), filters).group_by(key)
    return {row[0]: Totals(*map(int, row[1:])) for row in session.exec(query)}


def _sums() -> tuple[Any, ...]:
    sums = (Order.seats, Order.total_cents, Order.alone_cents, Invoice.paid_cents)
    return (func.count(col(Order.id)), *(func.coalesce(func.sum(c), 0) for c in sums))


def _counted(columns: tuple[Any, ...], asked: Filters) -> Any:
    query = (
        select(*columns)
        .select_from(Order)
        .outerjoin(Invoice, col(Invoice.order_id) == col(Order.id))
    )
    for column, value in (
        (Order.org_id, asked.district_id),
        (Order.consortium_id, asked.consortium_id),
        (Order.vendor_id, asked.vendor_id),
        (Order.pool_id, asked.pool_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if asked.since:
        query = query.where(Order.ordered_at >= asked.since)
    if asked.until:
        query = query.where(Order.ordered_at < asked.until)
    return query
