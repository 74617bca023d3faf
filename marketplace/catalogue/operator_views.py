"""The operator's side: what waits for review, and opening or closing a listing."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.catalogue import answers as said
from marketplace.catalogue import listing_queries, queries, questions, review_service
from marketplace.catalogue.forms import (
    PublishListingForm,
    SendBackListingForm,
    SuspendListingForm,
    TakeUpListingForm,
)
from marketplace.catalogue.models import Tool
from marketplace.catalogue.offer_queries import offers_of
from marketplace.catalogue.reading_queries import as_drafted, parts_of
from marketplace.catalogue.rules import ToolStatus
from marketplace.catalogue.shared_views import bp
from marketplace.core import access, db, tenancy, web
from marketplace.core.access import Actor
from marketplace.core.errors import NotFound

WHY = "the operator reviews every vendor's listings"
WAITING = (ToolStatus.SUBMITTED, ToolStatus.IN_REVIEW)


def operator(action: str) -> Actor:
    """The operator; to everybody else these pages do not exist."""
    actor = login.current_actor()
    if not access.can(actor, action):
        raise NotFound("There is no such page.")
    return actor


def submitted_tool(tool_slug: str) -> Tool:
    """A listing of any vendor that was sent at least once; drafts stay the vendor's own."""
    session = db.session()
    with tenancy.everyone(WHY):
        return queries.tool_sent_for_review(session, tool_slug)


@bp.get("/admin/listings")
@login_required
def review_listings() -> Any:
    operator("catalogue.review_listings")
    session = db.session()
    with tenancy.everyone(WHY):
        waiting = queries.tools_by_status(session, *WAITING)
        changed = queries.tools_by_id(session, listing_queries.drafts_sent(session))
        listed = queries.tools_by_status(
            session, ToolStatus.PUBLISHED, ToolStatus.SUSPENDED, ToolStatus.EXPIRED
        )
        waiting += [tool for tool in changed.values() if tool not in waiting]
    vendors = accounts.organizations_by_id(session, {t.org_id for t in [*waiting, *listed]})
    return render_template(
        "catalogue/review_listings.html", waiting=waiting, listed=listed, vendors=vendors
    )


@bp.get("/admin/listings/<tool_slug>")
@login_required
def review_listing(tool_slug: str) -> Any:
    operator("catalogue.review_listing")
    tool = submitted_tool(tool_slug)
    return _review_page(tool, PublishListingForm(seen_edits=tool.edits))


def _review_page(tool: Tool, form: Any) -> Any:
    session = db.session()
    with tenancy.everyone(WHY):
        missing = listing_queries.missing_parts(session, tool)
        draft = listing_queries.draft_of(session, tool)
        _, public, version = listing_queries.published_answers(session, tool)
    changes = said.changes(questions.load(), public, draft.answers) if version else []
    return web.form_page(
        "catalogue/review_listing.html",
        form,
        tool=tool,
        shown=as_drafted(tool, draft.answers),
        parts=parts_of(questions.NEWEST, draft.answers, login.current_actor(), tool),
        version=version,
        changes=changes,
        vendor=accounts.get_organization(session, tool.org_id),
        profile=queries.vendor_profile(session, tool.org_id),
        offers=offers_of(session, tool.id),
        missing=missing,
        waiting=tool.status in WAITING or draft.sent_at is not None,
    )


@bp.post("/admin/listings/<tool_slug>/take-up")
@login_required
def take_up_listing(tool_slug: str) -> Any:
    actor, tool = operator("catalogue.take_up_listing"), submitted_tool(tool_slug)
    with tenancy.everyone(WHY):
        form = TakeUpListingForm()
        if not form.submitted(lambda w: review_service.take_up_listing(w, actor, tool.id)):
            return _review_page(submitted_tool(tool_slug), form)
    return redirect(url_for(".review_listing", tool_slug=tool_slug))


@bp.post("/admin/listings/<tool_slug>/publish")
@login_required
def publish_listing(tool_slug: str) -> Any:
    actor, tool = operator("catalogue.publish_listing"), submitted_tool(tool_slug)
    form = PublishListingForm()
    with tenancy.everyone(WHY):
        done = form.submitted(
            lambda writer: review_service.publish_listing(
                writer, actor, tool.id, seen_edits=form.seen_edits.data
            )
        )
    if done:
        flash(f"{tool.name} is published.", "good")
        return redirect(url_for(".review_listings"))
    tool = submitted_tool(tool_slug)
    form.show_state(tool.edits)
    return _review_page(tool, form)


@bp.route("/admin/listings/<tool_slug>/send-back", methods=["GET", "POST"])
@login_required
def send_back_listing(tool_slug: str) -> Any:
    actor, tool = operator("catalogue.send_back_listing"), submitted_tool(tool_slug)
    form = SendBackListingForm()
    with tenancy.everyone(WHY):
        done = form.submitted(
            lambda writer: review_service.send_back_listing(
                writer, actor, tool.id, reason=form.reason.data
            )
        )
    if done:
        flash(f"{tool.name} went back to its vendor.", "good")
        return redirect(url_for(".review_listings"))
    page = {"tool": submitted_tool(tool_slug)}
    return web.form_page("catalogue/send_back_listing.html", form, **page)


@bp.route("/admin/listings/<tool_slug>/suspend", methods=["GET", "POST"])
@login_required
def suspend_listing(tool_slug: str) -> Any:
    actor, tool = operator("catalogue.suspend_listing"), submitted_tool(tool_slug)
    form = SuspendListingForm()
    with tenancy.everyone(WHY):
        done = form.submitted(
            lambda writer: review_service.suspend_listing(
                writer, actor, tool.id, reason=form.reason.data
            )
        )
    if done:
        flash(f"{tool.name} is no longer listed.", "good")
        return redirect(url_for(".review_listings"))
    page = {"tool": submitted_tool(tool_slug)}
    return web.form_page("catalogue/suspend_listing.html", form, **page)
