"""A district's statement: every row of its account, what is open and how old it is, and what
is committed but not yet money. Seen by the district itself and by those who lead its consortium.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.core import clock, db, pdf, tenancy, web
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound
from marketplace.ledger import queries as books
from marketplace.ledger import rules as ledger_rules
from marketplace.orders import (
    charge_codes as handbook,
)
from marketplace.orders import (
    charge_service,
    credit_queries,
    held_queries,
    list_queries,
    papers,
    statement_rules,
)
from marketplace.orders import queries as order_queries
from marketplace.orders.desk_views import Desk, bp, sit_down
from marketplace.orders.forms import ChooseChargeCodesForm
from marketplace.orders.list_queries import Document, Row, Sums
from marketplace.orders.order_views import plain
from marketplace.orders.rules import OrderKind
from marketplace.orders.statement_rules import AGE_WORDS, EVERY_TOOL, Age
from marketplace.pools import queries as pools
from marketplace.pools.models import Commitment, Pool
from marketplace.pools.rules import RUNG_WORDS, TAKES_SEATS

OWN_LINES = "a district sees its own lines, and its lead sees them too, whatever is public"
ROWS_ON_PAPER = 400


@dataclass(frozen=True)
class Statement:
    """One district in one consortium's books, as of today."""

    desk: Desk
    district: Organization
    through: list[Organization]
    chosen: Organization
    today: date
    sums: Sums
    #: Set aside by orders that no bill has relieved yet.
    encumbered_cents: int
    bills: list[tuple[Age, Row]]
    promised: list[tuple[Commitment, Pool]]
    by_kind: dict[ledger_rules.PostingKind, int]
    debit_cents: int
    credit_cents: int
    share_changes_cents: int
    #: Paid from credit and sent back: bills show both already.
    on_bills_cents: int

    @property
    def code(self) -> str:
        return f"receivable:{self.district.leaid}"

    @property
    def balance_cents(self) -> int:
        return self.debit_cents - self.credit_cents

    @property
    def other_cents(self) -> int:
        on_papers = self.share_changes_cents - self.sums.credited_cents + self.on_bills_cents
        return statement_rules.other_cents(self.by_kind, on_papers)

    @property
    def aging(self) -> dict[Age, int]:
        return statement_rules.aging((age, row.open_cents) for age, row in self.bills)

    @property
    def agrees(self) -> bool:
        """Orders less payments, and the other entries named, are what the books say."""
        return self.balance_cents == self.sums.open_cents + self.other_cents

    @property
    def promised_cents(self) -> int:
        """The most that open commitments can come to; those without a limit are not in it."""
        return sum(c.limit_cents or 0 for c, _pool in self.promised)

    @property
    def is_own(self) -> bool:
        return self.desk.side == "district"

    def url(self, ending: str = "", **more: Any) -> str:
        """The address of this statement at this desk."""
        if self.is_own:
            return self.desk.url("my_ledger" + ending, books=self.chosen.slug, **more)
        return self.desk.url("my_ledger" + ending, leaid=self.district.leaid, **more)


