"""Connected accounts, and money that goes on to whoever billed."""

from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.orders.models import Invoice, Order
from marketplace.payments.models import (
    PaymentAttempt,
    StripeAccount,
    StripeEntry,
    StripeTransfer,
)
from marketplace.payments.rules import AttemptState, TransferState


def account_of(session: Session, org_id: UUID, livemode: bool) -> StripeAccount | None:
    query = select(StripeAccount).where(
        StripeAccount.org_id == org_id, StripeAccount.livemode == livemode
    )
    return session.exec(query).one_or_none()


def account_named(session: Session, account_id: str) -> StripeAccount | None:
    query = select(StripeAccount).where(StripeAccount.account_id == account_id)
    return session.exec(query).one_or_none()


def transfers_listed(session: Session, **whose: UUID | None) -> list[StripeTransfer]:
    query = select(StripeTransfer).order_by(col(StripeTransfer.made_at).desc()).limit(100)
    for name, value in whose.items():
        query = query.where(getattr(StripeTransfer, name) == value)
    return list(session.exec(query))


def get_transfer(session: Session, transfer_id: UUID) -> StripeTransfer:
    query = select(StripeTransfer).where(StripeTransfer.id == transfer_id).with_for_update()
    return session.exec(query).one()


def transfer_of(session: Session, attempt_id: UUID) -> StripeTransfer | None:
    query = select(StripeTransfer).where(StripeTransfer.attempt_id == attempt_id)
    return session.exec(query.with_for_update()).one_or_none()


def transfer_named(session: Session, stripe_id: str) -> StripeTransfer | None:
    query = select(StripeTransfer).where(StripeTransfer.stripe_id == stripe_id)
    return session.exec(query.with_for_update()).one_or_none()


class ToSendOn(NamedTuple):
    attempt: PaymentAttempt
    invoice: Invoice
    leaid: str
    vendor_slug: str
    fee_cents: int

    @property
    def is_pooled(self) -> bool:
        return self.invoice.issuer_id == self.invoice.consortium_id

    @property
    def payee_id(self) -> UUID:
        return self.invoice.issuer_id


def to_send_on(session: Session, *, attempt_id: UUID | None = None) -> list[ToSendOn]:
    """Paid, its fee known from Stripe's balance, and nothing sent on yet."""
    sent = select(StripeTransfer.attempt_id).where(StripeTransfer.attempt_id == PaymentAttempt.id)
    query = (
        select(PaymentAttempt, Invoice, Order, StripeEntry.fee_cents)
        .where(
            Invoice.id == PaymentAttempt.invoice_id,
            Order.id == Invoice.order_id,
            StripeEntry.attempt_id == PaymentAttempt.id,
            StripeEntry.source == PaymentAttempt.charge_id,
            PaymentAttempt.state == AttemptState.PAID,
            PaymentAttempt.back_cents == 0,
            PaymentAttempt.booked_cents > 0,
            ~sent.exists(),
        )
        .order_by(col(PaymentAttempt.paid_at), col(PaymentAttempt.id))
        .limit(200)
    )
    if attempt_id is not None:
        query = query.where(PaymentAttempt.id == attempt_id)
    return [
        ToSendOn(attempt, invoice, order.leaid, order.agreed["vendor"]["slug"], fee)
        for attempt, invoice, order, fee in session.exec(query)
    ]


def transfers_to_send(session: Session, livemode: bool) -> list[tuple[UUID, str, int, str]]:
    query = (
        select(
            StripeTransfer.id,
            StripeTransfer.account_id,
            StripeTransfer.amount_cents,
            PaymentAttempt.charge_id,
        )
        .where(
            PaymentAttempt.id == StripeTransfer.attempt_id,
            StripeTransfer.state == TransferState.READY,
            PaymentAttempt.livemode == livemode,
        )
        .limit(100)
    )
    return list(session.exec(query).all())
