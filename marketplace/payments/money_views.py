"""Money at Stripe from the side that is paid: what came, what goes back, what is sent on."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.core import db, headers, tenancy, web
from marketplace.core.access import Actor, can, require
from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.core.panels import fill
from marketplace.ledger import queries as books
from marketplace.orders.rules import MEANS_WORDS
from marketplace.payments import (
    back_service,
    balance_queries,
    jobs,
    queries,
    rules,
    transfer_queries,
    transfer_service,
)
from marketplace.payments.desk_views import (
    RECEIVES,
    STRIPE,
    Desk,
    attempt_at,
    bill_at,
    bp,
    gateway_here,
    sit_down,
)
from marketplace.payments.forms import ButtonForm, RefundForm
from marketplace.payments.gateway import Gateway


@bp.get("/v/<vendor>/payouts")
@login_required
def payouts(vendor: str) -> Any:
    return _side(sit_down(vendor=vendor), "payments/payouts.html")


@bp.get("/c/<consortium>/at-stripe")
@login_required
def at_stripe(consortium: str) -> Any:
    desk = sit_down(consortium=consortium)
    session, org = db.session(), desk.organization
    return _side(
        desk,
        "payments/at_stripe.html",
        held_cents=books.balance_of(session, org.id, rules.CASH),
        findings=balance_queries.findings(session, consortium_id=org.id),
        finding_words=rules.FINDING_WORDS,
    )


def _side(desk: Desk, template: str, **more: Any) -> Any:
    session, org = db.session(), desk.organization
    whose = {f"{desk.side}_id": org.id}
    gateway = Gateway.here()
    if gateway is not None:
        headers.let_forms_lead_to(gateway.origin)
    return render_template(
        template,
        desk=desk,
        page=web.paged(session, queries.attempts_listed(**whose)),
        tags=rules.ATTEMPT_TAGS,
        means_words=MEANS_WORDS,
        backs=queries.backs_listed(session, **whose),
        back_tags=rules.BACK_TAGS,
        transfers=transfer_queries.transfers_listed(
            session, **({"vendor_id": org.id} if desk.side == "vendor" else {"org_id": org.id})
        ),
        account=transfer_queries.account_of(session, org.id, gateway.livemode) if gateway else None,
        takes_online=gateway is not None,
        may_connect=gateway is not None and can(login.current_actor(), "payments.connect", org),
        form=ButtonForm(),
        **more,
    )


@fill("catalogue.vendor_home")
def payouts_of_vendor(_vendor: Any) -> str | None:
    organization = login.current_organization()
    if organization is None or organization.kind != "vendor" or Gateway.here() is None:
        return None
    return render_template("payments/_vendor_panel.html", vendor=organization)


@fill("consortia.console")
def money_at_stripe(consortium: Any) -> str | None:
    actor = login.current_actor()
    org_id = getattr(consortium, "org_id", None) or consortium.id
    organization = accounts.get_organization(db.session(), org_id)
    if Gateway.here() is None or not can(actor, "payments.payouts", organization):
        return None
    return render_template("payments/_console_panel.html", consortium=organization)


# -- money that goes back ----------------------------------------------------------------------


@bp.route("/v/<vendor>/online-payments/<uuid:attempt_id>/refund", methods=["GET", "POST"])
@bp.route("/c/<consortium>/online-payments/<uuid:attempt_id>/refund", methods=["GET", "POST"])
@login_required
def ask_refund(attempt_id: UUID, **whose: str) -> Any:
    desk, actor = sit_down(**whose), login.current_actor()
    found = attempt_at(desk, attempt_id)
    bill = bill_at(desk, found.invoice_id)
    require(actor, "payments.ask_refund", bill)
    left = back_service.left_to_refund(db.session(), actor, found)
    form = RefundForm(amount_cents=f"{left // 100:,}.{left % 100:02}")
    with tenancy.everyone(RECEIVES):
        sent = form.submitted(
            lambda writer: back_service.ask_refund(
                writer,
                actor,
                attempt_id,
                amount_cents=form.amount_cents.cents,
                reason=form.reason.data or "",
                once_key=form.once_key.data or "",
            )
        )
    if sent:
        flash("Asked. A colleague has to allow it before money goes back.", "good")
        return redirect(desk.url("payments.attempt", attempt_id=attempt_id))
    found = attempt_at(desk, attempt_id)  # a refusal undid what was read
    return web.form_page(
        "payments/ask_refund.html",
        form,
        desk=desk,
        attempt=found,
        bill=bill_at(desk, found.invoice_id),
        left_cents=left,
    )


@bp.post("/v/<vendor>/refunds/<uuid:back_id>/decision")
@bp.post("/c/<consortium>/refunds/<uuid:back_id>/decision")
@login_required
def decide_refund(back_id: UUID, **whose: str) -> Any:
    desk, actor = sit_down(**whose), login.current_actor()
    row = queries.get_back(db.session(), back_id)
    found = attempt_at(desk, row.attempt_id)
    require(actor, "payments.decide_refund", bill_at(desk, found.invoice_id))
    allowed = request.form.get("allowed") == "yes"
    try:
        with tenancy.everyone(RECEIVES), db.transaction() as writer:
            row = back_service.decide_refund(writer, actor, back_id, allowed=allowed)
        if allowed and Gateway.here() is not None:
            jobs.send_refunds()
    except RuleBroken as refusal:
        flash(str(refusal), "warn")
    else:
        flash(f"{dollars(row.amount_cents)} goes back." if allowed else "Declined.", "good")
    return redirect(desk.url("payments.attempt", attempt_id=found.id))


# -- money that goes on ------------------------------------------------------------------------


@bp.post("/v/<vendor>/payouts/connect")
@bp.post("/c/<consortium>/at-stripe/connect")
@login_required
def connect(**whose: str) -> Any:
    """Stored, then made at Stripe, then on to Stripe's own questions."""
    desk, actor = sit_down(**whose), login.current_actor()
    org = desk.organization
    require(actor, "payments.connect", org)
    try:
        gateway = gateway_here()
        with tenancy.everyone(STRIPE), db.transaction() as writer:
            row = transfer_service.start_account(writer, actor, org.id, livemode=gateway.livemode)
            ours, account_id = row.id, row.account_id
        said = gateway.account(account_id) if account_id else gateway.create_account(ours, "")
        with tenancy.everyone(STRIPE), db.transaction() as writer:
            transfer_service.keep_account(
                writer, Actor.system(), org.id, said, livemode=gateway.livemode
            )
        own = {"vendor": org.slug} if desk.side == "vendor" else {"consortium": org.slug}
        page = "payments.payouts" if desk.side == "vendor" else "payments.at_stripe"
        return redirect(gateway.join_url(str(said["id"]), web.link_to(page, **own)), 303)
    except RuleBroken as refusal:
        flash(str(refusal), "warn")
        return redirect(desk.list_url)
