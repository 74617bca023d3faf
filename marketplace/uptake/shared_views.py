"""What the pages of uptake share: the figures they show, and the files that hold the same."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from marketplace.core import clock, db, web
from marketplace.uptake import queries, rules
from marketplace.uptake.rules import Figures, Filters

bp = Blueprint("uptake", __name__)

FIGURE_COLUMNS = (
    "districts",
    "pupils",
    "seats",
    "ordered_cents",
    "paid_cents",
    "alone_cents",
    "saved_cents",
)


def asked(filters: Filters) -> dict[str, Any]:
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


def uptake(filters: Filters, cells: list[rules.Cell]) -> dict[str, Any]:
    """Three queries besides the cells, however many districts."""
    reader = db.session()
    return {
        **asked(filters),
        "total": rules.total_of(cells),
        "rural": rural_and_town(cells),
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


def rural_and_town(cells: list[rules.Cell]) -> int:
    places = (rules.Locale.RURAL, rules.Locale.TOWN)
    return sum(cell.figures.districts for cell in cells if cell.locale in places)


# -- downloads -------------------------------------------------------------------------------


def breakdowns(filters: Filters) -> dict[str, list[rules.Line]]:
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


def breakdowns_csv(name: str, filters: Filters) -> Response:
    rows = [
        (part, line.words, *told(line.figures).values())
        for part, lines in breakdowns(filters).items()
        for line in lines
    ]
    return web.csv_response(name, ("by", "name", *FIGURE_COLUMNS), rows)


def told(figures: Figures) -> dict[str, int | None]:
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
