"""Undo a credit note when what caused it was undone: its bills are open again."""

from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.ledger.models import Posted
from marketplace.orders import credit_queries, rules
from marketplace.orders.models import CreditNote


def withdraw_credit(
    session: Session, actor: Actor, note_id: UUID, *, reversed_by: Posted
) -> CreditNote:
    """The note stays and says that it is withdrawn; what bills took up of it is owed again.

    `reversed_by` is the entry that cancels the one it was written for. The caller holds the
    lock on the pool's row. Refused where money was sent back on it; twice changes nothing.
    """
    note = credit_queries.get_credit_note(session, note_id, lock=True)
    require(actor, "orders.withdraw_credit", note)
    if note.withdrawn_at is not None:
        return note
    rules.check_can_withdraw(note.refunded_cents)
    left = note.applied_cents
    for invoice in credit_queries.credited_invoices(session, note.pool_id, note.org_id):
        part = min(left, invoice.credited_cents)
        invoice.credited_cents -= part
        left -= part
        invoice.status = rules.status_after_payment(
            invoice.total_cents, invoice.paid_cents, invoice.credited_cents
        )
        session.add(invoice)
    note.applied_cents, note.withdrawn_at = 0, clock.now()
    note.withdrawn_seq = reversed_by.seq
    session.add(note)
    session.flush()
    emit(session, actor, "orders.credit_withdrawn", note, number=note.number)
    return note
