"""Reading Stripe's balance: its fees go into the books, and what does not fit is found.

Whatever is found is shown and settled by two people; nothing here mends the books by itself.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.ledger.rules import PostingKind
from marketplace.orders import queries as orders
from marketplace.orders import service as orders_service
from marketplace.orders.rules import ReturnReason
from marketplace.payments import (
    back_service,
    balance_queries,
    event_rules,
    news_service,
    queries,
    rules,
)
from marketplace.payments.event_rules import EntrySaid
from marketplace.payments.models import StripeEntry, StripeFinding
from marketplace.payments.rules import FindingKind, FindingState


def take_entries(
    session: Session, actor: Actor, said: Iterable[EntrySaid], *, livemode: bool
) -> int:
    """Keep lines of the balance that are new, and book what Stripe kept. Returns how many."""
    require(actor, "payments.take_news")
    lines = {one.id: one for one in said}
    known = set(session.exec(select(StripeEntry.id).where(col(StripeEntry.id).in_(list(lines)))))
    for one in lines.values():
        if one.id not in known:
            session.add(
                StripeEntry(
                    id=one.id,
                    kind=one.kind,
                    livemode=livemode,
                    gross_cents=one.cents,
                    fee_cents=one.fee_cents,
                    source=one.source,
                    created_at=datetime.fromtimestamp(one.created, UTC),
                    seen_at=clock.now(),
                )
            )
    session.flush()
    _match(session)
    _book_fees(session, actor)
    return len(lines) - len(known)


def _match(session: Session) -> None:
    for row in balance_queries.entries_without_attempt(session):
        said = EntrySaid(row.id, row.kind, row.gross_cents, row.fee_cents, row.source, 0)
        row.attempt_id = balance_queries.find_source(session, said)
        session.add(row)
    session.flush()


def _book_fees(session: Session, actor: Actor) -> None:
    """Whoever is paid bears Stripe's fee; a card's is covered by what the district paid on top."""
    for row, _seen in balance_queries.entries_with_fee(session):
        attempt = queries.get_attempt(session, row.attempt_id or UUID(int=0), lock=True)
        place = queries.place_of(session, attempt)
        by_card = attempt.fee_cents and row.kind in rules.COMES
        account = rules.CARD_FEE if by_card else place.bearer
        news_service.post(
            session,
            actor,
            attempt,
            place,
            PostingKind.FEE,
            f"fee:{row.id}",
            account,
            -row.fee_cents,
        )
        row.is_booked = True
        session.add(row)
    session.flush()


def is_due(session: Session, actor: Actor) -> bool:
    """Whether the balance is to be read now; says so at most once per hour, or per minute while
    the fee of a payment is not known."""
    require(actor, "payments.take_news")
    last = balance_queries.balance_read_at(session)
    now = clock.now()
    waits = timedelta(minutes=1) if balance_queries.fee_is_missing(session) else rules.BALANCE_EVERY
    if last is not None and now - last < waits:
        return False
    emit(session, actor, "payments.balance_read", _Site())
    return True


def look_for_gaps(session: Session, actor: Actor) -> int:
    """Compare the books with Stripe's balance, line by line; returns how much is new."""
    require(actor, "payments.take_news")
    now = clock.now()
    known = balance_queries.found_already(session)
    found = [
        *_from_entries(balance_queries.came_but_not_booked(session, now - rules.GRACE)),
        *_from_entries(balance_queries.went_but_not_booked(session, now - rules.GRACE)),
        *_not_there(session),
        *_twice(session),
    ]
    new = [row for row in found if (row.kind.value, row.about) not in known]
    session.add_all(new)
    session.flush()
    if new:
        emit(session, actor, "payments.gaps_found", _Site(), count=len(new))
    return len(new)


class _Site:
    """What an event about the whole site is about."""

    id = org_id = UUID(int=0)


def _finding(kind: FindingKind, about: str, cents: int, words: str, **more: Any) -> StripeFinding:
    return StripeFinding(
        kind=kind,
        about=about,
        amount_cents=cents,
        words=words,
        said={},
        found_at=clock.now(),
        state=FindingState.OPEN,
        **more,
    )


def _from_entries(rows: Iterable[StripeEntry]) -> Iterable[StripeFinding]:
    for row in rows:
        words = f"Stripe lists a {row.kind.replace('_', ' ')} that no bill of ours has."
        yield _finding(
            FindingKind.NOT_HERE, row.source, row.gross_cents, words, attempt_id=row.attempt_id
        )


