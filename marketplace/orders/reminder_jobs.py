"""The letters about open bills: short, kind, and with a way to say when the board meets."""

from sqlmodel import Session, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.core import jobs, mail
from marketplace.core.access import Actor
from marketplace.core.events import Event, on
from marketplace.core.money import dollars
from marketplace.core.web import day, link_to
from marketplace.orders import pending_queries, queries, reminder_service
from marketplace.orders.reminder_models import Reminder
from marketplace.orders.reminder_rules import Step

DISTRICT = (Role.BUYER, Role.ADMINISTRATOR)
#: step -> subject, first sentence; {n} invoice, {who} issuer, {due} day, {cents} what is open.
WORDS = {
    Step.BEFORE: (
        "Invoice {n} is due {due}",
        "A friendly note ahead of time: {cents} to {who} is due {due}.",
    ),
    Step.DUE: (
        "Invoice {n} is due today",
        "{cents} to {who} is due today. If it is in the mail, there is nothing to do.",
    ),
    Step.LATE_30: (
        "Invoice {n} is still open",
        "{cents} to {who} was due {due}. Checks cross in the mail, so this may be on its way.",
    ),
    Step.LATE_60: (
        "Invoice {n} is open for two months",
        "{cents} to {who} was due {due}. Is something wrong with the bill? Tell us, so that it "
        "can be put right.",
    ),
    Step.LATE_90: (
        "Invoice {n} is open for three months",
        "{cents} to {who} was due {due}. This is our last letter. Please call {who}, so that "
        "you find a way together.",
    ),
}


@jobs.timed
def send_reminders(session: Session) -> int:
    return reminder_service.send_reminders(session, Actor.system())


@on("orders.reminder_due")
def remind_the_district(session: Session, event: Event) -> None:
    """Written only if the bill is still open now: a payment meanwhile stops the letter."""
    reminder = session.exec(select(Reminder).where(Reminder.id == event.subject_id)).one()
    invoice = queries.get_invoice(session, reminder.invoice_id)
    open_cents = invoice.open_cents - pending_queries.waiting_cents(session, invoice.id)
    if open_cents <= 0:
        return
    said = invoice.printed
    facts = {
        "n": invoice.number,
        "who": said["issuer"]["name"],
        "due": day(invoice.due_on),
        "cents": dollars(open_cents),
    }
    subject, first = (words.format(**facts) for words in WORDS[reminder.step])
    desk = {"leaid": said["district"]["leaid"], "invoice_id": invoice.id}
    lines = [
        f"{first} It is for {said['tool']}, PO {said['po_number']}.",
        "Does your board approve it first? Say when it meets, and we wait:\n"
        + link_to("orders.say_board_date", **desk),
        "Have you paid? Say so here:\n" + link_to("orders.record_payment", **desk),
    ]
    if said.get("billing_email"):
        lines.append(f"Questions about the bill: {said['billing_email']}")
    for person in accounts.people_with_role(session, invoice.org_id, *DISTRICT):
        text = "\n\n".join([f"Dear {person.name},", *lines])
        mail.send(session, person.email, subject, text + "\n")
