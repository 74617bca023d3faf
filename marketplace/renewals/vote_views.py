"""The next term: its districts vote on it, and the lead plans its pool."""

from datetime import time, timedelta
from typing import Any

from flask import flash, redirect, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.catalogue import queries as catalogue
from marketplace.core import db, web
from marketplace.core.access import require
from marketplace.pools import queries as pools
from marketplace.pricing.rules import price_sentences, schedule_from_json
from marketplace.renewals import (
    preview_queries,
    renewal_queries,
    renewal_service,
    rules,
    vote_queries,
    vote_service,
)
from marketplace.renewals.forms import PlanRenewalForm, PutToVoteForm
from marketplace.renewals.renewal_service import NextPool
from marketplace.renewals.shared_views import bp, term_of_lead, today_at


@bp.route("/c/<consortium>/terms/<pool_slug>/vote", methods=["GET", "POST"])
@login_required
def put_to_vote(consortium: str, pool_slug: str) -> Any:
    """The lead asks the districts of the term; a vote that is there already is shown instead."""
    shown, actor = term_of_lead(consortium, pool_slug, "renewals.terms"), login.current_actor()
    pool = shown.pool
    require(actor, "renewals.put_to_vote", pool)
    vote = vote_queries.vote_on(db.session(), pool)
    form = PutToVoteForm(
        data={"closes_day": today_at(pool) + timedelta(days=14), "closes_time": time(17, 0)}
    )

    def ask(writer: Any) -> Any:
        return vote_service.put_to_vote(writer, actor, pool.id, **form.facts())

    if form.submitted(ask):
        flash("The vote is open. Every named voter of these districts gets an e-mail.", "success")
        return redirect(url_for("decisions.decision", slug=consortium, number=form.result.number))
    zone = web.ZONE_WORDS.get(pool.time_zone, pool.time_zone)
    return web.form_page(
        "renewals/put_to_vote.html", form, shown=shown, pool=pool, vote=vote, zone=zone
    )


@bp.route("/c/<consortium>/terms/<pool_slug>/renew", methods=["GET", "POST"])
@login_required
def plan_renewal(consortium: str, pool_slug: str) -> Any:
    """A draft of the next pool; nothing goes on by itself."""
    shown, actor = term_of_lead(consortium, pool_slug, "renewals.terms"), login.current_actor()
    pool, session = shown.pool, db.session()
    require(actor, "renewals.plan_renewal", pool)
    if renewal := renewal_queries.renewal_of(session, pool.id):
        draft = pools.get_pool(session, renewal.next_pool_id)
        return redirect(url_for("pools.pool", consortium=consortium, slug=draft.slug))
    offered = catalogue.schedules_of(session, pool.tool_id)
    first = vote_queries.proposed_next(session, pool, today_at(pool))
    form = PlanRenewalForm(
        title=first.title,
        price_schedule=str(first.price_schedule_id or ""),
        closes_day=first.closes_on,
        closes_time=time(23, 59),
        term_starts_on=first.starts_on,
        term_ends_on=first.ends_on,
        pay_by=first.pay_by,
    )
    prices = {
        str(each.id): price_sentences(schedule_from_json(each.terms))[:160] for each in offered
    }
    form.price_schedule.choices = {"": "Choose"} | prices

    def plan(writer: Any) -> Any:
        return renewal_service.plan_renewal(
            writer, actor, pool.id, NextPool(**form.facts(pool.time_zone))
        )

    if form.submitted(plan):
        flash("The next pool is a draft. Open it when it is right; members are invited then.")
        return redirect(url_for("pools.pool", consortium=consortium, slug=form.result.slug))
    answers = renewal_queries.answers_of(db.session(), pool.id)
    return web.form_page(
        "renewals/plan_renewal.html",
        form,
        shown=shown,
        pool=pool,
        answers=answers,
        answer_tags=rules.ANSWER_TAGS,
        names=preview_queries.names_of(db.session(), shown.standing),
        held=shown.standing.seats_at_end,
    )