def _statement(leaid: str, consortium: str | None) -> tuple[Desk, Statement | None]:
    """The statement of an address; None while the district has ordered nothing."""
    session = db.session()
    desk = sit_down(leaid) if consortium is None else sit_down(consortium=consortium)
    if consortium is None:
        district = desk.organization
        through = list_queries.consortia_ordered_through(session, district.id)
        chosen = _chosen(through)
    else:
        district, chosen, through = accounts.organization_by_leaid(session, leaid), None, []
        mine = list_queries.listed(district_id=district.id, consortium_id=desk.organization.id)
        if list_queries.rows(session, mine.limit(1)):
            chosen = desk.organization
        else:
            raise NotFound("There is no such page.")
    if chosen is None:
        return desk, None
    code, today = f"receivable:{leaid}", clock.today(district.time_zone)
    mine = list_queries.listed(district_id=district.id, consortium_id=chosen.id)
    still_open = list_queries.listed(district_id=district.id, consortium_id=chosen.id, show="open")
    with tenancy.everyone(OWN_LINES):
        by_kind = books.sums_by_kind(session, chosen.id, code)
        debits, credits = books.turnover(session, chosen.id, code)
    promised = [
        (commitment, pool)
        for commitment, pool in pools.commitments_of_district(session, district.id)
        if pool.org_id == chosen.id and pool.status in TAKES_SEATS
    ]
    bills = [(_age(row, district, today), row) for row in list_queries.rows(session, still_open)]
    return desk, Statement(
        desk=desk,
        district=district,
        through=through,
        chosen=chosen,
        today=today,
        sums=list_queries.sums(session, mine),
        encumbered_cents=order_queries.encumbered_cents(session, district.id, chosen.id),
        bills=sorted(bills, key=lambda bill: list(Age).index(bill[0])),
        promised=promised,
        by_kind=by_kind,
        debit_cents=debits,
        credit_cents=credits,
        share_changes_cents=credit_queries.billed_as(
            session, district.id, chosen.id, OrderKind.SHARE_CHANGE
        ),
        on_bills_cents=held_queries.on_papers_cents(session, district.id, chosen.id),
    )


def _age(row: Row, district: Organization, today: date) -> Age:
    issued = row.invoice.issued_at if row.invoice else None
    zone = ZoneInfo(district.time_zone)
    return statement_rules.age(issued.astimezone(zone).date() if issued else None, today)


def _chosen(through: list[Organization]) -> Organization | None:
    """The books asked for (`?books=slug`), else the first."""
    asked = request.args.get("books")
    return next((org for org in through if org.slug == asked), through[0] if through else None)


def _rows(it: Statement, page: int, size: int) -> list[books.AccountRow]:
    with tenancy.everyone(OWN_LINES):
        return books.account_rows(db.session(), it.chosen.id, it.code, page=page, size=size)


def _papers(it: Statement) -> dict[int, Document]:
    return list_queries.documents(db.session(), it.district.id, it.chosen.id)


