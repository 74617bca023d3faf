"""The vendor's price page: type a schedule, look at what it comes to, then offer it."""

from typing import Any
from uuid import UUID

from flask import flash, request
from flask_login import login_required

from marketplace.accounts import login
from marketplace.catalogue import prices, queries, service
from marketplace.catalogue.forms import OfferPriceForm, day_next_year
from marketplace.catalogue.shared_views import bp
from marketplace.catalogue.vendor_views import back_to, listing_form, own_tool
from marketplace.core import db
from marketplace.core.errors import RuleBroken
from marketplace.pricing import rules as pricing


@bp.route(
    "/v/<slug>/listings/<tool_slug>/editions/<uuid:edition_id>/price", methods=["GET", "POST"]
)
@login_required
def offer_price(slug: str, tool_slug: str, edition_id: UUID) -> Any:
    vendor, tool = own_tool(slug, tool_slug, "catalogue.offer_price")
    actor, session = login.current_actor(), db.session()
    edition = queries.own_edition(session, tool.id, edition_id)
    versions = queries.price_versions(session, edition.id)
    form = OfferPriceForm(seen_edits=tool.edits)
    if not form.is_submitted():
        _propose(form, versions)
    shown = None
    if form.is_submitted() and "preview" in request.form:
        shown = _preview(form)
    elif form.submitted(
        lambda writer: service.offer_price(
            writer,
            actor,
            tool.id,
            edition_id,
            terms=form.terms,
            term_months=form.term_months.data,
            valid_until=form.valid_until.data,
            seen_edits=form.seen_edits.data,
        )
    ):
        flash(f"Price of “{edition.name}”: version {form.result.version} is in force.", "good")
        for said in pricing.schedule_warnings(pricing.schedule_from_json(form.terms)):
            flash(said, "warn")
        return back_to(vendor, tool)
    return listing_form(
        "offer_price",
        form,
        slug,
        tool_slug,
        edition_id,
        preview=shown,
        rows=range(1, prices.MOST_BANDS + 1),
    )


def _propose(form: Any, versions: list[Any]) -> None:
    """Begin from the price in force, or from the most common kind of price."""
    if versions:
        form.fill_from(versions[0].terms)
        form.term_months.data, form.valid_until.data = (
            versions[0].term_months,
            versions[0].valid_until,
        )
        return
    form.kind.data, form.term_months.data = "volume", 12
    form.valid_until.data = day_next_year(queries.last_zone_today())
    form.from_1.data = "1"


def _preview(form: Any) -> dict[str, Any] | None:
    """What the typed price would cost four sizes of buyer; nothing is saved."""
    if not form.validate():
        return None
    try:
        schedule = pricing.schedule_from_json(form.terms)
    except RuleBroken as refusal:
        form.refuse(refusal)
        return None
    return {"rows": prices.preview(schedule), "warnings": pricing.schedule_warnings(schedule)}
