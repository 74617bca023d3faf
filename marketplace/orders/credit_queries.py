"""Credit notes: what districts owe less, and what is still owed back to them."""

from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.core.errors import NotFound
from marketplace.orders.models import CreditNote, Invoice, Order
from marketplace.orders.rules import OrderKind


def get_credit_note(session: Session, note_id: UUID, *, lock: bool = False) -> CreditNote:
    query = select(CreditNote).where(CreditNote.id == note_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such credit note.")
    return found


def credit_notes(
    session: Session,
    *,
    order_id: UUID | None = None,
    pool_id: UUID | None = None,
    district_id: UUID | None = None,
    consortium_id: UUID | None = None,
    vendor_id: UUID | None = None,
) -> list[CreditNote]:
    """Credit notes, newest first, as far as these narrow them."""
    query = select(CreditNote)
    for column, value in (
        (CreditNote.order_id, order_id),
        (CreditNote.pool_id, pool_id),
        (CreditNote.org_id, district_id),
        (CreditNote.consortium_id, consortium_id),
        (CreditNote.vendor_id, vendor_id),
    ):
        if value is not None:
            query = query.where(column == value)
    order = (col(CreditNote.issued_at).desc(), col(CreditNote.number).desc(), col(CreditNote.id))
    return list(session.exec(query.order_by(*order).limit(500)))


def billed_as(session: Session, district_id: UUID, consortium_id: UUID, kind: OrderKind) -> int:
    """Cents of a district's orders of one kind in one consortium."""
    query = select(func.coalesce(func.sum(Order.total_cents), 0)).where(
        Order.org_id == district_id, Order.consortium_id == consortium_id, Order.kind == kind
    )
    return int(session.exec(query).one())


def with_something_left(session: Session, pool_id: UUID, district_id: UUID) -> list[CreditNote]:
    """A district's credit notes of one pool that owe something back, the oldest first, locked."""
    query = (
        select(CreditNote)
        .where(
            CreditNote.pool_id == pool_id,
            CreditNote.org_id == district_id,
            CreditNote.applied_cents + CreditNote.refunded_cents < CreditNote.total_cents,
            col(CreditNote.withdrawn_at).is_(None),
        )
        .order_by(col(CreditNote.issued_at), col(CreditNote.id))
        .with_for_update()
    )
    return list(session.exec(query))


def open_invoices(session: Session, pool_id: UUID, district_id: UUID) -> list[Invoice]:
    """A district's invoices of one pool that are not settled, first part first, locked."""
    query = (
        select(Invoice)
        .join(Order, col(Order.id) == col(Invoice.order_id))
        .where(
            Order.pool_id == pool_id,
            Order.org_id == district_id,
            Invoice.paid_cents + Invoice.credited_cents < Invoice.total_cents,
        )
        .order_by(col(Order.part), col(Invoice.id))
        .with_for_update()
    )
    return list(session.exec(query))


def credited_invoices(session: Session, pool_id: UUID, district_id: UUID) -> list[Invoice]:
    """A district's invoices of one pool that took up credit, last part first, locked."""
    query = (
        select(Invoice)
        .join(Order, col(Order.id) == col(Invoice.order_id))
        .where(Order.pool_id == pool_id, Order.org_id == district_id, Invoice.credited_cents > 0)
        .order_by(col(Order.part).desc(), col(Invoice.id))
        .with_for_update()
    )
    return list(session.exec(query))
