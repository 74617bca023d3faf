"""What an auditor takes away: one zip with the books of a period, the papers and the proofs."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, render_template, request
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts.models import Organization
from marketplace.core import clock, db, pdf, zips
from marketplace.core.access import require
from marketplace.core.errors import RuleBroken
from marketplace.core.web import streamed_response
from marketplace.ledger import queries as books
from marketplace.ledger.queries import Period
from marketplace.orders import list_queries, rules
from marketplace.orders.desk_views import bp, sit_down

DESK = "the lead agency and the fiscal agent see every paper of their consortium"


@bp.get("/c/<consortium>/audit")
@login_required
def audit(consortium: str) -> Any:
    desk = sit_down(consortium=consortium)
    require(login.current_actor(), "orders.audit", desk.organization)
    year = rules.school_year(clock.today(desk.organization.time_zone))
    period, problem = year, None
    if request.args:
        try:
            period = _asked(year)
        except RuleBroken as refusal:
            problem = refusal
    page = render_template(
        "orders/audit.html",
        desk=desk,
        period=period,
        typed=request.args,
        problem=problem,
        ready=bool(request.args) and problem is None,
    )
    return page, 422 if problem else 200


@bp.get("/c/<consortium>/audit.zip")
@login_required
def audit_zip(consortium: str) -> Response:
    desk = sit_down(consortium=consortium)
    whose = desk.organization
    require(login.current_actor(), "orders.audit", whose)
    period = _asked(rules.school_year(clock.today(whose.time_zone)))
    name = f"{whose.slug}-{period.since}-to-{period.until}"
    words = render_template("orders/how_to_verify.txt", whose=whose, period=period)
    return streamed_response(
        f"{name}.zip",
        "application/zip",
        lambda: zips.zipped(
            ((f"{name}/{file}", content) for file, content in _files(whose, period, words)),
            f"{name}/SHA256SUMS.txt",
        ),
        DESK,
    )


def _asked(year: tuple[date, date]) -> Period:
    """The period typed into the address; the school year where a day is left out."""
    days = []
    for name, default in zip(("since", "until"), year):
        typed = request.args.get(name, "").strip()
        try:
            days.append(date.fromisoformat(typed) if typed else default)
        except ValueError:
            raise RuleBroken("Write the days as 2027-01-15.", name) from None
    rules.check_period(*days)
    return Period(*days)


def _files(
    whose: Organization, period: Period, words: str
) -> Iterator[tuple[str, Iterable[bytes]]]:
    yield "HOW-TO-VERIFY.txt", [words.encode()]
    yield from books.audit_files(db.session(), whose.id, period)
    yield from _papers(whose.id, _moments(whose, period))


def _moments(whose: Organization, period: Period) -> tuple[datetime, datetime]:
    """The first and the last moment of the period, where the consortium is."""
    zone = ZoneInfo(whose.time_zone)
    return (
        datetime.combine(period.since, time.min, zone),
        datetime.combine(period.until, time.max, zone),
    )


def _papers(
    consortium_id: UUID, between: tuple[datetime, datetime]
) -> Iterator[tuple[str, Iterable[bytes]]]:
    for invoice in list_queries.invoices_issued(db.session(), consortium_id, *between):
        name = f"{invoice.printed['issuer']['slug']}-{invoice.number}"
        yield f"documents/invoices/{name}.pdf", _paper("invoice", invoice)
    for order in list_queries.purchase_orders_issued(db.session(), consortium_id, *between):
        name = f"{order.printed['district']['leaid']}-{rules.file_name(order.number)}"
        yield f"documents/purchase-orders/{name}-{order.id}.pdf", _paper("purchase_order", order)


def _paper(template: str, row: Any) -> Iterator[bytes]:
    with clock.frozen(row.issued_at):  # the same bytes as the paper that is out
        content = pdf.render(template, **row.printed)
    yield content
