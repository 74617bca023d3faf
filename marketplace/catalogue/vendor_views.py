"""The vendor's side: its home, the listing editor as a task list, one page for each part."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.catalogue import answers as said
from marketplace.catalogue import listing_queries, queries, questions, review_service, service
from marketplace.catalogue.forms import (
    DescribeVendorForm,
    ListingForm,
    SaveEditionForm,
    StartListingForm,
    SubmitListingForm,
)
from marketplace.catalogue.health_queries import health_of
from marketplace.catalogue.models import Tool
from marketplace.catalogue.offer_queries import offers_of
from marketplace.catalogue.shared_views import bp
from marketplace.core import access, db, web
from marketplace.core.errors import NotFound


def own_vendor(slug: str) -> Organization:
    """The vendor acted for; anybody else's is not there."""
    vendor = accounts.organization_by_slug(db.session(), OrganizationKind.VENDOR, slug)
    if not access.can(login.current_actor(), "catalogue.vendor_home", vendor):
        raise NotFound("There is no such vendor.")
    return vendor


def own_tool(slug: str, tool_slug: str, action: str) -> tuple[Organization, Tool]:
    vendor = own_vendor(slug)
    tool = queries.own_tool(db.session(), vendor.id, tool_slug)
    access.require(login.current_actor(), action, tool)
    return vendor, tool


def back_to(vendor: Organization, tool: Tool) -> Any:
    return redirect(url_for(".listing", slug=vendor.slug, tool_slug=tool.slug))


def listing_form(
    template: str,
    form: ListingForm,
    slug: str,
    tool_slug: str,
    edition_id: UUID | None = None,
    **context: Any,
) -> Any:
    """The page of a part. All is read again: a refusal has undone what was read before, and
    the form then carries the state of the listing as it is now."""
    session, vendor = db.session(), own_vendor(slug)
    tool = queries.own_tool(session, vendor.id, tool_slug)
    if edition_id:
        context["edition"] = queries.own_edition(session, tool.id, edition_id)
        context["versions"] = queries.price_versions(session, edition_id)
    if form.errors:
        form.show_state(tool.edits)
    return web.form_page(f"catalogue/{template}.html", form, vendor=vendor, tool=tool, **context)


@bp.get("/v/<slug>/")
@login_required
def vendor_home(slug: str) -> Any:
    vendor, session = own_vendor(slug), db.session()
    listings = queries.listings_of(session, vendor.id)
    return render_template(
        "catalogue/vendor_home.html",
        vendor=vendor,
        profile=queries.vendor_profile(session, vendor.id),
        listings=listings,
        health=health_of(session, listings),
        may_write=access.can(login.current_actor(), "catalogue.start_listing", vendor),
    )


@bp.route("/v/<slug>/profile", methods=["GET", "POST"])
@login_required
def describe_vendor(slug: str) -> Any:
    vendor, actor = own_vendor(slug), login.current_actor()
    access.require(actor, "catalogue.describe_vendor", vendor)
    profile = queries.vendor_profile(db.session(), vendor.id)
    form = DescribeVendorForm(obj=profile)

    def save(writer: Any) -> Any:
        return service.describe_vendor(
            writer,
            actor,
            about=form.about.data,
            website=form.website.data,
            city=form.city.data,
            state=form.state.data.upper(),
            billing_email=form.billing_email.data,
            remit_to=form.remit_to.data,
        )

    if form.submitted(save):
        flash("Your company’s page is saved.", "good")
        return redirect(url_for(".vendor_home", slug=slug))
    return web.form_page("catalogue/describe_vendor.html", form, vendor=vendor)


@bp.route("/v/<slug>/listings/new", methods=["GET", "POST"])
@login_required
def start_listing(slug: str) -> Any:
    vendor, actor = own_vendor(slug), login.current_actor()
    access.require(actor, "catalogue.start_listing", vendor)
    form = StartListingForm()
    if form.submitted(
        lambda writer: service.start_listing(
            writer, actor, name=form.name.data, summary=form.summary.data
        )
    ):
        flash("Your draft is saved. Only your company can see it.", "good")
        return back_to(vendor, form.result)
    return web.form_page("catalogue/start_listing.html", form, vendor=vendor)


