"""Money on one page: the lead's table of members, and what vendors are owed."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import OrganizationKind
from marketplace.consortia import queries as consortia
from marketplace.consortia.rules import LegalShape
from marketplace.core import db, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.core.money import dollars
from marketplace.ledger import queries as books
from marketplace.orders import list_queries, payment_service, queries
from marketplace.orders.desk_views import Desk, bp, sit_down
from marketplace.orders.forms import ConfirmForm, PayVendorForm
from marketplace.orders.list_queries import SHOWN
from marketplace.orders.order_views import CSV_HEADER, csv_row, rows_page, shown

# -- the lead ----------------------------------------------------------------------------------


@bp.get("/c/<consortium>/money")
@login_required
def money(consortium: str) -> Any:
    desk = sit_down(consortium=consortium)
    session, org_id = db.session(), desk.organization.id
    query = _of_consortium(org_id)
    whole = list_queries.listed(consortium_id=org_id, pool_id=_pool_asked())
    sums = list_queries.sums(session, query)
    pooled = consortia.consortium_of(session, org_id).legal_shape is LegalShape.POOLED_CASH
    actor = login.current_actor()
    return render_template(
        "orders/money.html",
        desk=desk,
        page=rows_page(query, sums.orders),
        sums=sums,
        whole=list_queries.sums(session, whole) if shown() else sums,
        held_back=list_queries.held_back(session, org_id),
        pools=list_queries.pools_with_orders(session, org_id),
        pool=request.args.get("pool", ""),
        show=shown(),
        shown=SHOWN,
        confirm=ConfirmForm(),
        vendors=_vendors_owed(org_id) if pooled else [],
        for_all=queries.agent_orders_of(session, org_id) if pooled else [],
        cash_cents=books.balance_of(session, org_id, "cash:main") if pooled else 0,
        keeps_cash=can(actor, "orders.pay_vendor", desk.organization),
        may_pay=can(actor, "orders.pay_vendor", desk.organization),
    )


@bp.get("/c/<consortium>/money.csv")
@login_required
def money_csv(consortium: str) -> Any:
    desk = sit_down(consortium=consortium)
    rows = list_queries.rows(db.session(), _of_consortium(desk.organization.id))
    return web.csv_response(f"money-{consortium}", CSV_HEADER, map(csv_row, rows))


def _of_consortium(org_id: UUID) -> Any:
    return list_queries.listed(consortium_id=org_id, pool_id=_pool_asked(), show=shown())


def _pool_asked() -> UUID | None:
    try:
        return UUID(request.args.get("pool", ""))
    except ValueError:
        return None


def _vendors_owed(org_id: UUID) -> list[tuple[Any, int]]:
    """The vendors of a pooled-cash consortium and what each is owed, in cents."""
    vendors = list_queries.vendors_of(db.session(), org_id)
    codes = [f"payable:{vendor.slug}" for vendor in vendors]
    owed = {b.code: -b.cents for b in books.balances(db.session(), org_id, codes)}
    return [(vendor, owed.get(f"payable:{vendor.slug}", 0)) for vendor in vendors]


@bp.route("/c/<consortium>/vendors/<vendor_slug>/payment", methods=["GET", "POST"])
@login_required
def pay_vendor(consortium: str, vendor_slug: str) -> Any:
    desk = sit_down(consortium=consortium)
    session, org_id = db.session(), desk.organization.id
    actor = login.current_actor()
    require(actor, "orders.pay_vendor", desk.organization)
    vendor = accounts.organization_by_slug(session, OrganizationKind.VENDOR, vendor_slug)
    owed = {v.id: cents for v, cents in _vendors_owed(org_id)}
    shape = consortia.consortium_of(session, org_id).legal_shape
    if shape is not LegalShape.POOLED_CASH or vendor.id not in owed:
        raise NotFound("There is no such page.")
    cash_cents = books.balance_of(session, org_id, "cash:main")
    payable = max(min(owed[vendor.id], cash_cents), 0)
    form = PayVendorForm(amount_cents=payable)
    if form.submitted(
        lambda w: payment_service.pay_vendor(w, actor, org_id, vendor.id, **form.facts())
    ):
        flash(f"{dollars(form.result.amount_cents)} to {vendor.name} is recorded.", "good")
        return redirect(desk.list_url)
    return web.form_page(
        "orders/pay_vendor.html",
        form,
        desk=desk,
        vendor=vendor,
        owed_cents=owed[vendor.id],
        cash_cents=cash_cents,
    )


def desk_of_actor(side: str) -> Desk | None:
    """The desk of whoever is signed in, for the panels on other pages."""
    organization = login.current_organization()
    if organization is None or organization.kind != side:
        return None
    return Desk(side, organization)
