"""What is still open between a consortium's districts and vendors: asked when it ends."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.orders.models import CreditNote, Encumbrance, Invoice, Order


class OpenBills(NamedTuple):
    number: int
    cents: int


def open_bills(session: Session, consortium_id: UUID) -> OpenBills:
    """Invoices that are not paid or credited in full."""
    left = col(Invoice.total_cents) - col(Invoice.paid_cents) - col(Invoice.credited_cents)
    query = (
        select(func.count(), func.coalesce(func.sum(left), 0))
        .select_from(Invoice)
        .where(Invoice.consortium_id == consortium_id, left > 0)
    )
    count, cents = session.exec(query).one()
    return OpenBills(count, int(cents))


def count_not_billed(session: Session, consortium_id: UUID) -> int:
    """Orders that cost something and have no invoice yet."""
    query = (
        select(func.count())
        .select_from(Order)
        .outerjoin(Invoice, col(Invoice.order_id) == Order.id)
        .where(
            Order.consortium_id == consortium_id, Order.total_cents > 0, col(Invoice.id).is_(None)
        )
    )
    return session.exec(query).one()


def count_owed_back(session: Session, consortium_id: UUID) -> int:
    """Credit notes that no bill has taken up and nobody has paid back in full."""
    used = col(CreditNote.applied_cents) + col(CreditNote.refunded_cents)
    query = (
        select(func.count())
        .select_from(CreditNote)
        .where(CreditNote.consortium_id == consortium_id, col(CreditNote.total_cents) > used)
    )
    return session.exec(query).one()


def set_aside_cents(session: Session, consortium_id: UUID) -> int:
    """What orders set aside in budgets and no bill has relieved yet."""
    total = func.coalesce(func.sum(Encumbrance.amount_cents), 0)
    query = select(total).select_from(Encumbrance).where(Encumbrance.consortium_id == consortium_id)
    return int(session.exec(query).one())


def billed_in_all(session: Session, consortium_id: UUID) -> dict[str, int]:
    """What each district was billed through all pools, less its credits, in cents, by LEAID."""
    ordered = (
        select(Order.leaid, func.sum(Order.total_cents))
        .where(Order.consortium_id == consortium_id)
        .group_by(col(Order.leaid))
    )
    credited = (
        select(Order.leaid, func.sum(CreditNote.total_cents))
        .join(Order, col(Order.id) == col(CreditNote.order_id))
        .where(CreditNote.consortium_id == consortium_id)
        .group_by(col(Order.leaid))
    )
    found = {leaid: int(cents) for leaid, cents in session.exec(ordered)}
    for leaid, cents in session.exec(credited):
        found[leaid] -= int(cents)
    return dict(sorted(found.items()))
