"""The one way money becomes paid, or unpaid again: row, bill, books, receipt and event together."""

from datetime import date
from uuid import UUID, uuid4

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.ledger import queries as books
from marketplace.ledger import rules as ledger_rules
from marketplace.ledger import service as ledger
from marketplace.ledger.models import Posted
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.orders import queries, rules
from marketplace.orders.models import Invoice, Payment, PaymentReturn
from marketplace.orders.policy import for_the_books
from marketplace.orders.rules import InvoiceStatus, PaymentMeans, ReturnReason


def book_payment(
    session: Session,
    actor: Actor,
    invoice_id: UUID,
    *,
    amount_cents: int,
    means: PaymentMeans,
    reference: str,
    paid_on: date,
    once_key: str,
    held_in: str | None = None,
    booked_on: date | None = None,
) -> Payment:
    """Book that `amount_cents` came for an invoice; never more than is open on it.

    `held_in` is the account that holds the money (“cash:stripe”, “credit:0100005”); without it
    the fiscal agent's cash, or the vendor itself, as the invoice was issued. `booked_on` is
    the day in the books where the day of the payment lies in a closed month. The same
    `once_key` again finds the first payment and changes nothing. Locks the invoice.
    Raises RuleBroken for a used reference, a wrong amount, or a closed month.
    """
    invoice = queries.get_invoice(session, invoice_id, lock=True)
    require(actor, "orders.book_payment", invoice)
    earlier = queries.payments_of(session, invoice.id)
    if sent := next((p for p in earlier if p.once_key == once_key), None):
        return sent
    order = queries.get_order(session, invoice.order_id)
    reference = rules.tidy(reference)
    rules.check_reference(reference, (p.reference for p in earlier if p.means == means))
    rules.check_amount(amount_cents, invoice.open_cents)
    payment_id, said = uuid4(), order.agreed
    kind, legs = rules.posting_of_payment(
        invoice.issuer_id == invoice.consortium_id,
        order.leaid,
        said["vendor"]["slug"],
        amount_cents,
        held_in,
    )
    effective_on = booked_on or paid_on
    entry = _post(session, actor, invoice, f"payment:{payment_id}", kind, effective_on, legs)
    payment = Payment(
        id=payment_id,
        org_id=invoice.org_id,
        invoice_id=invoice.id,
        consortium_id=invoice.consortium_id,
        vendor_id=invoice.vendor_id,
        means=means,
        reference=reference,
        amount_cents=amount_cents,
        paid_on=paid_on,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        once_key=once_key,
        held_in=held_in,
        ledger_seq=entry.seq,
        ledger_hash=entry.hash,
    )
    _count(invoice, amount_cents)
    session.add_all([payment, invoice])
    session.flush()
    ledger.give_receipt(
        session,
        for_the_books(actor),
        invoice.consortium_id,
        member_id=invoice.org_id,
        paper=f"payment:{payment_id}",
        seq=entry.seq,
    )
    emit(session, actor, "orders.payment_recorded", payment, amount_cents=amount_cents)
    if invoice.status is InvoiceStatus.PAID:
        emit(session, actor, "orders.invoice_paid", invoice, number=invoice.number)
    return payment


def return_payment(
    session: Session,
    actor: Actor,
    payment_id: UUID,
    *,
    amount_cents: int,
    reason: ReturnReason,
    reference: str,
    returned_on: date,
    once_key: str,
) -> PaymentReturn:
    """Book that a payment, or a part of it, went back or never came: its bill is open again.

    The lines mirror those of the payment. The same `once_key` again changes nothing. Locks
    the invoice. Raises RuleBroken when more would go back than is left, or for a closed month.
    """
    payment = queries.get_payment(session, payment_id)
    invoice = queries.get_invoice(session, payment.invoice_id, lock=True)
    require(actor, "orders.return_payment", invoice)
    earlier = queries.returns_of(session, invoice.id)
    if sent := next((r for r in earlier if r.once_key == once_key), None):
        return sent
    back = sum(r.amount_cents for r in earlier if r.payment_id == payment.id)
    rules.check_can_return(amount_cents, payment.amount_cents - back)
    order = queries.get_order(session, invoice.order_id)
    _kind, legs = rules.posting_of_payment(
        invoice.issuer_id == invoice.consortium_id,
        order.leaid,
        order.agreed["vendor"]["slug"],
        amount_cents,
        payment.held_in,
    )
    mirrored = ledger_rules.mirror(legs)
    return_id = uuid4()
    entry = _post(
        session,
        actor,
        invoice,
        f"payment-return:{return_id}",
        PostingKind.REFUND,
        returned_on,
        list(mirrored),
    )
    returned = PaymentReturn(
        id=return_id,
        org_id=invoice.org_id,
        payment_id=payment.id,
        invoice_id=invoice.id,
        consortium_id=invoice.consortium_id,
        vendor_id=invoice.vendor_id,
        reason=reason,
        reference=rules.tidy(reference),
        amount_cents=amount_cents,
        returned_on=returned_on,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        once_key=once_key,
        ledger_seq=entry.seq,
        ledger_hash=entry.hash,
    )
    _count(invoice, -amount_cents)
    session.add_all([returned, invoice])
    session.flush()
    emit(
        session,
        actor,
        "orders.payment_returned",
        returned,
        amount_cents=amount_cents,
        reason=reason.value,
    )
    return returned


def _count(invoice: Invoice, cents: int) -> None:
    invoice.paid_cents += cents
    invoice.status = rules.status_after_payment(
        invoice.total_cents, invoice.paid_cents, invoice.credited_cents
    )


def _post(
    session: Session,
    actor: Actor,
    invoice: Invoice,
    key: str,
    kind: PostingKind,
    effective_on: date,
    legs: list[Leg],
) -> Posted:
    closed = books.closed_through(session, invoice.consortium_id)
    ledger_rules.check_period_open(effective_on, closed, "paid_on")
    pool = queries.get_order(session, invoice.order_id).agreed["pool"]["slug"]
    issuer = invoice.printed["issuer"]["slug"]
    return ledger.post(
        session,
        for_the_books(actor),
        invoice.consortium_id,
        key=key,
        kind=kind,
        ref=f"pool:{pool}/invoice:{issuer}-{invoice.number}",
        effective_on=effective_on,
        legs=legs,
    )
