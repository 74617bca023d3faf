"""The lead agency's pages of a pool that is open or past its deadline."""

from typing import Any

from flask import flash, redirect, url_for
from flask_login import login_required

from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.core import db, web
from marketplace.pools import list_queries, queries, rules, service
from marketplace.pools.console_views import END_OF_DAY, led, own
from marketplace.pools.forms import ExtendForm, FillUpForm, LowerForm, PressForm
from marketplace.pools.models import Pool
from marketplace.pools.shared_views import bp
from marketplace.pools.state_rules import STATUS_WORDS, fill_up_days


def _page(template: str, form: Any, organization: Organization, pool: Pool, **more: Any) -> Any:
    return web.form_page(template, form, organization=organization, pool=pool, **more)


def _to(organization: Organization, pool: Pool) -> Any:
    return redirect(url_for(".pool", consortium=organization.slug, slug=pool.slug))


@bp.route("/c/<slug>/pools/<pool_slug>/fill-up", methods=["GET", "POST"])
@login_required
def plan_fill_up(slug: str, pool_slug: str) -> Any:
    """When districts can only add seats."""
    organization, _ = led(slug, "pools.plan_fill_up")
    pool = own(organization, pool_slug)
    form = FillUpForm(data={"fill_up_days": str(fill_up_days(pool.closes_at, pool.fill_up_at))})
    if form.submitted(
        lambda writer: service.plan_fill_up(
            writer, current_actor(), pool.id, int(form.fill_up_days.data)
        )
    ):
        flash("Saved. Every district in the pool gets a letter.", "success")
        return _to(organization, pool)
    return _page("pools/plan_fill_up.html", form, organization, pool)


# -- past the deadline -----------------------------------------------------------------------


@bp.route("/c/<slug>/pools/<pool_slug>/ask-to-clear", methods=["GET", "POST"])
@login_required
def ask_for_clearing(slug: str, pool_slug: str) -> Any:
    """The first of the two people who clear a pool by hand."""
    organization, _ = led(slug, "pools.ask_for_clearing")
    pool = own(organization, pool_slug)
    form = PressForm()
    if form.submitted(lambda writer: service.ask_for_clearing(writer, current_actor(), pool.id)):
        flash("Asked. Somebody else of the lead agency or the fiscal agent confirms it.", "success")
        return _to(organization, pool)
    return _page("pools/ask_for_clearing.html", form, organization, pool)


@bp.route("/c/<slug>/pools/<pool_slug>/clear", methods=["GET", "POST"])
@login_required
def clear_pool(slug: str, pool_slug: str) -> Any:
    """The second confirms; the job does the same by itself within a minute of the deadline."""
    organization, _ = led(slug, "pools.clear_pool")
    pool = own(organization, pool_slug)
    form = PressForm()
    if form.submitted(lambda writer: service.clear_pool(writer, current_actor(), pool.id)):
        flash(f"The pool is {STATUS_WORDS[form.result.status].lower()}.", "success")
        return _to(organization, pool)
    asked = pool.clearing_asked_by
    return _page(
        "pools/clear_pool.html",
        form,
        organization,
        pool,
        asked_by=list_queries.person_name(db.session(), asked) if asked else None,
        is_me=asked is not None and asked == current_actor().user_id,
    )


# -- closed short ----------------------------------------------------------------------------


@bp.route("/c/<slug>/pools/<pool_slug>/extend", methods=["GET", "POST"])
@login_required
def extend_pool(slug: str, pool_slug: str) -> Any:
    organization, _ = led(slug, "pools.extend_pool")
    pool = own(organization, pool_slug)
    form: Any = ExtendForm(data={"closes_time": END_OF_DAY})
    notes: list[str] = []

    def extend(writer: Any) -> Pool:
        deadline = rules.deadline_at(form.closes_day.data, form.closes_time.data, pool.time_zone)
        notes.append(deadline.note)
        return service.extend_pool(
            writer, current_actor(), pool.id, deadline.at, int(form.fill_up_days.data)
        )

    if form.submitted(extend):
        closes = web.moment(form.result.closes_at, pool.time_zone)
        flash(f"The pool is open again until {closes}. {notes[-1]}".strip(), "success")
        return _to(organization, pool)
    return _page("pools/extend_pool.html", form, organization, pool)


@bp.route("/c/<slug>/pools/<pool_slug>/lower", methods=["GET", "POST"])
@login_required
def lower_threshold(slug: str, pool_slug: str) -> Any:
    organization, _ = led(slug, "pools.lower_threshold")
    pool = own(organization, pool_slug)
    form: Any = LowerForm()
    if form.submitted(
        lambda writer: service.lower_threshold(
            writer, current_actor(), pool.id, form.threshold.data
        )
    ):
        flash("The pool has cleared with the seats that were in it.", "success")
        return _to(organization, pool)
    firm = pool.clearing["result"]["seats"] if pool.clearing else 0
    return _page("pools/lower_threshold.html", form, organization, pool, firm=firm)


@bp.route("/c/<slug>/pools/<pool_slug>/release", methods=["GET", "POST"])
@login_required
def release_districts(slug: str, pool_slug: str) -> Any:
    organization, _ = led(slug, "pools.release_districts")
    pool = own(organization, pool_slug)
    form = PressForm()
    if form.submitted(lambda writer: service.release_districts(writer, current_actor(), pool.id)):
        flash("Every district is released and gets a letter.", "success")
        return _to(organization, pool)
    districts = len(queries.commitments(db.session(), pool.id))
    return _page("pools/release_districts.html", form, organization, pool, districts=districts)
