"""A payment beyond its bill is held for the district: it pays the next bill, or goes back."""

from datetime import date
from uuid import UUID

from sqlmodel import Session, select

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.ledger import queries as books
from marketplace.ledger import rules as ledger_rules
from marketplace.ledger import service as ledger
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.orders import booking_service, held_queries, pending_rules, queries, rules
from marketplace.orders.held_models import HeldCredit
from marketplace.orders.models import Invoice, Payment
from marketplace.orders.policy import for_the_books
from marketplace.orders.rules import PaymentMeans


def hold_credit(
    session: Session,
    actor: Actor,
    invoice: Invoice,
    payment: Payment,
    *,
    cents: int,
    booked_on: date,
) -> HeldCredit:
    """Keep what came with a payment beyond its bill. The caller holds the lock on the bill."""
    require(for_the_books(actor), "orders.hold_credit", invoice)
    said = invoice.printed
    leaid = said["district"]["leaid"]
    entry = ledger.post(
        session,
        for_the_books(actor),
        invoice.consortium_id,
        key=f"held:{payment.id}",
        kind=PostingKind.CREDIT,
        ref=f"pool:{said['pool']['slug']}/invoice:{said['issuer']['slug']}-{invoice.number}",
        effective_on=booked_on,
        legs=[Leg(_holder(invoice), cents), Leg(f"credit:{leaid}", -cents)],
    )
    held = HeldCredit(
        org_id=invoice.org_id,
        payment_id=payment.id,
        consortium_id=invoice.consortium_id,
        vendor_id=invoice.vendor_id,
        issuer_id=invoice.issuer_id,
        total_cents=cents,
        held_at=clock.now(),
        held_by=actor.user_id,
        ledger_seq=entry.seq,
        ledger_hash=entry.hash,
    )
    session.add(held)
    session.flush()
    emit(session, actor, "orders.credit_held", held, cents=cents)
    return held


def _holder(invoice: Invoice) -> str:
    """The account that has the money: the fiscal agent's, or the vendor's own."""
    if invoice.issuer_id == invoice.consortium_id:
        return "cash:main"
    return f"payable:{invoice.printed['vendor']['slug']}"


def pay_from_credit(session: Session, actor: Actor, invoice: Invoice) -> int:
    """Let what is held for a district pay a bill of the same issuer; cents paid now.

    The caller holds the lock on the bill; what is held is locked here, oldest first.
    """
    require(for_the_books(actor), "orders.pay_from_credit", invoice)
    paid = 0
    for held in held_queries.held_for(session, invoice, lock=True):
        part = min(held.left_cents, invoice.open_cents)
        if part <= 0:
            break
        leaid = invoice.printed["district"]["leaid"]
        booking_service.book_payment(
            session,
            for_the_books(actor),
            invoice.id,
            amount_cents=part,
            means=PaymentMeans.CREDIT,
            reference=f"entry {held.ledger_seq}",
            paid_on=_first_open_day(session, invoice),
            once_key=f"held:{held.id}:{invoice.id}:{held.used_cents}",
            held_in=f"credit:{leaid}",
        )
        held.used_cents += part
        paid += part
        session.add(held)
        session.flush()
    return paid


def _first_open_day(session: Session, invoice: Invoice) -> date:
    today = clock.today(invoice.printed["pool"]["time_zone"])
    return pending_rules.booked_on(today, books.closed_through(session, invoice.consortium_id))


def use_credit(session: Session, actor: Actor, held_id: UUID) -> int:
    """Pay open bills of the same issuer from credit now, the one due first in front.

    Returns the cents paid; none when there is no open bill. Again it pays nothing twice.
    """
    held = held_queries.get_held(session, held_id)
    require(actor, "orders.use_credit", held)
    paid = 0
    for bill in held_queries.open_bills_for(session, held):
        invoice = queries.get_invoice(session, bill.id, lock=True)
        paid += pay_from_credit(session, actor, invoice)
    return paid


def return_credit(
    session: Session,
    actor: Actor,
    held_id: UUID,
    *,
    means: PaymentMeans,
    reference: str,
    paid_on: date,
    once_key: str,
) -> HeldCredit:
    """Write down that what is left of a credit was sent back, all of it, and post it.

    Another person than who confirmed its payment writes it down. The same form again changes
    nothing.
    """
    held = held_queries.get_held(session, held_id, lock=True)
    require(actor, "orders.return_credit", held)
    if held.return_key is not None and held.return_key == once_key:
        return held
    invoice = queries.get_invoice(session, queries.get_payment(session, held.payment_id).invoice_id)
    rules.check_can_refund(held.left_cents, held.return_key is not None)
    if held.held_by is not None and held.held_by == actor.user_id:
        raise RuleBroken("You confirmed this payment, so somebody else sends the rest back.")
    rules.check_by_hand(means)
    reference = rules.tidy(reference)
    rules.check_reference(reference, ())
    zone = invoice.printed["pool"]["time_zone"]
    rules.check_paid_on(paid_on, clock.day_of(held.held_at, zone), clock.today(zone))
    closed = books.closed_through(session, held.consortium_id)
    ledger_rules.check_period_open(paid_on, closed, "paid_on")
    if session.exec(select(HeldCredit.id).where(HeldCredit.return_key == once_key)).first():
        raise RuleBroken("This form was sent for another credit. Open it again.")

    cents, said = held.left_cents, invoice.printed
    entry = ledger.post(
        session,
        for_the_books(actor),
        held.consortium_id,
        key=f"held-return:{held.id}",
        kind=PostingKind.REFUND,
        ref=f"pool:{said['pool']['slug']}/invoice:{said['issuer']['slug']}-{invoice.number}",
        effective_on=paid_on,
        legs=[Leg(f"credit:{said['district']['leaid']}", cents), Leg(_holder(invoice), -cents)],
    )
    held.returned_cents, held.returned_on, held.return_key = cents, paid_on, once_key
    held.return_means, held.return_reference = means, reference
    held.return_by, held.return_seq, held.return_hash = actor.user_id, entry.seq, entry.hash
    session.add(held)
    session.flush()
    emit(session, actor, "orders.credit_returned", held, cents=cents)
    return held
