"""The lists behind the pages of orders: rows with their papers, and the totals above them."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.consortia.models import Consortium
from marketplace.core.errors import NotFound
from marketplace.orders import credit_queries
from marketplace.orders.models import (
    ChargeCode,
    Invoice,
    Order,
    Payment,
    PurchaseOrder,
    VendorPayment,
)
from marketplace.orders.rules import KIND_WORDS, InvoiceStatus, Stage, stage
from marketplace.pools.models import Allocation, Pool
from marketplace.pools.rules import PoolStatus


class Row(NamedTuple):
    """One order as a line of a list."""

    order: Order
    purchase_order: PurchaseOrder | None
    invoice: Invoice | None

    @property
    def stage(self) -> Stage:
        status = self.invoice.status if self.invoice else None
        return stage(self.purchase_order is not None, status)

    @property
    def billed_cents(self) -> int:
        return self.invoice.total_cents if self.invoice else 0

    @property
    def paid_cents(self) -> int:
        return self.invoice.paid_cents if self.invoice else 0

    @property
    def open_cents(self) -> int:
        return self.order.total_cents - self.paid_cents - self.credited_cents

    @property
    def credited_cents(self) -> int:
        return self.invoice.credited_cents if self.invoice else 0


class Sums(NamedTuple):
    """Totals of a list; cents."""

    orders: int
    with_po: int
    seats: int
    ordered_cents: int
    alone_cents: int
    billed_cents: int
    paid_cents: int
    credited_cents: int

    @property
    def open_cents(self) -> int:
        return self.ordered_cents - self.paid_cents - self.credited_cents

    @property
    def saved_cents(self) -> int:
        return self.alone_cents - self.ordered_cents


#: What a list may be narrowed to: `?show=open`.
SHOWN = {
    "": "All orders",
    Stage.NEEDS_PO: "Needs a PO",
    Stage.TO_BILL: "Ready to bill",
    Stage.BILLED: "With an invoice",
    "received": "With a payment",
    "open": "Not fully paid",
    Stage.PAID: "Paid in full",
}


def listed(
    *,
    district_id: UUID | None = None,
    vendor_id: UUID | None = None,
    consortium_id: UUID | None = None,
    pool_id: UUID | None = None,
    show: str = "",
) -> Any:
    """The query of a list, newest pool first, then by LEAID."""
    query = (
        select(Order, PurchaseOrder, Invoice)
        .options(defer(PurchaseOrder.printed), defer(Invoice.printed))  # type: ignore[arg-type]
        .outerjoin(PurchaseOrder, col(PurchaseOrder.order_id) == col(Order.id))
        .outerjoin(Invoice, col(Invoice.order_id) == col(Order.id))
        .order_by(col(Order.ordered_at).desc(), col(Order.leaid), col(Order.id))
    )
    for column, value in (
        (Order.org_id, district_id),
        (Order.vendor_id, vendor_id),
        (Order.consortium_id, consortium_id),
        (Order.pool_id, pool_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return query.where(*_shown(show))


def _shown(show: str) -> list[Any]:
    if show == Stage.NEEDS_PO:
        return [col(PurchaseOrder.id).is_(None), col(Invoice.id).is_(None)]
    if show == Stage.TO_BILL:
        return [col(PurchaseOrder.id).is_not(None), col(Invoice.id).is_(None)]
    if show == Stage.BILLED:
        return [col(Invoice.id).is_not(None)]
    if show == "received":
        return [Invoice.paid_cents > 0]
    if show == Stage.PAID:
        return [Invoice.status == InvoiceStatus.PAID]
    if show == "open":
        return [func.coalesce(Invoice.paid_cents + Invoice.credited_cents, 0) < Order.total_cents]
    return []


def rows(session: Session, query: Any) -> list[Row]:
    return [Row(*found) for found in session.exec(query)]


def sums(session: Session, query: Any) -> Sums:
    """What the rows of a list add up to, whichever page of it is shown."""
    added = (
        Order.seats,
        Order.total_cents,
        Order.alone_cents,
        Invoice.total_cents,
        Invoice.paid_cents,
        Invoice.credited_cents,
    )
    counts = (func.count(col(Order.id)), func.count(col(PurchaseOrder.id)))
    columns = (*counts, *(func.coalesce(func.sum(c), 0) for c in added))
    found = session.exec(query.order_by(None).with_only_columns(*columns)).one()
    return Sums(*map(int, found))


def ready_by_pool(session: Session, vendor_id: UUID) -> list[tuple[UUID, str, int, int]]:
    """Pools whose orders wait for the vendor's invoice: id, title, orders, cents."""
    found = rows(session, listed(vendor_id=vendor_id, show=Stage.TO_BILL))
    pools: dict[UUID, tuple[str, int, int]] = {}
    for row in found:
        if row.order.legal_shape != "pooled_cash":
            _title, count, cents = pools.get(row.order.pool_id, ("", 0, 0))
            title = row.order.agreed["pool"]["title"]
            pools[row.order.pool_id] = (title, count + 1, cents + row.order.total_cents)
    return [(pool_id, *facts) for pool_id, facts in pools.items()]


