"""Every page of orders, and the panels on the homes of districts, vendors and leads."""

from typing import Any

from flask import render_template

from marketplace.accounts import login, queries
from marketplace.core import clock, db
from marketplace.core.access import can
from marketplace.core.panels import fill
from marketplace.orders import (
    agent_views,
    approval_queries,
    approval_views,
    audit_views,
    credit_views,
    held_views,
    invoice_views,
    list_queries,
    money_views,
    order_views,
    pending_queries,
    pending_views,
    receipt_views,
    reminder_views,
    statement_views,
)
from marketplace.orders.desk_views import Desk, bp
from marketplace.orders.money_views import desk_of_actor

__all__ = [
    "agent_views",
    "approval_views",
    "audit_views",
    "bp",
    "credit_views",
    "held_views",
    "invoice_views",
    "money_views",
    "order_views",
    "pending_views",
    "receipt_views",
    "reminder_views",
    "statement_views",
]


@fill("home.district")
def money_of_district(_district: Any) -> str | None:
    desk = desk_of_actor("district")
    if desk is None:
        return None
    query = list_queries.listed(district_id=desk.organization.id)
    return render_template(
        "orders/_district_panel.html",
        desk=desk,
        sums=list_queries.sums(db.session(), query),
        rows=list_queries.rows(db.session(), query.limit(5)),
        waiting=pending_queries.count_waiting(db.session(), district_id=desk.organization.id),
        requests=approval_queries.waiting_of(db.session(), desk.organization.id),
    )


@fill("catalogue.vendor_home")
def orders_of_vendor(_vendor: Any) -> str | None:
    desk = desk_of_actor("vendor")
    if desk is None:
        return None
    query = list_queries.listed(vendor_id=desk.organization.id)
    return render_template(
        "orders/_vendor_panel.html",
        desk=desk,
        sums=list_queries.sums(db.session(), query),
        waiting=pending_queries.count_waiting(db.session(), issuer_id=desk.organization.id),
        renewals=list_queries.terms_ending(db.session(), desk.organization.id, clock.now().date()),
    )


@fill("consortia.console")
def money_of_consortium(consortium: Any) -> str | None:
    """`consortium` is the consortium's organization or its founding facts."""
    org_id = getattr(consortium, "org_id", None) or consortium.id
    organization = queries.get_organization(db.session(), org_id)
    if not can(login.current_actor(), "orders.money", organization):
        return None
    query = list_queries.listed(consortium_id=org_id)
    return render_template(
        "orders/_console_panel.html",
        desk=Desk("consortium", organization),
        sums=list_queries.sums(db.session(), query),
        waiting=pending_queries.count_waiting(db.session(), issuer_id=org_id),
        held_back=len(list_queries.held_back(db.session(), org_id)),
    )
