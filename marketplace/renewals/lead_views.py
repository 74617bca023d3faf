"""The consortium's desk of terms: who asks for what, use, the true-up, the next pool.

The page of a term and of a true-up is open to every member: what is decided there changes
its share.
"""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.core import clock, db, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.money import dollars
from marketplace.pools import queries as pools
from marketplace.pricing.rules import POLICY_WORDS
from marketplace.renewals import (
    leaving_service,
    preview_queries,
    queries,
    renewal_queries,
    request_service,
    rules,
    true_up_service,
    usage_queries,
    vote_queries,
)
from marketplace.renewals.forms import (
    PressForm,
    RefuseRequestForm,
    SetBatchForm,
)
from marketplace.renewals.rules import RequestKind, RequestStatus, RunStatus
from marketplace.renewals.shared_views import (
    DECIDES,
    TermShown,
    bp,
    lead_desk,
    request_of,
    term_of_lead,
    today_at,
)

# -- lists and one term ----------------------------------------------------------------------------


@bp.get("/c/<consortium>/terms")
@login_required
def terms(consortium: str) -> Any:
    organization, session = lead_desk(consortium), db.session()
    found = renewal_queries.terms_of_consortium(
        session, organization.id, clock.today(organization.time_zone)
    )
    return render_template(
        "renewals/terms.html",
        organization=organization,
        lines=[(pool, TermShown(pool, organization)) for pool in found],
        waiting=renewal_queries.waiting_by_pool(session, [pool.id for pool in found]),
        answers=renewal_queries.answers_by_pool(session, [pool.id for pool in found]),
    )


@bp.get("/c/<consortium>/terms/<pool_slug>")
@login_required
def term(consortium: str, pool_slug: str) -> Any:
    shown = term_of_lead(consortium, pool_slug, "renewals.term")
    session, pool, actor = db.session(), shown.pool, login.current_actor()
    standing = shown.standing
    batches = queries.batches_of(session, pool.id)
    requests = queries.requests_of(session, pool.id)
    in_force = queries.term_rules(session, pool)
    renewal = renewal_queries.renewal_of(session, pool.id)
    return render_template(
        "renewals/term.html",
        shown=shown,
        pool=pool,
        standing=standing,
        names=preview_queries.names_of(session, standing) | _askers(requests),
        today=today_at(pool),
        notices=rules.notice_days(pool.term_ends_on),
        sent=renewal_queries.notices_sent(session, pool.id),
        requests=requests,
        request_tags=rules.REQUEST_TAGS,
        batches=[
            (batch, [r for r in requests if r.batch_id == batch.id and _is_open(r)])
            for batch in batches
        ],
        counts=usage_queries.counts_of(session, pool.id),
        usage_tags=rules.USAGE_TAGS,
        answers=renewal_queries.answers_of(session, pool.id),
        answer_tags=rules.ANSWER_TAGS,
        runs=queries.runs_of(session, pool.id),
        run_tags=rules.RUN_TAGS,
        drop_until=in_force.drop_until,
        late_join_words=rules.LATE_JOIN_WORDS[in_force.late_join],
        true_up_words=POLICY_WORDS[in_force.true_up],
        settles_from=pool.term_ends_on - rules.SETTLE_BEFORE_END,
        next_pool=pools.get_pool(session, renewal.next_pool_id) if renewal else None,
        vote=vote_queries.vote_on(session, pool),
        leads=can(actor, "renewals.propose_true_up", pool),
        convenes=can(actor, "renewals.plan_renewal", pool),
    )


def _askers(requests: Any) -> dict[str, str]:
    """Names of districts that ask to join and hold no seats yet."""
    session = db.session()
    return {
        each.leaid: queries.name_of(session, each.district_id)
        for each in requests
        if each.kind is RequestKind.LATE_JOIN
    }


def _is_open(asked: Any) -> bool:
    return asked.status in (RequestStatus.ASKED, RequestStatus.APPROVED)


# -- requests --------------------------------------------------------------------------------------


