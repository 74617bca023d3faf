"""Taking an event: the row that makes it count once, its effect and what follows, together."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.payments import (
    back_service,
    event_rules,
    news_service,
    queries,
    rules,
    transfer_queries,
    transfer_service,
)
from marketplace.payments.event_rules import EventSaid, Said
from marketplace.payments.models import StripeEvent
from marketplace.payments.rules import EventState

Effect = Callable[[Session, Actor, Said], Any]


def _session_news(session: Session, actor: Actor, about: Said) -> Any:
    return news_service.note_payment(session, actor, event_rules.read_session(about))


def _intent_news(session: Session, actor: Actor, about: Said) -> Any:
    return news_service.note_payment(session, actor, event_rules.read_intent(about))


def _refund_news(session: Session, actor: Actor, about: Said) -> Any:
    return back_service.note_back(session, actor, event_rules.read_refund(about))


def _dispute_news(session: Session, actor: Actor, about: Said) -> Any:
    said = event_rules.read_dispute(about)
    return back_service.note_back(session, actor, said) if said else True


def _failed_session_news(session: Session, actor: Actor, about: Said) -> Any:
    """That the bank refused is told by the intent, with the reason; this says only that."""
    said = event_rules.read_session(about)._replace(state=rules.AttemptState.FAILED)
    return news_service.note_payment(session, actor, said)


#: Kind -> what it does; the answer None means: not about anything that is here yet.
EFFECTS: dict[str, Effect] = {
    "checkout.session.completed": _session_news,
    "checkout.session.async_payment_succeeded": _session_news,
    "checkout.session.async_payment_failed": _failed_session_news,
    "checkout.session.expired": _session_news,
    "payment_intent.processing": _intent_news,
    "payment_intent.requires_action": _intent_news,
    "payment_intent.succeeded": _intent_news,
    "payment_intent.payment_failed": _intent_news,
    "payment_intent.canceled": _intent_news,
    "refund.created": _refund_news,
    "refund.updated": _refund_news,
    "refund.failed": _refund_news,
    "charge.dispute.created": _dispute_news,
    "charge.dispute.updated": _dispute_news,
    "charge.dispute.funds_withdrawn": _dispute_news,
    "charge.dispute.funds_reinstated": _dispute_news,
    "charge.dispute.closed": _dispute_news,
    "transfer.reversed": transfer_service.note_reversal,
    "account.updated": transfer_service.note_account,
}


def take_event(session: Session, actor: Actor, said: EventSaid, *, livemode: bool) -> bool:
    """Keep an event and do what it says, once; False when it was here before.

    What is not about anything here yet is parked and tried again by a job; so is what breaks a
    rule, with the reason. Unknown kinds are kept. An unforeseen error undoes all of it, so that
    Stripe sends the event again. Raises NotAllowed for another mode or account.
    """
    require(actor, "payments.take_news")
    _check_is_for_us(session, said, livemode)
    if not _is_new(session, said):
        return False
    if said.kind in EFFECTS:
        _apply(session, actor, queries.get_event(session, said.id))
    return True


def _check_is_for_us(session: Session, said: EventSaid, livemode: bool) -> None:
    if said.livemode is not livemode:
        raise NotAllowed("This event is of the other mode: test and live are never mixed.")
    if said.account and transfer_queries.account_named(session, said.account) is None:
        raise NotAllowed("This event is about an account that is not connected here.")
    if said.account and said.kind != "account.updated":
        raise NotAllowed("This event is about money of another account.")


def _is_new(session: Session, said: EventSaid) -> bool:
    """Keep it, unless it is here. A second worker with the same event waits for the first."""
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert: Any = insert_on_postgresql if on_postgresql else insert_on_sqlite
    row = {
        "id": said.id,
        "kind": said.kind,
        "livemode": said.livemode,
        "account": said.account,
        "created_at": datetime.fromtimestamp(said.created, UTC),
        "taken_at": clock.now(),
        "state": EventState.KEPT,
        "tries": 0,
        "problem": "",
        "about": said.about,
    }
    keep = insert(StripeEvent).values(row).on_conflict_do_nothing().returning(StripeEvent.id)
    # Asked for what was kept: how many rows an INSERT made, not every driver says.
    return session.connection().execute(keep).first() is not None


def apply_parked(session: Session, actor: Actor, event_id: str) -> bool:
    """Another try; whether it fits now."""
    require(actor, "payments.take_news")
    row = queries.get_event(session, event_id)
    if row.state is EventState.PARKED:
        _apply(session, actor, row)
    return row.state is EventState.APPLIED


def _apply(session: Session, actor: Actor, row: StripeEvent) -> None:
    effect = EFFECTS[row.kind]
    problem, done = "", None
    try:
        with session.begin_nested():
            done = effect(session, actor, row.about)
    except DomainError as refusal:
        problem = str(refusal)
    if done is not None:
        row.state, row.problem, row.try_at = EventState.APPLIED, "", None
    else:
        _park(row, problem)
    session.add(row)


def _park(row: StripeEvent, problem: str) -> None:
    row.tries += 1
    row.problem = problem[:300]
    row.try_at = clock.now() + rules.parked_until_next_try(row.tries)
    too_late = clock.now() - row.taken_at > rules.PARKED_FOR
    row.state = EventState.LEFT if too_late else EventState.PARKED
