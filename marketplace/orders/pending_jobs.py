"""Letters about payments that wait for a second person."""

from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import User
from marketplace.accounts.rules import Role
from marketplace.core import mail
from marketplace.core.events import Event, on
from marketplace.core.money import dollars
from marketplace.core.web import day, link_to
from marketplace.orders import held_queries, pending_queries, queries
from marketplace.orders.models import Invoice
from marketplace.orders.pending_models import PendingPayment
from marketplace.orders.pending_rules import SaidBy
from marketplace.orders.rules import MEANS_WORDS

DISTRICT = (Role.BUYER, Role.ADMINISTRATOR, Role.APPROVER)


@on("orders.payment_noted")
def ask_for_the_second_person(session: Session, event: Event) -> None:
    """Colleagues of whoever is owed are asked first; where there is nobody, the district is."""
    pending = pending_queries.get_pending(session, event.subject_id)
    invoice = queries.get_invoice(session, pending.invoice_id)
    said = invoice.printed
    payer = pending.said_by is SaidBy.PAYER
    side = said["district"]["name"] if payer else said["issuer"]["name"]
    org_id, roles, desk = _receiver(invoice)
    author = None if payer else invoice.issued_by
    people = _others(session, org_id, roles, pending.recorded_by, author)
    if not people and not payer:
        people = _others(session, invoice.org_id, DISTRICT, pending.recorded_by, None)
        desk = {"leaid": said["district"]["leaid"]}
    verb = "was sent" if payer else "came"
    _write(
        session,
        people,
        f"Please confirm {dollars(pending.amount_cents)} for invoice {invoice.number}",
        f"{side} wrote down that this payment {verb}: {_words(pending)}, from "
        f"{said['district']['name']} to {said['issuer']['name']}.",
        "A second person confirms it before it is in the books. If it is wrong, decline it.",
        "Open the invoice: " + link_to("orders.invoice", invoice_id=invoice.id, **desk),
    )


@on("orders.payment_undone")
def tell_who_wrote_it_down(session: Session, event: Event) -> None:
    """Only when the other side declined it: who took something back knows that already."""
    if not event.facts["declined"]:
        return
    pending = pending_queries.get_pending(session, event.subject_id)
    if pending.recorded_by is None:
        return
    invoice = queries.get_invoice(session, pending.invoice_id)
    payer = pending.said_by is SaidBy.PAYER
    _org, _roles, desk = _receiver(invoice)
    desk = {"leaid": invoice.printed["district"]["leaid"]} if payer else desk
    _write(
        session,
        [accounts.get_user(session, pending.recorded_by)],
        f"Declined: {dollars(pending.amount_cents)} for invoice {invoice.number}",
        f"The other side does not know this payment: {_words(pending)}.",
        "Nothing was posted. Look at the number and the amount, then write it down again.",
        "Open the invoice: " + link_to("orders.invoice", invoice_id=invoice.id, **desk),
    )


def _words(pending: PendingPayment) -> str:
    return (
        f"{MEANS_WORDS[pending.means]} {pending.reference} of "
        f"{dollars(pending.amount_cents)}, {day(pending.paid_on)}"
    )


def _receiver(invoice: Invoice) -> tuple[UUID, tuple[Role, ...], dict[str, str]]:
    """Who is owed, who speaks for it, and where its pages begin."""
    said = invoice.printed
    if invoice.issuer_id == invoice.vendor_id:
        desk = {"vendor": said["vendor"]["slug"]}
        return invoice.vendor_id, (Role.FINANCE, Role.ADMINISTRATOR), desk
    desk = {"consortium": said["consortium"]["slug"]}
    return invoice.consortium_id, (Role.FISCAL_AGENT,), desk


def _others(
    session: Session, org_id: UUID, roles: tuple[Role, ...], *but: UUID | None
) -> list[User]:
    people = accounts.people_with_role(session, org_id, *roles)
    return [person for person in people if person.id not in but]


def _write(session: Session, people: list[User], subject: str, *lines: str) -> None:
    for person in people:
        text = "\n\n".join([f"Dear {person.name},", *lines])
        mail.send(session, person.email, subject, text + "\n")


@on("orders.credit_held")
def tell_of_what_is_held(session: Session, event: Event) -> None:
    held = held_queries.get_held(session, event.subject_id)
    payment = queries.get_payment(session, held.payment_id)
    invoice = queries.get_invoice(session, payment.invoice_id)
    said = invoice.printed
    _write(
        session,
        accounts.people_with_role(session, held.org_id, *DISTRICT),
        f"{dollars(held.total_cents)} more than invoice {invoice.number}",
        f"{MEANS_WORDS[payment.means]} {payment.reference} was larger than what was open. "
        f"{said['issuer']['name']} holds {dollars(held.total_cents)} for you.",
        "It pays your next invoice from them by itself. If you would rather have it back, tell "
        "them.",
        "See it: "
        + link_to("orders.held_credit", leaid=said["district"]["leaid"], held_id=held.id),
    )


@on("orders.credit_returned")
def tell_that_it_comes_back(session: Session, event: Event) -> None:
    held = held_queries.get_held(session, event.subject_id)
    payment = queries.get_payment(session, held.payment_id)
    said = queries.get_invoice(session, payment.invoice_id).printed
    assert held.return_means is not None
    assert held.returned_on is not None
    _write(
        session,
        accounts.people_with_role(session, held.org_id, *DISTRICT),
        f"{dollars(held.returned_cents)} comes back to you",
        f"{said['issuer']['name']} sent your credit back: {MEANS_WORDS[held.return_means]} "
        f"{held.return_reference}, {day(held.returned_on)}.",
        "See it: "
        + link_to("orders.held_credit", leaid=said["district"]["leaid"], held_id=held.id),
    )
