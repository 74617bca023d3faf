"""The district's desk of terms: what runs, when to decide, what it asks for, how it leaves."""

from typing import Any
from uuid import UUID

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts.models import Organization
from marketplace.core import clock, db, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.pools.models import Pool
from marketplace.renewals import (
    leaving_service,
    preview_queries,
    queries,
    renewal_queries,
    renewal_service,
    request_service,
    rules,
    usage_queries,
)
from marketplace.renewals.forms import (
    AnswerRenewalForm,
    AskForSeatsForm,
    AskToJoinLateForm,
    AskToLeaveForm,
    ConsentToLeavingForm,
    PressForm,
    day_asked,
)
from marketplace.renewals.rules import Answer, RequestKind, RequestStatus
from marketplace.renewals.shared_views import (
    OWN_TERM,
    TermShown,
    bp,
    district_desk,
    find,
    today_at,
)

# -- lists ---------------------------------------------------------------------------------------


@bp.get("/d/<leaid>/terms")
@login_required
def my_terms(leaid: str) -> Any:
    district, session = district_desk(leaid), db.session()
    today = clock.today(district.time_zone)
    with tenancy.everyone(OWN_TERM):
        terms = renewal_queries.terms_of_district(session, district.id, today)
    mine = {term.pool.id for term in terms}
    actor = login.current_actor()
    joinable = [
        (pool, TermShown(pool, consortium))
        for pool, consortium in renewal_queries.pools_to_join(session, actor.circles, today)
        if pool.id not in mine
    ]
    return render_template(
        "renewals/my_terms.html",
        district=district,
        terms=[(term, TermShown(term.pool, term.consortium)) for term in terms],
        joinable=joinable,
        next_notice=_next_notice,
        today=today,
        answer_tags=rules.ANSWER_TAGS,
    )


def _next_notice(pool: Pool) -> Any:
    today = today_at(pool)
    return next((day for _, day in rules.notice_days(pool.term_ends_on) if day >= today), None)


# -- one term ------------------------------------------------------------------------------------


def _mine(leaid: str, consortium: str, pool_slug: str) -> tuple[Organization, TermShown]:
    """A term this district ordered in; its pool is read even after it left the consortium."""
    district = district_desk(leaid)
    shown = find(consortium, pool_slug)
    actor = login.current_actor()
    with tenancy.everyone(OWN_TERM):
        if leaid not in shown.standing.districts:
            raise NotFound("There is no such page.")
    if shown.pool.org_id not in actor.scope:
        tenancy.open_scope(actor.scope | {shown.pool.org_id})
    return district, shown


@bp.get("/d/<leaid>/terms/<consortium>/<pool_slug>")
@login_required
def my_term(leaid: str, consortium: str, pool_slug: str) -> Any:
    district, shown = _mine(leaid, consortium, pool_slug)
    session, pool, actor = db.session(), shown.pool, login.current_actor()
    term = shown.standing
    held = term.seats_at_end.get(leaid, 0)
    requests = queries.requests_of(session, pool.id)
    offered = renewal_queries.price_offered_now(session, pool)
    then, now = renewal_queries.cost_then_and_now(
        pool, offered, sum(term.seats_at_end.values()), held
    )
    runs = queries.runs_of(session, pool.id)
    first = next(order for order in term.orders if order.leaid == leaid)
    return render_template(
        "renewals/my_term.html",
        district=district,
        shown=shown,
        pool=pool,
        held=held,
        billed_cents=term.billed[leaid],
        today=today_at(pool),
        notices=rules.notice_days(pool.term_ends_on),
        count=usage_queries.count_of(session, pool.id, district.id),
        usage_tags=rules.USAGE_TAGS,
        answer=renewal_queries.answer_of(session, pool.id, district.id),
        answer_tags=rules.ANSWER_TAGS,
        answer_words=rules.ANSWER_WORDS,
        planned=renewal_queries.renewal_of(session, pool.id),
        requests=[each for each in requests if each.district_id == district.id],
        leavers=_leavers(requests, district.id),
        request_tags=rules.REQUEST_TAGS,
        batches=[b for b in queries.batches_of(session, pool.id) if b.placed_at is None],
        then_cents=then,
        now_cents=now,
        run=runs[0] if runs else None,
        run_tags=rules.RUN_TAGS,
        settled=term.settled,
        drop_until=queries.term_rules(session, pool).drop_until,
        late_join_words=rules.LATE_JOIN_WORDS[queries.term_rules(session, pool).late_join],
        order_id=first.id,
        press=PressForm(),
        may_ask=can(actor, "renewals.ask_for_seats", pool),
        may_answer=can(actor, "renewals.answer_renewal", pool),
    )