@bp.route("/c/<consortium>/term-requests/<uuid:request_id>/join", methods=["GET", "POST"])
@login_required
def approve_late_join(consortium: str, request_id: UUID) -> Any:
    """What it will cost and do, then one press."""
    asked, shown = request_of(lead_desk(consortium), request_id)
    actor = login.current_actor()
    require(actor, "renewals.approve_late_join", asked)
    if asked.kind is not RequestKind.LATE_JOIN:
        raise NotFound("There is no such request.")
    form = PressForm()
    with tenancy.everyone(DECIDES):
        sent = form.submitted(lambda w: request_service.approve_late_join(w, actor, request_id))
    if sent:
        flash(f"Ordered and billed in the books: {dollars(form.result.figures['cents'])}.", "good")
        return redirect(shown.of_lead())
    asked, shown = request_of(lead_desk(consortium), request_id)
    starts_on = max(asked.starts_on, today_at(shown.pool))
    price = None
    if starts_on <= shown.pool.term_ends_on:
        with_them = queries.standing(db.session(), shown.pool, [asked.leaid])
        price = preview_queries.late_price(
            db.session(), with_them, asked.leaid, asked.seats, starts_on
        )
    return web.form_page(
        "renewals/approve_late_join.html",
        form,
        shown=shown,
        asked=asked,
        name=queries.name_of(db.session(), asked.district_id),
        starts_on=starts_on,
        price=price,
    )


@bp.route("/c/<consortium>/term-requests/<uuid:request_id>/leave", methods=["GET", "POST"])
@login_required
def approve_leaving(consortium: str, request_id: UUID) -> Any:
    asked, shown = request_of(lead_desk(consortium), request_id)
    actor = login.current_actor()
    require(actor, "renewals.approve_leaving", asked)
    if asked.kind is not RequestKind.WITHDRAWAL:
        raise NotFound("There is no such request.")
    form = PressForm()
    with tenancy.everyone(DECIDES):
        sent = form.submitted(lambda w: leaving_service.approve_leaving(w, actor, request_id))
    if sent:
        flash("The district has left. Its credit is posted.", "good")
        return redirect(shown.of_lead())
    session = db.session()
    asked, shown = request_of(lead_desk(consortium), request_id)
    return web.form_page(
        "renewals/approve_leaving.html",
        form,
        shown=shown,
        asked=asked,
        names=preview_queries.names_of(session, shown.standing),
        outcome=preview_queries.leaving_as_asked(session, shown.standing, asked)
        if asked.status is RequestStatus.ASKED
        else None,
        consents=queries.consents_to(session, asked.id),
    )


@bp.route("/c/<consortium>/term-requests/<uuid:request_id>/refuse", methods=["GET", "POST"])
@login_required
def refuse_request(consortium: str, request_id: UUID) -> Any:
    asked, shown = request_of(lead_desk(consortium), request_id)
    actor = login.current_actor()
    require(actor, "renewals.refuse_request", asked)
    form = RefuseRequestForm()
    if form.submitted(
        lambda w: request_service.refuse_request(
            w, actor, request_id, reason=form.reason.data or ""
        )
    ):
        flash("Turned down. The district gets a letter with your reason.")
        return redirect(shown.of_lead())
    asked, shown = request_of(lead_desk(consortium), request_id)
    return web.form_page(
        "renewals/refuse_request.html",
        form,
        shown=shown,
        asked=asked,
        name=queries.name_of(db.session(), asked.district_id),
    )


@bp.route("/c/<consortium>/terms/<pool_slug>/batches/new", methods=["GET", "POST"])
@login_required
def set_batch(consortium: str, pool_slug: str) -> Any:
    shown, actor = term_of_lead(consortium, pool_slug, "renewals.terms"), login.current_actor()
    require(actor, "renewals.set_batch", shown.pool)
    form = SetBatchForm()
    if form.submitted(
        lambda w: request_service.set_batch(
            w,
            actor,
            shown.pool.id,
            **form.facts(),
        )
    ):
        flash("Set. Districts of the pool can ask for seats now.", "good")
        return redirect(shown.of_lead())
    return web.form_page("renewals/set_batch.html", form, shown=shown, pool=shown.pool)


@bp.route("/c/<consortium>/batches/<uuid:batch_id>/place", methods=["GET", "POST"])
@login_required
def place_batch(consortium: str, batch_id: UUID) -> Any:
    organization, session = lead_desk(consortium), db.session()
    batch, actor = queries.get_batch(session, batch_id), login.current_actor()
    require(actor, "renewals.place_batch", batch)
    if batch.org_id != organization.id:
        raise NotFound("There is no such date.")
    shown = TermShown(pools.get_pool(session, batch.pool_id), organization)
    form = PressForm()
    with tenancy.everyone(DECIDES):
        sent = form.submitted(lambda w: request_service.place_batch(w, actor, batch_id))
    if sent:
        flash("The added seats are ordered and billed in the books.", "good")
        return redirect(shown.of_lead())
    session = db.session()
    asked = queries.requests_of(session, batch.pool_id, RequestKind.ADDED_SEATS)
    mine = [r for r in asked if r.batch_id == batch_id and r.status is RequestStatus.ASKED]
    return web.form_page(
        "renewals/place_batch.html",
        form,
        shown=shown,
        batch=queries.get_batch(session, batch_id),
        requests=mine,
        names=preview_queries.names_of(session, shown.standing),
        prices=preview_queries.batch_prices(shown.standing, batch, mine),
    )