@bp.get("/v/<slug>/listings/<tool_slug>/")
@login_required
def listing(slug: str, tool_slug: str) -> Any:
    vendor, tool = own_tool(slug, tool_slug, "catalogue.listing")
    session = db.session()
    return render_template("catalogue/listing.html", **_listing(session, vendor, tool))


def _listing(session: Any, vendor: Organization, tool: Tool) -> dict[str, Any]:
    return {
        "vendor": vendor,
        "tool": tool,
        "profile": queries.vendor_profile(session, vendor.id),
        "offers": offers_of(session, tool.id),
        "missing": listing_queries.missing_parts(session, tool),
        "may_write": access.can(login.current_actor(), "catalogue.answer_questions", tool),
        "form": SubmitListingForm(),
        **_answers(session, tool),
    }


def _answers(session: Any, tool: Tool) -> dict[str, Any]:
    """How far each section is, and what differs from what is public."""
    asked, draft = questions.load(), listing_queries.draft_of(session, tool)
    lacking = {section.key for section, _ in said.missing(asked, draft.answers)}
    _, public, version = listing_queries.published_answers(session, tool)
    counted = [said.progress(section, draft.answers) for section in asked.sections]
    return {
        "draft": draft,
        "asked": asked,
        "sections": [
            (section, *progress, section.key in lacking)
            for section, progress in zip(asked.sections, counted)
        ],
        "answered": sum(done for done, _ in counted),
        "questions": sum(of for _, of in counted),
        "version": version,
        "changes": len(said.changes(asked, public, draft.answers)) if version else 0,
        "ends": [
            (listing_queries.words_of_deadline(session, tool, ending.what), web.day(ending.ends_on))
            for ending in (listing_queries.deadlines_of(session, tool.id) if version else ())
        ],
        "notices": [
            (notice, len(listing_queries.districts_told(session, notice.id)))
            for notice in listing_queries.notices_of(session, tool.id)[:5]
        ],
        "steps": listing_queries.steps_of(session, tool.id)[:8],
    }


@bp.post("/v/<slug>/listings/<tool_slug>/submit")
@login_required
def submit_listing(slug: str, tool_slug: str) -> Any:
    vendor, tool = own_tool(slug, tool_slug, "catalogue.submit_listing")
    actor, form = login.current_actor(), SubmitListingForm()
    if form.submitted(lambda writer: review_service.submit_listing(writer, actor, tool.id)):
        flash("Sent for review. We will write to you when it is published.", "good")
        return back_to(vendor, tool)
    vendor, tool = own_tool(slug, tool_slug, "catalogue.listing")
    context = _listing(db.session(), vendor, tool) | {"form": form}
    return render_template("catalogue/listing.html", **context), 422


@bp.route(
    "/v/<slug>/listings/<tool_slug>/editions/new",
    methods=["GET", "POST"],
    defaults={"edition_id": None},
)
@bp.route("/v/<slug>/listings/<tool_slug>/editions/<uuid:edition_id>", methods=["GET", "POST"])
@login_required
def save_edition(slug: str, tool_slug: str, edition_id: UUID | None) -> Any:
    vendor, tool = own_tool(slug, tool_slug, "catalogue.save_edition")
    actor = login.current_actor()
    edition = queries.own_edition(db.session(), tool.id, edition_id) if edition_id else None
    form = SaveEditionForm(obj=edition, seen_edits=tool.edits)
    if form.submitted(
        lambda writer: service.save_edition(
            writer,
            actor,
            tool.id,
            edition_id=edition_id,
            name=form.name.data,
            included=form.included.data,
            seen_edits=form.seen_edits.data,
        )
    ):
        flash(f"Edition “{form.name.data}”: saved.", "good")
        if edition_id is None:
            return redirect(
                url_for(".offer_price", slug=slug, tool_slug=tool_slug, edition_id=form.result.id)
            )
        return back_to(vendor, tool)
    return listing_form("save_edition", form, slug, tool_slug, edition_id)
