"""The receipt of a payment, from each desk, and the same as a PDF."""

from typing import Any
from uuid import UUID

from flask import render_template
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.core import clock, db, pdf, web
from marketplace.orders import papers, queries
from marketplace.orders.desk_views import Desk, owned, sit_down
from marketplace.orders.models import Payment
from marketplace.orders.order_views import at_every_desk


@at_every_desk("/payments/<uuid:payment_id>")
@login_required
def receipt(payment_id: UUID, **whose: str) -> Any:
    desk, payment, paper = _receipt(payment_id, whose)
    return render_template("orders/receipt.html", desk=desk, payment=payment, paper=paper)


@at_every_desk("/payments/<uuid:payment_id>.pdf")
@login_required
def receipt_pdf(payment_id: UUID, **whose: str) -> Response:
    _desk, payment, paper = _receipt(payment_id, whose)
    with clock.frozen(payment.recorded_at):  # a paper that is out has the same bytes for ever
        content = pdf.render("receipt", **paper)
    return web.pdf_response(f"receipt-{paper['issuer']['slug']}-{paper['number']}", content)


def _receipt(payment_id: UUID, whose: dict[str, str]) -> tuple[Desk, Payment, dict[str, Any]]:
    session, desk = db.session(), sit_down(**whose)
    payment = owned(desk, queries.get_payment(session, payment_id), "orders.receipt")
    invoice = queries.get_invoice(session, payment.invoice_id)
    paid = queries.paid_by_then(session, payment)
    return desk, payment, papers.receipt(invoice.printed, payment, paid)
