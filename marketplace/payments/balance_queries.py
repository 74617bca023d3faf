"""Stripe's balance as it was read, against the books: fees to book, and what does not fit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from marketplace.core.errors import NotFound
from marketplace.core.events import Event
from marketplace.ledger.models import LedgerBalance
from marketplace.orders.models import Payment
from marketplace.payments import rules
from marketplace.payments.event_rules import EntrySaid
from marketplace.payments.models import (
    MoneyBack,
    PaymentAttempt,
    StripeEntry,
    StripeFinding,
    StripeTransfer,
)
from marketplace.payments.rules import AttemptState, FindingKind, FindingState


def newest_entry_at(session: Session) -> datetime | None:
    return session.exec(select(func.max(StripeEntry.created_at))).one()


def balance_read_at(session: Session) -> datetime | None:
    query = select(func.max(Event.occurred_at)).where(Event.name == "payments.balance_read")
    return session.exec(query).one()


def fee_is_missing(session: Session) -> bool:
    """A payment came, and no line of the balance that was read is about it."""
    query = (
        select(PaymentAttempt.id)
        .outerjoin(StripeEntry, col(StripeEntry.attempt_id) == col(PaymentAttempt.id))
        .where(PaymentAttempt.state == AttemptState.PAID, col(StripeEntry.id).is_(None))
    )
    return session.exec(query.limit(1)).first() is not None


def find_source(session: Session, entry: EntrySaid) -> UUID | None:
    """The attempt that a line of the balance is about: a charge, refund, dispute or transfer."""
    for table, column, key in (
        (PaymentAttempt, PaymentAttempt.charge_id, PaymentAttempt.id),
        (MoneyBack, MoneyBack.stripe_id, MoneyBack.attempt_id),
        (StripeTransfer, StripeTransfer.stripe_id, StripeTransfer.attempt_id),
    ):
        query: Any = select(key).select_from(table).where(column == entry.source)
        if entry.source and (found := session.exec(query).first()):
            return UUID(str(found))
    return None


def entries_without_attempt(session: Session) -> list[StripeEntry]:
    query = select(StripeEntry).where(col(StripeEntry.attempt_id).is_(None))
    return list(session.exec(query.with_for_update()))


def entries_with_fee(session: Session) -> list[tuple[StripeEntry, PaymentAttempt]]:
    """What Stripe kept and the books do not have yet."""
    query = (
        select(StripeEntry, PaymentAttempt)
        .where(
            PaymentAttempt.id == StripeEntry.attempt_id,
            StripeEntry.fee_cents != 0,
            ~col(StripeEntry.is_booked),
            PaymentAttempt.state == AttemptState.PAID,
        )
        .order_by(col(StripeEntry.created_at), col(StripeEntry.id))
        .limit(500)
    )
    return list(session.exec(query).all())


def came_but_not_booked(session: Session, before: datetime) -> list[StripeEntry]:
    """Lines of money that came, whose attempt is unknown or not paid here."""
    query = (
        select(StripeEntry)
        .outerjoin(PaymentAttempt, col(PaymentAttempt.id) == col(StripeEntry.attempt_id))
        .where(
            col(StripeEntry.kind).in_(rules.COMES),
            StripeEntry.created_at < before,
            or_(
                col(PaymentAttempt.id).is_(None),
                col(PaymentAttempt.booked_cents) + col(PaymentAttempt.held_cents) == 0,
            ),
        )
    )
    return list(session.exec(query))


def went_but_not_booked(session: Session, before: datetime) -> list[StripeEntry]:
    """Lines of money that went back, or came back again, without that in the books."""
    query = (
        select(StripeEntry)
        .outerjoin(MoneyBack, col(MoneyBack.stripe_id) == col(StripeEntry.source))
        .where(
            col(StripeEntry.kind).in_(rules.GOES),
            StripeEntry.created_at < before,
            or_(
                col(MoneyBack.id).is_(None),
                (col(StripeEntry.gross_cents) < 0) & col(MoneyBack.out_at).is_(None),
                (col(StripeEntry.gross_cents) > 0) & col(MoneyBack.undone_at).is_(None),
            ),
        )
    )
    return list(session.exec(query))


def booked_but_not_there(session: Session, before: datetime) -> list[PaymentAttempt]:
    query = (
        select(PaymentAttempt)
        .outerjoin(
            StripeEntry,
            (col(StripeEntry.source) == col(PaymentAttempt.charge_id))
            & col(StripeEntry.kind).in_(rules.COMES),
        )
        .where(
            PaymentAttempt.state == AttemptState.PAID,
            col(PaymentAttempt.paid_at) < before,
            col(StripeEntry.id).is_(None),
        )
    )
    return list(session.exec(query))


def booked_twice(session: Session) -> list[Payment]:
    """Payments said to be at Stripe that no attempt has made."""
    query = (
        select(Payment)
        .outerjoin(PaymentAttempt, col(PaymentAttempt.payment_id) == col(Payment.id))
        .where(
            Payment.held_in == rules.CASH,
            col(PaymentAttempt.id).is_(None),
            ~col(Payment.once_key).like("stripe:%:again:%"),
        )
    )
    return list(session.exec(query))


def found_already(session: Session) -> set[tuple[str, str]]:
    query = select(StripeFinding.kind, StripeFinding.about)
    return {(str(kind), about) for kind, about in session.exec(query)}


def findings_to_read(session: Session) -> list[tuple[UUID, str]]:
    """Found, and Stripe not asked yet what it is."""
    query = select(StripeFinding).where(
        StripeFinding.kind == FindingKind.NOT_HERE, StripeFinding.state == FindingState.OPEN
    )
    return [(row.id, row.about) for row in session.exec(query) if not row.said]


def at_stripe_cents(session: Session, livemode: bool) -> int:
    """The sum of all lines that were read: what Stripe holds for us, in cents."""
    query = select(func.coalesce(func.sum(StripeEntry.gross_cents - StripeEntry.fee_cents), 0))
    return int(session.exec(query.where(StripeEntry.livemode == livemode)).one())


def in_books_cents(session: Session) -> int:
    """What the books of all consortia together say is at Stripe, in cents: one query."""
    query = select(func.coalesce(func.sum(LedgerBalance.balance_cents), 0))
    return int(session.exec(query.where(LedgerBalance.code == rules.CASH)).one())


def findings(
    session: Session, *, settled: bool = False, consortium_id: UUID | None = None
) -> list[StripeFinding]:
    query = select(StripeFinding).order_by(col(StripeFinding.found_at).desc()).limit(200)
    if consortium_id is not None:
        query = query.where(StripeFinding.consortium_id == consortium_id)
    done = col(StripeFinding.state) == FindingState.RESOLVED
    return list(session.exec(query.where(done if settled else ~done)))


def get_finding(session: Session, finding_id: UUID, *, lock: bool = False) -> StripeFinding:
    query = select(StripeFinding).where(StripeFinding.id == finding_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such finding.")
    return found
