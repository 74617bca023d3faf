"""A district says when its board meets, and reminders of a bill wait for it."""

from typing import Any
from uuid import UUID

from flask import flash, redirect
from flask_login import login_required

from marketplace.accounts import login
from marketplace.core import db, web
from marketplace.core.access import require
from marketplace.core.web import day
from marketplace.orders import queries, reminder_queries, reminder_rules, reminder_service
from marketplace.orders.desk_views import bp
from marketplace.orders.forms import SayBoardDateForm
from marketplace.orders.invoice_views import find_invoice


@bp.route("/d/<leaid>/invoices/<uuid:invoice_id>/board-date", methods=["GET", "POST"])
@login_required
def say_board_date(leaid: str, invoice_id: UUID) -> Any:
    desk, found = find_invoice(invoice_id, {"leaid": leaid})
    actor = login.current_actor()
    require(actor, "orders.say_board_date", found)
    said = reminder_queries.board_date_of(db.session(), found.id)
    form = SayBoardDateForm(meets_on=said.meets_on if said else None)
    if form.submitted(
        lambda w: reminder_service.say_board_date(w, actor, invoice_id, **form.facts())
    ):
        until = reminder_rules.waits_until(form.result.meets_on)
        flash(f"Noted. No reminder before {day(until)}.", "good")
        return redirect(desk.url("invoice", invoice_id=invoice_id))
    found = queries.get_invoice(db.session(), invoice_id)  # a refusal undid what was read
    return web.form_page(
        "orders/say_board_date.html", form, desk=desk, invoice=found, paper=found.printed
    )
