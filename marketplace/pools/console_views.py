"""The lead agency's pages of a pool before it is open, and what each district said."""

from datetime import time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, redirect, request, url_for
from flask_login import login_required

from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.catalogue import queries as catalogue
from marketplace.consortia import queries as consortia
from marketplace.consortia.models import Consortium
from marketplace.core import db, tenancy, web
from marketplace.core.access import require
from marketplace.core.errors import NotFound
from marketplace.core.web import utc
from marketplace.pools import list_queries, queries, rules, service
from marketplace.pools.forms import PlanForm, PressForm
from marketplace.pools.models import Pool
from marketplace.pools.service import Plan
from marketplace.pools.shared_views import bp
from marketplace.pools.state_rules import PoolStatus, fill_up_days
from marketplace.pricing.rules import Form, price_sentences, schedule_from_json

END_OF_DAY = time(23, 59)


def led(slug: str, action: str) -> tuple[Organization, Consortium]:
    organization, consortium = consortia.consortium_by_slug(db.session(), slug)
    require(current_actor(), action, consortium)
    return organization, consortium


def own(organization: Organization, slug: str) -> Pool:
    pool = queries.pool_by_slug(db.session(), organization.slug, slug)
    if pool.org_id != organization.id:
        raise NotFound("There is no such pool.")
    return pool


def _prices() -> list[tuple[str, str, UUID]]:
    """What can be pooled: schedule, words, tool."""
    session = db.session()
    with tenancy.everyone("published prices are public"):
        found = queries.priced_tools(session, catalogue.last_zone_today())
    lines = []
    for tool, edition, schedule in found:
        terms = schedule_from_json(schedule.terms)
        if terms.form is not Form.SITE:
            words = f"{tool.name}, {edition.name}: {price_sentences(terms)}"
            lines.append((str(schedule.id), words[:160], tool.id))
    return lines


def _plan(form: Any, zone: str, tools: dict[str, UUID]) -> tuple[Plan, str]:
    """What was typed as a plan, and what to say about its deadline."""
    deadline = rules.deadline_at(form.closes_day.data, form.closes_time.data, zone)
    plan = Plan(
        tool_id=tools[form.price_schedule.data],
        price_schedule_id=UUID(form.price_schedule.data),
        title=form.title.data or "",
        purpose=form.purpose.data or "",
        closes_at=deadline.at,
        term_starts_on=form.term_starts_on.data,
        term_ends_on=form.term_ends_on.data,
        pay_by=form.pay_by.data,
        threshold_seats=form.threshold.data,
        fill_up_days=int(form.fill_up_days.data),
    )
    return plan, deadline.note


def _said(pool: Pool, note: str) -> str:
    local = web.moment(pool.closes_at, pool.time_zone)
    return f"Saved. It closes {local} ({utc(pool.closes_at)}). {note}".strip()


@bp.route("/c/<slug>/pools/new", methods=["GET", "POST"])
@login_required
def create_pool(slug: str) -> Any:
    organization, consortium = led(slug, "pools.create_pool")
    prices = _prices()
    form = PlanForm(data={"price_schedule": _wished(prices), "closes_time": END_OF_DAY})
    form.price_schedule.choices = {"": "Choose"} | {key: words for key, words, _ in prices}
    notes: list[str] = []

    def create(writer: Any) -> Pool:
        tools = {key: tool for key, _, tool in prices}
        plan, note = _plan(form, organization.time_zone, tools)
        notes.append(note)
        return service.create_pool(writer, current_actor(), organization.id, plan)

    if form.submitted(create):
        flash(_said(form.result, notes[-1]), "success")
        return redirect(url_for(".pool", consortium=slug, slug=form.result.slug))
    return web.form_page(
        "pools/create_pool.html", form, organization=organization, consortium=consortium
    )


def _wished(prices: list[tuple[str, str, UUID]]) -> str:
    """`?tool=` from a tool's page chooses its first price."""
    slug = request.args.get("tool", "")
    if not slug:
        return ""
    tool = catalogue.known_tool(db.session(), slug)
    return next((key for key, _, tool_id in prices if tool_id == tool.id), "")


