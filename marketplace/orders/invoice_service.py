"""Bill an order, or credit it: numbered per issuer without gaps, frozen, never issued twice."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlmodel import Session, col, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.catalogue.models import VendorProfile
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.ledger import service as ledger
from marketplace.ledger.models import Posted
from marketplace.orders import (
    credit_queries,
    encumbrance_service,
    held_service,
    list_queries,
    papers,
    queries,
    rules,
)
from marketplace.orders.models import CreditNote, Invoice, IssuerCounter, Order
from marketplace.orders.policy import for_the_books
from marketplace.orders.rules import Stage


def issue_invoice(session: Session, actor: Actor, order_id: UUID) -> Invoice:
    """The vendor (with pooled cash the consortium) bills one order that has its PO."""
    order = queries.get_order(session, order_id, lock=True)
    require(actor, "orders.issue_invoice", order)
    return _issue(session, actor, order)


def issue_ready_invoices(session: Session, actor: Actor, pool_id: UUID) -> list[Invoice]:
    """The vendor bills every order of a pool that has its PO and no invoice yet."""
    vendor = accounts.get_organization(session, actor.home)
    require(actor, "orders.issue_ready_invoices", vendor)
    ready = list_queries.listed(vendor_id=vendor.id, pool_id=pool_id, show=Stage.TO_BILL)
    issued = []
    for order_id in sorted(row.order.id for row in list_queries.rows(session, ready)):
        order = queries.get_order(session, order_id, lock=True)
        if queries.invoice_of(session, order.id) is None:
            require(actor, "orders.issue_invoice", order)
            issued.append(_issue(session, actor, order))
    return issued


def _issue(session: Session, actor: Actor, order: Order) -> Invoice:
    earlier = queries.invoice_of(session, order.id)
    purchase_order = queries.purchase_order_of(session, order.id)
    rules.check_can_invoice(purchase_order is not None, earlier.number if earlier else None)
    assert purchase_order is not None

    issuer_id = rules.issuer(order.legal_shape, order.vendor_id, order.consortium_id)
    issuer, remit_to, email = _issuer(session, issuer_id, order)
    number = _next_number(session, issuer_id)
    today = clock.today(order.agreed["pool"]["time_zone"])
    due_on = rules.due_on(order.pay_by, today)
    invoice = Invoice(
        org_id=order.org_id,
        order_id=order.id,
        consortium_id=order.consortium_id,
        vendor_id=order.vendor_id,
        issuer_id=issuer_id,
        number=number,
        status=rules.status_after_payment(order.total_cents, 0),
        total_cents=order.total_cents,
        issued_at=clock.now(),
        issued_by=actor.user_id,
        due_on=due_on,
        ledger_seq=order.ledger_seq,
        ledger_hash=order.ledger_hash,
        printed=papers.invoice(
            order,
            number=number,
            po_number=purchase_order.number,
            issued_on=today,
            due_on=due_on,
            issuer=issuer,
            remit_to=remit_to,
            billing_email=email,
        ),
    )
    session.add(invoice)
    session.flush()
    encumbrance_service.relieve(session, actor, order, invoice)
    _apply_credits(session, order.pool_id, order.org_id)
    held_service.pay_from_credit(session, actor, invoice)
    if invoice.ledger_seq is not None:
        ledger.give_receipt(
            session,
            for_the_books(actor),
            invoice.consortium_id,
            member_id=invoice.org_id,
            paper=f"invoice:{issuer.slug}-{number}",
            seq=invoice.ledger_seq,
        )
    emit(session, actor, "orders.invoice_issued", invoice, number=number, order=str(order.id))
    return invoice


def _issuer(session: Session, issuer_id: UUID, order: Order) -> tuple[Organization, str, str]:
    """Who bills, and where the money goes."""
    issuer = accounts.get_organization(session, issuer_id)
    if issuer_id == order.vendor_id:
        query = select(VendorProfile).where(VendorProfile.org_id == issuer_id)
        profile = session.exec(query).first()
        email = profile.billing_email if profile else ""
        remit_to = profile.remit_to.strip() if profile else ""
        if not remit_to.casefold().startswith(issuer.name.casefold()):
            remit_to = f"{issuer.name}\n{remit_to}".strip()
        return issuer, remit_to, email
    agent = list_queries.fiscal_agent_of(session, issuer_id)
    lines = [issuer.name]
    if agent:
        lines += [f"c/o {agent.name}, fiscal agent", papers.party(agent)["place"]]
    return issuer, "\n".join(line for line in lines if line), ""


def _next_number(session: Session, issuer_id: UUID) -> int:
    """The issuer's row is locked until the paper is saved: no gap, no number twice."""
    new: dict[str, Any] = {"id": uuid4(), "org_id": issuer_id, "last_number": 0}
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = (insert_on_postgresql if on_postgresql else insert_on_sqlite)(IssuerCounter)
    session.execute(insert.values(**new).on_conflict_do_nothing(index_elements=["org_id"]))
    query = select(IssuerCounter).where(col(IssuerCounter.org_id) == issuer_id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    counter = session.exec(locked).one()
    counter.last_number += 1
    session.flush()
    return counter.last_number


# -- credit notes -----------------------------------------------------------------------------


def issue_credit(
    session: Session,
    actor: Actor,
    order: Order,
    *,
    cents: int,
    why: str,
    posted: Posted,
    once_key: str,
) -> CreditNote:
    """Write the credit note of an entry that is in the books; open bills take it up at once.

    The caller holds the lock on the pool's row. The same `once_key` finds the first note.
    """
    require(actor, "orders.issue_credit", order)
    query = select(CreditNote).where(CreditNote.once_key == once_key)
    if earlier := session.exec(query).one_or_none():
        return earlier
    issuer_id = rules.issuer(order.legal_shape, order.vendor_id, order.consortium_id)
    issuer = accounts.get_organization(session, issuer_id)
    number = _next_number(session, issuer_id)
    note = CreditNote(
        org_id=order.org_id,
        order_id=order.id,
        pool_id=order.pool_id,
        consortium_id=order.consortium_id,
        vendor_id=order.vendor_id,
        issuer_id=issuer_id,
        number=number,
        total_cents=cents,
        once_key=once_key,
        issued_at=clock.now(),
        issued_by=actor.user_id,
        ledger_seq=posted.seq,
        ledger_hash=posted.hash,
        printed=papers.credit_note(
            order,
            number=number,
            cents=cents,
            issued_on=clock.today(order.agreed["pool"]["time_zone"]),
            why=why,
            issuer=issuer,
            seq=posted.seq,
            seal=posted.hash,
        ),
    )
    session.add(note)
    session.flush()
    _apply_credits(session, order.pool_id, order.org_id)
    ledger.give_receipt(
        session,
        for_the_books(actor),
        order.consortium_id,
        member_id=order.org_id,
        paper=f"credit-note:{issuer.slug}-{number}",
        seq=posted.seq,
    )
    emit(session, actor, "orders.credited", note, number=number, cents=cents)
    return note


def _apply_credits(session: Session, pool_id: UUID, district_id: UUID) -> int:
    """Let the open bills of a district in one pool take up its credit; cents applied now.

    Bills and notes are locked, in the same order everywhere, so each cent is taken once.
    """
    invoices = credit_queries.open_invoices(session, pool_id, district_id)
    applied = 0
    for note in credit_queries.with_something_left(session, pool_id, district_id):
        left = note.owed_back_cents
        for invoice, part in zip(
            invoices, rules.credit_spread(left, [invoice.open_cents for invoice in invoices])
        ):
            invoice.credited_cents += part
            invoice.status = rules.status_after_payment(
                invoice.total_cents, invoice.paid_cents, invoice.credited_cents
            )
            note.applied_cents += part
            applied += part
            session.add(invoice)
        session.add(note)
    session.flush()
    return applied
