"""Which payments wait for their second person, and where a check's number was seen before."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.accounts.models import User
from marketplace.core.errors import NotFound
from marketplace.orders.models import Invoice, Payment
from marketplace.orders.pending_models import PendingPayment
from marketplace.orders.pending_rules import PendingState
from marketplace.orders.rules import PaymentMeans

MOST_SHOWN = 500


class Waiting(NamedTuple):
    """A payment that waits, and the bill it is for."""

    pending: PendingPayment
    invoice: Invoice


def get_pending(session: Session, pending_id: UUID, *, lock: bool = False) -> PendingPayment:
    query = select(PendingPayment).where(PendingPayment.id == pending_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such payment.")
    return found


def pending_of(session: Session, invoice_id: UUID) -> list[PendingPayment]:
    """All that was ever written down for a bill and is not in the books, oldest first."""
    query = (
        select(PendingPayment)
        .where(
            PendingPayment.invoice_id == invoice_id,
            PendingPayment.state != PendingState.CONFIRMED,
        )
        .order_by(col(PendingPayment.recorded_at), col(PendingPayment.id))
    )
    return list(session.exec(query))


def by_once_key(session: Session, once_key: str) -> PendingPayment | None:
    query = select(PendingPayment).where(PendingPayment.once_key == once_key)
    return session.exec(query).one_or_none()


def waiting_cents(session: Session, invoice_id: UUID) -> int:
    query = select(func.coalesce(func.sum(PendingPayment.amount_cents), 0)).where(
        PendingPayment.invoice_id == invoice_id, PendingPayment.state == PendingState.WAITING
    )
    return int(session.exec(query).one())


def waiting(
    session: Session,
    *,
    district_id: UUID | None = None,
    issuer_id: UUID | None = None,
    consortium_id: UUID | None = None,
) -> list[Waiting]:
    """What waits at a desk, the oldest first."""
    query: Any = (
        select(PendingPayment, Invoice)
        .join(Invoice, col(Invoice.id) == col(PendingPayment.invoice_id))
        .where(PendingPayment.state == PendingState.WAITING)
    )
    for column, value in (
        (PendingPayment.org_id, district_id),
        (PendingPayment.issuer_id, issuer_id),
        (PendingPayment.consortium_id, consortium_id),
    ):
        if value is not None:
            query = query.where(column == value)
    oldest = query.order_by(col(PendingPayment.recorded_at), col(PendingPayment.id))
    return [Waiting(*row) for row in session.exec(oldest.limit(MOST_SHOWN))]


def payments_waiting_for(session: Session, issuer_id: UUID) -> list[PendingPayment]:
    """All that waits for whoever issued the bills, oldest first."""
    return _waiting(session, PendingPayment.issuer_id == issuer_id)


def payments_waiting_on(session: Session, invoice_id: UUID) -> list[PendingPayment]:
    """What waits for one bill, oldest first."""
    return _waiting(session, PendingPayment.invoice_id == invoice_id)


def _waiting(session: Session, which: Any) -> list[PendingPayment]:
    query = select(PendingPayment).where(which, PendingPayment.state == PendingState.WAITING)
    oldest = query.order_by(col(PendingPayment.recorded_at), col(PendingPayment.id))
    return list(session.exec(oldest))


def open_invoices_of(session: Session, issuer_id: UUID) -> list[Invoice]:
    """Every bill of an issuer that is not settled, the one due first in front."""
    query = select(Invoice).where(
        Invoice.issuer_id == issuer_id,
        Invoice.paid_cents + Invoice.credited_cents < Invoice.total_cents,
    )
    return list(session.exec(query.order_by(col(Invoice.due_on), col(Invoice.id))))


def count_waiting(
    session: Session, *, district_id: UUID | None = None, issuer_id: UUID | None = None
) -> int:
    """How many payments wait at a desk."""
    query = select(func.count(col(PendingPayment.id))).where(
        PendingPayment.state == PendingState.WAITING
    )
    if district_id is not None:
        query = query.where(PendingPayment.org_id == district_id)
    if issuer_id is not None:
        query = query.where(PendingPayment.issuer_id == issuer_id)
    return session.exec(query).one()


def references_on(session: Session, invoice_id: UUID, means: PaymentMeans) -> list[str]:
    """Numbers that stand on one bill already, in the books or waiting."""
    booked = select(Payment.reference).where(
        Payment.invoice_id == invoice_id, Payment.means == means
    )
    pending = select(PendingPayment.reference).where(
        PendingPayment.invoice_id == invoice_id,
        PendingPayment.means == means,
        PendingPayment.state == PendingState.WAITING,
    )
    return [*session.exec(booked), *session.exec(pending)]


def other_bills_with(
    session: Session, invoice: Invoice, means: PaymentMeans, reference: str
) -> list[int]:
    """The district's other bills of the same issuer that carry this check, transfer or warrant."""
    found: set[int] = set()
    for table in (Payment, PendingPayment):
        query = (
            select(Invoice.number)
            .join(table, col(table.invoice_id) == col(Invoice.id))
            .where(
                table.org_id == invoice.org_id,
                Invoice.issuer_id == invoice.issuer_id,
                Invoice.id != invoice.id,
                table.means == means,
                func.lower(table.reference) == reference.lower(),
            )
        )
        if table is PendingPayment:
            query = query.where(PendingPayment.state == PendingState.WAITING)
        found |= set(session.exec(query))
    return sorted(found)


def names_of(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Who wrote something down, by id."""
    known = {each for each in ids if each}
    query = select(User.id, User.name).where(col(User.id).in_(sorted(known)))
    return dict(session.exec(query).all()) if known else {}
