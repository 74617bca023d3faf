"""What is held for districts, and the bills it may pay."""

from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.core.errors import NotFound
from marketplace.orders.held_models import HeldCredit
from marketplace.orders.models import Invoice, Payment, PaymentReturn
from marketplace.orders.rules import PaymentMeans


def get_held(session: Session, held_id: UUID, *, lock: bool = False) -> HeldCredit:
    query = select(HeldCredit).where(HeldCredit.id == held_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such credit.")
    return found


def held_for(session: Session, invoice: Invoice, *, lock: bool = False) -> list[HeldCredit]:
    """What the same district has left with the same issuer in the same books, oldest first."""
    query: Any = (
        select(HeldCredit)
        .where(
            HeldCredit.org_id == invoice.org_id,
            HeldCredit.issuer_id == invoice.issuer_id,
            HeldCredit.consortium_id == invoice.consortium_id,
            HeldCredit.used_cents + HeldCredit.returned_cents < HeldCredit.total_cents,
        )
        .order_by(col(HeldCredit.held_at), col(HeldCredit.id))
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return list(session.exec(query))


def held_with(session: Session, invoice: Invoice) -> list[HeldCredit]:
    """What payments of this bill brought beyond it."""
    query = (
        select(HeldCredit)
        .join(Payment, col(Payment.id) == col(HeldCredit.payment_id))
        .where(Payment.invoice_id == invoice.id)
        .order_by(col(HeldCredit.held_at), col(HeldCredit.id))
    )
    return list(session.exec(query))


def open_bills_for(session: Session, held: HeldCredit) -> list[Invoice]:
    """The bills a credit may pay, the one due first in front."""
    query = (
        select(Invoice)
        .where(
            Invoice.org_id == held.org_id,
            Invoice.issuer_id == held.issuer_id,
            Invoice.consortium_id == held.consortium_id,
            Invoice.paid_cents + Invoice.credited_cents < Invoice.total_cents,
        )
        .order_by(col(Invoice.due_on), col(Invoice.id))
    )
    return list(session.exec(query))


def on_papers_cents(session: Session, district_id: UUID, consortium_id: UUID) -> int:
    """What bills show as paid from credit, less what went back of their payments: both stand
    in the books under kinds of their own, so a statement must not count them twice. Cents."""
    from_credit = select(func.coalesce(func.sum(Payment.amount_cents), 0)).where(
        Payment.org_id == district_id,
        Payment.consortium_id == consortium_id,
        Payment.means == PaymentMeans.CREDIT,
    )
    back = select(func.coalesce(func.sum(PaymentReturn.amount_cents), 0)).where(
        PaymentReturn.org_id == district_id, PaymentReturn.consortium_id == consortium_id
    )
    return int(session.exec(back).one()) - int(session.exec(from_credit).one())
