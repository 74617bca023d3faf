"""Every page of renewals, and the panels on the homes of districts, vendors and leads."""

from typing import Any

from flask import render_template, url_for

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.core import clock, db, tenancy
from marketplace.core.access import can
from marketplace.core.errors import RuleBroken
from marketplace.core.panels import fill
from marketplace.pools.rules import CLEARED_STATES
from marketplace.renewals import (
    district_views,
    exit_views,
    lead_views,
    preview_queries,
    queries,
    renewal_queries,
    rules,
    use_views,
    vote_views,
)
from marketplace.renewals.shared_views import OWN_TERM, VENDOR, TermShown, bp

__all__ = ["bp", "district_views", "exit_views", "lead_views", "use_views", "vote_views"]


@fill("home.district")
def terms_of_district(district: Any) -> str | None:
    if not can(login.current_actor(), "renewals.my_terms", district):
        return None
    today = clock.today(district.time_zone)
    with tenancy.everyone(OWN_TERM):
        found = renewal_queries.terms_of_district(db.session(), district.id, today)
    running = [term for term in found if term.pool.term_ends_on >= today]
    if not running:
        return None
    return render_template(
        "renewals/_district_panel.html",
        district=district,
        terms=[(term, TermShown(term.pool, term.consortium)) for term in running[:3]],
        today=today,
        answer_tags=rules.ANSWER_TAGS,
        first_notice=rules.NOTICE_DAYS[0],
    )


@fill("consortia.console")
def terms_of_consortium(consortium: Any) -> str | None:
    """`consortium` is the consortium's organization or its founding facts."""
    if not can(login.current_actor(), "renewals.terms", consortium):
        return None
    org_id, session = consortium.org_id, db.session()
    found = renewal_queries.terms_of_consortium(session, org_id, clock.now().date())
    if not found:
        return None
    waiting = renewal_queries.waiting_by_pool(session, [pool.id for pool in found])
    return render_template(
        "renewals/_console_panel.html",
        url=url_for("renewals.terms", consortium=renewal_queries.slug_of(session, org_id)),
        waiting=sum(waiting.values()),
        terms=len(found),
    )


@fill("catalogue.vendor_home")
def terms_of_vendor(vendor: Any) -> str | None:
    if not can(login.current_actor(), "renewals.vendor_terms", vendor):
        return None
    with tenancy.everyone(VENDOR):
        found = renewal_queries.terms_of_vendor(db.session(), vendor.id, clock.now().date())
        answers = renewal_queries.answers_by_pool(db.session(), [pool.id for pool, _ in found])
    if not found:
        return None
    return render_template(
        "renewals/_vendor_panel.html",
        vendor=vendor,
        terms=len(found),
        yes=sum(
            count
            for said in answers.values()
            for answer, count in said.items()
            if answer is not rules.Answer.LEAVE
        ),
    )


@fill("pools.pool")
def join_it_late(pool: Any) -> str | None:
    """Members and the lead find the term from the pool's own page."""
    actor = login.current_actor()
    if pool.status not in CLEARED_STATES or actor.org_id is None:
        return None
    may_join = can(actor, "renewals.ask_to_join_late", pool)
    if not (may_join or can(actor, "renewals.term", pool)):
        return None
    with tenancy.everyone(OWN_TERM):
        shown = TermShown(pool, renewal_queries.organization(db.session(), pool.org_id))
    return render_template(
        "renewals/_pool_panel.html",
        shown=shown,
        leaid=actor.leaid if may_join else None,
        runs=pool.term_ends_on > clock.today(pool.time_zone),
    )


@fill("consortia.leave_consortium")
def terms_when_leaving(member: Any) -> str | None:
    """Before a district leaves its consortium: each running term there, and everybody's share
    before and after if it gave up its seats today too. Leaving alone changes no term."""
    session = db.session()
    with tenancy.everyone(OWN_TERM):
        district = accounts.get_organization(session, member.district_id)
        today = clock.today(district.time_zone)
        terms = [
            (TermShown(term.pool, term.consortium), *_without(term.pool, district.leaid or ""))
            for term in renewal_queries.terms_of_district(session, district.id, today)
            if term.pool.org_id == member.org_id
            and term.pool.term_ends_on >= today
            and term.pool.status in CLEARED_STATES
        ]
    if not terms:
        return None
    actor = login.current_actor()
    return render_template(
        "renewals/_leave_terms.html",
        terms=terms,
        district=district,
        may_ask=can(actor, "renewals.ask_to_leave", terms[0][0].pool),
    )


def _without(pool: Any, leaid: str) -> tuple[Any, dict[str, str], str]:
    """What leaving the term on its next possible day does; or why it cannot be left."""
    session, today = db.session(), clock.today(pool.time_zone)
    day = max(today, pool.term_starts_on)
    try:
        term = queries.running(session, pool)
        rules.check_leaving_day(day, pool.term_starts_on, pool.term_ends_on, today)
        outcome = preview_queries.what_leaving_does(session, term, leaid, day, today, ())
        return outcome, preview_queries.names_of(session, term), ""
    except RuleBroken as refusal:
        return None, {}, str(refusal)
