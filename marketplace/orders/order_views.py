"""An order and its purchase order, from each desk; the lists of district and vendor."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts import login
from marketplace.core import clock, db, pdf, tenancy, web
from marketplace.core.access import can, require
from marketplace.orders import (
    approval_queries,
    credit_queries,
    list_queries,
    queries,
    rules,
    service,
)
from marketplace.orders.approval_models import PurchaseOrderRequest
from marketplace.orders.desk_views import DESKS, Desk, bp, owned, sit_down
from marketplace.orders.forms import IssuePurchaseOrderForm
from marketplace.orders.list_queries import SHOWN, Row

# -- lists -------------------------------------------------------------------------------------

CSV_HEADER = (
    "District",
    "LEAID",
    "Pool",
    "Tool",
    "Seats",
    "Share",
    "Alone",
    "PO",
    "Invoice",
    "Due",
    "Paid",
    "Open",
    "State",
)


def csv_row(row: Row) -> tuple[Any, ...]:
    order, said = row.order, row.order.agreed
    return (
        said["district"]["name"],
        order.leaid,
        said["pool"]["title"],
        said["tool"]["name"],
        order.seats,
        plain(order.total_cents),
        plain(order.alone_cents),
        row.purchase_order.number if row.purchase_order else "",
        row.invoice.number if row.invoice else "",
        row.invoice.due_on.isoformat() if row.invoice else "",
        plain(row.paid_cents),
        plain(row.open_cents),
        rules.STAGE_TAGS[row.stage][1],
    )


def plain(cents: int) -> str:
    """Dollars a spreadsheet reads as a number."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def shown() -> str:
    """What the list is narrowed to; anything unknown shows all."""
    asked = request.args.get("show", "")
    return asked if asked in SHOWN else ""