# -- the true-up -----------------------------------------------------------------------------------


@bp.route("/c/<consortium>/terms/<pool_slug>/true-up", methods=["GET", "POST"])
@login_required
def propose_true_up(consortium: str, pool_slug: str) -> Any:
    shown, actor = term_of_lead(consortium, pool_slug, "renewals.terms"), login.current_actor()
    require(actor, "renewals.propose_true_up", shown.pool)
    form = PressForm()
    if form.submitted(lambda w: true_up_service.propose_true_up(w, actor, shown.pool.id)):
        flash("Proposed. Every member sees it; a second person approves it.", "good")
        return redirect(url_for(".true_up_run", consortium=consortium, run_id=form.result.id))
    shown = term_of_lead(consortium, pool_slug, "renewals.terms")
    return web.form_page(
        "renewals/propose_true_up.html",
        form,
        shown=shown,
        figures=usage_queries.figures(db.session(), shown.standing),
        policy_words=_policy_words,
        late_join_words=rules.LATE_JOIN_WORDS,
        settles_from=shown.pool.term_ends_on - rules.SETTLE_BEFORE_END,
        too_early=today_at(shown.pool) < shown.pool.term_ends_on - rules.SETTLE_BEFORE_END,
    )


def _policy_words(policy: str) -> str:
    return next(words for known, words in POLICY_WORDS.items() if known == policy)


def _run(consortium: str, run_id: UUID, permission: str) -> tuple[Any, TermShown]:
    organization = lead_desk(consortium, permission)
    run = queries.get_run(db.session(), run_id)
    if run.org_id != organization.id:
        raise NotFound("There is no such true-up.")
    return run, TermShown(pools.get_pool(db.session(), run.pool_id), organization)


@bp.get("/c/<consortium>/true-ups/<uuid:run_id>")
@login_required
def true_up_run(consortium: str, run_id: UUID) -> Any:
    run, shown = _run(consortium, run_id, "renewals.term")
    actor = login.current_actor()
    waits = run.status is RunStatus.PROPOSED
    return render_template(
        "renewals/true_up_run.html",
        run=run,
        shown=shown,
        figures=run.figures,
        run_tags=rules.RUN_TAGS,
        policy_words=_policy_words,
        late_join_words=rules.LATE_JOIN_WORDS,
        press=PressForm(),
        may_approve=waits
        and can(actor, "renewals.approve_true_up", run)
        and run.proposed_by != actor.user_id,
        may_refuse=waits and can(actor, "renewals.refuse_true_up", run),
    )


@bp.post("/c/<consortium>/true-ups/<uuid:run_id>/approve")
@login_required
def approve_true_up(consortium: str, run_id: UUID) -> Any:
    _answer_run(consortium, run_id, "renewals.terms", true_up_service.approve_true_up)
    return redirect(url_for(".true_up_run", consortium=consortium, run_id=run_id))


@bp.post("/c/<consortium>/true-ups/<uuid:run_id>/refuse")
@login_required
def refuse_true_up(consortium: str, run_id: UUID) -> Any:
    _answer_run(consortium, run_id, "renewals.terms", true_up_service.refuse_true_up)
    return redirect(url_for(".true_up_run", consortium=consortium, run_id=run_id))


def _answer_run(consortium: str, run_id: UUID, permission: str, use_case: Any) -> None:
    """Run a use case that may be refused for a reason that the page then says."""
    _run(consortium, run_id, permission)
    actor = login.current_actor()
    if not PressForm().validate():
        abort(400)
    try:
        with tenancy.everyone(DECIDES), db.transaction() as writer:
            run = use_case(writer, actor, run_id)
    except RuleBroken as refusal:
        flash(str(refusal), "error")
        return
    said = {
        RunStatus.APPROVED: "The true-up is posted. Bills and credits are on their way.",
        RunStatus.REFUSED: "The true-up is turned down. Bills stay as they are.",
    }
    flash(said.get(run.status, ""), "good")
