"""Money on one page: the lead's table of members, and a district's own ledger."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import OrganizationKind
from marketplace.consortia import queries as consortia
from marketplace.consortia.rules import LegalShape
from marketplace.core import db, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.core.money import dollars
from marketplace.ledger import queries as books
from marketplace.ledger import rules as ledger_rules
from marketplace.orders import list_queries, payment_service
from marketplace.orders.desk_views import Desk, bp, sit_down
from marketplace.orders.forms import ConfirmForm, PayVendorForm
from marketplace.orders.list_queries import SHOWN, Document
from marketplace.orders.order_views import CSV_HEADER, csv_row, plain, rows_page, shown

OPEN = "books are public from the day they are opened"


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
        cash_cents=books.balance_of(session, org_id, "cash:main") if pooled else 0,
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


# -- the district ------------------------------------------------------------------------------


@bp.get("/d/<leaid>/ledger")
@login_required
def my_ledger(leaid: str) -> Any:
    desk = sit_down(leaid)
    session = db.session()
    mine = list_queries.listed(district_id=desk.organization.id)
    through = list_queries.consortia_ordered_through(session, desk.organization.id)
    chosen = _chosen(through)
    code = f"receivable:{leaid}"
    number, total, balance_cents = web.page_number(), 0, 0
    rows: list[books.AccountRow] = []
    papers: dict[int, Document] = {}
    if chosen:
        with tenancy.everyone(OPEN):
            rows = books.account_rows(session, chosen.id, code, page=number)
            total = books.count_account_rows(session, chosen.id, code)
            balance_cents = books.balance_of(session, chosen.id, code)
        papers = list_queries.documents(session, desk.organization.id, chosen.id)
        mine = list_queries.listed(district_id=desk.organization.id, consortium_id=chosen.id)
    sums = list_queries.sums(session, mine)
    return render_template(
        "orders/my_ledger.html",
        desk=desk,
        through=through,
        chosen=chosen,
        code=code,
        page=web.Page(rows, number, books.PAGE_SIZE, total),
        papers=papers,
        short_words=ledger_rules.short_words,
        balance_cents=balance_cents,
        sums=sums,
        agrees=balance_cents == sums.open_cents,
    )


@bp.get("/d/<leaid>/ledger.csv")
@login_required
def my_ledger_csv(leaid: str) -> Any:
    desk = sit_down(leaid)
    session, lines = db.session(), []
    for consortium in list_queries.consortia_ordered_through(session, desk.organization.id):
        with tenancy.everyone(OPEN):
            rows = books.account_rows(session, consortium.id, f"receivable:{leaid}", size=10_000)
        papers = list_queries.documents(session, desk.organization.id, consortium.id)
        for row in rows:
            paper = papers.get(row.seq)
            lines.append(
                (
                    row.effective_on.isoformat(),
                    consortium.name,
                    paper.words if paper else row.ref,
                    ledger_rules.short_words(row.kind),
                    plain(max(row.cents, 0)),
                    plain(max(-row.cents, 0)),
                    plain(row.balance_cents),
                    row.seq,
                )
            )
    header = ("Date", "Books of", "Document", "Kind", "Debit", "Credit", "Balance", "Entry")
    return web.csv_response(f"ledger-{leaid}", header, lines)


def _chosen(through: list[Any]) -> Any:
    """The books asked for (`?books=slug`), else the first."""
    asked = request.args.get("books")
    return next((org for org in through if org.slug == asked), through[0] if through else None)


def desk_of_actor(side: str) -> Desk | None:
    """The desk of whoever is signed in, for the panels on other pages."""
    organization = login.current_organization()
    if organization is None or organization.kind != side:
        return None
    return Desk(side, organization)
