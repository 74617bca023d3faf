"""What leaves by hand: pooled cash to a vendor, and the refund of a credit note."""

from datetime import date
from uuid import UUID, uuid4

from sqlmodel import Session, select

from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.ledger import queries as books
from marketplace.ledger import rules as ledger_rules
from marketplace.ledger import service as ledger
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.orders import credit_queries, list_queries, queries, rules
from marketplace.orders.models import CreditNote, VendorPayment
from marketplace.orders.policy import for_the_books
from marketplace.orders.rules import PaymentMeans


def pay_vendor(
    session: Session,
    actor: Actor,
    consortium_id: UUID,
    vendor_id: UUID,
    *,
    means: PaymentMeans,
    reference: str,
    amount_cents: int,
    paid_on: date,
    once_key: str,
) -> VendorPayment:
    """The fiscal agent pays a vendor out of pooled cash: what is owed, from what has come in."""
    consortium = accounts.get_organization(session, consortium_id)
    require(actor, "orders.pay_vendor", consortium)
    vendor = accounts.get_organization(session, vendor_id)
    books.lock_head(session, consortium.id)
    earlier = [
        p for p in list_queries.vendor_payments(session, consortium.id) if p.vendor_id == vendor.id
    ]
    if sent := next((p for p in earlier if p.once_key == once_key), None):
        return sent
    owed = -books.balance_of(session, consortium.id, f"payable:{vendor.slug}")
    cash = books.balance_of(session, consortium.id, "cash:main")
    reference = rules.tidy(reference)
    rules.check_reference(reference, (p.reference for p in earlier if p.means == means))
    rules.check_vendor_payment(amount_cents, owed, cash)
    zone = consortium.time_zone
    founded_on = clock.day_of(consortium.founded_at, zone)
    rules.check_paid_on(paid_on, founded_on, clock.today(zone))
    closed = books.closed_through(session, consortium.id)
    ledger_rules.check_period_open(paid_on, closed, "paid_on")

    payment_id = uuid4()
    entry = ledger.post(
        session,
        for_the_books(actor),
        consortium.id,
        key=f"vendor-payment:{payment_id}",
        kind=PostingKind.VENDOR_PAID,
        ref=f"vendor:{vendor.slug}",
        effective_on=paid_on,
        legs=[Leg(f"payable:{vendor.slug}", amount_cents), Leg("cash:main", -amount_cents)],
    )
    payment = VendorPayment(
        id=payment_id,
        org_id=consortium.id,
        vendor_id=vendor.id,
        means=means,
        reference=reference,
        amount_cents=amount_cents,
        paid_on=paid_on,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        once_key=once_key,
        ledger_seq=entry.seq,
        ledger_hash=entry.hash,
    )
    if session.exec(select(VendorPayment.id).where(VendorPayment.once_key == once_key)).first():
        raise RuleBroken("This form was sent for another payment. Open it again.")
    session.add(payment)
    session.flush()
    emit(session, actor, "orders.vendor_paid", payment, amount_cents=amount_cents)
    return payment


def record_refund(
    session: Session,
    actor: Actor,
    note_id: UUID,
    *,
    means: PaymentMeans,
    reference: str,
    paid_on: date,
    once_key: str,
) -> CreditNote:
    """Write down that what a note owes back was sent, all of it, and post it to the books.

    Another person than the note's author records it. The same form again changes nothing.
    """
    note = credit_queries.get_credit_note(session, note_id, lock=True)
    require(actor, "orders.record_refund", note)
    if note.refund_key is not None and note.refund_key == once_key:
        return note
    order = queries.get_order(session, note.order_id)
    rules.check_can_refund(note.owed_back_cents, note.refund_key is not None)
    rules.check_other_person(note.issued_by, actor.user_id)
    reference = rules.tidy(reference)
    rules.check_reference(reference, ())
    zone = order.agreed["pool"]["time_zone"]
    rules.check_paid_on(paid_on, clock.day_of(note.issued_at, zone), clock.today(zone))
    closed = books.closed_through(session, note.consortium_id)
    ledger_rules.check_period_open(paid_on, closed, "paid_on")
    if session.exec(select(CreditNote.id).where(CreditNote.refund_key == once_key)).first():
        raise RuleBroken("This form was sent for another refund. Open it again.")

    cents = note.owed_back_cents
    said = order.agreed
    entry = ledger.post(
        session,
        for_the_books(actor),
        note.consortium_id,
        key=f"refund:{note.id}",
        kind=PostingKind.REFUND,
        ref=f"pool:{said['pool']['slug']}/credit_note:{note.printed['issuer']['slug']}-{note.number}",
        effective_on=paid_on,
        legs=rules.posting_of_refund(
            note.issuer_id == note.consortium_id, order.leaid, said["vendor"]["slug"], cents
        ),
    )
    note.refunded_cents, note.refunded_on, note.refund_key = cents, paid_on, once_key
    note.refund_means, note.refund_reference = means, reference
    note.refund_by, note.refund_seq, note.refund_hash = actor.user_id, entry.seq, entry.hash
    session.add(note)
    session.flush()
    emit(session, actor, "orders.refunded", note, number=note.number, cents=cents)
    return note
