"""Open books for everyone, and what funders look at. Nothing here is typed in: all is counted."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core import access, clock, db, tenancy, web
from marketplace.core.errors import NotFound
from marketplace.core.page_cache import public_page
from marketplace.ledger import queries as ledger
from marketplace.ledger.rules import short_words
from marketplace.uptake import queries, rules
from marketplace.uptake.rules import Figures, Filters

bp = Blueprint("uptake", __name__)

_PUBLIC = "what districts bought through pools is public"
#: Above this many, dots on a picture run into each other and bars are drawn.
MOST_DOTS = 200
FIGURE_COLUMNS = (
    "districts",
    "pupils",
    "seats",
    "ordered_cents",
    "paid_cents",
    "alone_cents",
    "saved_cents",
)
DISTRICT_COLUMNS = ("leaid", "district", "state", "locale", *FIGURE_COLUMNS[1:])


@bp.get("/open")
@public_page
def open_books() -> Any:
    filters = Filters.read(request.args)
    reader = db.session()
    with tenancy.everyone(_PUBLIC):
        latest = ledger.entries(reader, ledger.Search(), size=5)
    figures = _uptake(filters, queries.cells(reader, filters))
    return render_template(
        "uptake/open_books.html",
        latest=latest,
        entry_words=short_words,
        off_cents=None if filters.as_query() else _off_from_the_books(figures["total"]),
        **figures,
    )


@bp.get("/open.csv")
def open_books_csv() -> Any:
    filters = Filters.read(request.args)
    return _breakdowns_csv("open-books", filters)


@bp.get("/open.json")
def open_books_json() -> Any:
    filters = Filters.read(request.args)
    found = _breakdowns(filters)
    return web.json_response(
        filters=filters.as_query(),
        total=_told(found.pop("total")[0].figures),
        **{
            name: [{"key": line.key, "name": line.words, **_told(line.figures)} for line in lines]
            for name, lines in found.items()
        },
    )


@bp.get("/open/districts")
@public_page
def districts_reached() -> Any:
    filters = Filters.read(request.args)
    with tenancy.everyone(_PUBLIC):
        page = web.paged(db.session(), queries.districts_reached(filters))
    rows = [queries.Reached(*row) for row in page.items]
    total = rules.total_of(queries.cells(db.session(), filters))
    return render_template(
        "uptake/districts_reached.html",
        page=page,
        rows=rows,
        total=total,
        years=queries.by_year(db.session(), Filters(filters.state, filters.locale, filters.size)),
        **_asked(filters),
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
        books = ledger.open_books(db.session())
    return render_template("uptake/open_data.html", books=books)


@bp.get("/funders")
@public_page
def funders() -> Any:
    found = accounts.organizations_of_kind(db.session(), OrganizationKind.FUNDER)
    return render_template("uptake/funders.html", funders=found)


@bp.get("/funders/<slug>")
@public_page
def funder(slug: str) -> Any:
    found = _funder(slug)
    cells = queries.cells(db.session())
    return render_template(
        "uptake/funder.html",
        funder=found,
        total=rules.total_of(cells),
        rural=_rural_and_town(cells),
    )


@bp.get("/funders/<slug>/report")
@public_page
def funder_report(slug: str) -> Any:
    found, filters = _funder(slug), Filters.read(request.args)
    return render_template("uptake/funder_report.html", funder=found, it=_report(found, filters))


@bp.get("/funders/<slug>/report.csv")
def funder_report_csv(slug: str) -> Any:
    found = _funder(slug)
    return _breakdowns_csv(f"{found.slug}-report", Filters.read(request.args))


@bp.get("/funders/<slug>/missing.csv")
def funder_missing_csv(slug: str) -> Any:
    found, filters = _funder(slug), Filters.read(request.args)
    small = queries.small_districts(db.session(), filters)
    cells = queries.cells(db.session(), filters)
    rows = [
        (part, gap.words, gap.small, gap.reached, gap.missing)
        for part in ("state", "locale", "size")
        for gap in rules.gaps(small, cells, part)
    ]
    header = ("by", "name", "small_districts", "reached", "not_reached")
    return web.csv_response(f"{found.slug}-missing", header, rows)


@bp.get("/f/<slug>/")
@login_required
def funder_desk(slug: str) -> Any:
    found, actor = _funder(slug), login.current_actor()
    if not access.can(actor, "uptake.funder_desk", found):
        raise NotFound("There is no such funder.")
    filters = Filters.read(request.args)
    return render_template("uptake/funder_desk.html", funder=found, it=_report(found, filters))


# -- what several pages show -----------------------------------------------------------------


def _funder(slug: str) -> Organization:
    return accounts.organization_by_slug(db.session(), OrganizationKind.FUNDER, slug)


def _asked(filters: Filters) -> dict[str, Any]:
    """The filters, for the form, for sentences, and for links that keep them."""

    def narrowed(**more: str) -> str:
        """This page with one more filter; '{}' stays as it is, for the map to fill in."""
        return f"{request.path}?{urlencode(filters.as_query() | more, safe='{}')}"

    return {
        "filters": filters,
        "query": urlencode(filters.as_query()),
        "bands": rules.BANDS,
        "places": list(rules.Locale),
        "narrowed": narrowed,
    }


def _uptake(filters: Filters, cells: list[rules.Cell]) -> dict[str, Any]:
    """Three queries besides the cells, however many districts."""
    reader = db.session()
    return {
        **_asked(filters),
        "total": rules.total_of(cells),
        "rural": _rural_and_town(cells),
        "by_state": rules.by_state(cells),
        "by_locale": rules.by_locale(cells),
        "by_size": rules.by_size(cells),
        "by_tool": queries.by_tool(reader, filters),
        "years": queries.by_year(
            reader, Filters(filters.state, filters.locale, filters.size, year=None)
        ),
        "data_years": queries.data_years(reader),
        "counted_at": clock.now(),
    }


def _report(funder: Organization, filters: Filters) -> dict[str, Any]:
    """What funders see: uptake, the spread of savings, and who is missing."""
    reader = db.session()
    cells = queries.cells(reader, filters)
    small = queries.small_districts(reader, filters)
    percents = queries.saved_percents(reader, filters)
    return {
        **_uptake(filters, cells),
        "csv_url": f"/funders/{funder.slug}/report.csv?{urlencode(filters.as_query())}",
        "missing_url": f"/funders/{funder.slug}/missing.csv?{urlencode(filters.as_query())}",
        "dots": [p for p, n in sorted(percents.items()) for _ in range(n)]
        if sum(percents.values()) <= MOST_DOTS
        else None,
        "tens": rules.in_tens(percents),
        "missing_by_state": rules.gaps(small, cells, "state"),
        "missing_by_locale": rules.gaps(small, cells, "locale"),
        "missing_by_size": rules.gaps(small, cells, "size"),
        "small_districts": sum(known.districts for known in small),
    }


def _off_from_the_books(total: Figures) -> int:
    """0 when orders and payments leave districts owing exactly what the books say they owe."""
    return queries.owed_in_the_books(db.session()) - (total.ordered_cents - total.paid_cents)


def _rural_and_town(cells: list[rules.Cell]) -> int:
    places = (rules.Locale.RURAL, rules.Locale.TOWN)
    return sum(cell.figures.districts for cell in cells if cell.locale in places)


# -- downloads -------------------------------------------------------------------------------


def _breakdowns(filters: Filters) -> dict[str, list[rules.Line]]:
    reader = db.session()
    cells = queries.cells(reader, filters)
    return {
        "total": [rules.Line("", "All", rules.total_of(cells))],
        "state": rules.by_state(cells),
        "locale": rules.by_locale(cells),
        "size": rules.by_size(cells),
        "tool": queries.by_tool(reader, filters),
        "year": queries.by_year(reader, filters),
    }


def _breakdowns_csv(name: str, filters: Filters) -> Response:
    rows = [
        (part, line.words, *_told(line.figures).values())
        for part, lines in _breakdowns(filters).items()
        for line in lines
    ]
    return web.csv_response(name, ("by", "name", *FIGURE_COLUMNS), rows)


def _told(figures: Figures) -> dict[str, int | None]:
    """Pupils are empty where a page says “Hidden”, and where they cannot be added up."""
    return {
        "districts": figures.districts,
        "pupils": figures.pupils_shown,
        "seats": figures.seats,
        "ordered_cents": figures.ordered_cents,
        "paid_cents": figures.paid_cents,
        "alone_cents": figures.alone_cents,
        "saved_cents": figures.saved_cents,
    }


def _all_reached(filters: Filters) -> list[dict[str, Any]]:
    with tenancy.everyone(_PUBLIC):
        found = db.session().exec(queries.districts_reached(filters)).all()
    rows = [queries.Reached(*row) for row in found]
    return [
        {
            "leaid": row.leaid,
            "district": row.name,
            "state": row.state,
            "locale": row.locale_code,
            **{k: v for k, v in _told(row.figures).items() if k != "districts"},
        }
        for row in rows
    ]
