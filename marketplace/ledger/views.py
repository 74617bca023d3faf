"""The open books: search, one consortium, one entry, one account, files and checks."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request

from marketplace.accounts.login import current_actor
from marketplace.core import db, tenancy
from marketplace.core.access import can, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.page_cache import public_page
from marketplace.core.web import Page, json_response, streamed_csv
from marketplace.ledger import (
    chart_rules,
    desk_queries,
    desk_views,
    export_views,
    exports,
    hand_views,
    proof_views,
    queries,
    rules,
    sentence_rules,
    sight_rules,
    watch,
)
from marketplace.ledger.forms import SearchForm
from marketplace.ledger.queries import Books, Entry, Search, Sights, Until
from marketplace.ledger.shared_views import OPEN, books_at, bp, page_of, sight_here
from marketplace.ledger.shown_views import account_url, entries_url, rows_of
from marketplace.ledger.sight_rules import OPENNESS_WORDS, Sight

#: Pages in files of their own, on the same blueprint.
__all__ = ["bp", "export_views", "hand_views", "proof_views"]


@bp.record
def _add_the_desk(state: Any) -> None:
    """The desk stands under /c, so its pages are added without the prefix of the blueprint."""
    for rule, view, methods in desk_views.PAGES:
        name = f"ledger.{view.__name__}"
        state.app.add_url_rule(rule, name, view, methods=methods)


ROWS_IN_A_FILE = 10_000
LONGEST_NUMBER = 18


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
        session = db.session()
        form, asked, all_books, sights = _asked()
        chosen = [b for b in all_books if asked.consortium_id in (None, b.consortium_id)]
        number, total = 1, 0
        found: list[Entry] = []
        if not form.problems:
            total = _count(asked, chosen, sights)
            number = page_of(total)
            found = queries.entries(session, asked, sights, page=number) if total else []
        page = render_template(
            "ledger/search.html",
            form=form,
            page=Page(rows_of(found), number, queries.PAGE_SIZE, total),
            balances=_running(asked, found, sights),
            books=all_books,
            narrower=_what_to_drop(form, asked, sights) if not total and not form.problems else [],
            badge=watch.badge(watch.check(session, chosen)),
            query=request.query_string.decode(),
        )
    return page, 422 if form.problems else 200


@bp.get("/ledger.csv")
def search_csv() -> Any:
    """All that is found, however much: it is written while it is sent."""
    require(current_actor(), "ledger.read_books")
    header = ("consortium", *exports.CSV_COLUMNS[:8], "reverses", "reversed_by", "hash")
    with tenancy.everyone(OPEN):
        asked, sights = _asked_for_a_file()
    return streamed_csv(
        "ledger",
        header,
        lambda: (
            (e.slug, e.seq, line, f"{e.recorded_at:%Y-%m-%dT%H:%M:%SZ}", e.effective_on)
            + (e.kind.value, e.ref, leg.account, leg.cents)
            + (e.reverses or "", e.reversed_by or "", e.hash)
            for e in queries.each_entry(db.session(), asked, sights)
            for line, leg in enumerate(e.legs, 1)
        ),
        OPEN,
    )


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
        sight = sight_here(found)
        session = db.session()
        sights = {found.consortium_id: sight}
        latest = queries.entries(session, Search(found.consortium_id), sights, size=5)
        said = desk_queries.openness_of(session, found.consortium_id)
        return render_template(
            "ledger/books.html",
            **_balances(found, sight, queries.NOW),
            latest=rows_of(latest),
            sight=sight,
            openness=OPENNESS_WORDS[found.openness],
            clause=said.clause if said else None,
            closed_through=queries.closed_through(session, found.consortium_id),
            keeps=can(current_actor(), "ledger.keep_books", found),
            badge=watch.badge(watch.check(session, [found])),
        )


@bp.get("/ledger/<slug>/trial-balance")
@public_page
def trial_balance(slug: str) -> Any:
    with tenancy.everyone(OPEN):
        found = books_at(slug)
        sight = sight_here(found)
        until, problem = _until()
        page = render_template(
            "ledger/trial_balance.html",
            **_balances(found, sight, until),
            until=until,
            problem=problem,
            typed=request.args,
            badge=watch.badge(watch.check(db.session(), [found])),
        )
    return page, 422 if problem else 200


def _balances(found: Books, sight: Sight, until: Until) -> dict[str, Any]:
    """The two columns of a trial balance, each number with the rows it leads to."""
    session = db.session()
    held = {b.code: b.cents for b in queries.balances(session, found.consortium_id, until=until)}
    shown = sight_rules.added_up(held, sight)
    owners = queries.owners_of(session, shown)
    return {
        "books": found,
        "balances": [
            (code, cents, None if code.endswith(rules.HIDDEN) else account_url(found, code, until))
            for code, cents in shown.items()
        ],
        "debits": sum(cents for cents in shown.values() if cents > 0),
        "credits": -sum(cents for cents in shown.values() if cents < 0),
        "names": queries.plain_names(shown, owners),
        "entries_url": entries_url(found, until),
    }


@bp.get("/ledger/<slug>/<int(min=1, max=9223372036854775807):seq>")
@public_page
def entry(slug: str, seq: int) -> Any:
    """“Explain this row”: what, who, when, why, both sides, its place, how to check it."""
    with tenancy.everyone(OPEN):
        found = books_at(slug)
        sight = sight_here(found)
        session, actor = db.session(), current_actor()
        shown = queries.get_entry(session, found.consortium_id, seq, sight)
        txn = queries.get_txn(session, found.consortium_id, seq)
        before = queries.get_txn(session, found.consortium_id, seq - 1) if seq > 1 else None
        codes = {leg.account for leg in shown.legs}
        owners = queries.owners_of(session, codes)
        at_the_desk = can(actor, "ledger.keep_books", found)
        seen = [code for code in codes if not code.endswith(rules.HIDDEN)]
        return render_template(
            "ledger/entry.html",
            books=found,
            entry=shown,
            legs=shown.legs[:200],
            told=sentence_rules.tell(shown.kind, shown.legs, shown.ref, owners),
            meaning=rules.explain(shown.kind),
            text=txn.body if sight.names else None,
            prev=before.hash if before else "0" * 64,
            after=queries.balances_after(session, found.consortium_id, seq, seen),
            names=queries.plain_names(codes, owners),
            author=desk_queries.author_of(session, txn),
            run=desk_queries.run_about(session, found.consortium_id, seq),
            at_the_desk=at_the_desk,
            walks=sight.names or sight.rows,
            may_correct=at_the_desk
            and shown.reversed_by is None
            and shown.kind is not rules.PostingKind.REVERSAL,
            is_closed=_is_closed(found, shown),
            badge=watch.badge(watch.check(session, [found])),
        )


def _is_closed(found: Books, shown: Entry) -> bool:
    through = queries.closed_through(db.session(), found.consortium_id)
    return through is not None and shown.effective_on <= through


@bp.get("/ledger/<slug>/accounts/<path:code>")
@public_page
def account(slug: str, code: str) -> Any:
    with tenancy.everyone(OPEN):
        found = books_at(slug)
        sight = sight_here(found)
        session, whose = db.session(), found.consortium_id
        until, problem = _until()
        try:
            kind = rules.family(code).kind
        except RuleBroken:
            raise NotFound("There is no such account.") from None
        if not sight.shows(code) or not queries.count_account_rows(session, whose, code):
            raise NotFound("There is no such account.")
        total = queries.count_account_rows(session, whose, code, until)
        number = page_of(total)
        rows = queries.account_rows(session, whose, code, page=number, until=until)
        page = render_template(
            "ledger/account.html",
            books=found,
            code=code,
            kind=kind,
            name=queries.names_of(session, [code])[code],
            balance=queries.balance_of(session, whose, code, until),
            until=until,
            problem=problem,
            typed=request.args,
            chart=chart_rules.over_time(
                [
                    (on, rules.natural(kind, cents))
                    for on, cents in queries.by_day(session, whose, code)
                ]
            ),
            kinds=queries.sums_by_kind(session, whose, code) if until.is_now else {},
            page=Page(rows, number, queries.PAGE_SIZE, total),
            badge=watch.badge(watch.check(session, [found])),
        )
    return page, 422 if problem else 200


def _until() -> tuple[Until, str | None]:
    """How far to read: `?on=2027-01-15` or `?seq=12`; a problem in words when it is neither."""
    on, seq = request.args.get("on", "").strip(), request.args.get("seq", "").strip()
    if seq and (not seq.isdecimal() or len(seq) > LONGEST_NUMBER):
        return queries.NOW, "Entry: write its number, such as 12."
    try:
        last = date.fromisoformat(on) if on else None
    except ValueError:
        return queries.NOW, "Day: write the date as 2027-01-15."
    return Until(on=last, seq=int(seq) if seq else None), None


def _asked() -> tuple[SearchForm, Search, list[Books], Sights]:
    all_books = queries.open_books(db.session())
    form = SearchForm(request.args)
    form.offer(all_books)
    asked = form.search(all_books) if form.validate() else Search()
    return form, asked, all_books, queries.sights(db.session(), current_actor(), all_books)


def _count(asked: Search, chosen: list[Books], sights: Sights) -> int:
    """Books have no gaps: whoever asks for whole books gets as many entries as the heads say."""
    whole = all(sights[b.consortium_id].names or sights[b.consortium_id].rows for b in chosen)
    if whole and asked == Search(asked.consortium_id):
        return sum(b.seq for b in chosen)
    return queries.count_entries(db.session(), asked, sights)


def _running(asked: Search, found: list[Entry], sights: Sights) -> dict[int, int] | None:
    """What the chosen account of the chosen books held after each row; else None."""
    if not (asked.account and asked.consortium_id and found):
        return None
    if not sights[asked.consortium_id].shows(asked.account):
        return None
    seqs = [entry.seq for entry in found]
    held = queries.running(db.session(), asked.consortium_id, asked.account, seqs)
    kind = rules.kind_of(asked.account)
    return {seq: rules.natural(kind, cents) for seq, cents in held.items()}


def _what_to_drop(form: SearchForm, asked: Search, sights: Sights) -> list[tuple[str, int, str]]:
    """For a search without a row: which filter to drop, what that gives, and its address."""
    found = []
    for label, names, rest in form.without_one(asked):
        count = queries.count_entries(db.session(), rest, sights)
        kept = [(k, v) for k, v in request.args.items() if k not in (*names, "page") and v]
        if count:
            found.append((label, count, f"{request.path}?{urlencode(kept)}"))
    return found


def _found_for_a_file() -> list[Entry]:
    """What the same search shows on the page, at most so many entries; the table has them all."""
    with tenancy.everyone(OPEN):
        return queries.entries(db.session(), *_asked_for_a_file(), size=ROWS_IN_A_FILE)


def _asked_for_a_file() -> tuple[Search, Sights]:
    form, asked, _, sights = _asked()
    if form.problems:
        raise RuleBroken(" ".join(form.problems))
    return asked, sights


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
