"""Setting out to pay a bill: stored first, then asked of Stripe, then noted."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.orders import queries as orders
from marketplace.orders.rules import PaymentMeans
from marketplace.payments import queries, rules
from marketplace.payments.event_rules import read_session
from marketplace.payments.models import PaymentAttempt
from marketplace.payments.rules import AttemptState


def start_payment(
    session: Session,
    actor: Actor,
    invoice_id: UUID,
    *,
    means: PaymentMeans | None,
    amount_cents: int | None,
    once_key: str,
    livemode: bool,
) -> PaymentAttempt:
    """Store that a district sets out to pay so much of a bill, before anybody else is asked.

    Never more than is open and not on its way already; one unfinished attempt at a time. The
    same `once_key` again (a double click) finds the first attempt and changes nothing.
    """
    bill = orders.get_invoice(session, invoice_id, lock=True)
    require(actor, "payments.pay", bill)
    if sent := queries.attempt_with_key(session, once_key):
        if sent.invoice_id != bill.id:
            raise RuleBroken("This form was sent for another bill. Open it again.")
        return sent
    if means is not PaymentMeans.DEBIT and means is not PaymentMeans.CARD:
        raise RuleBroken("Choose a bank account or a card.", "means")
    rules.check_no_other(queries.has_live(session, bill.id))
    cents = rules.check_amount(
        amount_cents, bill.open_cents, queries.processing_cents(session, bill.id)
    )
    attempt = PaymentAttempt(
        org_id=bill.org_id,
        invoice_id=bill.id,
        consortium_id=bill.consortium_id,
        vendor_id=bill.vendor_id,
        means=means,
        amount_cents=cents,
        fee_cents=rules.fee_on_top(means, cents),
        livemode=livemode,
        once_key=once_key,
        expires_at=(clock.now() + rules.SESSION_LASTS).replace(microsecond=0),
        started_at=clock.now(),
        started_by=actor.user_id,
        looked_at=clock.now(),
    )
    session.add(attempt)
    session.flush()
    emit(session, actor, "payments.started", attempt, means=means.value, cents=cents)
    return attempt


def note_session(
    session: Session, actor: Actor, attempt_id: UUID, said: Mapping[str, Any]
) -> PaymentAttempt:
    """Stripe has made its page for this attempt: keep where it is."""
    attempt = queries.get_attempt(session, attempt_id, lock=True)
    require(actor, "payments.pay", attempt)
    seen = read_session(said)
    if seen.attempt_id != attempt.id:
        raise RuleBroken("Stripe answered about another payment. Start again.")
    rules.check_said(attempt.amount_cents + attempt.fee_cents, seen.cents, seen.currency)
    attempt.session_id = attempt.session_id or seen.session_id
    attempt.url = str(said.get("url") or "")
    if type(said.get("expires_at")) is int:
        attempt.expires_at = datetime.fromtimestamp(said["expires_at"], UTC)
    attempt.state = rules.further(attempt.state, AttemptState.OPEN)
    session.add(attempt)
    return attempt


def close_unfinished(session: Session, actor: Actor) -> int:
    """Attempts whose page at Stripe was never made and whose time is over; how many."""
    require(actor, "payments.take_news")
    rows = queries.unfinished(session, clock.now())
    for attempt in rows:
        attempt.state = AttemptState.EXPIRED
        session.add(attempt)
    return len(rows)


def cancel_payment(session: Session, actor: Actor, attempt_id: UUID) -> PaymentAttempt:
    """Give up an attempt whose page at Stripe is closed, or was never handed out."""
    attempt = queries.get_attempt(session, attempt_id, lock=True)
    require(actor, "payments.pay", attempt)
    if attempt.state is AttemptState.EXPIRED:
        return attempt
    rules.check_can_cancel(attempt.state)
    attempt.state = AttemptState.EXPIRED
    session.add(attempt)
    emit(session, actor, "payments.cancelled", attempt)
    return attempt