def _leavers(requests: list[Any], district_id: UUID) -> list[Any]:
    """Others who ask to leave: this district may have to consent."""
    return [
        each
        for each in requests
        if each.kind is RequestKind.WITHDRAWAL
        and each.status is RequestStatus.ASKED
        and each.district_id != district_id
    ]


@bp.route("/d/<leaid>/terms/<consortium>/<pool_slug>/join", methods=["GET", "POST"])
@login_required
def ask_to_join_late(leaid: str, consortium: str, pool_slug: str) -> Any:
    """Show what it costs from that day, then ask."""
    district = district_desk(leaid)
    shown, actor = find(consortium, pool_slug), login.current_actor()
    pool, session = shown.pool, db.session()
    if not can(actor, "renewals.ask_to_join_late", pool):
        raise NotFound("There is no such page.")
    form = AskToJoinLateForm(starts_on=max(today_at(pool), pool.term_starts_on))
    price = None
    if request.method == "POST" and "show" in request.form and form.validate():
        try:
            price = preview_queries.price_to_join(session, pool, district, **form.wanted())
        except RuleBroken as refusal:
            form.refuse(refusal)
    elif "show" not in request.form and form.submitted(
        lambda w: request_service.ask_to_join_late(w, actor, pool.id, **form.facts())
    ):
        flash("You have asked. The lead agency answers; nothing is billed before.", "good")
        return redirect(url_for("renewals.my_terms", leaid=leaid))
    waiting = queries.open_request(session, pool.id, district.id, RequestKind.LATE_JOIN)
    return web.form_page(
        "renewals/ask_to_join_late.html",
        form,
        district=district,
        shown=shown,
        pool=pool,
        price=price,
        waiting=waiting,
        press=PressForm(),
        late_join_words=rules.LATE_JOIN_WORDS[queries.term_rules(session, pool).late_join],
    )


@bp.route(
    "/d/<leaid>/terms/<consortium>/<pool_slug>/seats/<uuid:batch_id>", methods=["GET", "POST"]
)
@login_required
def ask_for_seats(leaid: str, consortium: str, pool_slug: str, batch_id: UUID) -> Any:
    district, shown = _mine(leaid, consortium, pool_slug)
    pool, actor, session = shown.pool, login.current_actor(), db.session()
    require(actor, "renewals.ask_for_seats", pool)
    batch = queries.get_batch(session, batch_id)
    if batch.pool_id != pool.id:
        raise NotFound("There is no such date.")
    form = AskForSeatsForm()
    price = None
    if request.method == "POST" and "show" in request.form and form.validate():
        try:
            price = preview_queries.price_of_seats(session, pool, batch, leaid, **form.wanted())
        except RuleBroken as refusal:
            form.refuse(refusal)
    elif "show" not in request.form and form.submitted(
        lambda w: request_service.ask_for_seats(w, actor, batch_id, **form.facts())
    ):
        flash("You have asked. The lead agency orders all added seats together.", "good")
        return redirect(shown.of_district(leaid))
    return web.form_page(
        "renewals/ask_for_seats.html",
        form,
        district=district,
        shown=shown,
        pool=pool,
        batch=batch,
        price=price,
    )


@bp.route("/d/<leaid>/terms/<consortium>/<pool_slug>/leave", methods=["GET", "POST"])
@login_required
def ask_to_leave(leaid: str, consortium: str, pool_slug: str) -> Any:
    """Everybody's share before and after, then the request."""
    district, shown = _mine(leaid, consortium, pool_slug)
    pool, actor, session = shown.pool, login.current_actor(), db.session()
    require(actor, "renewals.ask_to_leave", pool)
    today = today_at(pool)
    day = day_asked(request.args.get("on", "")) or max(today, pool.term_starts_on)
    form = AskToLeaveForm(starts_on=day)
    if request.method == "POST" and form.starts_on.data:
        day = form.starts_on.data
    if form.submitted(lambda w: leaving_service.ask_to_leave(w, actor, pool.id, **form.facts())):
        flash("You have asked to leave. Every member can see it; the lead agency answers.", "good")
        return redirect(shown.of_district(leaid))
    outcome, problem = None, ""
    try:
        term = queries.running(db.session(), pool)
        rules.check_leaving_day(day, pool.term_starts_on, pool.term_ends_on, today)
        outcome = preview_queries.what_leaving_does(session, term, leaid, day, today, ())
    except RuleBroken as refusal:
        problem = str(refusal)
    return web.form_page(
        "renewals/ask_to_leave.html",
        form,
        district=district,
        shown=shown,
        pool=pool,
        day=day,
        outcome=outcome,
        problem=problem,
        names=preview_queries.names_of(db.session(), shown.standing),
        drop_until=queries.term_rules(session, pool).drop_until,
    )


