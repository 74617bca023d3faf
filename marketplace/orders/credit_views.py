"""Credit notes from each desk, and the refund of what they owe back."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts import login
from marketplace.core import clock, db, pdf, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.money import dollars
from marketplace.orders import credit_queries, payment_service
from marketplace.orders.desk_views import Desk, bp, owned, sit_down
from marketplace.orders.forms import RecordRefundForm
from marketplace.orders.invoice_views import BILLS
from marketplace.orders.models import CreditNote
from marketplace.orders.order_views import at_every_desk
from marketplace.orders.rules import MEANS_WORDS


@at_every_desk("/credit-notes/<uuid:note_id>")
@login_required
def credit_note(note_id: UUID, **whose: str) -> Any:
    desk, note = _note(note_id, whose)
    actor = login.current_actor()
    may_write = desk.side != "district" and can(actor, "orders.record_refund", note)
    return render_template(
        "orders/credit_note.html",
        desk=desk,
        note=note,
        paper=note.printed,
        means_words=MEANS_WORDS,
        may_record=may_write and note.owed_back_cents > 0 and note.issued_by != actor.user_id,
        is_author=may_write and note.owed_back_cents > 0 and note.issued_by == actor.user_id,
    )


@at_every_desk("/credit-notes/<uuid:note_id>.pdf")
@login_required
def credit_note_pdf(note_id: UUID, **whose: str) -> Response:
    _desk, note = _note(note_id, whose)
    with clock.frozen(note.issued_at):  # a paper that is out has the same bytes for ever
        content = pdf.render("credit_note", **note.printed)
    return web.pdf_response(f"credit-note-{note.printed['issuer']['slug']}-{note.number}", content)


def _note(note_id: UUID, whose: dict[str, str]) -> tuple[Desk, CreditNote]:
    desk = sit_down(**whose)
    note = credit_queries.get_credit_note(db.session(), note_id)
    return desk, owned(desk, note, "orders.credit_note")


@bp.route("/v/<vendor>/credit-notes/<uuid:note_id>/refund", methods=["GET", "POST"])
@bp.route("/c/<consortium>/credit-notes/<uuid:note_id>/refund", methods=["GET", "POST"])
@login_required
def record_refund(note_id: UUID, **whose: str) -> Any:
    desk, note = _note(note_id, whose)
    actor = login.current_actor()
    require(actor, "orders.record_refund", note)
    form = RecordRefundForm()
    with tenancy.everyone(BILLS):
        sent = form.submitted(
            lambda w: payment_service.record_refund(w, actor, note_id, **form.facts())
        )
    if sent:
        flash(f"The refund of {dollars(form.result.refunded_cents)} is recorded.", "good")
        return redirect(desk.url("credit_note", note_id=note_id))
    note = credit_queries.get_credit_note(db.session(), note_id)  # a refusal undid what was read
    return web.form_page(
        "orders/record_refund.html", form, desk=desk, note=note, paper=note.printed
    )