def rows_page(query: Any, total: int) -> web.Page:
    """The page asked for of a list whose sums have counted its rows already."""
    size = web.PAGE_SIZE
    number = min(web.page_number(), max(1, -(-total // size)))
    here = query.limit(size).offset((number - 1) * size)
    return web.Page(list_queries.rows(db.session(), here), number, size, total)


@bp.get("/d/<leaid>/orders")
@login_required
def district_orders(leaid: str) -> Any:
    desk = sit_down(leaid)
    query = list_queries.listed(district_id=desk.organization.id, show=shown())
    sums = list_queries.sums(db.session(), query)
    return render_template(
        "orders/district_orders.html",
        desk=desk,
        page=rows_page(query, sums.orders),
        sums=sums,
        show=shown(),
        shown=SHOWN,
    )


@bp.get("/d/<leaid>/orders.csv")
@login_required
def district_orders_csv(leaid: str) -> Any:
    desk = sit_down(leaid)
    query = list_queries.listed(district_id=desk.organization.id, show=shown())
    rows = list_queries.rows(db.session(), query)
    return web.csv_response(f"orders-{leaid}", CSV_HEADER, map(csv_row, rows))


@bp.get("/v/<vendor>/orders")
@login_required
def vendor_orders(vendor: str) -> Any:
    desk = sit_down(vendor=vendor)
    query = list_queries.listed(vendor_id=desk.organization.id, show=shown())
    sums = list_queries.sums(db.session(), query)
    may_bill = can(login.current_actor(), "orders.issue_ready_invoices", desk.organization)
    return render_template(
        "orders/vendor_orders.html",
        desk=desk,
        page=rows_page(query, sums.orders),
        sums=sums,
        ready=list_queries.ready_by_pool(db.session(), desk.organization.id) if may_bill else [],
        show=shown(),
        shown=SHOWN,
    )


@bp.get("/v/<vendor>/orders.csv")
@login_required
def vendor_orders_csv(vendor: str) -> Any:
    desk = sit_down(vendor=vendor)
    query = list_queries.listed(vendor_id=desk.organization.id, show=shown())
    rows = list_queries.rows(db.session(), query)
    return web.csv_response(f"orders-{vendor}", CSV_HEADER, map(csv_row, rows))


# -- one order ---------------------------------------------------------------------------------


def at_every_desk(rule: str) -> Any:
    """Route a page under /d/<leaid>, /v/<vendor> and /c/<consortium>."""

    def add(view: Any) -> Any:
        for desk in DESKS:
            view = bp.get(desk + rule)(view)
        return view

    return add


@at_every_desk("/orders/<uuid:order_id>")
@login_required
def order(order_id: UUID, **whose: str) -> Any:
    desk = sit_down(**whose)
    found = owned(desk, queries.get_order(db.session(), order_id), "orders.order")
    actor = login.current_actor()
    row = Row(
        found,
        queries.purchase_order_of(db.session(), found.id),
        queries.invoice_of(db.session(), found.id),
    )
    return render_template(
        "orders/order.html",
        desk=desk,
        order=found,
        said=found.agreed,
        row=row,
        kind_words=rules.KIND_WORDS[found.kind],
        siblings=list_queries.rows(
            db.session(),
            list_queries.listed(district_id=found.org_id, pool_id=found.pool_id),
        ),
        credits=credit_queries.credit_notes(
            db.session(), pool_id=found.pool_id, district_id=found.org_id
        ),
        asked=approval_queries.waiting_for_order(db.session(), found.id)
        if desk.side == "district"
        else None,
        may_issue_po=can(actor, "orders.issue_purchase_order", found),
        may_bill=can(actor, "orders.issue_invoice", found),
        may_record=row.invoice is not None and can(actor, "orders.record_payment", row.invoice),
    )


@bp.route("/d/<leaid>/orders/<uuid:order_id>/purchase-order", methods=["GET", "POST"])
@login_required
def issue_purchase_order(leaid: str, order_id: UUID) -> Any:
    desk = sit_down(leaid)
    found = owned(desk, queries.get_order(db.session(), order_id), "orders.order")
    actor = login.current_actor()
    require(actor, "orders.issue_purchase_order", found)
    issued = queries.purchase_order_of(db.session(), found.id)
    if issued and request.method == "GET":
        return redirect(desk.url("purchase_order", purchase_order_id=issued.id))
    form = IssuePurchaseOrderForm()
    if form.submitted(
        lambda writer: service.issue_purchase_order(writer, actor, order_id, form.number.data or "")
    ):
        if isinstance(form.result, PurchaseOrderRequest):
            flash(f"PO {form.result.number} waits for an approver, who gets a letter.", "good")
            return redirect(desk.url("approve_purchase_order", request_id=form.result.id))
        flash(f"PO {form.result.number} is issued. The vendor can bill you now.", "good")
        return redirect(desk.url("purchase_order", purchase_order_id=form.result.id))
    found = queries.get_order(db.session(), order_id)  # a refusal undid what was read before
    return web.form_page(
        "orders/issue_purchase_order.html", form, desk=desk, order=found, said=found.agreed
    )


@at_every_desk("/purchase-orders/<uuid:purchase_order_id>")
@login_required
def purchase_order(purchase_order_id: UUID, **whose: str) -> Any:
    desk, found = _purchase_order(purchase_order_id, whose)
    return render_template(
        "orders/purchase_order.html", desk=desk, purchase_order=found, paper=found.printed
    )


@at_every_desk("/purchase-orders/<uuid:purchase_order_id>.pdf")
@login_required
def purchase_order_pdf(purchase_order_id: UUID, **whose: str) -> Response:
    _desk, found = _purchase_order(purchase_order_id, whose)
    with clock.frozen(found.issued_at):  # a paper that is out has the same bytes for ever
        content = pdf.render("purchase_order", **found.printed)
    return web.pdf_response(f"purchase-order-{_for_a_file_name(found.number)}", content)


def _purchase_order(purchase_order_id: UUID, whose: dict[str, str]) -> tuple[Desk, Any]:
    desk = sit_down(**whose)
    found = queries.get_purchase_order(db.session(), purchase_order_id)
    return desk, owned(desk, found, "orders.purchase_order")


def _for_a_file_name(number: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in number)


@bp.post("/c/<consortium>/pools/<uuid:pool_id>/orders")
@login_required
def place_orders(consortium: str, pool_id: UUID) -> Response:
    """Order what was held back for want of a paper."""
    desk = sit_down(consortium=consortium)
    actor = login.current_actor()
    require(actor, "orders.place_orders", list_queries.get_pool(db.session(), pool_id))
    with (
        tenancy.everyone("an order belongs to the district; the lead places it by policy"),
        db.transaction() as session,
    ):
        placed = service.place_orders(session, actor, pool_id)
    if placed.orders:
        flash(f"Orders placed: {len(placed.orders)}.", "good")
    if placed.held_back:
        flash(f"Still held back, no paper or gaps not accepted: {len(placed.held_back)}.", "warn")
    return redirect(desk.list_url)
