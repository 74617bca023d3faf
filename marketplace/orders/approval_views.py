"""A district's limits for ordering, and approving a purchase order above them."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.core import db, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.fields import dollars_text
from marketplace.orders import approval_queries, approval_rules, approval_service, queries
from marketplace.orders.approval_models import PurchaseOrderRequest
from marketplace.orders.desk_views import Desk, bp, sit_down
from marketplace.orders.forms import PurchasingRulesForm, RefuseForm
from marketplace.orders.models import Order


@bp.route("/d/<leaid>/purchasing", methods=["GET", "POST"])
@login_required
def set_purchasing_rules(leaid: str) -> Any:
    """The limits; everybody of the district reads them, an administrator sets them."""
    desk, session = sit_down(leaid), db.session()
    district, actor = desk.organization, login.current_actor()
    people = accounts.people_with_role(session, district.id, *approval_service.APPROVERS)
    limits = approval_queries.limits_of(session, district.id)
    may_set = can(actor, "orders.set_purchasing_rules", district)
    if request.method == "POST":
        require(actor, "orders.set_purchasing_rules", district)
    alone = approval_queries.alone_up_to_cents(session, district.id)
    form = PurchasingRulesForm(alone_up_to=dollars_text(alone))
    typed = {
        user.id: request.form.get(f"limit-{user.id}", dollars_text(limits.get(user.id)))
        for user in people
    }
    if form.submitted(
        lambda w: approval_service.set_purchasing_rules(
            w,
            actor,
            district.id,
            alone_up_to_cents=form.alone_up_to.cents,
            limits={user_id: approval_rules.limit_of(text) for user_id, text in typed.items()},
        )
    ):
        flash("The limits are saved. Everybody who approves gets a letter.", "good")
        return redirect(desk.url("set_purchasing_rules"))
    return web.form_page(
        "orders/set_purchasing_rules.html",
        form,
        desk=desk,
        people=[(user.id, user.name) for user in people],
        typed=typed,
        may_set=may_set,
        waiting=approval_queries.waiting_of(db.session(), district.id),
    )


@bp.route("/d/<leaid>/purchase-order-requests/<uuid:request_id>", methods=["GET", "POST"])
@login_required
def approve_purchase_order(leaid: str, request_id: UUID) -> Any:
    desk, _found, order = _request(leaid, request_id)
    actor = login.current_actor()
    form = RefuseForm()
    if request.method == "POST":
        require(actor, "orders.approve_purchase_order", order)
    if form.submitted(lambda w: approval_service.approve_purchase_order(w, actor, request_id)):
        flash(f"PO {form.result.number} is approved and issued.", "good")
        return redirect(desk.url("purchase_order", purchase_order_id=form.result.id))
    return _page(leaid, request_id, form)


@bp.post("/d/<leaid>/purchase-order-requests/<uuid:request_id>/refuse")
@login_required
def refuse_purchase_order(leaid: str, request_id: UUID) -> Any:
    desk, _found, order = _request(leaid, request_id)
    actor = login.current_actor()
    require(actor, "orders.refuse_purchase_order", order)
    form = RefuseForm()
    if form.submitted(
        lambda w: approval_service.refuse_purchase_order(
            w, actor, request_id, words=form.words.data or ""
        )
    ):
        flash(f"PO {form.result.number} is {form.result.state.value}.", "good")
        return redirect(desk.url("order", order_id=order.id))
    return _page(leaid, request_id, form)


def _page(leaid: str, request_id: UUID, form: Any) -> Any:
    desk, found, order = _request(leaid, request_id)  # a refusal undid what was read
    actor, session = login.current_actor(), db.session()
    limit = approval_queries.limits_of(session, desk.organization.id).get(actor.person)
    return web.form_page(
        "orders/approve_purchase_order.html",
        form,
        desk=desk,
        asked=found,
        order=order,
        said=order.agreed,
        asked_by=_name(found.asked_by),
        may_approve=can(actor, "orders.approve_purchase_order", order)
        and _may(found, order, actor.person, limit),
        own=found.asked_by == actor.user_id,
        may_refuse=can(actor, "orders.approve_purchase_order", order)
        or found.asked_by == actor.user_id,
    )


def _may(found: PurchaseOrderRequest, order: Order, person: UUID, limit: int | None) -> bool:
    try:
        approval_rules.check_approver(found.asked_by, person, order.total_cents, limit)
    except RuleBroken:
        return False
    return True


def _name(user_id: UUID | None) -> str:
    return accounts.get_user(db.session(), user_id).name if user_id else "the commitment"


def _request(leaid: str, request_id: UUID) -> tuple[Desk, PurchaseOrderRequest, Order]:
    desk = sit_down(leaid)
    found = approval_queries.get_request(db.session(), request_id)
    if found.org_id != desk.organization.id:
        raise NotFound("There is no such request.")
    return desk, found, queries.get_order(db.session(), found.order_id)