def _not_there(session: Session) -> Iterable[StripeFinding]:
    for attempt in balance_queries.booked_but_not_there(session, clock.now() - rules.GRACE_THERE):
        yield _finding(
            FindingKind.NOT_THERE,
            str(attempt.id),
            attempt.amount_cents,
            "The books have a payment that Stripe does not list.",
            attempt_id=attempt.id,
            consortium_id=attempt.consortium_id,
            payment_id=attempt.payment_id,
        )


def _twice(session: Session) -> Iterable[StripeFinding]:
    for payment in balance_queries.booked_twice(session):
        yield _finding(
            FindingKind.TWICE,
            str(payment.id),
            payment.amount_cents,
            "The books have a payment at Stripe that belongs to no payment made there.",
            consortium_id=payment.consortium_id,
            payment_id=payment.id,
        )


def keep_said(session: Session, actor: Actor, finding_id: UUID, said: Mapping[str, Any]) -> None:
    """What Stripe says a line is about: enough to book it, once two people want that."""
    require(actor, "payments.take_news")
    row = balance_queries.get_finding(session, finding_id, lock=True)
    row.said = dict(said)
    attempt = queries.find_attempt(
        session,
        attempt_id=event_rules.ours(said, "attempt"),
        intent_id=str(said.get("payment_intent") or said.get("id")),
    )
    if attempt is not None:
        row.attempt_id, row.consortium_id = attempt.id, attempt.consortium_id
    session.add(row)


def propose_settling(
    session: Session, actor: Actor, finding_id: UUID, *, does_book: bool, note: str
) -> StripeFinding:
    """The first person says what is to be done: book it, or close it with a reason."""
    row = balance_queries.get_finding(session, finding_id, lock=True)
    require(actor, "payments.settle_finding", row)
    if row.state is not FindingState.OPEN:
        return row
    row.note = rules.check_reason(note)
    if does_book and row.kind is FindingKind.NOT_HERE and not row.said:
        raise RuleBroken("Stripe has not said yet what this is. Try again in a few minutes.")
    row.does_book, row.state = does_book, FindingState.PROPOSED
    row.proposed_at, row.proposed_by = clock.now(), actor.user_id
    session.add(row)
    emit(session, actor, "payments.settling_proposed", _Site(), books=does_book)
    return row


def settle(session: Session, actor: Actor, finding_id: UUID, *, agreed: bool) -> StripeFinding:
    """The second person agrees, and it is done; or not, and it is open again."""
    row = balance_queries.get_finding(session, finding_id, lock=True)
    require(actor, "payments.settle_finding", row)
    if row.state is not FindingState.PROPOSED:
        return row
    rules.check_second_person(row.proposed_by, actor.user_id)
    if not agreed:
        row.state, row.proposed_by, row.proposed_at = FindingState.OPEN, None, None
        session.add(row)
        return row
    if row.does_book:
        _mend(session, row)
    row.state = FindingState.RESOLVED
    row.resolved_at, row.resolved_by = clock.now(), actor.user_id
    session.add(row)
    emit(session, actor, "payments.finding_settled", _Site(), kind=row.kind.value)
    return row


def _mend(session: Session, row: StripeFinding) -> None:
    machine = Actor.system()
    if row.payment_id is not None:
        _take_off(session, machine, row)
        return
    done: Any = None
    match row.said.get("object"):
        case "payment_intent":
            said = event_rules.read_intent(row.said)
            done = news_service.note_payment(session, machine, said)
        case "refund":
            back = event_rules.read_refund(row.said)
            done = back_service.note_back(session, machine, back)
        case "dispute":
            dispute = event_rules.read_dispute(row.said)
            done = dispute and back_service.note_back(session, machine, dispute)
    if done is None:
        raise RuleBroken(
            "It belongs to no payment of ours, so it cannot be booked. "
            "Settle it at Stripe, then close it here with a note."
        )


def _take_off(session: Session, actor: Actor, row: StripeFinding) -> None:
    """A payment that was not, or not twice, comes off its bill again."""
    payment = orders.get_payment(session, row.payment_id or UUID(int=0))
    back = sum(
        one.amount_cents
        for one in orders.returns_of(session, payment.invoice_id)
        if one.payment_id == payment.id
    )
    if left := payment.amount_cents - back:
        orders_service.return_payment(
            session,
            actor,
            payment.id,
            amount_cents=left,
            reason=ReturnReason.BOUNCED,
            reference="not at Stripe",
            returned_on=max(payment.paid_on, clock.now().date()),
            once_key=f"stripe-finding:{row.id}",
        )
