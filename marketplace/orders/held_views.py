"""What is held for a district beyond its bills: where it came from, using it, sending it back."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts import login
from marketplace.core import db, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.money import dollars
from marketplace.orders import held_queries, held_service, queries
from marketplace.orders.desk_views import Desk, bp, owned, sit_down
from marketplace.orders.forms import ConfirmForm, ReturnCreditForm
from marketplace.orders.held_models import HeldCredit
from marketplace.orders.invoice_views import BILLS
from marketplace.orders.models import Invoice, Payment
from marketplace.orders.order_views import at_every_desk
from marketplace.orders.pending_views import posted_at_every_desk
from marketplace.orders.rules import MEANS_WORDS


@at_every_desk("/held-credits/<uuid:held_id>")
@login_required
def held_credit(held_id: UUID, **whose: str) -> Any:
    desk, held, payment, invoice = _held(held_id, whose)
    actor, left = login.current_actor(), held.left_cents > 0
    return render_template(
        "orders/held_credit.html",
        desk=desk,
        held=held,
        payment=payment,
        invoice=invoice,
        means_words=MEANS_WORDS,
        bills=held_queries.open_bills_for(db.session(), held) if left else [],
        confirm=ConfirmForm(),
        may_use=left and can(actor, "orders.use_credit", held),
        may_return=left
        and desk.side != "district"
        and can(actor, "orders.return_credit", held)
        and held.held_by != actor.user_id,
    )


@posted_at_every_desk("/held-credits/<uuid:held_id>/use")
@login_required
def use_credit(held_id: UUID, **whose: str) -> Response:
    desk, held, _payment, _invoice = _held(held_id, whose)
    actor = login.current_actor()
    require(actor, "orders.use_credit", held)
    with tenancy.everyone(BILLS), db.transaction() as session:
        paid = held_service.use_credit(session, actor, held_id)
    flash(f"{dollars(paid)} of the credit is used." if paid else "No bill is open.", "good")
    return redirect(desk.url("held_credit", held_id=held_id))


@bp.route("/v/<vendor>/held-credits/<uuid:held_id>/return", methods=["GET", "POST"])
@bp.route("/c/<consortium>/held-credits/<uuid:held_id>/return", methods=["GET", "POST"])
@login_required
def return_credit(held_id: UUID, **whose: str) -> Any:
    desk, held, _payment, invoice = _held(held_id, whose)
    actor = login.current_actor()
    require(actor, "orders.return_credit", held)
    form = ReturnCreditForm()
    with tenancy.everyone(BILLS):
        sent = form.submitted(
            lambda w: held_service.return_credit(w, actor, held_id, **form.facts())
        )
    if sent:
        flash(f"{dollars(form.result.returned_cents)} was sent back.", "good")
        return redirect(desk.url("held_credit", held_id=held_id))
    desk, held, _payment, invoice = _held(held_id, whose)  # a refusal undid what was read
    return web.form_page("orders/return_credit.html", form, desk=desk, held=held, invoice=invoice)


def _held(held_id: UUID, whose: dict[str, str]) -> tuple[Desk, HeldCredit, Payment, Invoice]:
    session, desk = db.session(), sit_down(**whose)
    held = owned(desk, held_queries.get_held(session, held_id), "orders.held_credit")
    payment = queries.get_payment(session, held.payment_id)
    return desk, held, payment, queries.get_invoice(session, payment.invoice_id)
