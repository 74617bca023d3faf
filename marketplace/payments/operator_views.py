"""The operator's page of Stripe: what waits, what does not fit, and what is to be sent on."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.core import db, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.panels import fill
from marketplace.payments import (
    balance_queries,
    balance_service,
    queries,
    rules,
    transfer_queries,
    transfer_service,
)
from marketplace.payments.desk_views import bp, sit_down
from marketplace.payments.forms import RemitForm, SettleForm
from marketplace.payments.gateway import Gateway
from marketplace.payments.models import StripeFinding

ALL = "the operator runs the payment service for every organization"


@fill("operations.admin")
def stripe_panel(_nothing: Any) -> str | None:
    session = db.session()
    return render_template(
        "payments/_admin_panel.html",
        findings=len(balance_queries.findings(session)),
        waiting=len(queries.events_that_wait(session)),
        takes_online=Gateway.here() is not None,
    )


@bp.get("/admin/stripe")
@login_required
def console() -> Any:
    _operator()
    session, gateway = db.session(), Gateway.here()
    with tenancy.everyone(ALL):
        held = balance_queries.in_books_cents(session)
        waiting = transfer_queries.to_send_on(session)
    return render_template(
        "payments/console.html",
        mode="live" if gateway and gateway.livemode else "test",
        takes_online=gateway is not None,
        findings=balance_queries.findings(session),
        settled=balance_queries.findings(session, settled=True),
        finding_words=rules.FINDING_WORDS,
        events=queries.events_that_wait(session),
        counts=queries.event_counts(session),
        read_at=balance_queries.balance_read_at(session),
        there_cents=balance_queries.at_stripe_cents(session, bool(gateway and gateway.livemode)),
        here_cents=held,
        waiting=waiting,
    )


def _operator() -> None:
    if not can(login.current_actor(), "payments.console"):
        raise NotFound("There is no such page.")


@bp.route("/admin/stripe/payments/<uuid:attempt_id>/remit", methods=["GET", "POST"])
@login_required
def remit_by_hand(attempt_id: UUID) -> Any:
    """Somebody without an account at Stripe is paid by check, ACH or wire from the operator."""
    _operator()
    actor = login.current_actor()
    with tenancy.everyone(ALL):
        found = queries.get_attempt(db.session(), attempt_id)
        require(actor, "payments.remit_by_hand", found)
        form = RemitForm()
        if form.submitted(
            lambda writer: transfer_service.remit_by_hand(
                writer, actor, attempt_id, reference=form.reference.data or ""
            )
        ):
            flash("It is written down, and booked.", "good")
            return redirect(url_for("payments.console"))
        waiting = transfer_queries.to_send_on(db.session(), attempt_id=attempt_id)
        return web.form_page(
            "payments/remit_by_hand.html", form, attempt=found, waiting=waiting[:1]
        )


# -- what does not fit -------------------------------------------------------------------------


def _finding(finding_id: UUID, consortium: str | None) -> tuple[StripeFinding, str, str]:
    """A finding, the list it stands on, and its own address: the operator's or a fiscal agent's."""
    if consortium:
        desk = sit_down(consortium=consortium)
        row = balance_queries.get_finding(db.session(), finding_id)
        if row.consortium_id != desk.organization.id:
            raise NotFound("There is no such page.")
        here = desk.url("payments.settle_finding", finding_id=finding_id)
        return row, desk.list_url, here
    _operator()
    row = balance_queries.get_finding(db.session(), finding_id)
    here = url_for("payments.settle_finding", finding_id=finding_id)
    return row, url_for("payments.console"), here


@bp.route("/admin/stripe/findings/<uuid:finding_id>", methods=["GET", "POST"])
@bp.route("/c/<consortium>/at-stripe/findings/<uuid:finding_id>", methods=["GET", "POST"])
@login_required
def settle_finding(finding_id: UUID, consortium: str | None = None) -> Any:
    """One person proposes, a second agrees: one button each."""
    row, back, here = _finding(finding_id, consortium)
    actor = login.current_actor()
    require(actor, "payments.settle_finding", row)
    form = SettleForm()
    do = request.form.get("do", "")
    if do in ("agree", "disagree"):
        _decide(actor, finding_id, agreed=do == "agree")
        return redirect(back)
    with tenancy.everyone(ALL):
        sent = form.submitted(
            lambda writer: balance_service.propose_settling(
                writer, actor, finding_id, does_book=do == "book", note=form.note.data or ""
            )
        )
    if sent:
        flash("Proposed. A second person has to agree.", "good")
        return redirect(back)
    return web.form_page(
        "payments/settle_finding.html",
        form,
        row=balance_queries.get_finding(db.session(), finding_id),
        words=rules.FINDING_WORDS[row.kind],
        back=back,
        here=here,
        is_mine=row.proposed_by == actor.user_id,
    )


def _decide(actor: Any, finding_id: UUID, *, agreed: bool) -> None:
    try:
        with tenancy.everyone(ALL), db.transaction() as writer:
            balance_service.settle(writer, actor, finding_id, agreed=agreed)
    except RuleBroken as refusal:
        flash(str(refusal), "warn")
    else:
        flash("Settled." if agreed else "It is open again.", "good")
