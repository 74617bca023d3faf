"""An invoice from each desk, issuing it, and recording its payment."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts import login
from marketplace.core import clock, db, pdf, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.core.money import dollars
from marketplace.core.web import day
from marketplace.orders import invoice_service, list_queries, payment_service, queries
from marketplace.orders.desk_views import Desk, bp, owned, sit_down
from marketplace.orders.forms import ConfirmForm, RecordPaymentForm
from marketplace.orders.models import Invoice
from marketplace.orders.order_views import at_every_desk
from marketplace.orders.rules import MEANS_WORDS, RETURN_WORDS, Stage

BILLS = "a bill and its payments belong to the district; the side that is owed writes them"


@at_every_desk("/invoices/<uuid:invoice_id>")
@login_required
def invoice(invoice_id: UUID, **whose: str) -> Any:
    desk, found = _invoice(invoice_id, whose)
    actor = login.current_actor()
    paid = found.open_cents <= 0
    return render_template(
        "orders/invoice.html",
        desk=desk,
        invoice=found,
        paper=found.printed,
        payments=queries.payments_of(db.session(), found.id),
        returns=queries.returns_of(db.session(), found.id),
        return_words=RETURN_WORDS,
        means_words=MEANS_WORDS,
        may_record=not paid
        and desk.side != "district"
        and can(actor, "orders.record_payment", found)
        and found.issued_by != actor.user_id,
        is_author=not paid and desk.side != "district" and found.issued_by == actor.user_id,
    )


@at_every_desk("/invoices/<uuid:invoice_id>.pdf")
@login_required
def invoice_pdf(invoice_id: UUID, **whose: str) -> Response:
    _desk, found = _invoice(invoice_id, whose)
    with clock.frozen(found.issued_at):  # a paper that is out has the same bytes for ever
        content = pdf.render("invoice", **found.printed)
    return web.pdf_response(f"invoice-{found.printed['issuer']['slug']}-{found.number}", content)


def _invoice(invoice_id: UUID, whose: dict[str, str]) -> tuple[Desk, Invoice]:
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


@bp.route("/v/<vendor>/invoices/<uuid:invoice_id>/payment", methods=["GET", "POST"])
@bp.route("/c/<consortium>/invoices/<uuid:invoice_id>/payment", methods=["GET", "POST"])
@login_required
def record_payment(invoice_id: UUID, **whose: str) -> Any:
    desk, found = _invoice(invoice_id, whose)
    actor = login.current_actor()
    require(actor, "orders.record_payment", found)
    open_cents = found.open_cents
    form = RecordPaymentForm(amount_cents=open_cents)
    with tenancy.everyone(BILLS):
        sent = form.submitted(
            lambda w: payment_service.record_payment(w, actor, invoice_id, **form.facts())
        )
    if sent:
        payment = form.result
        flash(f"{dollars(payment.amount_cents)} of {day(payment.paid_on)} is recorded.", "good")
        return redirect(desk.url("invoice", invoice_id=invoice_id))
    found = queries.get_invoice(db.session(), invoice_id)  # a refusal undid what was read
    return web.form_page(
        "orders/record_payment.html",
        form,
        desk=desk,
        invoice=found,
        paper=found.printed,
        open_cents=open_cents,
    )
