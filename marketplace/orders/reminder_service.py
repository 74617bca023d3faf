"""Kind reminders of open bills, and the board meeting they wait for."""

from datetime import date
from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.orders import pending_queries, queries, reminder_queries, reminder_rules
from marketplace.orders.models import Invoice
from marketplace.orders.reminder_models import BoardDate, Reminder
from marketplace.orders.reminder_rules import Step


def send_reminders(session: Session, actor: Actor) -> int:
    """Note every letter that is due and has not been written; each step of a bill once.

    Each bill is locked and looked at again, so a payment that came in between stops its
    letter. Letters of steps that were missed meanwhile are not made up for.
    """
    require(actor, "orders.send_reminders")
    today = clock.now().date()
    return sum(
        _remind(session, actor, invoice_id, step)
        for step in Step
        for invoice_id in reminder_queries.due_a_reminder(session, step, today)
    )


def _remind(session: Session, actor: Actor, invoice_id: UUID, step: Step) -> int:
    invoice = queries.get_invoice(session, invoice_id, lock=True)
    open_cents = invoice.open_cents - pending_queries.waiting_cents(session, invoice.id)
    today = clock.today(_zone(invoice))
    had = {reminder.step for reminder in reminder_queries.reminders_of(session, invoice.id)}
    if open_cents <= 0 or step in had or reminder_rules.step_on(invoice.due_on, today) is not step:
        return 0  # paid or written meanwhile, or the day has not begun there yet
    reminder = Reminder(
        org_id=invoice.org_id,
        invoice_id=invoice.id,
        consortium_id=invoice.consortium_id,
        vendor_id=invoice.vendor_id,
        step=step,
        open_cents=open_cents,
        sent_at=clock.now(),
    )
    session.add(reminder)
    session.flush()
    emit(session, actor, "orders.reminder_due", reminder, step=step.value)
    return 1


def _zone(invoice: Invoice) -> str:
    zone: str = invoice.printed["pool"]["time_zone"]
    return zone


def say_board_date(
    session: Session, actor: Actor, invoice_id: UUID, *, meets_on: date
) -> BoardDate:
    """The district names the meeting that approves a bill; the last word counts."""
    invoice = queries.get_invoice(session, invoice_id, lock=True)
    require(actor, "orders.say_board_date", invoice)
    reminder_rules.check_board_date(meets_on, clock.today(_zone(invoice)))
    said = reminder_queries.board_date_of(session, invoice.id)
    if said is None:
        said = BoardDate(
            org_id=invoice.org_id,
            invoice_id=invoice.id,
            consortium_id=invoice.consortium_id,
            vendor_id=invoice.vendor_id,
            meets_on=meets_on,
            said_at=clock.now(),
        )
    elif said.meets_on == meets_on:
        return said  # the same form, sent twice
    said.meets_on, said.said_at, said.said_by = meets_on, clock.now(), actor.user_id
    session.add(said)
    session.flush()
    emit(session, actor, "orders.board_date_said", said, meets_on=meets_on.isoformat())
    return said
