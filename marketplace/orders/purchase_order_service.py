"""A district's purchase order: issued at once, or asked for when it is above the limit."""

from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.orders import approval_queries, approval_rules, papers, queries, rules
from marketplace.orders.approval_models import PurchaseOrderRequest
from marketplace.orders.models import Order, PurchaseOrder
from marketplace.orders.policy import for_the_books
from marketplace.orders.rules import OrderStatus


def issue_purchase_order(
    session: Session, actor: Actor, order_id: UUID, number: str
) -> PurchaseOrder | PurchaseOrderRequest:
    """The district issues its purchase order under a number it has not used before.

    Above the sum that one person may order alone, a request is written instead, and a second
    person approves it.
    """
    order = queries.get_order(session, order_id, lock=True)
    require(actor, "orders.issue_purchase_order", order)
    number = rules.tidy(number)
    issued = queries.purchase_order_of(session, order.id)
    if issued and rules.same(issued.number, number):
        return issued  # the same form, sent twice
    rules.check_can_issue_purchase_order(issued.number if issued else None)
    waiting = approval_queries.waiting_for_order(session, order.id)
    if waiting and rules.same(waiting.number, number):
        return waiting
    if waiting:
        raise approval_rules.already_asked(waiting.number)
    rules.check_po_number(number, queries.po_numbers_of(session, order.org_id))
    alone = approval_queries.alone_up_to_cents(session, order.org_id)
    if approval_rules.needs_second(order.total_cents, alone):
        return ask_second_person(session, actor, order, number)
    paper = add_purchase_order(session, actor, order, number)
    session.flush()
    return paper


def ask_second_person(
    session: Session, actor: Actor, order: Order, number: str
) -> PurchaseOrderRequest:
    """Write down a purchase order that is above the limit; the caller holds the lock on the
    order and knows that the number is free. With the system as actor nobody is its author."""
    require(for_the_books(actor), "orders.add_purchase_order", order)
    request = PurchaseOrderRequest(
        org_id=order.org_id,
        order_id=order.id,
        number=number,
        total_cents=order.total_cents,
        asked_at=clock.now(),
        asked_by=actor.user_id,
    )
    session.add(request)
    session.flush()
    emit(session, actor, "orders.purchase_order_asked", request, number=number)
    return request


def add_purchase_order(session: Session, actor: Actor, order: Order, number: str) -> PurchaseOrder:
    """Write the paper, freeze it, and move the order on; its number is known to be free."""
    require(for_the_books(actor), "orders.add_purchase_order", order)
    today = clock.today(order.agreed["pool"]["time_zone"])
    paper = PurchaseOrder(
        org_id=order.org_id,
        order_id=order.id,
        consortium_id=order.consortium_id,
        vendor_id=order.vendor_id,
        number=number,
        total_cents=order.total_cents,
        issued_at=clock.now(),
        issued_by=actor.user_id,
        printed=papers.purchase_order(order, number, today),
    )
    order.status = rules.status_by_date(
        OrderStatus.PO_ISSUED, True, order.term_starts_on, order.term_ends_on, today
    )
    session.add_all([paper, order])
    emit(session, actor, "orders.purchase_order_issued", order, number=number)
    return paper
