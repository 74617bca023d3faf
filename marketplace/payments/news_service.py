"""What Stripe says about a payment becomes true here: in any order, any number of times.

Locks are taken in one order everywhere: the attempt, its bill, the books.
"""

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.ledger import service as ledger
from marketplace.ledger.models import Posted
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.orders import service as orders_service
from marketplace.payments import queries, rules
from marketplace.payments.event_rules import PaymentSaid
from marketplace.payments.models import PaymentAttempt
from marketplace.payments.queries import Place
from marketplace.payments.rules import AttemptState


def note_payment(session: Session, actor: Actor, said: PaymentSaid) -> PaymentAttempt | None:
    """Move an attempt forward, and book what came: once. None when it is not ours (yet).

    Raises RuleBroken when Stripe's figures are not what was asked for: nothing is booked then.
    """
    require(actor, "payments.take_news")
    attempt = queries.find_attempt(
        session,
        attempt_id=said.attempt_id,
        session_id=said.session_id,
        intent_id=said.intent_id,
    )
    if attempt is None:
        return None
    _check_names(attempt, said)
    attempt.session_id = attempt.session_id or said.session_id or None
    attempt.intent_id = attempt.intent_id or said.intent_id or None
    before, state = attempt.state, rules.further(attempt.state, said.state)
    if said.state is AttemptState.PAID:
        _book(session, actor, attempt, said)
    if said.charge_id and said.state in (AttemptState.PROCESSING, AttemptState.PAID):
        attempt.charge_id = said.charge_id
    if state is AttemptState.PAID:
        attempt.problem = ""
    elif said.problem and state is said.state:
        attempt.problem = said.problem
    attempt.state, attempt.looked_at = state, clock.now()
    session.add(attempt)
    if state is not before:
        emit(session, actor, f"payments.{state.value}", attempt, cents=attempt.amount_cents)
    session.flush()
    return attempt


def _check_names(attempt: PaymentAttempt, said: PaymentSaid) -> None:
    """An attempt is one session and one intent for ever."""
    for ours, theirs in (
        (attempt.session_id, said.session_id),
        (attempt.intent_id, said.intent_id),
    ):
        if ours and theirs and ours != theirs:
            raise RuleBroken(f"Stripe names {theirs} for a payment that is {ours}.")


def _book(session: Session, actor: Actor, attempt: PaymentAttempt, said: PaymentSaid) -> None:
    """On the bill what is open of it; the rest, paid by other means meanwhile, is held as the
    district's credit; the card's price on an account of its own."""
    rules.check_said(attempt.amount_cents + attempt.fee_cents, said.cents, said.currency)
    if attempt.booked_cents + attempt.held_cents:
        return
    place = queries.place_of(session, attempt)
    booked = min(attempt.amount_cents, place.bill.open_cents)
    if booked:
        payment = orders_service.book_payment(
            session,
            actor,
            place.bill.id,
            amount_cents=booked,
            means=attempt.means,
            reference=attempt.intent_id or str(attempt.session_id)[:40],
            paid_on=place.day,
            once_key=f"stripe:{attempt.id}:paid",
            held_in=rules.CASH,
        )
        attempt.payment_id = payment.id
    held = attempt.amount_cents - booked
    attempt.booked_cents, attempt.held_cents, attempt.paid_at = booked, held, clock.now()
    held_for = f"credit:{place.leaid}"
    post(session, actor, attempt, place, PostingKind.CREDIT, "held", held_for, held)
    post(session, actor, attempt, place, PostingKind.FEE, "card", rules.CARD_FEE, attempt.fee_cents)


def post(
    session: Session,
    actor: Actor,
    attempt: PaymentAttempt,
    place: Place,
    kind: PostingKind,
    key: str,
    account: str,
    cents: int,
) -> Posted | None:
    """Into the balance at Stripe and onto `account`, the other way when negative; once per key."""
    require(actor, "payments.take_news")
    if not cents:
        return None
    return ledger.post(
        session,
        actor,
        attempt.consortium_id,
        key=f"stripe:{attempt.id}:{key}",
        kind=kind,
        ref=place.ref,
        effective_on=place.day,
        legs=[Leg(rules.CASH, cents), Leg(account, -cents)],
    )
