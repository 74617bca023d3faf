"""Letters about payments: what a district, and whoever is paid, should not have to look for."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.core import mail
from marketplace.core.events import Event, on
from marketplace.core.money import dollars
from marketplace.core.web import link_to
from marketplace.orders import queries as orders
from marketplace.payments import queries
from marketplace.payments.models import MoneyBack, PaymentAttempt

PAYERS = (Role.BUYER, Role.ADMINISTRATOR)
VENDOR = (Role.FINANCE, Role.ADMINISTRATOR)
LEAD = (Role.CONVENER, Role.FISCAL_AGENT)


def _write(
    session: Session, org_id: UUID, roles: Iterable[Role], subject: str, *lines: str
) -> None:
    for person in accounts.people_with_role(session, org_id, *roles):
        text = "\n\n".join([f"Dear {person.name},", *lines])
        mail.send(session, person.email, subject, text + "\n")


def _where(session: Session, attempt: PaymentAttempt, side: str) -> str:
    """The page of a payment from one desk."""
    said = orders.get_invoice(session, attempt.invoice_id).printed
    own = {
        "district": {"leaid": said["district"]["leaid"]},
        "vendor": {"vendor": said["vendor"]["slug"]},
        "consortium": {"consortium": said["consortium"]["slug"]},
    }[side]
    return link_to("payments.attempt", attempt_id=attempt.id, **own)


def _tell_the_paid(session: Session, attempt: PaymentAttempt, subject: str, *lines: str) -> None:
    """The vendor, or with pooled cash the consortium."""
    bill = orders.get_invoice(session, attempt.invoice_id)
    pooled = bill.issuer_id == bill.consortium_id
    side, roles = ("consortium", LEAD) if pooled else ("vendor", VENDOR)
    see = "See it after you sign in: " + _where(session, attempt, side)
    _write(session, bill.issuer_id, roles, subject, *lines, see)


@on("payments.failed")
def say_why_it_failed(session: Session, event: Event) -> None:
    attempt = queries.get_attempt(session, event.subject_id)
    bill = orders.get_invoice(session, attempt.invoice_id)
    _write(
        session,
        attempt.org_id,
        PAYERS,
        f"The payment of invoice {bill.number} did not work",
        f"{dollars(attempt.amount_cents)} could not be taken from your bank account, so the bill "
        "is open again. Nothing was charged.",
        f"The bank says: {attempt.problem}" if attempt.problem else "The bank gave no reason.",
        "Pay again after you sign in: " + _where(session, attempt, "district"),
    )


@on("payments.refund_asked")
def ask_a_second_person(session: Session, event: Event) -> None:
    row = queries.get_back(session, event.subject_id)
    _tell_the_paid(
        session,
        queries.get_attempt(session, row.attempt_id),
        f"A refund of {dollars(row.amount_cents)} needs a second person",
        f"A colleague asks to send {dollars(row.amount_cents)} back. The reason: {row.reason}",
        "Allow or decline it, if you did not ask for it yourself.",
    )


@on("payments.refund_out")
@on("payments.refund_final")
def say_what_went_back(session: Session, event: Event) -> None:
    """Once: a refund that is final at once was never merely out."""
    row = queries.get_back(session, event.subject_id)
    attempt = queries.get_attempt(session, row.attempt_id)
    _write(
        session,
        attempt.org_id,
        PAYERS,
        f"{dollars(row.amount_cents)} goes back to you",
        f"A payment of {dollars(attempt.amount_cents)} is refunded in part or whole: "
        f"{row.reason} The money reaches your account in 5 to 10 days.",
        "See it after you sign in: " + _where(session, attempt, "district"),
    )


@on("payments.dispute_out")
@on("payments.dispute_final")
@on("payments.dispute_undone")
def tell_of_a_dispute(session: Session, event: Event) -> None:
    row: MoneyBack = queries.get_back(session, event.subject_id)
    attempt = queries.get_attempt(session, row.attempt_id)
    outcome = {
        "payments.dispute_out": "Stripe has taken the money back until the bank decides. The bill "
        "is open again. Send your proof at Stripe.",
        "payments.dispute_final": "The dispute is lost. The bill stays open.",
        "payments.dispute_undone": "The dispute is won. The money is back, and the bill is paid.",
    }[event.name]
    _tell_the_paid(
        session,
        attempt,
        f"Dispute about {dollars(row.amount_cents)}",
        f"The bank of the district disputes a payment of {dollars(attempt.amount_cents)}. "
        f"Its reason: {row.reason}.",
        outcome,
    )