def get_pool(session: Session, pool_id: UUID, *, lock: bool = False) -> Pool:
    query = select(Pool).where(Pool.id == pool_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such pool.")
    return found


def held_back(session: Session, consortium_id: UUID) -> list[tuple[Allocation, Pool, str]]:
    """Shares that became no order: the member's paper is missing or too short, or the tool's
    scorecard stands in the way."""
    query = (
        select(Allocation, Pool, Organization.name)
        .join(Pool, col(Pool.id) == col(Allocation.pool_id))
        .join(Organization, col(Organization.id) == col(Allocation.district_id))
        .outerjoin(
            Order,
            (col(Order.pool_id) == col(Allocation.pool_id))
            & (col(Order.org_id) == col(Allocation.district_id)),
        )
        .where(
            Allocation.org_id == consortium_id,
            col(Order.id).is_(None),
            col(Pool.status).in_((PoolStatus.CLEARED, PoolStatus.ORDERED, PoolStatus.CLOSED)),
        )
        .order_by(col(Pool.closes_at), col(Organization.name))
        .limit(200)
    )
    return [(allocation, pool, name) for allocation, pool, name in session.exec(query)]


def pools_held_back(session: Session, tool_id: UUID, district_id: UUID | None = None) -> list[UUID]:
    """Cleared pools of a tool in which somebody (or this district) has no order yet."""
    query = (
        select(Pool.id)
        .join(Allocation, col(Allocation.pool_id) == col(Pool.id))
        .outerjoin(
            Order,
            (col(Order.pool_id) == col(Pool.id))
            & (col(Order.org_id) == col(Allocation.district_id)),
        )
        .where(
            Pool.tool_id == tool_id,
            col(Order.id).is_(None),
            col(Pool.status).in_((PoolStatus.CLEARED, PoolStatus.ORDERED)),
        )
        .distinct()
    )
    if district_id:
        query = query.where(Allocation.district_id == district_id)
    return sorted(session.exec(query))


def pools_with_orders(session: Session, consortium_id: UUID) -> list[tuple[str, str]]:
    """(id, title) of each pool, for the filter."""
    query = (
        select(Pool.id, Pool.title)
        .where(
            Pool.org_id == consortium_id,
            col(Pool.status).in_((PoolStatus.CLEARED, PoolStatus.ORDERED, PoolStatus.CLOSED)),
        )
        .order_by(col(Pool.title))
    )
    return [(str(pool_id), title) for pool_id, title in session.exec(query)]


def vendors_of(session: Session, consortium_id: UUID) -> list[Organization]:
    """The vendors a consortium's members have ordered from."""
    orders = select(Order.vendor_id).where(Order.consortium_id == consortium_id).distinct()
    ids = list(session.exec(orders))
    query = select(Organization).where(col(Organization.id).in_(ids))
    return list(session.exec(query.order_by(col(Organization.name)))) if ids else []


def vendor_payments(session: Session, consortium_id: UUID) -> list[VendorPayment]:
    query = (
        select(VendorPayment)
        .where(VendorPayment.org_id == consortium_id)
        .order_by(col(VendorPayment.paid_on).desc(), col(VendorPayment.id))
    )
    return list(session.exec(query))


def consortia_ordered_through(session: Session, district_id: UUID) -> list[Organization]:
    """The consortia in whose books a district stands because it ordered."""
    orders = select(Order.consortium_id).where(Order.org_id == district_id).distinct()
    ids = list(session.exec(orders))
    query = select(Organization).where(col(Organization.id).in_(ids))
    return list(session.exec(query.order_by(col(Organization.name)))) if ids else []


class Document(NamedTuple):
    """The paper behind a line of the books."""

    words: str
    order_id: UUID
    invoice_id: UUID | None
    tool: str  # its address


def documents(session: Session, district_id: UUID, consortium_id: UUID) -> dict[int, Document]:
    """For each entry of the books about a district, the paper that caused it."""
    found: dict[int, Document] = {}
    tools: dict[UUID, str] = {}
    for row in rows(session, listed(district_id=district_id, consortium_id=consortium_id)):
        order, said = row.order, row.order.agreed
        tools[order.id] = said["tool"]["slug"]
        if order.ledger_seq:
            words = f"{KIND_WORDS[order.kind] or 'Order'}, {said['pool']['title']}"
            found[order.ledger_seq] = Document(words, order.id, None, tools[order.id])
    query = (
        select(Payment, Invoice.number, Invoice.order_id)
        .join(Invoice, col(Invoice.id) == col(Payment.invoice_id))
        .where(Payment.org_id == district_id, Payment.consortium_id == consortium_id)
    )
    for payment, number, order_id in session.exec(query):
        words = f"Invoice {number}, {payment.means.value} {payment.reference}"
        found[payment.ledger_seq] = Document(
            words, order_id, payment.invoice_id, tools.get(order_id, "")
        )
    for note in credit_queries.credit_notes(
        session, district_id=district_id, consortium_id=consortium_id
    ):
        tool = tools.get(note.order_id, "")
        words = f"Credit note {note.number}"
        found[note.ledger_seq] = Document(words, note.order_id, None, tool)
        if note.refund_seq:
            found[note.refund_seq] = Document(f"Refund of {words}", note.order_id, None, tool)
        if note.withdrawn_seq:
            found[note.withdrawn_seq] = Document(f"{words} withdrawn", note.order_id, None, tool)
    return found


def tools_ordered(session: Session, district_id: UUID) -> dict[str, str]:
    """The tools a district has ordered: address and name, by name."""
    said = select(Order.agreed).where(Order.org_id == district_id)
    tools = {agreed["tool"]["slug"]: agreed["tool"]["name"] for agreed in session.exec(said)}
    return dict(sorted(tools.items(), key=lambda tool: (tool[1], tool[0])))


def charge_codes(session: Session, district_id: UUID) -> dict[str, ChargeCode]:
    """What a district chose, by the tool it applies to."""
    query = select(ChargeCode).where(ChargeCode.org_id == district_id)
    return {chosen.applies_to: chosen for chosen in session.exec(query)}


def fiscal_agent_of(session: Session, consortium_id: UUID) -> Organization | None:
    query = (
        select(Organization)
        .join(Consortium, col(Consortium.fiscal_agent_id) == col(Organization.id))
        .where(Consortium.org_id == consortium_id)
    )
    return session.exec(query).first()


def terms_ending(session: Session, vendor_id: UUID, today: date) -> list[tuple[date, int, int]]:
    """(last day, orders, seats) of a vendor's orders whose term still runs, soonest first."""
    columns: Any = (Order.term_ends_on, func.count(), func.sum(Order.seats))
    query = (
        select(*columns)
        .where(Order.vendor_id == vendor_id, Order.term_ends_on >= today)
        .group_by(col(Order.term_ends_on))
        .order_by(col(Order.term_ends_on))
        .limit(12)
    )
    return [(day, orders, int(seats)) for day, orders, seats in session.exec(query)]


# -- for the auditor -------------------------------------------------------------------------


def invoices_issued(
    session: Session, consortium_id: UUID, since: datetime, until: datetime
) -> Iterator[Invoice]:
    return _issued(session, Invoice, consortium_id, since, until)


def purchase_orders_issued(
    session: Session, consortium_id: UUID, since: datetime, until: datetime
) -> Iterator[PurchaseOrder]:
    return _issued(session, PurchaseOrder, consortium_id, since, until)


def _issued(
    session: Session, table: Any, consortium_id: UUID, since: datetime, until: datetime
) -> Iterator[Any]:
    """Oldest first, a few at a time: a paper takes longer to print than to read."""
    ids = (
        select(table.id)
        .where(table.consortium_id == consortium_id)
        .where(table.issued_at >= since, table.issued_at <= until)
        .order_by(col(table.issued_at), col(table.id))
    )
    for paper_id in session.exec(ids).all():
        paper = session.exec(select(table).where(table.id == paper_id)).one()
        yield paper
        session.expunge(paper)