@bp.get("/d/<leaid>/ledger")
@bp.get("/c/<consortium>/ledger/<leaid>")
@login_required
def my_ledger(leaid: str, consortium: str | None = None) -> Any:
    desk, it = _statement(leaid, consortium)
    if it is None:
        return render_template("orders/my_ledger.html", desk=desk, it=None)
    session, number = db.session(), web.page_number()
    with tenancy.everyone(OWN_LINES):
        total = books.count_account_rows(session, it.chosen.id, it.code)
    number = min(number, max(1, -(-total // books.PAGE_SIZE)))
    return render_template(
        "orders/my_ledger.html",
        desk=desk,
        it=it,
        page=web.Page(_rows(it, number, books.PAGE_SIZE), number, books.PAGE_SIZE, total),
        papers=_papers(it),
        short_words=ledger_rules.short_words,
        ref_words=ledger_rules.ref_words,
        age_words=AGE_WORDS,
        rung_words=RUNG_WORDS,
        codes=list_queries.charge_codes(session, it.district.id) if it.is_own else {},
        code_words=handbook.words,
        may_choose=it.is_own
        and can(login.current_actor(), "orders.choose_charge_codes", it.district),
    )


@bp.get("/d/<leaid>/ledger.pdf")
@bp.get("/c/<consortium>/ledger/<leaid>.pdf")
@login_required
def my_ledger_pdf(leaid: str, consortium: str | None = None) -> Response:
    _desk, it = _statement(leaid, consortium)
    if it is None:
        raise NotFound("There is no statement yet.")
    with tenancy.everyone(OWN_LINES):
        head = books.find_head(db.session(), it.chosen.id)
    names = _papers(it)
    content = pdf.render(
        "statement",
        district=papers.party(it.district),
        consortium=papers.party(it.chosen),
        today=it.today.isoformat(),
        aging=[(AGE_WORDS[age], cents) for age, cents in it.aging.items()],
        other_cents=it.other_cents,
        balance_cents=it.balance_cents,
        account=it.code,
        rows=[_line(row, names) for row in _rows(it, 1, ROWS_ON_PAPER)],
        left_out=max(0, _count(it) - ROWS_ON_PAPER),
        promised=[
            (pool.title, RUNG_WORDS[c.rung], c.seats, c.limit_cents) for c, pool in it.promised
        ],
        seal=f"{head.seq}:{head.hash}" if head else "",
    )
    return web.pdf_response(f"statement-{leaid}", content)


def _count(it: Statement) -> int:
    with tenancy.everyone(OWN_LINES):
        return books.count_account_rows(db.session(), it.chosen.id, it.code)


def _line(row: books.AccountRow, names: dict[int, Document]) -> dict[str, Any]:
    paper = names.get(row.seq)
    return {
        "on": row.effective_on.isoformat(),
        "what": paper.words if paper else ledger_rules.short_words(row.kind),
        "seq": row.seq,
        "cents": row.cents,
        "balance_cents": row.balance_cents,
    }


CSV_HEADER = (
    *("Date", "Books of", "Document", "Kind", "Debit", "Credit", "Balance", "Entry"),
    *("Function", "Object"),
)


@bp.get("/d/<leaid>/ledger.csv")
@login_required
def my_ledger_csv(leaid: str) -> Any:
    desk = sit_down(leaid)
    session = db.session()
    chosen = list_queries.charge_codes(session, desk.organization.id)
    lines: list[tuple[Any, ...]] = []
    for consortium in list_queries.consortia_ordered_through(session, desk.organization.id):
        with tenancy.everyone(OWN_LINES):
            rows = books.account_rows(session, consortium.id, f"receivable:{leaid}", size=10_000)
        names = list_queries.documents(session, desk.organization.id, consortium.id)
        lines += _csv_lines(consortium.name, rows, names, chosen)
    return web.csv_response(f"ledger-{leaid}", CSV_HEADER, lines)


def _csv_lines(
    name: str,
    rows: Iterable[books.AccountRow],
    names: dict[int, Document],
    chosen: Any,
) -> list[tuple[Any, ...]]:
    lines = []
    for row in rows:
        paper = names.get(row.seq)
        lines.append(
            (
                row.effective_on.isoformat(),
                name,
                paper.words if paper else row.ref,
                ledger_rules.short_words(row.kind),
                plain(max(row.cents, 0)),
                plain(max(-row.cents, 0)),
                plain(row.balance_cents),
                row.seq,
                *statement_rules.charged_to(paper.tool if paper else None, chosen),
            )
        )
    return lines


@bp.route("/d/<leaid>/charge-codes", methods=["GET", "POST"])
@login_required
def choose_charge_codes(leaid: str) -> Any:
    desk, actor = sit_down(leaid), login.current_actor()
    district = desk.organization
    require(actor, "orders.choose_charge_codes", district)
    session = db.session()
    tools = list_queries.tools_ordered(session, district.id)
    known = list_queries.charge_codes(session, district.id)
    asked = request.args.get("for", EVERY_TOOL)
    form = ChooseChargeCodesForm(
        applies_to=asked,
        function_code=known[asked].function_code if asked in known else "",
        object_code=known[asked].object_code if asked in known else "",
    )
    form.offer(tools)
    if form.submitted(
        lambda w: charge_service.choose_charge_codes(w, actor, district.id, **form.facts())
    ):
        flash("Your export uses these codes from now on.", "good")
        return redirect(url_for("orders.choose_charge_codes", leaid=leaid))
    return web.form_page(
        "orders/choose_charge_codes.html",
        form,
        desk=desk,
        known=known,
        tools={EVERY_TOOL: "Every tool without its own code", **tools},
        code_words=handbook.words,
        edition=handbook.EDITION,
    )
