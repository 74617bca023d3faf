"""Payments by hand: written down by one person, confirmed or taken back by another."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts import login
from marketplace.core import db, tenancy, web
from marketplace.core.access import require
from marketplace.core.money import dollars
from marketplace.orders import pending_queries, pending_service, queries
from marketplace.orders.desk_views import DESKS, Desk, bp, owned, sit_down
from marketplace.orders.forms import ConfirmForm, RecordPaymentForm
from marketplace.orders.invoice_views import BILLS, find_invoice
from marketplace.orders.order_views import at_every_desk
from marketplace.orders.pending_models import PendingPayment
from marketplace.orders.pending_rules import STATE_TAGS
from marketplace.orders.rules import MEANS_WORDS
from marketplace.orders.waiting_views import shown_at


def posted_at_every_desk(rule: str, methods: tuple[str, ...] = ("POST",)) -> Any:
    def add(view: Any) -> Any:
        for desk in DESKS:
            view = bp.route(desk + rule, methods=list(methods))(view)
        return view

    return add


@posted_at_every_desk("/invoices/<uuid:invoice_id>/payment", ("GET", "POST"))
@login_required
def record_payment(invoice_id: UUID, **whose: str) -> Any:
    desk, found = find_invoice(invoice_id, whose)
    actor = login.current_actor()
    require(actor, "orders.record_payment", found)
    left = found.open_cents - pending_queries.waiting_cents(db.session(), found.id)
    form = RecordPaymentForm(amount_cents=max(left, 0))
    with tenancy.everyone(BILLS):
        sent = form.submitted(
            lambda w: pending_service.record_payment(w, actor, invoice_id, **form.facts())
        )
    if sent:
        amount = dollars(form.result.amount_cents)
        flash(f"{amount} is written down. A second person confirms it.", "good")
        return redirect(desk.url("invoice", invoice_id=invoice_id))
    found = queries.get_invoice(db.session(), invoice_id)  # a refusal undid what was read
    return web.form_page(
        "orders/record_payment.html",
        form,
        desk=desk,
        invoice=found,
        paper=found.printed,
        waiting_cents=pending_queries.waiting_cents(db.session(), found.id),
    )


@at_every_desk("/payments-waiting")
@login_required
def payments_waiting(**whose: str) -> Any:
    """Every payment of this desk that a second person has yet to confirm."""
    desk = sit_down(**whose)
    mine = {"district": "district_id", "vendor": "issuer_id", "consortium": "consortium_id"}
    found = pending_queries.waiting(db.session(), **{mine[desk.side]: desk.organization.id})
    rows = shown_at(desk, login.current_actor(), found)
    return render_template(
        "orders/payments_waiting.html",
        desk=desk,
        rows=rows,
        confirm=ConfirmForm(),
        means_words=MEANS_WORDS,
        to_confirm=sum(row.may_confirm for row in rows),
    )


@posted_at_every_desk("/payments-waiting/confirm")
@login_required
def confirm_payments(**whose: str) -> Response:
    """Confirm those that were ticked, all of them or none."""
    desk = sit_down(**whose)
    actor = login.current_actor()
    ids = sorted({_pending(desk, each).id for each in _ticked()})
    with tenancy.everyone(BILLS), db.transaction() as session:
        booked = [pending_service.confirm_payment(session, actor, each) for each in ids]
    if booked:
        total = dollars(sum(payment.amount_cents for payment in booked))
        flash(f"Confirmed: {len(booked)}, {total} in all. They are in the books.", "good")
    else:
        flash("Tick the payments to confirm.", "warn")
    return redirect(desk.url("payments_waiting"))


def _ticked() -> list[UUID]:
    found = []
    for text in request.form.getlist("pending"):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


@posted_at_every_desk("/pending-payments/<uuid:pending_id>/confirm")
@login_required
def confirm_payment(pending_id: UUID, **whose: str) -> Response:
    desk = sit_down(**whose)
    pending, actor = _pending(desk, pending_id), login.current_actor()
    require(actor, "orders.confirm_payment", pending)
    with tenancy.everyone(BILLS), db.transaction() as session:
        payment = pending_service.confirm_payment(session, actor, pending_id)
    flash(f"{dollars(payment.amount_cents)} is confirmed and in the books.", "good")
    return redirect(desk.url("invoice", invoice_id=payment.invoice_id))


@posted_at_every_desk("/pending-payments/<uuid:pending_id>/undo")
@login_required
def undo_payment(pending_id: UUID, **whose: str) -> Response:
    desk = sit_down(**whose)
    pending, actor = _pending(desk, pending_id), login.current_actor()
    require(actor, "orders.undo_payment", pending)
    with tenancy.everyone(BILLS), db.transaction() as session:
        undone = pending_service.undo_payment(session, actor, pending_id)
    words = STATE_TAGS[undone.state][1].lower()
    flash(f"The payment of {dollars(undone.amount_cents)} is {words}.", "good")
    return redirect(desk.url("invoice", invoice_id=undone.invoice_id))


def _pending(desk: Desk, pending_id: UUID) -> PendingPayment:
    found = pending_queries.get_pending(db.session(), pending_id)
    owned(desk, found, "orders.invoice")
    return found
