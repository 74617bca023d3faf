"""Payments by hand: one person writes down what came or was sent, a second confirms it."""

from datetime import date
from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.ledger import queries as books
from marketplace.ledger import rules as ledger_rules
from marketplace.orders import (
    approval_queries,
    approval_rules,
    booking_service,
    held_service,
    pending_queries,
    pending_rules,
    queries,
    rules,
)
from marketplace.orders.models import Invoice, Payment
from marketplace.orders.pending_models import PendingPayment
from marketplace.orders.pending_rules import PendingState, SaidBy
from marketplace.orders.policy import for_the_books
from marketplace.orders.rules import PaymentMeans


def record_payment(
    session: Session,
    actor: Actor,
    invoice_id: UUID,
    *,
    means: PaymentMeans,
    reference: str,
    amount_cents: int,
    paid_on: date,
    once_key: str,
    same_check: bool = False,
    keep_rest: bool = False,
) -> PendingPayment:
    """Write down a check, transfer or warrant that came (or, by the district, was sent).

    Nothing is in the books until a second person confirms it. A part may be paid; with
    `keep_rest` more than is open, and the rest is held for the district. `same_check` says
    that one payment with this number covers several bills. The same `once_key` again (a
    double click) finds the first and changes nothing.
    """
    invoice = queries.get_invoice(session, invoice_id, lock=True)
    require(actor, "orders.record_payment", invoice)
    if sent := pending_queries.by_once_key(session, once_key):
        return sent
    reference = rules.tidy(reference)
    rules.check_by_hand(means)
    _check_facts(session, invoice, means, reference, paid_on)
    waiting = pending_queries.waiting_cents(session, invoice.id)
    pending_rules.check_pending_amount(amount_cents, invoice.open_cents, waiting, keep_rest)
    elsewhere = pending_queries.other_bills_with(session, invoice, means, reference)
    pending_rules.check_other_bills(reference, elsewhere, same_check)

    by_payer = actor.org_id == invoice.org_id
    if by_payer:
        approver = approval_queries.approver_of(session, invoice.order_id)
        approval_rules.check_payer(approver, actor.user_id)
    pending = PendingPayment(
        org_id=invoice.org_id,
        invoice_id=invoice.id,
        consortium_id=invoice.consortium_id,
        vendor_id=invoice.vendor_id,
        issuer_id=invoice.issuer_id,
        said_by=SaidBy.PAYER if by_payer else SaidBy.RECEIVER,
        means=means,
        reference=reference,
        amount_cents=amount_cents,
        paid_on=paid_on,
        recorded_at=clock.now(),
        recorded_by=actor.person,
        once_key=once_key,
    )
    session.add(pending)
    session.flush()
    emit(session, actor, "orders.payment_noted", pending, amount_cents=amount_cents)
    return pending


def _check_facts(
    session: Session, invoice: Invoice, means: PaymentMeans, reference: str, paid_on: date
) -> None:
    """The number is new on this bill, the date lies between order and today, in an open month."""
    used = pending_queries.references_on(session, invoice.id, means)
    rules.check_reference(reference, used)
    order = queries.get_order(session, invoice.order_id)
    zone = order.agreed["pool"]["time_zone"]
    ordered_on = clock.day_of(order.ordered_at, zone)
    rules.check_paid_on(paid_on, ordered_on, clock.today(zone))
    closed = books.closed_through(session, invoice.consortium_id)
    ledger_rules.check_period_open(paid_on, closed, "paid_on")


def confirm_payment(session: Session, actor: Actor, pending_id: UUID) -> Payment:
    """A second person says yes: the payment is posted to the books. Twice is once.

    What it brings beyond what is open on its bill by now is held for the district.
    """
    invoice, pending = _locked(session, pending_id)
    require(actor, "orders.confirm_payment", pending)
    if pending.payment_id is not None:
        return queries.get_payment(session, pending.payment_id)
    pending_rules.check_waiting(pending.state)
    pending_rules.check_second_person(
        pending.recorded_by, actor.person, invoice.issued_by, pending.said_by
    )
    pending_rules.check_still_open(invoice.open_cents)
    amount_cents = min(pending.amount_cents, invoice.open_cents)
    closed = books.closed_through(session, invoice.consortium_id)
    booked_on = pending_rules.booked_on(pending.paid_on, closed)
    payment = booking_service.book_payment(
        session,
        for_the_books(actor),
        invoice.id,
        means=pending.means,
        reference=pending.reference,
        amount_cents=amount_cents,
        paid_on=pending.paid_on,
        booked_on=booked_on,
        once_key=pending.once_key,
    )
    if rest := pending.amount_cents - amount_cents:
        held_service.hold_credit(session, actor, invoice, payment, cents=rest, booked_on=booked_on)
    _close(session, actor, pending, PendingState.CONFIRMED, payment.id)
    return payment


def undo_payment(session: Session, actor: Actor, pending_id: UUID) -> PendingPayment:
    """Take a payment back that waits, or (by the other side) decline it. Twice is once."""
    _invoice, pending = _locked(session, pending_id)
    require(actor, "orders.undo_payment", pending)
    by_payer = actor.org_id == pending.org_id
    state = pending_rules.state_after_undo(pending.said_by, by_payer)
    if pending.state in (PendingState.TAKEN_BACK, PendingState.DECLINED):
        return pending
    pending_rules.check_waiting(pending.state)
    _close(session, actor, pending, state, None)
    emit(session, actor, "orders.payment_undone", pending, declined=state is PendingState.DECLINED)
    return pending


def _locked(session: Session, pending_id: UUID) -> tuple[Invoice, PendingPayment]:
    """The bill first, then the payment: the same order everywhere."""
    found = pending_queries.get_pending(session, pending_id)
    invoice = queries.get_invoice(session, found.invoice_id, lock=True)
    return invoice, pending_queries.get_pending(session, pending_id, lock=True)


def _close(
    session: Session,
    actor: Actor,
    pending: PendingPayment,
    state: PendingState,
    payment_id: UUID | None,
) -> None:
    pending.state, pending.payment_id = state, payment_id
    pending.closed_at, pending.closed_by = clock.now(), actor.user_id
    session.add(pending)
    session.flush()
