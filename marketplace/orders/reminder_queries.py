"""Which bills are due a reminder, and what a bill's page says about them."""

from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.orders.models import Invoice
from marketplace.orders.pending_models import PendingPayment
from marketplace.orders.pending_rules import PendingState
from marketplace.orders.reminder_models import BoardDate, Reminder
from marketplace.orders.reminder_rules import AFTER_THE_BOARD, DAYS, Step, due_between

#: So many letters a minute at most: the rest follows in the next.
AT_ONCE = 200


def due_a_reminder(session: Session, step: Step, today: date) -> list[UUID]:
    """Open bills whose latest step this is, that had neither this letter nor a later one, wait
    for no board, and are not covered by what the district says it has sent."""
    since, until = due_between(step, today)
    had = select(Reminder.id).where(
        Reminder.invoice_id == Invoice.id,
        col(Reminder.step).in_([other for other in Step if DAYS[other] >= DAYS[step]]),
    )
    waits = select(BoardDate.id).where(
        BoardDate.invoice_id == Invoice.id, BoardDate.meets_on >= today - AFTER_THE_BOARD
    )
    noted = (
        select(func.coalesce(func.sum(PendingPayment.amount_cents), 0))
        .where(
            PendingPayment.invoice_id == Invoice.id, PendingPayment.state == PendingState.WAITING
        )
        .scalar_subquery()
    )
    query = (
        select(Invoice.id)
        .where(
            Invoice.due_on >= since,
            Invoice.due_on <= until,
            Invoice.paid_cents + Invoice.credited_cents + noted < Invoice.total_cents,
            ~had.exists(),
            ~waits.exists(),
        )
        .order_by(col(Invoice.due_on), col(Invoice.id))
        .limit(AT_ONCE)
    )
    return list(session.exec(query))


def reminders_of(session: Session, invoice_id: UUID) -> list[Reminder]:
    query = select(Reminder).where(Reminder.invoice_id == invoice_id)
    return list(session.exec(query.order_by(col(Reminder.sent_at), col(Reminder.id))))


def board_date_of(session: Session, invoice_id: UUID) -> BoardDate | None:
    query = select(BoardDate).where(BoardDate.invoice_id == invoice_id)
    return session.exec(query).one_or_none()
