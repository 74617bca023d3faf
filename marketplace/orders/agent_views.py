"""What a fiscal agent ordered for all members of a pool, and whom it bills again."""

from typing import Any
from uuid import UUID

from flask import render_template
from flask_login import login_required

from marketplace.accounts import login
from marketplace.core import db
from marketplace.core.access import can
from marketplace.core.errors import NotFound
from marketplace.orders import queries
from marketplace.orders.desk_views import bp, sit_down


@bp.get("/c/<consortium>/agent-orders/<uuid:agent_order_id>")
@bp.get("/v/<vendor>/agent-orders/<uuid:agent_order_id>")
@login_required
def agent_order(
    agent_order_id: UUID, consortium: str | None = None, vendor: str | None = None
) -> Any:
    """One order over the shares of all; the vendor and the lead agency see it."""
    desk = sit_down(vendor=vendor, consortium=consortium)
    placed = queries.get_agent_order(db.session(), agent_order_id)
    owner = placed.vendor_id if desk.side == "vendor" else placed.org_id
    if owner != desk.organization.id or not can(
        login.current_actor(), "orders.agent_order", placed
    ):
        raise NotFound("There is no such order or invoice.")
    return render_template("orders/agent_order.html", desk=desk, order=placed, said=placed.printed)