@bp.route("/c/<slug>/pools/<pool_slug>/change", methods=["GET", "POST"])
@login_required
def change_pool(slug: str, pool_slug: str) -> Any:
    organization, consortium = led(slug, "pools.create_pool")
    pool = own(organization, pool_slug)
    if pool.status is not PoolStatus.DRAFT:
        flash("This pool is open, so its terms stay as they are.", "warning")
        return redirect(url_for(".pool", consortium=slug, slug=pool_slug))
    local = pool.closes_at.astimezone(ZoneInfo(pool.time_zone))
    prices = _prices()
    form = PlanForm(
        data={
            "price_schedule": str(pool.price_schedule_id),
            "title": pool.title,
            "purpose": pool.purpose,
            "closes_day": local.date(),
            "closes_time": local.time(),
            "term_starts_on": pool.term_starts_on,
            "term_ends_on": pool.term_ends_on,
            "pay_by": pool.pay_by,
            "threshold": pool.threshold_seats,
            "fill_up_days": str(fill_up_days(pool.closes_at, pool.fill_up_at)),
            "seen_version": pool.version,
        }
    )
    form.price_schedule.choices = {"": "Choose"} | {key: words for key, words, _ in prices}
    notes: list[str] = []

    def change(writer: Any) -> Pool:
        plan, note = _plan(form, pool.time_zone, {key: tool for key, _, tool in prices})
        notes.append(note)
        seen = str(form.seen_version.data or "")
        return service.change_pool(
            writer,
            current_actor(),
            pool.id,
            plan,
            seen_version=int(seen) if seen.isascii() and seen.isdigit() else None,
        )

    form.zone = pool.time_zone
    if form.submitted(change):
        flash(_said(form.result, notes[-1]), "success")
        return redirect(url_for(".pool", consortium=slug, slug=form.result.slug))
    return web.form_page(
        "pools/change_pool.html", form, organization=organization, consortium=consortium, pool=pool
    )


@bp.route("/c/<slug>/pools/<pool_slug>/open", methods=["GET", "POST"])
@login_required
def open_pool(slug: str, pool_slug: str) -> Any:
    """Show what will be frozen, then open."""
    organization, _ = led(slug, "pools.open_pool")
    pool = own(organization, pool_slug)
    form = PressForm()
    if form.submitted(lambda writer: service.open_pool(writer, current_actor(), pool.id)):
        flash("The pool is open. Its price and terms are frozen.", "success")
        return redirect(url_for(".pool", consortium=slug, slug=pool_slug))
    return web.form_page(
        "pools/open_pool.html",
        form,
        organization=organization,
        pool=pool,
        prices=price_sentences(schedule_from_json(pool.terms)),
    )


COMMITMENTS_HEADER = (
    "leaid",
    "district",
    "rung",
    "seats",
    "tolerance",
    "limit_cents",
    "survey_closed_on",
    "board_date",
    "board_minute",
    "po_number",
    "has_resolution",
    "contact_name",
    "contact_email",
    "changed_at_utc",
)


@bp.get("/c/<slug>/pools/<pool_slug>/commitments.csv")
@login_required
def commitments_csv(slug: str, pool_slug: str) -> Any:
    """Everything districts said, limits and contacts too: for the lead agency alone."""
    organization, _ = led(slug, "pools.see_limits")
    pool = own(organization, pool_slug)
    rows = db.session().exec(list_queries.commitments_listed(pool.id)).all()
    return web.csv_response(
        f"{pool.slug}-commitments",
        COMMITMENTS_HEADER,
        (
            (
                each.leaid,
                district.name,
                str(each.rung),
                each.seats,
                each.tolerance,
                "" if each.limit_cents is None else each.limit_cents,
                each.survey_closed_on or "",
                each.board_date or "",
                each.board_minute,
                each.po_number,
                "yes" if each.resolution_id else "no",
                each.contact_name,
                each.contact_email,
                f"{each.changed_at:%Y-%m-%dT%H:%M:%SZ}",
            )
            for each, district in rows
        ),
    )
