"""Money at Stripe goes on to whoever billed: to their connected account, or by hand."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.ledger import queries as books
from marketplace.ledger import service as ledger
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.orders import rules as orders_rules
from marketplace.payments import queries, rules, transfer_queries
from marketplace.payments.event_rules import is_ready
from marketplace.payments.models import StripeAccount, StripeTransfer
from marketplace.payments.rules import TransferState
from marketplace.payments.transfer_queries import ToSendOn


def start_account(session: Session, actor: Actor, org_id: UUID, *, livemode: bool) -> StripeAccount:
    """Store that an organization wants to be paid through Stripe, before Stripe is asked."""
    organization = accounts.get_organization(session, org_id)
    require(actor, "payments.connect", organization)
    if earlier := transfer_queries.account_of(session, org_id, livemode):
        return earlier
    account = StripeAccount(
        org_id=org_id,
        livemode=livemode,
        started_at=clock.now(),
        started_by=actor.user_id,
    )
    session.add(account)
    session.flush()
    emit(session, actor, "payments.account_started", account)
    return account


def keep_account(
    session: Session, actor: Actor, org_id: UUID, said: Mapping[str, Any], *, livemode: bool
) -> None:
    """What Stripe says of the account of an organization: its name there, and whether it works."""
    require(actor, "payments.take_news")
    account = transfer_queries.account_of(session, org_id, livemode)
    if account is not None:
        account.account_id = str(said["id"])
        account.is_ready = is_ready(said)
        session.add(account)


def note_account(session: Session, actor: Actor, said: Mapping[str, Any]) -> StripeAccount | None:
    """News of a connected account; None when it is not one of ours."""
    require(actor, "payments.take_news")
    account = transfer_queries.account_named(session, str(said.get("id")))
    if account is not None:
        account.is_ready = is_ready(said)
        session.add(account)
    return account


def prepare_transfers(session: Session, actor: Actor, *, livemode: bool) -> int:
    """Line up what can be sent on by itself: paid, the fee known, the payee's account ready.

    Never more than the books say is owed to a vendor: what was sent on before a dispute was
    lost is not sent twice when the district pays again. Returns how many were lined up.
    """
    require(actor, "payments.take_news")
    ready = 0
    for one in transfer_queries.to_send_on(session):
        account = transfer_queries.account_of(session, one.payee_id, livemode)
        if one.attempt.livemode is not livemode or account is None or not account.is_ready:
            continue
        cents = _to_send(session, one)
        if cents > 0:
            row = _transfer(one, cents, TransferState.READY)
            row.account_id = str(account.account_id)
            session.add(row)
            ready += 1
    session.flush()
    return ready


def _to_send(session: Session, one: ToSendOn) -> int:
    fee = one.fee_cents if not one.attempt.fee_cents else 0
    cents = one.attempt.booked_cents - fee
    if one.is_pooled:
        return cents
    owed = -books.balance_of(session, one.attempt.consortium_id, f"payable:{one.vendor_slug}")
    return min(cents, owed)


def _transfer(one: ToSendOn, cents: int, state: TransferState) -> StripeTransfer:
    return StripeTransfer(
        org_id=one.attempt.consortium_id,
        attempt_id=one.attempt.id,
        vendor_id=None if one.is_pooled else one.invoice.vendor_id,
        amount_cents=cents,
        state=state,
        made_at=clock.now(),
    )


def note_transfer(session: Session, actor: Actor, transfer_id: UUID, stripe_id: str) -> None:
    """Stripe has sent it on: it leaves the balance there in the books too, once."""
    require(actor, "payments.take_news")
    row = transfer_queries.get_transfer(session, transfer_id)
    if row.state is TransferState.SENT:
        return
    row.state, row.stripe_id, row.problem = TransferState.SENT, stripe_id, ""
    _book(session, actor, row)


def note_transfer_refused(session: Session, actor: Actor, transfer_id: UUID, why: str) -> None:
    require(actor, "payments.take_news")
    row = transfer_queries.get_transfer(session, transfer_id)
    if row.state is TransferState.READY:
        row.state, row.problem = TransferState.FAILED, why[:300]
        session.add(row)


def remit_by_hand(
    session: Session, actor: Actor, attempt_id: UUID, *, reference: str
) -> StripeTransfer:
    """Write down that the operator has sent on what a payment brought, by check, ACH or wire."""
    attempt = queries.get_attempt(session, attempt_id, lock=True)
    require(actor, "payments.remit_by_hand", attempt)
    reference = orders_rules.tidy(reference)
    orders_rules.check_reference(reference, ())
    waiting = transfer_queries.to_send_on(session, attempt_id=attempt.id)
    earlier = transfer_queries.transfer_of(session, attempt.id)
    if earlier is not None and earlier.state is TransferState.SENT:
        if earlier.reference == reference:
            return earlier
        raise RuleBroken("This payment was sent on already.")
    if earlier is None and not waiting:
        raise RuleBroken("Nothing of this payment can be sent on now.")
    row = earlier or _transfer(waiting[0], _to_send(session, waiting[0]), TransferState.SENT)
    if row.amount_cents <= 0:
        raise RuleBroken("The books say that nothing is owed for it any more.")
    row.state, row.reference, row.problem = TransferState.SENT, reference, ""
    row.made_by = actor.user_id
    _book(session, Actor.system(), row)
    return row


def _book(session: Session, actor: Actor, row: StripeTransfer) -> None:
    attempt = queries.get_attempt(session, row.attempt_id)
    place = queries.place_of(session, attempt)
    to_vendor = row.vendor_id is not None
    entry = ledger.post(
        session,
        actor,
        row.org_id,
        key=f"stripe-transfer:{row.id}",
        kind=PostingKind.VENDOR_PAID if to_vendor else PostingKind.CASH_MOVED,
        ref=place.ref,
        effective_on=place.day,
        legs=[
            Leg(f"payable:{place.vendor}" if to_vendor else "cash:main", row.amount_cents),
            Leg(rules.CASH, -row.amount_cents),
        ],
    )
    row.ledger_seq = entry.seq
    session.add(row)
    session.flush()
    emit(session, actor, "payments.sent_on", row, cents=row.amount_cents)


def note_reversal(session: Session, actor: Actor, said: Mapping[str, Any]) -> Any:
    """A transfer was called back at Stripe: all or the rest of it is in our balance again."""
    require(actor, "payments.take_news")
    row = transfer_queries.transfer_named(session, str(said.get("id")))
    back = said.get("amount_reversed")
    if row is None or type(back) is not int:
        return None
    place = queries.place_of(session, queries.get_attempt(session, row.attempt_id))
    to_vendor = row.vendor_id is not None
    more = back - row.back_cents
    if more > 0:
        ledger.post(
            session,
            actor,
            row.org_id,
            key=f"stripe-transfer:{row.id}:back:{back}",
            kind=PostingKind.REFUND if to_vendor else PostingKind.CASH_MOVED,
            ref=place.ref,
            effective_on=place.day,
            legs=[
                Leg(rules.CASH, more),
                Leg(f"payable:{place.vendor}" if to_vendor else "cash:main", -more),
            ],
        )
        row.back_cents = back
        session.add(row)
    return row
