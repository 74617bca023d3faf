"""The open books: search, one consortium, one entry, one account, files and checks."""

from collections.abc import Iterable
from typing import Any

from flask import render_template, request

from marketplace.accounts.login import current_actor
from marketplace.core import db, tenancy
from marketplace.core.access import require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.page_cache import public_page
from marketplace.core.web import Page, csv_response, json_response
from marketplace.ledger import export_views, exports, proof_views, queries, rules, watch
from marketplace.ledger.forms import SearchForm
from marketplace.ledger.queries import Books, Entry, Search
from marketplace.ledger.shared_views import OPEN, books_at, bp, page_of

#: Pages in files of their own, on the same blueprint.
__all__ = ["bp", "export_views", "proof_views"]

ROWS_IN_A_FILE = 10_000


@bp.app_template_filter("natural")
def natural(cents: int, code: str) -> int:
    return rules.natural(rules.kind_of(code), cents)


@bp.context_processor
def _words() -> dict[str, Any]:
    return {
        "short_words": rules.short_words,
        "effect": rules.effect,
        "ref_words": rules.ref_words,
        "section": "open",
    }


@bp.get("/ledger")
@public_page
def search() -> Any:
    require(current_actor(), "ledger.read_books")
    with tenancy.everyone(OPEN):
        form, asked, all_books = _asked()
        chosen = [b for b in all_books if asked.consortium_id in (None, b.consortium_id)]
        number, total = 1, 0
        found: list[Entry] = []
        if not form.problems:
            total = queries.count_entries(db.session(), asked)
            number = page_of(total)
            found = queries.entries(db.session(), asked, page=number)
        page = render_template(
            "ledger/search.html",
            form=form,
            page=Page(found, number, queries.PAGE_SIZE, total),
            names=_names(found),
            books=all_books,
            badge=watch.badge(watch.check(db.session(), chosen)),
            query=request.query_string.decode(),
        )
    return page, 422 if form.problems else 200


@bp.get("/ledger.csv")
def search_csv() -> Any:
    require(current_actor(), "ledger.read_books")
    header = ("consortium", *exports.CSV_COLUMNS[:8], "reverses", "reversed_by", "hash")
    rows = [
        (e.slug, e.seq, line, f"{e.recorded_at:%Y-%m-%dT%H:%M:%SZ}", e.effective_on, e.kind.value)
        + (e.ref, leg.account, leg.cents, e.reverses or "", e.reversed_by or "", e.hash)
        for e in _found_for_a_file()
        for line, leg in enumerate(e.legs, 1)
    ]
    return csv_response("ledger", header, rows)


@bp.get("/ledger.json")
def search_json() -> Any:
    require(current_actor(), "ledger.read_books")
    entries = _found_for_a_file()
    return json_response(entries=[_told(entry) for entry in entries], at_most=ROWS_IN_A_FILE)


@bp.get("/ledger/<slug>")
@public_page
def books(slug: str) -> Any:
    with tenancy.everyone(OPEN):
        found = books_at(slug)
        balances = queries.balances(db.session(), found.consortium_id)
        latest = queries.entries(db.session(), Search(found.consortium_id), size=5)
        return render_template(
            "ledger/books.html",
            books=found,
            balances=balances,
            debits=sum(b.cents for b in balances if b.cents > 0),
            credits=-sum(b.cents for b in balances if b.cents < 0),
            latest=latest,
            names=_names(latest, (b.code for b in balances)),
            badge=watch.badge(watch.check(db.session(), [found])),
        )


@bp.get("/ledger/<slug>/<int(min=1, max=9223372036854775807):seq>")
@public_page
def entry(slug: str, seq: int) -> Any:
    with tenancy.everyone(OPEN):
        found = books_at(slug)
        shown = queries.get_entry(db.session(), found.consortium_id, seq)
        before = queries.get_txn(db.session(), found.consortium_id, seq - 1) if seq > 1 else None
        codes = [leg.account for leg in shown.legs]
        return render_template(
            "ledger/entry.html",
            books=found,
            entry=shown,
            sentence=rules.explain(shown.kind),
            text=queries.get_txn(db.session(), found.consortium_id, seq).body,
            prev=before.hash if before else "0" * 64,
            after=queries.balances_after(db.session(), found.consortium_id, seq, codes),
            names=_names([shown]),
        )


@bp.get("/ledger/<slug>/accounts/<path:code>")
@public_page
def account(slug: str, code: str) -> Any:
    with tenancy.everyone(OPEN):
        found = books_at(slug)
        try:
            kind = rules.kind_of(code)
        except RuleBroken:
            raise NotFound("There is no such account.") from None
        total = queries.count_account_rows(db.session(), found.consortium_id, code)
        if not total:
            raise NotFound("There is no such account.")
        number = page_of(total)
        rows = queries.account_rows(db.session(), found.consortium_id, code, page=number)
        return render_template(
            "ledger/account.html",
            books=found,
            code=code,
            kind=kind,
            name=queries.names_of(db.session(), [code])[code],
            balance=queries.balance_of(db.session(), found.consortium_id, code),
            page=Page(rows, number, queries.PAGE_SIZE, total),
            badge=watch.badge(watch.check(db.session(), [found])),
        )


def _asked() -> tuple[SearchForm, Search, list[Books]]:
    all_books = queries.open_books(db.session())
    form = SearchForm(request.args)
    form.offer(all_books)
    return form, form.search(all_books) if form.validate() else Search(), all_books


def _found_for_a_file() -> list[Entry]:
    """What the same search shows on the page, at most so many entries; the books are whole."""
    with tenancy.everyone(OPEN):
        form, asked, _ = _asked()
        if form.problems:
            raise RuleBroken(" ".join(form.problems))
        return queries.entries(db.session(), asked, size=ROWS_IN_A_FILE)


def _told(entry: Entry) -> dict[str, Any]:
    return {
        "consortium": entry.slug,
        "seq": entry.seq,
        "recorded_at": f"{entry.recorded_at:%Y-%m-%dT%H:%M:%SZ}",
        "effective_on": entry.effective_on.isoformat(),
        "kind": entry.kind.value,
        "ref": entry.ref,
        "legs": [[leg.account, leg.cents, "USD"] for leg in entry.legs],
        "reverses": entry.reverses,
        "reversed_by": entry.reversed_by,
        "hash": entry.hash,
    }


def _names(entries: Iterable[Entry], more: Iterable[str] = ()) -> dict[str, str]:
    codes = {leg.account for entry in entries for leg in entry.legs} | set(more)
    return queries.names_of(db.session(), codes)
