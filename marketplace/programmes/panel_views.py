"""Grants on pages further up: on a bill, at a consortium's desk, at a district's home."""

from typing import Any

from flask import render_template

from marketplace.accounts.login import current_actor
from marketplace.consortia.models import Consortium
from marketplace.core import db, panels, tenancy
from marketplace.core.access import can
from marketplace.orders.models import Invoice, Order
from marketplace.programmes import queries
from marketplace.programmes.movement_rules import IN_FORCE, MovementStatus, net_after
from marketplace.programmes.shared_views import SHARES, names


@panels.fill("orders.order")
def grants_on_order(order: Order) -> str | None:
    return _lines(order.id, order.total_cents)


@panels.fill("orders.invoice")
def grants_on_invoice(invoice: Invoice) -> str | None:
    return _lines(invoice.order_id, invoice.total_cents)


def _lines(order_id: Any, share_cents: int) -> str | None:
    """A row for each grant on the share, in the order in which they are taken off."""
    session = db.session()
    with tenancy.everyone(SHARES):
        grants = queries.grants_on_orders(session, [order_id]).get(order_id, [])
        if not grants:
            return None
        titles = {
            each: queries.get_programme(session, each).title
            for each in {award.programme_id for award in grants}
        }
    taken = [award.cents if award.status in IN_FORCE else 0 for award in grants]
    return render_template(
        "programmes/_grants_on_bill.html",
        rows=list(zip(grants, net_after(share_cents, taken), strict=True)),
        titles=titles,
        funders=names({award.org_id for award in grants}),
        share_cents=share_cents,
        mine=current_actor().org_id,
    )


@panels.fill("consortia.console")
def grants_of_console(consortium: Consortium) -> str | None:
    session = db.session()
    organization = names({consortium.org_id})[consortium.org_id]
    if not can(current_actor(), "programmes.consortium_grants", organization):
        return None
    found = queries.movements(session, consortium_id=consortium.org_id)
    waiting = sum(each.status is MovementStatus.PROPOSED for each in found)
    return render_template(
        "programmes/_console_panel.html", organization=organization, found=found, waiting=waiting
    )


@panels.fill("home.district")
def grants_of_district(district: Any) -> str | None:
    with tenancy.everyone("a district sees the grants on its own shares, whoever gives them"):
        grants = queries.granted(db.session(), district_id=district.id)
    if not grants or not can(current_actor(), "programmes.district_grants", district):
        return None
    total = sum(each.award.cents for each in grants if each.award.status in IN_FORCE)
    return render_template("programmes/_home_panel.html", district=district, total=total)
