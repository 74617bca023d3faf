"""Money that goes back: refunds that two people allow, refunds made at Stripe, and disputes.

Stripe keeps its fee of a payment that is refunded; so nothing of it is given back here either,
and whoever was paid has borne it. The rest mirrors what came, cent by cent.
"""

from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.ledger.rules import PostingKind
from marketplace.orders import queries as orders
from marketplace.orders import service as orders_service
from marketplace.orders.models import Payment
from marketplace.orders.rules import ReturnReason
from marketplace.payments import news_service, queries, rules
from marketplace.payments.event_rules import BackSaid
from marketplace.payments.models import MoneyBack, PaymentAttempt
from marketplace.payments.queries import Place
from marketplace.payments.rules import AttemptState, BackKind, BackState


def ask_refund(
    session: Session,
    actor: Actor,
    attempt_id: UUID,
    *,
    amount_cents: int | None,
    reason: str,
    once_key: str,
) -> MoneyBack:
    """Ask that a payment, or a part of it, goes back; a second person decides."""
    attempt = queries.get_attempt(session, attempt_id, lock=True)
    require(actor, "payments.ask_refund", orders.get_invoice(session, attempt.invoice_id))
    if sent := queries.back_with_key(session, once_key):
        return sent
    cents = rules.check_refund(amount_cents, left_to_refund(session, actor, attempt))
    row = MoneyBack(
        org_id=attempt.org_id,
        attempt_id=attempt.id,
        consortium_id=attempt.consortium_id,
        vendor_id=attempt.vendor_id,
        kind=BackKind.REFUND,
        state=BackState.ASKED,
        amount_cents=cents,
        reason=rules.check_reason(reason),
        once_key=once_key,
        asked_at=clock.now(),
        asked_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    emit(session, actor, "payments.refund_asked", row, cents=cents)
    return row


def left_to_refund(session: Session, actor: Actor, attempt: PaymentAttempt) -> int:
    """What came for the bill, less what went back and what is asked for already, in cents."""
    require(actor, "payments.attempt", attempt)
    if attempt.state is not AttemptState.PAID:
        return 0
    waiting = sum(
        row.amount_cents
        for row in queries.backs_of(session, attempt.id)
        if row.state in (BackState.ASKED, BackState.APPROVED)
    )
    return max(attempt.amount_cents - attempt.back_cents - waiting, 0)


def decide_refund(session: Session, actor: Actor, back_id: UUID, *, allowed: bool) -> MoneyBack:
    """The second person allows a refund, or declines it. Sent to Stripe after the commit."""
    row = queries.get_back(session, back_id)
    attempt = queries.get_attempt(session, row.attempt_id, lock=True)
    row = queries.get_back(session, back_id, lock=True)
    require(actor, "payments.decide_refund", orders.get_invoice(session, attempt.invoice_id))
    if row.kind is not BackKind.REFUND:
        raise RuleBroken("A dispute is decided by the bank.")
    if row.state is not BackState.ASKED:
        return row  # the same button, sent twice
    rules.check_second_person(row.asked_by, actor.user_id)
    row.state = BackState.APPROVED if allowed else BackState.DECLINED
    row.decided_at, row.decided_by = clock.now(), actor.user_id
    session.add(row)
    emit(session, actor, "payments.refund_decided", row, allowed=allowed)
    return row


def note_refusal(session: Session, actor: Actor, back_id: UUID, why: str) -> None:
    """Stripe has refused a refund: it is not tried again, and people see why."""
    require(actor, "payments.take_news")
    row = queries.get_back(session, back_id, lock=True)
    if row.state is BackState.APPROVED:
        row.problem = why[:300]
        session.add(row)


def note_back(session: Session, actor: Actor, said: BackSaid) -> MoneyBack | None:
    """Book a refund or dispute as Stripe tells it, once. None while its payment is not here."""
    require(actor, "payments.take_news")
    attempt = queries.find_attempt(session, intent_id=said.intent_id, charge_id=said.charge_id)
    if attempt is None or attempt.state is not AttemptState.PAID:
        return None
    rules.check_said(said.cents, said.cents, said.currency)
    row = queries.find_back(session, said.ours, said.id) or _made_there(attempt, said)
    if row.attempt_id != attempt.id or row.amount_cents != said.cents:
        raise RuleBroken("Stripe tells other figures than were asked for.")
    row.stripe_id, row.problem = said.id, ""
    before, row.state = row.state, rules.further_back(row.state, said.state)
    session.add(row)
    session.flush()
    if row.out_at is None:
        _send_out(session, actor, attempt, row)
    if row.state is BackState.UNDONE and row.undone_at is None:
        _take_in_again(session, actor, attempt, row)
    session.add_all([attempt, row])
    session.flush()
    if row.state is not before:
        name = f"payments.{row.kind.value}_{row.state.value}"
        emit(session, actor, name, row, cents=row.amount_cents)
    return row


def _made_there(attempt: PaymentAttempt, said: BackSaid) -> MoneyBack:
    return MoneyBack(
        org_id=attempt.org_id,
        attempt_id=attempt.id,
        consortium_id=attempt.consortium_id,
        vendor_id=attempt.vendor_id,
        kind=said.kind,
        state=BackState.APPROVED,
        amount_cents=said.cents,
        reason=said.reason,
        once_key=f"stripe:{said.id}",
        asked_at=clock.now(),
    )


class Parts(NamedTuple):
    """How a sum spreads: on the bill, on held credit, on what a card cost."""

    booked: int
    held: int
    fee: int


def _parts(attempt: PaymentAttempt, before_cents: int, cents: int) -> Parts:
    places = [attempt.booked_cents, attempt.held_cents, attempt.fee_cents]
    return Parts(*rules.next_part(before_cents, cents, places))


def _send_out(session: Session, actor: Actor, attempt: PaymentAttempt, row: MoneyBack) -> None:
    place = queries.place_of(session, attempt)
    parts = _parts(attempt, attempt.back_cents, row.amount_cents)
    _return_from_bill(session, actor, attempt, row, place, parts.booked)
    key = f"out:{row.id}"
    owed = f"credit:{place.leaid}"
    post = news_service.post
    post(session, actor, attempt, place, PostingKind.REFUND, f"{key}:held", owed, -parts.held)
    post(session, actor, attempt, place, PostingKind.FEE, f"{key}:fee", rules.CARD_FEE, -parts.fee)
    attempt.back_cents += row.amount_cents
    row.out_at = clock.now()


def _return_from_bill(
    session: Session,
    actor: Actor,
    attempt: PaymentAttempt,
    row: MoneyBack,
    place: Place,
    cents: int,
) -> None:
    """Out of the payments that this attempt has made on its bill, the oldest first."""
    for payment, left in _payments(session, attempt):
        part = min(cents, left)
        if part:
            orders_service.return_payment(
                session,
                actor,
                payment.id,
                amount_cents=part,
                reason=ReturnReason(row.kind.value),
                reference=str(row.stripe_id),
                returned_on=place.day,
                once_key=f"stripe:{row.id}:out:{payment.id}",
            )
        cents -= part
    if cents:
        raise RuleBroken("More went back than this payment has brought.")


def _payments(session: Session, attempt: PaymentAttempt) -> list[tuple[Payment, int]]:
    """What this attempt booked on its bill, and what is left of each."""
    back: dict[UUID, int] = {}
    for returned in orders.returns_of(session, attempt.invoice_id):
        back[returned.payment_id] = back.get(returned.payment_id, 0) + returned.amount_cents
    return [
        (payment, payment.amount_cents - back.get(payment.id, 0))
        for payment in orders.payments_of(session, attempt.invoice_id)
        if payment.once_key.startswith(f"stripe:{attempt.id}:")
    ]


def _take_in_again(session: Session, actor: Actor, attempt: PaymentAttempt, row: MoneyBack) -> None:
    """The refund failed, or the dispute is won: the money is here again, and pays what it paid.

    What the bill does not take any more is held for the district."""
    place = queries.place_of(session, attempt)
    parts = _parts(attempt, attempt.back_cents - row.amount_cents, row.amount_cents)
    booked = min(parts.booked, place.bill.open_cents)
    if booked:
        orders_service.book_payment(
            session,
            actor,
            place.bill.id,
            amount_cents=booked,
            means=attempt.means,
            reference=f"{row.stripe_id}",
            paid_on=place.day,
            once_key=f"stripe:{attempt.id}:again:{row.id}",
            held_in=rules.CASH,
        )
    key, owed = f"in:{row.id}", f"credit:{place.leaid}"
    held = parts.held + parts.booked - booked
    post = news_service.post
    post(session, actor, attempt, place, PostingKind.CREDIT, f"{key}:held", owed, held)
    post(session, actor, attempt, place, PostingKind.FEE, f"{key}:fee", rules.CARD_FEE, parts.fee)
    attempt.back_cents -= row.amount_cents
    row.undone_at = clock.now()
