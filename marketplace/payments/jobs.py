"""What the site does by itself: news that were early or lost, refunds and money to send on."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

import structlog
from sqlmodel import Session

from marketplace.core import clock, db, jobs, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import DomainError, RuleBroken
from marketplace.payments import (
    back_service,
    balance_queries,
    balance_service,
    event_rules,
    event_service,
    letter_jobs,
    news_service,
    queries,
    rules,
    service,
    transfer_queries,
    transfer_service,
)
from marketplace.payments.gateway import Gateway, NoAnswer

#: Letters stand in a file of their own.
__all__ = ["letter_jobs"]

WHY = "payments of any organization are looked at"
Row = TypeVar("Row")
log = structlog.get_logger(__name__)


@jobs.timed
def apply_parked(session: Session) -> int:
    """Events that were here before what they are about; each fits or waits on."""
    waiting = queries.parked_events(session, clock.now())
    done = [event_service.apply_parked(session, Actor.system(), id_) for id_ in waiting]
    return sum(done)


def _one_by_one(rows: Sequence[Row], do: Callable[[Row], None]) -> int:
    """What goes wrong with one holds up no other; silence of Stripe ends the round."""
    done = 0
    for row in rows:
        try:
            do(row)
            done += 1
        except NoAnswer:
            break
        except DomainError as problem:
            log.warning("a payment waits", why=str(problem))
    return done


@jobs.timed
def close_unfinished(session: Session) -> int:
    """What never got its page at Stripe, and is too old for one now, no longer blocks its bill."""
    return service.close_unfinished(session, Actor.system())


@jobs.outward
def look_again() -> int:
    """Undecided for an hour: ask Stripe, since its news may have been lost."""
    gateway = Gateway.here()
    if gateway is None:
        return 0
    with tenancy.everyone(WHY), db.transaction() as session:
        before = clock.now() - rules.LOOK_AGAIN_AFTER
        due = queries.attempts_to_look_at(session, before, gateway.livemode)
        rows = [str(attempt.session_id) for attempt in due if attempt.session_id]

    def look(session_id: str) -> None:
        said = gateway.session(session_id)
        with tenancy.everyone(WHY), db.transaction() as session:
            if isinstance(intent := said.get("payment_intent"), dict):
                news_service.note_payment(session, Actor.system(), event_rules.read_intent(intent))
            news_service.note_payment(session, Actor.system(), event_rules.read_session(said))

    return _one_by_one(rows, look)


@jobs.outward
def send_refunds() -> int:
    """Refunds that two people allowed go to Stripe; the answer is booked as its news would be."""
    gateway = Gateway.here()
    if gateway is None:
        return 0
    with tenancy.everyone(WHY), db.transaction() as session:
        rows = queries.refunds_to_send(session, gateway.livemode)

    def send(row: tuple[UUID, str, int]) -> None:
        back_id, intent_id, cents = row
        try:
            said = gateway.refund(back_id, intent_id, cents)
        except NoAnswer:
            raise
        except RuleBroken as refusal:
            with tenancy.everyone(WHY), db.transaction() as session:
                back_service.note_refusal(session, Actor.system(), back_id, str(refusal))
            return
        with tenancy.everyone(WHY), db.transaction() as session:
            back_service.note_back(session, Actor.system(), event_rules.read_refund(said))

    return _one_by_one(rows, send)


@jobs.outward
def send_on() -> int:
    """What came for a vendor or a fiscal agent whose account is connected goes there."""
    gateway = Gateway.here()
    if gateway is None:
        return 0
    with tenancy.everyone(WHY), db.transaction() as session:
        transfer_service.prepare_transfers(session, Actor.system(), livemode=gateway.livemode)
    with tenancy.everyone(WHY), db.transaction() as session:
        rows = transfer_queries.transfers_to_send(session, gateway.livemode)

    def send(row: tuple[UUID, str, int, str]) -> None:
        transfer_id, account_id, cents, charge_id = row
        try:
            said = gateway.transfer(transfer_id, account_id, cents, charge_id)
        except NoAnswer:
            raise
        except RuleBroken as refusal:
            with tenancy.everyone(WHY), db.transaction() as session:
                transfer_service.note_transfer_refused(
                    session, Actor.system(), transfer_id, str(refusal)
                )
            return
        with tenancy.everyone(WHY), db.transaction() as session:
            transfer_service.note_transfer(session, Actor.system(), transfer_id, str(said["id"]))

    return _one_by_one(rows, send)


@jobs.outward
def read_balance() -> int:
    """Hourly, and soon after a payment whose fee is not known: read Stripe's balance, book its
    fees, and look for what the books and Stripe do not have in common."""
    gateway = Gateway.here()
    if gateway is None:
        return 0
    with tenancy.everyone(WHY), db.transaction() as session:
        if not balance_service.is_due(session, Actor.system()):
            return 0
        newest = balance_queries.newest_entry_at(session)
    since = int((newest - rules.OVERLAP).timestamp()) if newest else 0
    try:
        said = [event_rules.read_entry(entry) for entry in gateway.entries(since)]
        with tenancy.everyone(WHY), db.transaction() as session:
            new = balance_service.take_entries(
                session, Actor.system(), said, livemode=gateway.livemode
            )
            balance_service.look_for_gaps(session, Actor.system())
        _ask_what_was_found(gateway)
    except RuleBroken as problem:
        log.warning("the balance was not read", why=str(problem))
        return 0
    return new


def _ask_what_was_found(gateway: Gateway) -> None:
    with tenancy.everyone(WHY), db.transaction() as session:
        rows = balance_queries.findings_to_read(session)

    def ask(row: tuple[UUID, str]) -> None:
        finding_id, about = row
        said = _read(gateway, about)
        with tenancy.everyone(WHY), db.transaction() as session:
            balance_service.keep_said(session, Actor.system(), finding_id, said)

    _one_by_one(rows, ask)


def _read(gateway: Gateway, about: str) -> dict[str, object]:
    if about.startswith(("re_", "pyr_")):
        return gateway.read_refund(about)
    if about.startswith(("dp_", "du_")):
        return gateway.read_dispute(about)
    charge = gateway.charge(about)
    intent = charge.get("payment_intent")
    return gateway.intent(intent) if isinstance(intent, str) else charge
