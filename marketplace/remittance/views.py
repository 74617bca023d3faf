"""Bank statements of a vendor or a consortium: read them, and link lines to bills."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core import db, files, tenancy, web
from marketplace.core.access import can
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.fields import dollars_text
from marketplace.core.money import dollars
from marketplace.remittance import queries, rules, service
from marketplace.remittance.forms import (
    ChooseColumnsForm,
    ConfirmForm,
    ImportStatementForm,
    MatchLineForm,
)
from marketplace.remittance.matching_rules import Bill, Matcher, Seen
from marketplace.remittance.models import BankFile, BankLine
from marketplace.remittance.rules import LINE_TAGS, LineState, cents_of

bp = Blueprint("remittance", __name__)
#: Why a page writes beyond its own desk.
BILLS = "a bill and its payments belong to the district; the side that is owed writes them"
ROOTS = ("/v/<vendor>/bank", "/c/<consortium>/bank")
SHOWN = {
    LineState.OPEN: "To do",
    LineState.LINKED: "Linked to invoices",
    LineState.IGNORED: "Ignored",
    LineState.OUT: "Money out",
    "": "All lines",
}


def at_both_desks(rule: str, *methods: str) -> Any:
    def add(view: Any) -> Any:
        for root in ROOTS:
            view = bp.route(root + rule, methods=list(methods) or ["GET"])(view)
        return view

    return add


@dataclass(frozen=True)
class Desk:
    side: str
    organization: Organization

    def url(self, endpoint: str, **values: Any) -> str:
        return url_for(f"remittance.{endpoint}", **(values | {self.side: self.organization.slug}))

    def bill_url(self, invoice_id: UUID) -> str:
        there = {self.side: self.organization.slug}
        return url_for("orders.invoice", invoice_id=invoice_id, **there)

    @property
    def home_url(self) -> str:
        return login.home_url(self.organization)

    @property
    def waiting_url(self) -> str:
        return url_for("orders.payments_waiting", **{self.side: self.organization.slug})


def _sit_down(vendor: str | None = None, consortium: str | None = None) -> Desk:
    """The desk an address names, if the signed-in person keeps its books; else there is none."""
    kind = OrganizationKind.VENDOR if vendor else OrganizationKind.CONSORTIUM
    found = accounts.organization_by_slug(db.session(), kind, vendor or consortium or "")
    actor = login.current_actor()
    if not can(actor, "remittance.bank", found):
        raise NotFound("There is no such page.")
    if found.id not in actor.scope:
        tenancy.open_scope(actor.scope | {found.id})
    return Desk("vendor" if vendor else "consortium", found)


@at_both_desks("")
@login_required
def bank(**whose: str) -> Any:
    """The lines of all accounts, narrowed to what is to do, with a suggestion for each."""
    desk, session = _sit_down(**whose), db.session()
    asked = request.args.get("show", LineState.OPEN)
    show = asked if asked in SHOWN else LineState.OPEN
    state = LineState(show) if show else None
    page = web.paged(session, queries.lines(desk.organization.id, state))
    matches = queries.matches_of(session, [line.id for line in page.items])
    found = queries.open_bills(session, desk.organization.id).bills
    matcher = Matcher(found)
    linked = {match.invoice_id for each in matches.values() for match in each}
    return render_template(
        "remittance/bank.html",
        desk=desk,
        page=page,
        counts=queries.counts(session, desk.organization.id),
        suggestions={line.id: _suggested(matcher, line)[:1] for line in page.items},
        matches=matches,
        invoices=queries.invoices_by_id(session, linked),
        files=queries.files_of(session, desk.organization.id),
        accounts={a.id: a.name for a in queries.accounts_of(session, desk.organization.id)},
        show=show,
        shown=SHOWN,
        tags=LINE_TAGS,
        confirm=ConfirmForm(),
        open_bills=len(found),
    )


def _suggested(matcher: Matcher, line: BankLine) -> list[Any]:
    if line.state is not LineState.OPEN:
        return []
    return matcher.suggest(Seen(line.cents, line.text, line.check_number))


@at_both_desks("/import", "GET", "POST")
@login_required
def import_statement(**whose: str) -> Any:
    desk = _sit_down(**whose)
    actor, org_id = login.current_actor(), desk.organization.id
    known = queries.accounts_of(db.session(), org_id)
    form = ImportStatementForm(account_name=known[0].name if len(known) == 1 else "")
    upload = request.files.get("file")
    content = upload.read(rules.LARGEST_BYTES + 1) if upload else b""
    if form.submitted(
        lambda w: service.import_statement(
            w,
            actor,
            org_id,
            account_name=form.account_name.data or "",
            name=(upload.filename if upload else "") or "",
            content=content,
        )
    ):
        return _after(desk, form.result)
    return web.form_page(
        "remittance/import_statement.html",
        form,
        desk=desk,
        known=[account.name for account in queries.accounts_of(db.session(), org_id)],
    )


def _after(desk: Desk, found: BankFile) -> Response:
    if found.read_at is None:
        return redirect(desk.url("choose_columns", bank_file_id=found.id))
    old = found.lines - found.new_lines
    flash(f"{found.new_lines:,} new lines. {old:,} were here already.", "good")
    return redirect(desk.url("bank"))


@at_both_desks("/files/<uuid:bank_file_id>", "GET", "POST")
@login_required
def choose_columns(bank_file_id: UUID, **whose: str) -> Any:
    desk = _sit_down(**whose)
    found = _owned(desk, queries.get_file(db.session(), bank_file_id))
    if found.read_at is not None and request.method == "GET":
        return redirect(desk.url("bank"))
    actor = login.current_actor()
    stored = files.get_file(db.session(), found.file_id)
    rows = rules.rows_of(rules.decoded(stored.content))
    guessed = rules.guess(rows[0])
    place = guessed.get(rules.Column.DATE, 0)
    order = rules.date_order_of(row[place] for row in rows[1:] if len(row) > place)
    form = ChooseColumnsForm(
        date_order=order.value, **{column.value: str(at) for column, at in guessed.items()}
    )
    form.offer(rows[0])
    if form.submitted(lambda w: service.choose_columns(w, actor, bank_file_id, **form.facts())):
        return _after(desk, form.result)
    return web.form_page(
        "remittance/choose_columns.html", form, desk=desk, name=stored.name, rows=rows[:6]
    )


@at_both_desks("/lines/<uuid:line_id>", "GET", "POST")
@login_required
def match_line(line_id: UUID, **whose: str) -> Any:
    """What a line may pay; several invoices may be ticked, each with its part."""
    desk = _sit_down(**whose)
    line = _owned(desk, queries.get_line(db.session(), line_id))
    actor, form = login.current_actor(), MatchLineForm()
    with tenancy.everyone(BILLS):
        sent = form.submitted(
            lambda w: service.match_line(
                w, actor, line_id, _parts(), keep_rest=bool(form.keep_rest.data)
            )
        )
    if sent:
        flash(f"{dollars(form.result.cents)} is linked. A second person confirms it.", "good")
        return redirect(desk.url("bank"))
    session = db.session()
    line = queries.get_line(session, line_id)  # a refusal undid what was read
    bills = queries.open_bills(session, desk.organization.id)
    suggested = _suggested(Matcher(bills.bills), line)
    matches = queries.matches_of(session, [line.id]).get(line.id, [])
    return web.form_page(
        "remittance/match_line.html",
        form,
        desk=desk,
        line=line,
        tag_of=LINE_TAGS[line.state],
        suggested=suggested,
        rows=_rows(bills.bills, suggested),
        typed=_typed(suggested),
        matches=matches,
        invoices=queries.invoices_by_id(session, [match.invoice_id for match in matches]),
        confirm=ConfirmForm(),
    )


def _rows(bills: list[Bill], suggested: list[Any]) -> list[Bill]:
    """The open bills, the suggested ones in front."""
    first = [bill.invoice_id for each in suggested for bill, _cents in each.parts]
    open_ones = [bill for bill in bills if bill.left_cents > 0 or bill.waits]
    place = {invoice_id: number for number, invoice_id in reversed(list(enumerate(first)))}
    last = len(first)
    return sorted(
        open_ones, key=lambda bill: (place.get(bill.invoice_id, last), bill.due_on, bill.number)
    )[:200]


def _typed(suggested: list[Any]) -> dict[UUID, str]:
    """What stands in the fields: as sent, else the likeliest suggestion."""
    if request.method == "POST":
        return {invoice_id: request.form.get(f"part-{invoice_id}", "") for invoice_id in _ticked()}
    if suggested and suggested[0].strength >= 60:
        return {bill.invoice_id: dollars_text(cents) for bill, cents in suggested[0].parts}
    return {}


def _ticked() -> list[UUID]:
    found = []
    for text in request.form.getlist("invoice"):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _parts() -> dict[UUID, int]:
    parts = {}
    for invoice_id in _ticked():
        typed = request.form.get(f"part-{invoice_id}", "")
        cents = cents_of(typed)
        if cents is None:
            raise RuleBroken(
                f"“{typed[:20]}” is no amount. Write dollars and cents, such as 1,125.01."
            )
        parts[invoice_id] = cents
    return parts


@at_both_desks("/sure-lines", "POST")
@login_required
def match_sure_lines(**whose: str) -> Response:
    desk = _sit_down(**whose)
    actor = login.current_actor()
    with tenancy.everyone(BILLS), db.transaction() as session:
        done = service.match_sure_lines(session, actor, desk.organization.id)
    words = "No line is sure enough." if not done else f"Linked: {done}. A second person confirms."
    flash(words, "good" if done else "warn")
    return redirect(desk.url("bank"))


@at_both_desks("/lines/<uuid:line_id>/ignore", "POST")
@login_required
def ignore_line(line_id: UUID, **whose: str) -> Response:
    desk = _sit_down(**whose)
    _owned(desk, queries.get_line(db.session(), line_id))
    with db.transaction() as session:
        line = service.ignore_line(session, login.current_actor(), line_id)
    flash(f"{dollars(line.cents)} is ignored.", "good")
    return redirect(desk.url("bank"))


@at_both_desks("/lines/<uuid:line_id>/undo", "POST")
@login_required
def undo_line(line_id: UUID, **whose: str) -> Response:
    desk = _sit_down(**whose)
    _owned(desk, queries.get_line(db.session(), line_id))
    with tenancy.everyone(BILLS), db.transaction() as session:
        line = service.undo_line(session, login.current_actor(), line_id)
    flash(f"{dollars(line.cents)} is to do again.", "good")
    return redirect(desk.url("bank"))


def _owned(desk: Desk, row: Any) -> Any:
    if row.org_id != desk.organization.id:
        raise NotFound("There is no such statement or line.")
    return row
