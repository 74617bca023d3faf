"""How a payment that waits for its second person is shown at each desk."""

from dataclasses import dataclass
from uuid import UUID

from marketplace.core import db
from marketplace.core.access import Actor, can
from marketplace.orders import pending_queries, pending_rules
from marketplace.orders.desk_views import Desk
from marketplace.orders.models import Invoice
from marketplace.orders.pending_models import PendingPayment
from marketplace.orders.pending_rules import PendingState, SaidBy


@dataclass(frozen=True)
class Shown:
    """One payment that waits, and what the person at the desk may do with it."""

    pending: PendingPayment
    invoice: Invoice
    by: str
    may_confirm: bool
    may_undo: bool
    #: Undone by the side that did not write it down, it is declined.
    declines: bool


def shown_at(desk: Desk, actor: Actor, waiting: list[pending_queries.Waiting]) -> list[Shown]:
    names = pending_queries.names_of(db.session(), [w.pending.recorded_by for w in waiting])
    return [
        Shown(
            pending=pending,
            invoice=invoice,
            by=_by(desk, actor, pending, invoice, names),
            may_confirm=_may_confirm(actor, pending, invoice),
            may_undo=pending.state is PendingState.WAITING
            and can(actor, "orders.undo_payment", pending),
            declines=pending_rules.state_after_undo(pending.said_by, desk.side == "district")
            is PendingState.DECLINED,
        )
        for pending, invoice in waiting
    ]


def _by(
    desk: Desk, actor: Actor, pending: PendingPayment, invoice: Invoice, names: dict[UUID, str]
) -> str:
    """A colleague by name; of the other side only which side it is."""
    if pending.recorded_by == actor.user_id:
        return "you"
    payer = pending.said_by is SaidBy.PAYER
    if payer == (desk.side == "district") and pending.recorded_by is not None:
        return names.get(pending.recorded_by, "a colleague")
    side: str = invoice.printed["district" if payer else "issuer"]["name"]
    return side


def _may_confirm(actor: Actor, pending: PendingPayment, invoice: Invoice) -> bool:
    return (
        pending.state is PendingState.WAITING
        and can(actor, "orders.confirm_payment", pending)
        and pending_rules.is_second_person(
            pending.recorded_by, actor.user_id, invoice.issued_by, pending.said_by
        )
    )
