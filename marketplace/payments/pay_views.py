"""A district pays a bill: choose how, go to Stripe and come back, see where the payment stands."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts import login
from marketplace.core import clock, db, headers, tenancy, web
from marketplace.core.access import Actor, can, require
from marketplace.core.errors import DomainError, RuleBroken
from marketplace.core.panels import fill
from marketplace.orders.rules import MEANS_WORDS
from marketplace.payments import back_service, news_service, queries, rules, service
from marketplace.payments.desk_views import (
    DESKS,
    STRIPE,
    Desk,
    attempt_at,
    bill_at,
    bp,
    gateway_here,
    sit_down,
)
from marketplace.payments.event_rules import read_intent, read_session
from marketplace.payments.forms import ButtonForm, PayForm
from marketplace.payments.gateway import Asked, Gateway, NoAnswer, NoSuchThing
from marketplace.payments.models import PaymentAttempt
from marketplace.payments.rules import AttemptState


@fill("orders.how_to_pay")
def how_to_pay_here(bill: Any) -> str | None:
    """On a bill: the button for whoever may pay it, and where earlier payments stand."""
    actor, session = login.current_actor(), db.session()
    if actor.org_id != bill.org_id:
        return None
    attempts = queries.attempts_of(session, bill.id)
    payable = bill.open_cents - sum(
        a.amount_cents for a in attempts if a.state is AttemptState.PROCESSING
    )
    has_live = any(a.state in rules.LIVE for a in attempts)
    may_pay = payable > 0 and not has_live and can(actor, "payments.pay", bill)
    if not attempts and not may_pay:
        return None
    return render_template(
        "payments/_invoice_panel.html",
        bill=bill,
        attempts=attempts,
        tags=rules.ATTEMPT_TAGS,
        means_words=MEANS_WORDS,
        payable_cents=payable,
        may_pay=may_pay and Gateway.here() is not None,
        leaid=bill.printed["district"]["leaid"],
    )


@bp.get("/d/<leaid>/online-payments")
@login_required
def online_payments(leaid: str) -> Any:
    desk = sit_down(leaid)
    query = queries.attempts_listed(district_id=desk.organization.id)
    return render_template(
        "payments/online_payments.html",
        desk=desk,
        page=web.paged(db.session(), query),
        tags=rules.ATTEMPT_TAGS,
        means_words=MEANS_WORDS,
        takes_online=Gateway.here() is not None,
    )


@bp.get("/d/<leaid>/online-payments.csv")
@login_required
def online_payments_csv(leaid: str) -> Any:
    desk = sit_down(leaid)
    rows = db.session().exec(queries.attempts_listed(district_id=desk.organization.id))
    return web.csv_response(f"online-payments-{leaid}", CSV_HEADER, map(csv_row, rows))


CSV_HEADER = ("Started", "Invoice", "From", "How", "Amount", "Card fee", "State", "Went back")


def csv_row(row: Any) -> tuple[Any, ...]:
    attempt, bill = row
    return (
        attempt.started_at.date().isoformat(),
        bill.number,
        bill.printed["issuer"]["name"],
        MEANS_WORDS[attempt.means],
        plain(attempt.amount_cents),
        plain(attempt.fee_cents),
        rules.ATTEMPT_TAGS[attempt.state][1],
        plain(attempt.back_cents),
    )


def plain(cents: int) -> str:
    """Dollars a spreadsheet reads as a number."""
    return f"{cents // 100}.{cents % 100:02}"


# -- setting out -------------------------------------------------------------------------------


@bp.route("/d/<leaid>/invoices/<uuid:invoice_id>/pay", methods=["GET", "POST"])
@login_required
def pay(leaid: str, invoice_id: UUID) -> Any:
    desk, actor = sit_down(leaid), login.current_actor()
    bill = bill_at(desk, invoice_id)
    require(actor, "payments.pay", bill)
    gateway = Gateway.here()
    payable = bill.open_cents - queries.processing_cents(db.session(), bill.id)
    form = PayForm(amount_cents=web_amount(payable))
    if gateway is not None and form.submitted(
        lambda writer: service.start_payment(
            writer,
            actor,
            invoice_id,
            means=form.chosen(),
            amount_cents=form.amount_cents.cents,
            once_key=form.once_key.data or "",
            livemode=gateway.livemode,
        )
    ):
        return go_to_stripe(desk, actor, form.result)
    cents = amount_asked(payable) if request.method == "GET" else form.amount_cents.cents or 0
    if gateway is not None:
        headers.let_forms_lead_to(gateway.origin)
    return web.form_page(
        "payments/pay.html",
        form,
        desk=desk,
        bill=bill_at(desk, invoice_id),
        payable_cents=payable,
        cents=cents if 0 < cents <= payable else payable,
        card_fee=rules.card_fee,
        takes_online=gateway is not None,
        live=next(
            (a for a in queries.attempts_of(db.session(), bill.id) if a.state in rules.LIVE), None
        ),
    )


def web_amount(cents: int) -> str:
    return f"{max(cents, 0) // 100:,}.{max(cents, 0) % 100:02}"


def amount_asked(payable: int) -> int:
    """A part, when the address names one (`?amount=100.00`); else all that can be paid."""
    digits = request.args.get("amount", "").replace("$", "").replace(",", "").strip()
    whole, _, cents = digits.partition(".")
    if whole.isdecimal() and len(whole) < 12 and (not cents or cents.isdecimal()):
        return int(whole) * 100 + int(cents[:2].ljust(2, "0") or 0)
    return payable


def go_to_stripe(desk: Desk, actor: Actor, attempt: PaymentAttempt) -> Response:
    """Stored and committed already: now Stripe makes its page, the same one however often asked.

    When Stripe is away the attempt waits on its own page, to be gone on with or cancelled.
    """
    here = desk.url("payments.attempt", attempt_id=attempt.id)
    if attempt.state not in rules.LIVE:
        return redirect(here)
    if attempt.state is AttemptState.OPEN and attempt.url:
        return redirect(attempt.url, 303)
    try:
        gateway = gateway_here()
        rules.check_same_mode(gateway.livemode, attempt.livemode)
        said = gateway.create_session(_asked(desk, attempt))
        with db.transaction() as writer:
            attempt = service.note_session(writer, actor, attempt.id, said)
    except RuleBroken as refusal:
        flash(str(refusal), "warn")
        return redirect(here)
    return redirect(attempt.url or here, 303)


def _asked(desk: Desk, attempt: PaymentAttempt) -> Asked:
    bill = bill_at(desk, attempt.invoice_id)
    said = bill.printed
    words = f"Invoice {bill.number} from {said['issuer']['name']}: {said['tool']}"
    lines = [(words, attempt.amount_cents)]
    if attempt.fee_cents:
        lines.append(("Fee for paying by card", attempt.fee_cents))
    mine = {"leaid": said["district"]["leaid"], "attempt_id": attempt.id}
    return Asked(
        attempt.id,
        lines,
        attempt.fee_cents > 0,
        "",
        web.link_to("payments.come_back", **mine),
        web.link_to("payments.attempt", **mine),
        attempt.expires_at,
    )


# -- where it stands ---------------------------------------------------------------------------


def at_every_desk(rule: str) -> Any:
    def add(view: Any) -> Any:
        for desk in DESKS:
            view = bp.get(desk + rule)(view)
        return view

    return add


@at_every_desk("/online-payments/<uuid:attempt_id>")
@login_required
def attempt(attempt_id: UUID, **whose: str) -> Any:
    desk, actor = sit_down(**whose), login.current_actor()
    found = attempt_at(desk, attempt_id)
    bill = bill_at(desk, found.invoice_id)
    left = back_service.left_to_refund(db.session(), actor, found)
    gateway = Gateway.here()
    if gateway is not None:
        headers.let_forms_lead_to(gateway.origin)
    return render_template(
        "payments/attempt.html",
        desk=desk,
        attempt=found,
        bill=bill,
        zone=desk.organization.time_zone,
        state_tag=rules.ATTEMPT_TAGS[found.state],
        means=MEANS_WORDS[found.means],
        may_pay=can(actor, "payments.pay", bill),
        is_over=found.expires_at < clock.now(),
        backs=queries.backs_of(db.session(), found.id),
        back_tags=rules.BACK_TAGS,
        may_refund=left > 0 and can(actor, "payments.ask_refund", bill),
        may_decide=can(actor, "payments.decide_refund", bill),
        me=actor.user_id,
        form=ButtonForm(),
    )


@bp.post("/d/<leaid>/online-payments/<uuid:attempt_id>/continue")
@login_required
def continue_payment(leaid: str, attempt_id: UUID) -> Any:
    desk, actor = sit_down(leaid), login.current_actor()
    found = attempt_at(desk, attempt_id)
    require(actor, "payments.pay", found)
    return go_to_stripe(desk, actor, found)


@bp.post("/d/<leaid>/online-payments/<uuid:attempt_id>/cancel")
@login_required
def cancel_payment(leaid: str, attempt_id: UUID) -> Any:
    """Close the page at Stripe first: what is closed there cannot be paid by somebody else."""
    desk, actor = sit_down(leaid), login.current_actor()
    found = attempt_at(desk, attempt_id)
    require(actor, "payments.pay", found)
    here = redirect(desk.url("payments.attempt", attempt_id=attempt_id))
    try:
        if found.session_id and found.state in rules.LIVE:
            close_at_stripe(found)
        with db.transaction() as writer:
            service.cancel_payment(writer, actor, attempt_id)
    except RuleBroken as refusal:
        flash(str(refusal), "warn")
        return here
    flash("This payment is cancelled. Nothing was charged.", "good")
    return redirect(desk.url("orders.invoice", invoice_id=found.invoice_id))


def close_at_stripe(found: PaymentAttempt) -> None:
    """Raises RuleBroken when it was paid there after all, and notes that."""
    gateway = gateway_here()
    try:
        gateway.expire_session(str(found.session_id))
    except NoAnswer:
        raise
    except NoSuchThing:
        return
    except RuleBroken:
        look_at_stripe(gateway, found)
        raise RuleBroken("Stripe has this payment already, so it cannot be cancelled.") from None


@bp.get("/d/<leaid>/online-payments/<uuid:attempt_id>/back")
@login_required
def come_back(leaid: str, attempt_id: UUID) -> Any:
    """From Stripe's page. The webhook may have been quicker or is still on its way: what Stripe
    says now is taken the same way, and counts once."""
    desk = sit_down(leaid)
    found = attempt_at(desk, attempt_id)
    gateway = Gateway.here()
    if gateway is not None and found.session_id and found.state is not AttemptState.PAID:
        try:
            rules.check_same_mode(gateway.livemode, found.livemode)
            look_at_stripe(gateway, found)
        except DomainError as problem:
            flash(str(problem), "warn")
    return redirect(desk.url("payments.attempt", attempt_id=attempt_id))


def look_at_stripe(gateway: Gateway, found: PaymentAttempt) -> None:
    """Ask how an attempt stands there, and note it; no transaction is open meanwhile."""
    said = gateway.session(str(found.session_id))
    intent = said.get("payment_intent")
    with tenancy.everyone(STRIPE), db.transaction() as writer:
        machine = Actor.system()
        if isinstance(intent, dict):
            news_service.note_payment(writer, machine, read_intent(intent))
        news_service.note_payment(writer, machine, read_session(said))
