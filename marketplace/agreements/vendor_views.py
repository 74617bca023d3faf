"""A vendor's inbox: districts that joined its standing offers, and its agreements on file."""
# mypy: disable-error-code="arg-type, union-attr"

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.agreements import queries, service
from marketplace.agreements.forms import AcknowledgeJoinForm
from marketplace.agreements.shared_views import bp, named_products, names_of
from marketplace.catalogue import queries as catalogue
from marketplace.core import clock, db, panels, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound


def own_vendor(slug: str) -> Organization:
    """The vendor acted for; anybody else's is not there."""
    vendor = accounts.organization_by_slug(db.session(), OrganizationKind.VENDOR, slug)
    if not can(current_actor(), "agreements.join_notices", vendor):
        raise NotFound("There is no such vendor.")
    return vendor


@bp.get("/v/<slug>/join-notices")
@login_required
def join_notices(slug: str) -> Any:
    vendor, session = own_vendor(slug), db.session()
    joins = queries.joins_of_vendor(session, vendor.id)
    papers = queries.agreements_of_vendor(session, vendor.id)
    return render_template(
        "agreements/join_notices.html",
        vendor=vendor,
        joins=joins,
        papers=papers,
        products=named_products(papers),
        districts=names_of(paper.org_id for paper in papers),
        tools=catalogue.tools_by_id(session, {join.tool_id for join, _ in joins}),
        may_answer=bool(joins) and can(current_actor(), "agreements.acknowledge_join", joins[0][0]),
    )


@bp.route("/v/<slug>/join-notices/<uuid:join_id>/acknowledge", methods=["GET", "POST"])
@login_required
def acknowledge_join(slug: str, join_id: UUID) -> Any:
    vendor, session, actor = own_vendor(slug), db.session(), current_actor()
    join = queries.get_join(session, join_id)
    if join.vendor_id != vendor.id:
        raise NotFound("There is no such notice.")
    require(actor, "agreements.acknowledge_join", join)
    form = AcknowledgeJoinForm(data={"acknowledged_on": clock.today(vendor.time_zone)})
    if form.submitted(
        lambda writer: service.acknowledge_join(
            writer, actor, join_id, name=form.name.data, acknowledged_on=form.acknowledged_on.data
        )
    ):
        flash("The district is told that you have its copy.", "good")
        return redirect(url_for(".join_notices", slug=slug))
    return web.form_page(
        "agreements/acknowledge_join.html",
        form,
        vendor=vendor,
        join=join,
        district=accounts.get_organization(session, join.org_id),
        tool=catalogue.tools_by_id(session, [join.tool_id]).get(join.tool_id),
    )


@panels.fill("catalogue.vendor_home")
def join_notices_of_home(vendor: Any) -> str | None:
    """On the vendor's home: how many districts wait for an answer."""
    if not can(current_actor(), "agreements.join_notices", vendor):
        return None
    joins = queries.joins_of_vendor(db.session(), vendor.id)
    waiting = sum(join.acknowledged_on is None for join, _ in joins)
    return render_template(
        "agreements/_vendor_panel.html", vendor=vendor, joins=len(joins), waiting=waiting
    )
