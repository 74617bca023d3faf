"""Payments as they stand: one attempt, all of a bill, what waits and what does not fit."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.core import clock
from marketplace.core.errors import NotFound
from marketplace.ledger import queries as books
from marketplace.orders import queries as orders
from marketplace.orders.models import Invoice
from marketplace.payments import rules
from marketplace.payments.models import (
    MoneyBack,
    PaymentAttempt,
    StripeEvent,
)
from marketplace.payments.rules import (
    LIVE,
    AttemptState,
    BackKind,
    BackState,
    EventState,
)


def _locked(query: Any, lock: bool) -> Any:
    return query.with_for_update() if lock else query


# -- attempts ----------------------------------------------------------------------------------


def get_attempt(session: Session, attempt_id: UUID, *, lock: bool = False) -> PaymentAttempt:
    query = select(PaymentAttempt).where(PaymentAttempt.id == attempt_id)
    found: PaymentAttempt | None = session.exec(_locked(query, lock)).one_or_none()
    if found is None:
        raise NotFound("There is no such payment.")
    return found


def attempt_with_key(session: Session, once_key: str) -> PaymentAttempt | None:
    query = select(PaymentAttempt).where(PaymentAttempt.once_key == once_key)
    return session.exec(query).one_or_none()


def find_attempt(
    session: Session,
    *,
    attempt_id: UUID | None = None,
    session_id: str = "",
    intent_id: str = "",
    charge_id: str = "",
) -> PaymentAttempt | None:
    """The attempt that something at Stripe is about, locked; None when it is not ours (yet)."""
    for column, value in (
        (PaymentAttempt.id, attempt_id),
        (PaymentAttempt.session_id, session_id),
        (PaymentAttempt.intent_id, intent_id),
        (PaymentAttempt.charge_id, charge_id),
    ):
        if value:
            query = select(PaymentAttempt).where(column == value).with_for_update()
            if found := session.exec(query).first():
                return found
    return None


def attempts_of(session: Session, invoice_id: UUID) -> list[PaymentAttempt]:
    """Every attempt to pay a bill, newest first."""
    query = (
        select(PaymentAttempt)
        .where(PaymentAttempt.invoice_id == invoice_id)
        .order_by(col(PaymentAttempt.started_at).desc(), col(PaymentAttempt.id))
    )
    return list(session.exec(query))


def attempts_listed(
    *,
    district_id: UUID | None = None,
    vendor_id: UUID | None = None,
    consortium_id: UUID | None = None,
) -> Any:
    """Attempts with their bills, newest first, of one side."""
    query = (
        select(PaymentAttempt, Invoice)
        .where(Invoice.id == PaymentAttempt.invoice_id)
        .order_by(col(PaymentAttempt.started_at).desc(), col(PaymentAttempt.id))
    )
    for column, value in (
        (PaymentAttempt.org_id, district_id),
        (PaymentAttempt.vendor_id, vendor_id),
        (PaymentAttempt.consortium_id, consortium_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return query


def processing_cents(session: Session, invoice_id: UUID) -> int:
    """What banks are working on for a bill; it is neither paid nor open to be paid again."""
    query = select(func.coalesce(func.sum(PaymentAttempt.amount_cents), 0)).where(
        PaymentAttempt.invoice_id == invoice_id,
        PaymentAttempt.state == AttemptState.PROCESSING,
    )
    return int(session.exec(query).one())


def has_live(session: Session, invoice_id: UUID) -> bool:
    query = select(PaymentAttempt.id).where(
        PaymentAttempt.invoice_id == invoice_id, col(PaymentAttempt.state).in_(LIVE)
    )
    return session.exec(query).first() is not None


def unfinished(session: Session, now: datetime) -> list[PaymentAttempt]:
    query = (
        select(PaymentAttempt)
        .where(
            PaymentAttempt.state == AttemptState.STARTED,
            PaymentAttempt.expires_at < now,
            col(PaymentAttempt.session_id).is_(None),
        )
        .with_for_update(skip_locked=True)
    )
    return list(session.exec(query))


def attempts_to_look_at(session: Session, before: datetime, livemode: bool) -> list[PaymentAttempt]:
    """Undecided and not looked at since: their news may have been lost on the way."""
    query = (
        select(PaymentAttempt)
        .where(
            col(PaymentAttempt.state).in_([AttemptState.OPEN, AttemptState.PROCESSING]),
            PaymentAttempt.looked_at < before,
            PaymentAttempt.livemode == livemode,
        )
        .order_by(col(PaymentAttempt.looked_at))
        .limit(100)
    )
    return list(session.exec(query))


class Place(NamedTuple):
    """Where the money of an attempt belongs in the books."""

    bill: Invoice
    leaid: str
    vendor: str
    ref: str
    #: Today in the zone of the pool, or the first day that the books still take.
    day: date

    @property
    def is_pooled(self) -> bool:
        return self.bill.issuer_id == self.bill.consortium_id

    @property
    def bearer(self) -> str:
        """Who bears what Stripe keeps: whoever is paid."""
        return rules.STRIPE_FEE if self.is_pooled else f"payable:{self.vendor}"


def place_of(session: Session, attempt: PaymentAttempt) -> Place:
    """The bill is locked: whoever asks is about to book."""
    bill = orders.get_invoice(session, attempt.invoice_id, lock=True)
    said = orders.get_order(session, bill.order_id).agreed
    return Place(
        bill,
        said["district"]["leaid"],
        said["vendor"]["slug"],
        f"pool:{said['pool']['slug']}/invoice:{bill.printed['issuer']['slug']}-{bill.number}",
        rules.booking_day(
            clock.today(said["pool"]["time_zone"]),
            books.closed_through(session, attempt.consortium_id),
        ),
    )


# -- refunds and disputes ------------------------------------------------------------------------


def get_back(session: Session, back_id: UUID, *, lock: bool = False) -> MoneyBack:
    query = select(MoneyBack).where(MoneyBack.id == back_id)
    found: MoneyBack | None = session.exec(_locked(query, lock)).one_or_none()
    if found is None:
        raise NotFound("There is no such refund.")
    return found


def backs_of(session: Session, attempt_id: UUID) -> list[MoneyBack]:
    query = (
        select(MoneyBack)
        .where(MoneyBack.attempt_id == attempt_id)
        .order_by(col(MoneyBack.asked_at), col(MoneyBack.id))
    )
    return list(session.exec(query))


def back_with_key(session: Session, once_key: str) -> MoneyBack | None:
    return session.exec(select(MoneyBack).where(MoneyBack.once_key == once_key)).one_or_none()


def find_back(session: Session, ours: UUID | None, stripe_id: str) -> MoneyBack | None:
    query = select(MoneyBack).where(MoneyBack.stripe_id == stripe_id)
    found = session.exec(query).one_or_none()
    if found is None and ours is not None:
        found = session.exec(select(MoneyBack).where(MoneyBack.id == ours)).one_or_none()
    return found


def backs_listed(session: Session, **whose: UUID | None) -> list[tuple[MoneyBack, PaymentAttempt]]:
    """Refunds and disputes of one side (`vendor_id=` or `consortium_id=`), newest first."""
    query = (
        select(MoneyBack, PaymentAttempt)
        .where(PaymentAttempt.id == MoneyBack.attempt_id)
        .order_by(col(MoneyBack.asked_at).desc())
        .limit(100)
    )
    for name, value in whose.items():
        query = query.where(getattr(MoneyBack, name) == value)
    return list(session.exec(query).all())


def refunds_to_send(session: Session, livemode: bool) -> list[tuple[UUID, str, int]]:
    """Allowed by two people and not at Stripe yet: our id, the intent, cents."""
    query = (
        select(MoneyBack.id, PaymentAttempt.intent_id, MoneyBack.amount_cents)
        .where(
            PaymentAttempt.id == MoneyBack.attempt_id,
            MoneyBack.kind == BackKind.REFUND,
            MoneyBack.state == BackState.APPROVED,
            col(MoneyBack.stripe_id).is_(None),
            MoneyBack.problem == "",
            PaymentAttempt.livemode == livemode,
        )
        .limit(100)
    )
    return [(id_, str(intent), cents) for id_, intent, cents in session.exec(query)]


# -- events --------------------------------------------------------------------------------------


def parked_events(session: Session, now: datetime, limit: int = 200) -> list[str]:
    query = (
        select(StripeEvent.id)
        .where(StripeEvent.state == EventState.PARKED, col(StripeEvent.try_at) <= now)
        .order_by(col(StripeEvent.created_at), col(StripeEvent.id))
        .limit(limit)
    )
    return list(session.exec(query))


def get_event(session: Session, event_id: str) -> StripeEvent:
    query = select(StripeEvent).where(StripeEvent.id == event_id).with_for_update()
    return session.exec(query).one()


def events_that_wait(session: Session) -> list[StripeEvent]:
    query = (
        select(StripeEvent)
        .where(col(StripeEvent.state).in_([EventState.PARKED, EventState.LEFT]))
        .order_by(col(StripeEvent.taken_at).desc())
        .limit(100)
    )
    return list(session.exec(query))


def event_counts(session: Session) -> dict[EventState, int]:
    query = select(StripeEvent.state, func.count()).group_by(StripeEvent.state)
    return {EventState(state): count for state, count in session.exec(query)}
