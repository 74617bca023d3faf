"""Open books for everyone. Nothing here is typed in: all is counted."""

from typing import Any

from flask import render_template, request

from marketplace.core import db, tenancy, web
from marketplace.core.page_cache import public_page
from marketplace.ledger import queries as ledger
from marketplace.ledger.rules import short_words
from marketplace.uptake import queries, rules
from marketplace.uptake.rules import Figures, Filters
from marketplace.uptake.shared_views import (
    FIGURE_COLUMNS,
    asked,
    bp,
    breakdowns,
    breakdowns_csv,
    told,
    uptake,
)

PUBLIC = "what districts bought through pools is public"
DISTRICT_COLUMNS = ("leaid", "district", "state", "locale", *FIGURE_COLUMNS[1:])


@bp.get("/open")
@public_page
def open_books() -> Any:
    filters = Filters.read(request.args)
    reader = db.session()
    with tenancy.everyone(PUBLIC):
        latest = ledger.entries(reader, ledger.Search(), ledger.public_sights(reader), size=5)
    figures = uptake(filters, queries.cells(reader, filters))
    return render_template(
        "uptake/open_books.html",
        latest=latest,
        entry_words=short_words,
        books=None if filters.as_query() else _beside_the_books(figures["total"]),
        **figures,
    )


@bp.get("/open.csv")
def open_books_csv() -> Any:
    filters = Filters.read(request.args)
    return breakdowns_csv("open-books", filters)


@bp.get("/open.json")
def open_books_json() -> Any:
    filters = Filters.read(request.args)
    found = breakdowns(filters)
    return web.json_response(
        filters=filters.as_query(),
        total=told(found.pop("total")[0].figures),
        **{
            name: [{"key": line.key, "name": line.words, **told(line.figures)} for line in lines]
            for name, lines in found.items()
        },
    )


@bp.get("/open/districts")
@public_page
def districts_reached() -> Any:
    filters = Filters.read(request.args)
    with tenancy.everyone(PUBLIC):
        page = web.paged(db.session(), queries.districts_reached(filters))
    rows = [queries.Reached(*row) for row in page.items]
    total = rules.total_of(queries.cells(db.session(), filters))
    return render_template(
        "uptake/districts_reached.html",
        page=page,
        rows=rows,
        total=total,
        years=queries.by_year(db.session(), Filters(filters.state, filters.locale, filters.size)),
        **asked(filters),
    )


@bp.get("/open/districts.csv")
def districts_reached_csv() -> Any:
    rows = _all_reached(Filters.read(request.args))
    return web.csv_response(
        "districts-reached", DISTRICT_COLUMNS, [list(row.values()) for row in rows]
    )


@bp.get("/open/districts.json")
def districts_reached_json() -> Any:
    filters = Filters.read(request.args)
    return web.json_response(filters=filters.as_query(), districts=_all_reached(filters))


@bp.get("/open/data")
@public_page
def open_data() -> Any:
    with tenancy.everyone("the books are public"):
        seen = ledger.public_sights(db.session())
        books = [b for b in ledger.open_books(db.session()) if seen[b.consortium_id].names]
    return render_template("uptake/open_data.html", books=books)


def _beside_the_books(total: Figures) -> dict[str, int]:
    """What districts owe by orders and payments, beside what the books say; whole cents.

    Some entries change what is owed and no order: a grant that was used, a write-off. They
    are told by their sum; what is off after that nobody can explain.
    """
    session = db.session()
    owed, otherwise = queries.owed_in_the_books(session), queries.owed_otherwise(session)
    off = owed - otherwise - (total.ordered_cents - total.paid_cents)
    return {"owed_cents": owed, "otherwise_cents": otherwise, "off_cents": off}


def _all_reached(filters: Filters) -> list[dict[str, Any]]:
    with tenancy.everyone(PUBLIC):
        found = db.session().exec(queries.districts_reached(filters)).all()
    rows = [queries.Reached(*row) for row in found]
    return [
        {
            "leaid": row.leaid,
            "district": row.name,
            "state": row.state,
            "locale": row.locale_code,
            **{k: v for k, v in told(row.figures).items() if k != "districts"},
        }
        for row in rows
    ]
