"""An invoice from each desk, and issuing it."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts import login
from marketplace.core import clock, db, pdf, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.orders import (
    held_queries,
    invoice_service,
    list_queries,
    pending_queries,
    queries,
    reminder_queries,
)
from marketplace.orders.desk_views import Desk, bp, owned, sit_down
from marketplace.orders.forms import ConfirmForm
from marketplace.orders.models import Invoice
from marketplace.orders.order_views import at_every_desk
from marketplace.orders.pending_rules import STATE_TAGS
from marketplace.orders.reminder_rules import STEP_WORDS, waits_until
from marketplace.orders.rules import MEANS_WORDS, RETURN_WORDS, Stage
from marketplace.orders.waiting_views import shown_at

BILLS = "a bill and its payments belong to the district; the side that is owed writes them"


@at_every_desk("/invoices/<uuid:invoice_id>")
@login_required
def invoice(invoice_id: UUID, **whose: str) -> Any:
    desk, found = find_invoice(invoice_id, whose)
    actor = login.current_actor()
    pending = pending_queries.pending_of(db.session(), found.id)
    waiting = shown_at(desk, actor, [pending_queries.Waiting(each, found) for each in pending])
    waiting_cents = sum(each.amount_cents for each in pending if each.state == "waiting")
    return render_template(
        "orders/invoice.html",
        desk=desk,
        invoice=found,
        paper=found.printed,
        payments=queries.payments_of(db.session(), found.id),
        returns=queries.returns_of(db.session(), found.id),
        return_words=RETURN_WORDS,
        means_words=MEANS_WORDS,
        waiting=waiting,
        waiting_cents=waiting_cents,
        state_tags=STATE_TAGS,
        confirm=ConfirmForm(),
        held=held_queries.held_with(db.session(), found),
        reminders=reminder_queries.reminders_of(db.session(), found.id),
        step_words=STEP_WORDS,
        board=reminder_queries.board_date_of(db.session(), found.id),
        waits_until=waits_until,
        may_say_board_date=found.open_cents > waiting_cents
        and can(actor, "orders.say_board_date", found),
        may_record=found.open_cents > waiting_cents and can(actor, "orders.record_payment", found),
    )


@at_every_desk("/invoices/<uuid:invoice_id>.pdf")
@login_required
def invoice_pdf(invoice_id: UUID, **whose: str) -> Response:
    _desk, found = find_invoice(invoice_id, whose)
    with clock.frozen(found.issued_at):  # a paper that is out has the same bytes for ever
        content = pdf.render("invoice", **found.printed)
    return web.pdf_response(f"invoice-{found.printed['issuer']['slug']}-{found.number}", content)


def find_invoice(invoice_id: UUID, whose: dict[str, str]) -> tuple[Desk, Invoice]:
    desk = sit_down(**whose)
    return desk, owned(desk, queries.get_invoice(db.session(), invoice_id), "orders.invoice")


@bp.route("/v/<vendor>/orders/<uuid:order_id>/invoice", methods=["GET", "POST"])
@bp.route("/c/<consortium>/orders/<uuid:order_id>/invoice", methods=["GET", "POST"])
@login_required
def issue_invoice(order_id: UUID, **whose: str) -> Any:
    desk = sit_down(**whose)
    order = owned(desk, queries.get_order(db.session(), order_id), "orders.order")
    actor = login.current_actor()
    require(actor, "orders.issue_invoice", order)
    if issued := queries.invoice_of(db.session(), order.id):
        return redirect(desk.url("invoice", invoice_id=issued.id))
    form = ConfirmForm()
    with tenancy.everyone(BILLS):
        sent = form.submitted(lambda w: invoice_service.issue_invoice(w, actor, order_id))
    if sent:
        flash(f"Invoice {form.result.number} is issued and sent.", "good")
        return redirect(desk.url("invoice", invoice_id=form.result.id))
    order = queries.get_order(db.session(), order_id)  # a refusal undid what was read before
    return web.form_page(
        "orders/issue_invoice.html",
        form,
        desk=desk,
        order=order,
        said=order.agreed,
        purchase_order=queries.purchase_order_of(db.session(), order.id),
    )


@bp.route("/v/<vendor>/pools/<uuid:pool_id>/invoices", methods=["GET", "POST"])
@login_required
def issue_ready_invoices(vendor: str, pool_id: UUID) -> Any:
    desk = sit_down(vendor=vendor)
    actor = login.current_actor()
    require(actor, "orders.issue_ready_invoices", desk.organization)
    ready = list_queries.listed(vendor_id=actor.org_id, pool_id=pool_id, show=Stage.TO_BILL)
    rows = list_queries.rows(db.session(), ready)
    if not rows:
        ordered = list_queries.listed(vendor_id=actor.org_id, pool_id=pool_id)
        if not list_queries.rows(db.session(), ordered.limit(1)):
            raise NotFound("There is no such pool.")
        if request.method == "GET":
            return redirect(desk.list_url)
    form = ConfirmForm()
    with tenancy.everyone(BILLS):
        sent = form.submitted(lambda w: invoice_service.issue_ready_invoices(w, actor, pool_id))
    if sent:
        flash(f"Invoices issued and sent: {len(form.result)}.", "good")
        return redirect(desk.list_url)
    rows = list_queries.rows(db.session(), ready)  # a refusal undid what was read before
    return web.form_page(
        "orders/issue_ready_invoices.html",
        form,
        desk=desk,
        rows=rows,
        total_cents=sum(row.order.total_cents for row in rows),
        pool_id=pool_id,
    )