@bp.post("/d/<leaid>/term-requests/<uuid:request_id>/take-back")
@login_required
def take_back_request(leaid: str, request_id: UUID) -> Any:
    district = district_desk(leaid)
    asked = queries.get_request(db.session(), request_id)
    if asked.district_id != district.id:
        raise NotFound("There is no such request.")
    if not PressForm().validate():
        abort(400)
    with db.transaction() as writer:
        request_service.take_back_request(writer, login.current_actor(), request_id)
    flash("You have taken it back. Nothing was billed.")
    return redirect(url_for("renewals.my_terms", leaid=leaid))


@bp.route("/d/<leaid>/term-requests/<uuid:request_id>/consent", methods=["GET", "POST"])
@login_required
def consent_to_leaving(leaid: str, request_id: UUID) -> Any:
    """A remaining member reads what changes for everybody, then signs."""
    district = district_desk(leaid)
    session, actor = db.session(), login.current_actor()
    asked = queries.get_request(session, request_id)
    require(actor, "renewals.consent_to_leaving", asked)
    shown = preview_queries.term_of_request(session, asked)
    outcome = preview_queries.leaving_as_asked(session, shown, asked)
    if leaid not in outcome.change.after or leaid == asked.leaid:
        raise NotFound("There is no such request.")
    rise = outcome.change.raised.get(leaid, 0)
    form = ConsentToLeavingForm(rise_cents=str(rise))
    if form.submitted(
        lambda w: leaving_service.consent_to_leaving(w, actor, request_id, **form.facts())
    ):
        flash("Your yes is recorded. Every member can see it.", "good")
        return redirect(url_for("renewals.my_terms", leaid=leaid))
    session = db.session()
    asked = queries.get_request(session, request_id)
    return web.form_page(
        "renewals/consent_to_leaving.html",
        form,
        district=district,
        asked=asked,
        pool=shown.pool,
        consortium=shown.consortium,
        outcome=outcome,
        rise_cents=rise,
        names=preview_queries.names_of(session, shown),
        given=next((c for c in queries.consents_to(session, asked.id) if c.leaid == leaid), None),
    )


@bp.route("/d/<leaid>/terms/<consortium>/<pool_slug>/answer", methods=["GET", "POST"])
@login_required
def answer_renewal(leaid: str, consortium: str, pool_slug: str) -> Any:
    district, shown = _mine(leaid, consortium, pool_slug)
    pool, actor, session = shown.pool, login.current_actor(), db.session()
    require(actor, "renewals.answer_renewal", pool)
    said = renewal_queries.answer_of(session, pool.id, district.id)
    held = shown.standing.seats_at_end.get(leaid, 0)
    form = AnswerRenewalForm(
        answer=str(said.answer) if said else None,
        seats=said.seats if said else held or None,
        words=said.words if said else "",
    )

    def answer(writer: Any) -> Any:
        return renewal_service.answer_renewal(
            writer,
            actor,
            pool.id,
            answer=Answer(form.answer.data),
            seats=form.seats.data,
            words=form.words.data or "",
        )

    if form.submitted(answer):
        flash("Your answer is with the lead agency. You can change it.", "good")
        return redirect(shown.of_district(leaid))
    return web.form_page(
        "renewals/answer_renewal.html", form, district=district, shown=shown, pool=pool, held=held
    )


# -- dates ---------------------------------------------------------------------------------------


@bp.get("/d/<leaid>/terms.ics")
@login_required
def my_terms_ics(leaid: str) -> Response:
    """Notice dates and ends of all of a district's terms, for its calendar."""
    district, session = district_desk(leaid), db.session()
    with tenancy.everyone(OWN_TERM):
        terms = renewal_queries.terms_of_district(
            session, district.id, clock.today(district.time_zone)
        )
    text = renewal_queries.calendar_of(
        f"Terms of {district.name}",
        district.time_zone,
        [term.pool for term in terms],
        web.link_to("renewals.my_terms", leaid=leaid),
    )
    return Response(
        text,
        mimetype="text/calendar",
        headers={"Content-Disposition": f'attachment; filename="terms-{leaid}.ics"'},
    )
